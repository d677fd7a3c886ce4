"""Responses reworded by a language model, and sent as they are written wherever that fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.engine.conftest import NoActions
from tests.services.language_model import ScriptedModel, language_model

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.engine.agent import Agent
from talkwright.engine.commands import StartFlow
from talkwright.engine.generation.rephrasing import Rephraser, make_rephraser
from talkwright.engine.ports import TurnResult, Understood, UserMessage
from talkwright.engine.stores.recording import NOTHING, Recording

pytestmark = pytest.mark.anyio


class Greeting:
    """Understands that everybody wants to be greeted."""

    def understand(self, *_: object, **__: object) -> Understood:
        return Understood(commands=[StartFlow("greet")])


def assistant_with(address: str, nlg: dict[str, Any] | None = None, **variation: Any) -> Assistant:
    model = {"provider": "self-hosted", "model": "scripted", "api_base": address, "timeout": 30}
    metadata = {"rephrase": True, **variation.pop("metadata", {})}
    said = {"text": "Hello {name}.", "buttons": [{"title": "Hi", "payload": "/hi"}], "metadata": metadata, **variation}
    steps = [{"action": "utter_hello"}, {"action": "utter_plain"}]
    flow = {"description": "greet", "run_pattern_completed": False, "steps": steps}
    assistant, problems = build_assistant(
        [
            ItemBody("flow", "greet", flow),
            ItemBody("response", "utter_hello", [said]),
            ItemBody("response", "utter_plain", [{"text": "Plain."}]),
            ItemBody("slot", "name", {"type": "text", "initial_value": "Ann"}),
            ItemBody("endpoints", "endpoints.yml", {"nlg": {"type": "rephrase", "llm": model, **(nlg or {})}}),
            ItemBody("prompt", "prompts/own.jinja2", "say {{ suggested_response }} in {{ language }}"),
        ]
    )
    assert not [problem for problem in problems if problem.severity == "error"]
    return assistant


async def greeted(scripted: ScriptedModel, assistant: Assistant, recording: Recording = NOTHING) -> TurnResult:
    rephraser, notice = make_rephraser(assistant, {})
    assert isinstance(rephraser, Rephraser)
    assert notice is None
    agent = Agent(assistant, Greeting(), NoActions(), rewording=rephraser, recording=recording)  # type: ignore[arg-type]  # it runs none
    result = await agent.handle(agent.new_tracker("ann"), UserMessage(text="good\nday"))
    await rephraser.close()
    return result


async def test_only_the_text_is_reworded() -> None:
    with language_model('"A very good day, Ann!"') as scripted:
        result = await greeted(scripted, assistant_with(scripted.address))
    message = result.messages[0]
    assert message.text == "A very good day, Ann!"
    assert [button["title"] for button in message.data["buttons"]] == ["Hi"]
    assert message.metadata["utter_action"] == "utter_hello"
    assert message.metadata["rephrased"]["from"] == "Hello Ann."
    prompt = scripted.prompts[0]
    assert "## What the assistant is about to say\nHello Ann." in prompt
    assert "USER: good day" in prompt
    assert len(scripted.requests) == 1, "what does not ask for it is sent as it is written"


@pytest.mark.parametrize("answer", ["Welcome, dear Ann!", "", "x" * 5_000])
async def test_where_recording_is_on_the_message_tells_what_the_model_was_asked_and_answered(answer: str) -> None:
    with language_model(answer) as scripted:
        result = await greeted(scripted, assistant_with(scripted.address), Recording(on=True, secrets=["dear Ann"]))
    (prompt,) = prompts_of(result)
    assert (prompt["component_name"], prompt["prompt_name"]) == ("ContextualResponseRephraser", "rephrase_prompt")
    assert prompt["user_prompt"] == scripted.prompts[0]
    told = prompt["llm_response_metadata"]
    assert told["choices"] == [answer.replace("dear Ann", "***")]
    assert (told["model"], told["usage"]["total_tokens"]) == ("scripted", 10)


async def test_every_reworded_message_has_its_prompt_and_a_failed_one_has_none() -> None:
    with language_model(401, "Plainly.") as scripted:
        assistant = assistant_with(scripted.address, {"rephrase_all": True})
        result = await greeted(scripted, assistant, Recording(on=True))
    assert [message.text for message in result.messages] == ["Hello Ann.", "Plainly."]
    assert [prompt["llm_response_metadata"]["choices"] for prompt in prompts_of(result)] == [["Plainly."]]


async def test_without_recording_no_prompt_is_kept() -> None:
    with language_model("Welcome!") as scripted:
        result = await greeted(scripted, assistant_with(scripted.address))
    (said,) = (event for event in result.events if event.type == "user")
    assert "prompts" not in said.get("parse_data")


def prompts_of(result: TurnResult) -> list[dict[str, Any]]:
    """What the turn's message tells of the prompts."""
    (said,) = (event for event in result.events if event.type == "user")
    prompts: list[dict[str, Any]] = said.get("parse_data")["prompts"]
    return prompts


@pytest.mark.parametrize("answer", [500, "", "   ", "x" * 5000, b"{"])
async def test_it_is_sent_as_it_is_written_where_the_model_fails(answer: Any) -> None:
    with language_model(answer) as scripted:
        result = await greeted(scripted, assistant_with(scripted.address))
    assert result.messages[0].text == "Hello Ann."


async def test_a_response_has_its_own_prompt_which_nobody_sees() -> None:
    with language_model("Hi") as scripted:
        own = assistant_with(scripted.address, metadata={"rephrase_prompt": "short: {{ suggested_response }}"})
        result = await greeted(scripted, own)
    assert scripted.prompts == ["short: Hello Ann."]
    assert "short:" not in str([event.to_dict() for event in result.events if event.type == "bot"])


async def test_the_project_has_its_own_prompt() -> None:
    with language_model("Hi") as scripted:
        await greeted(scripted, assistant_with(scripted.address, {"prompt_template": "prompts/own.jinja2"}))
    assert scripted.prompts == ["say Hello Ann. in en"]


async def test_everything_is_reworded_but_what_is_not_to_be() -> None:
    with language_model("Hi") as scripted:
        assistant = assistant_with(scripted.address, {"rephrase_all": True}, metadata={"rephrase": False})
        result = await greeted(scripted, assistant)
    assert [message.text for message in result.messages] == ["Hello Ann.", "Hi"]


async def test_one_that_cannot_be_had_is_told() -> None:
    assistant = assistant_with("http://127.0.0.1:1/v1")
    no_key = replace(assistant, endpoints={"nlg": {"type": "rephrase", "llm": {"model": "m"}}})
    assert make_rephraser(replace(assistant, endpoints={}), {}) == (None, None)
    rephraser, notice = make_rephraser(no_key, {})
    assert rephraser is None
    assert notice is not None
    assert "OPENAI_API_KEY" in notice
