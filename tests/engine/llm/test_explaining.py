"""What a trace tells of a turn for whoever asks why: what was left out, who failed, what was found in the message."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.engine.conftest import NoActions
from tests.services.language_model import language_model

from talkwright.conversation import events as ev
from talkwright.engine.agent import Agent
from talkwright.engine.llm.group import ModelGroup
from talkwright.engine.llm.settings import read_group
from talkwright.engine.model import Model
from talkwright.engine.ports import TurnResult, UserMessage
from talkwright.engine.stores.recording import MAX_DETAIL, Recording
from talkwright.engine.understanding.choice import Choice
from talkwright.engine.understanding.choosing import make_understanding
from talkwright.engine.understanding.local.understanding import LocalUnderstanding
from talkwright.engine.understanding.unused import NO_KEY, UNUSABLE, unused_models

pytestmark = pytest.mark.anyio

COMPACT = "CompactLLMCommandGenerator"


def pipeline(address: str, **settings: Any) -> dict[str, Any]:
    model = {"provider": "self-hosted", "model": "scripted", "api_base": address, "timeout": 30}
    return {"pipeline": [{"name": COMPACT, "llm": model, **settings}]}


def trace_of(result: TurnResult) -> dict[str, Any]:
    (user,) = [event for event in result.events if event.type == ev.USER]
    trace: dict[str, Any] = user.get("parse_data")["trace"]
    return trace


async def turns(model: Model, address: str, *texts: str, choice: Choice = Choice.AUTO) -> list[dict[str, Any]]:
    """The traces of a conversation."""
    assistant = replace(model.assistant, config=pipeline(address))
    understanding, _ = make_understanding(assistant, LocalUnderstanding(model.classifier), choice, {})
    agent = Agent(assistant, understanding, NoActions(), recording=Recording(on=True))  # type: ignore[arg-type]  # it runs none
    tracker = agent.new_tracker("ann")
    found = [trace_of(await agent.handle(tracker, UserMessage(text=text))) for text in texts]
    await agent.close()
    return found


def left_out(trace: dict[str, Any]) -> dict[str, str]:
    """The names of what was left out, with the reasons."""
    told = [(one["command"], one["why"]) for one in trace.get("dropped", ())]
    return {str(command.get("flow") or command.get("name") or command["command"]): why for command, why in told}


async def test_what_each_stage_left_out_is_told_with_its_reason(workshop: Model) -> None:
    first = "start flow gift_voucher\nset slot gift_receiver Bob\nset slot gift_receiver Eva\nstart flow unheard_of"
    second = "start flow gift_voucher\nset slot nothing_known 4\nset slot gift_amount 50\nset slot gift_receiver Bob"
    with language_model(first, second) as scripted:
        one, two = await turns(workshop, scripted.address, "hello", "hmm", choice=Choice.LLM)
    assert left_out(one) == {
        "unheard_of": "there is no such flow, or it can't start now",
        "gift_receiver": "another value for the slot counts more",
    }
    assert [command["command"] for command in one["read"]] == ["start flow", "set slot", "set slot"]
    assert one["answer"] == first
    assert left_out(two) == {
        "gift_voucher": "the flow is under way already",
        "nothing_known": "there is no such slot",
        "gift_receiver": "the slot holds this value already",
        "cannot handle": "something else was understood",
    }


async def test_what_the_local_model_was_sure_of_goes_before_what_the_other_says(workshop: Model) -> None:
    answer = "start flow rent_bike\nset slot gift_amount 70"
    with language_model(answer) as scripted:
        assistant = replace(workshop.assistant, config=pipeline(scripted.address, minimize_num_calls=False))
        understanding, _ = make_understanding(assistant, LocalUnderstanding(workshop.classifier), Choice.AUTO, {})
        agent = Agent(assistant, understanding, NoActions())  # type: ignore[arg-type]  # it runs none
        trace = trace_of(await agent.handle(agent.new_tracker("ann"), UserMessage(text="buy a gift voucher")))
        await agent.close()
    assert left_out(trace)["rent_bike"] == "another flow was understood before"
    assert trace["local"]["sure"] is True


async def test_who_failed_before_somebody_answered_is_told(workshop: Model) -> None:
    with language_model(500, "cancel flow") as scripted:
        group = ModelGroup(read_group(pipeline(scripted.address)["pipeline"][0]["llm"], {}, environment={}))
        answer = await group.complete([{"role": "user", "content": "hello"}], seconds=30)
        await group.close()
        (trace,) = await turns(workshop, scripted.address, "something nice for my mother perhaps")
    assert answer.told()["faults"] == ["scripted answered 500: scripted 500."]
    assert "faults" not in trace, "the second turn's first try was answered"


async def test_where_the_model_fails_the_trace_names_it_and_says_what_decided(workshop: Model) -> None:
    with language_model(500) as scripted:
        (trace,) = await turns(workshop, scripted.address, "something nice for my mother perhaps")
    assert (trace["source"], trace["llm"]["model"]) == ("local", "scripted")
    assert "500" in trace["llm"]["failed"]
    assert trace["llm"]["ms"] > 0


def test_a_trace_hides_secrets_and_stays_small() -> None:
    recording = Recording(on=True, secrets=["open sesame"])
    trace = {"source": "llm", "failed": "the word is open sesame", "answer": "x" * MAX_DETAIL, "values": [1]}
    told = recording.trace(trace, ["y"], [{"why": "open sesame"}])
    assert "sesame" not in json.dumps(told)
    assert len(json.dumps(told)) <= MAX_DETAIL
    assert (told["source"], told["values"], told["too_long"], "answer" in told) == ("llm", [1], True, False)


def test_a_trace_that_nothing_makes_short_keeps_who_understood() -> None:
    trace = {"source": "llm", "other": "x" * MAX_DETAIL}
    assert Recording(on=True).trace(trace, [], []) == {"source": "llm", "too_long": True}


async def test_models_that_are_named_and_not_asked_are_problems_with_what_to_do(
    workshop: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"pipeline": [{"name": COMPACT}]}
    endpoints = {"nlg": {"type": "rephrase", "llm": {"provider": "self-hosted", "model": "m"}}}
    assistant = replace(workshop.assistant, config=config, endpoints=endpoints)
    keyless, unusable = unused_models(assistant, None, {})
    assert (keyless.code, unusable.code) == (NO_KEY, UNUSABLE)
    assert "set the environment variable OPENAI_API_KEY" in keyless.message
    assert "the local model understands alone" in keyless.message
    assert "no `api_base`" in unusable.message
    assert unused_models(assistant, Choice.LOCAL, {}) == []
    assert [one.code for one in unused_models(assistant, None, {"OPENAI_API_KEY": "k"})] == [UNUSABLE]
    monkeypatch.setenv("TALKWRIGHT_ENGINE_VARIABLES", '{"OTHER": "k"}')
    monkeypatch.setenv("OPENAI_API_KEY", "of the machine")
    assert "set OPENAI_API_KEY in the assistant's settings" in unused_models(assistant)[0].message
