"""Beside a language model: intents and entities say their part first, and rules are answered without it (8)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import NoActions
from tests.services.language_model import language_model

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.engine.agent import Agent
from talkwright.engine.commands import NLU, SetSlot, StartFlow
from talkwright.engine.model import Model
from talkwright.engine.ports import UserMessage
from talkwright.engine.testing.scenario_files import load_scenarios
from talkwright.engine.understanding.choice import Choice
from talkwright.engine.understanding.choosing import make_understanding
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

pytestmark = pytest.mark.anyio

SCENARIOS = Path(__file__).parents[2] / "dialogue" / "scenarios"
EXAMPLES = {
    "hours": ["when are you open", "what are your opening hours", "until when are you open"],
    "lost": ["I lost my [hat](item)", "I have lost something", "my [scarf](item) is gone"],
    "reserve": ["I want to reserve a room", "reserve a room for me", "may I book a room"],
    "renew": ["renew my book", "I want to keep my book for longer", "extend my loan please"],
    "greet": ["hello", "good morning", "hi there"],
}


def _pipeline(address: str, *names: str) -> list[Any]:
    model = {"provider": "self-hosted", "model": "scripted", "api_base": address, "timeout": 30}
    generator = {"name": "CompactLLMCommandGenerator", "llm": model}
    return [generator if name == "llm" else {"name": name} for name in names]


@pytest.fixture(scope="module")
def items() -> list[ItemBody]:
    own = load_scenarios(SCENARIOS / "v_coexistence.yml")[0].items
    known = [ItemBody("intent", name, {"domain": {}, "examples": texts}) for name, texts in EXAMPLES.items()]
    return [*(item for item in own if item.kind != "intent"), *known]


def _agent(items: list[ItemBody], address: str, choice: Choice) -> Agent:
    assistant, _ = build_assistant(items)
    pipeline = [*assistant.config["pipeline"], *_pipeline(address, "llm")]
    assistant = replace(assistant, config={**assistant.config, "pipeline": pipeline})
    local = LocalUnderstanding(train_classifier(assistant))
    understanding, _ = make_understanding(assistant, local, choice, {})
    return Agent(assistant, understanding, NoActions(), parser=local)  # type: ignore[arg-type]  # it runs none


@pytest.mark.parametrize("choice", list(Choice))
async def test_rules_and_forms_are_answered_without_the_model_whoever_understands(
    items: list[ItemBody], choice: Choice
) -> None:
    with language_model("start flow reserve") as scripted:
        agent = _agent(items, scripted.address, choice)
        tracker = agent.new_tracker("ann")
        texts = []
        for text in ("when are you open?", "I lost my hat"):
            result = await agent.handle(tracker, UserMessage(text=text))
            texts.append([message.text for message in result.messages])
        assert texts == [["Nine to five."], ["Where?"]]
        assert (scripted.prompts, tracker.slots["route_session_to_calm"], tracker.slots["item"]) == ([], False, "hat")
        other = agent.new_tracker("bob")
        result = await agent.handle(other, UserMessage(text="I want to reserve a room"))
        assert [message.text for message in result.messages] == ["Which day?"]
        assert other.slots["route_session_to_calm"] is True
        assert other.latest_message is not None
        assert other.latest_message["intent"]["name"] == "reserve"
        asked = {Choice.LOCAL: (0,), Choice.AUTO: (0, 1), Choice.LLM: (1,)}
        assert len(scripted.prompts) in asked[choice]
        await agent.close()


@pytest.mark.parametrize(
    ("order", "answer", "asked", "commands"),
    [
        (("NLUCommandAdapter", "llm"), "start flow rent_bike", 0, [StartFlow("gift_voucher")]),
        (("llm", "NLUCommandAdapter"), "start flow rent_bike", 1, [StartFlow("gift_voucher")]),
        (("llm",), "start flow rent_bike", 1, [StartFlow("rent_bike")]),
    ],
)
async def test_what_an_intent_triggers_goes_before_the_model_and_saves_its_call_where_it_stands_first(
    workshop: Model, order: tuple[str, ...], answer: str, asked: int, commands: list[Any]
) -> None:
    with language_model(answer) as scripted:
        assistant = replace(workshop.assistant, config={"pipeline": _pipeline(scripted.address, *order)})
        understanding, _ = make_understanding(assistant, LocalUnderstanding(workshop.classifier), Choice.LLM, {})
        agent = Agent(assistant, understanding, NoActions())  # type: ignore[arg-type]  # it runs none
        tracker = agent.new_tracker("ann")
        found = understanding.understand("buy a voucher", tracker, assistant, language="en")
        result: Any = await found  # type: ignore[misc]  # one with a model is awaited
        assert list(result.commands) == commands
        assert len(scripted.prompts) == asked
        await agent.close()


async def test_entities_fill_slots_beside_the_model_and_their_values_stand(items: list[ItemBody]) -> None:
    with language_model("start flow reserve\nset slot card 1") as scripted:
        own = {"description": "reserves a room", "steps": [{"collect": "card"}, {"action": "utter_reserved"}]}
        marked = {"domain": {}, "examples": ["reserve a room with card [77](card)", "book a room, card [12](card)"]}
        changed = [item for item in items if item.name not in ("reserve", "talks.yml")]
        added = [ItemBody("flow", "reserve", own), ItemBody("intent", "reserve", marked)]
        assistant, _ = build_assistant([*changed, *added, ItemBody("lookup", "card", ["77", "12"])])
        pipeline = _pipeline(scripted.address, "NLUCommandAdapter", "llm")
        assistant = replace(assistant, config={"pipeline": pipeline})
        local = LocalUnderstanding(train_classifier(assistant))
        understanding, _ = make_understanding(assistant, local, Choice.LLM, {})
        agent = Agent(assistant, understanding, NoActions())  # type: ignore[arg-type]  # it runs none
        tracker = agent.new_tracker("ann")
        tracker.stack = ({"type": "flow", "flow_id": "reserve", "step_id": "START", "frame_type": "regular"},)
        found: Any = understanding.understand("reserve a room with card 77", tracker, assistant, language="en")
        result = await found
        assert SetSlot("card", "77", NLU) in result.commands
        assert [one.name for one in result.commands if isinstance(one, SetSlot)] == ["card"]
        await agent.close()
