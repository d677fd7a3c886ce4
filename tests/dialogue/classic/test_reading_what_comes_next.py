"""What clients of a classic assistant ask beside talking: what a message says, and what would be done next."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from talkwright.assistant.build import build_assistant
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.ports import ActionResult, Understood, UserMessage
from talkwright.engine.testing.scenario_files import load_scenarios

SCENARIOS = Path(__file__).parents[1] / "scenarios"


class Deaf:
    """An understanding that nobody may ask."""

    def understand(self, text: str, tracker: Tracker, assistant: Any, *, language: str) -> Understood:
        raise AssertionError("rules need no understanding of flows")

    def parse(self, text: str, tracker: Tracker, assistant: Any, *, language: str) -> dict[str, Any]:
        return {"intent": {"name": "greet", "confidence": 0.8}, "entities": [{"entity": "flower", "value": "rose"}]}

    async def run(self, name: str, tracker: Tracker, domain: Any) -> ActionResult:
        return ActionResult()


@pytest.fixture(scope="module")
def agent() -> Agent:
    assistant, _ = build_assistant(load_scenarios(SCENARIOS / "u_classic.yml")[0].items)
    return Agent(assistant, Deaf(), Deaf(), parser=Deaf())


def test_a_message_is_parsed_and_noted_without_an_answer(agent: Agent) -> None:
    parsed = asyncio.run(agent.parse("hello"))
    assert (parsed["intent"]["name"], parsed["entities"][0]["value"], parsed["commands"]) == ("greet", "rose", [])
    assert parsed["trace"]["decision"] == "Rules and stories answer: the assistant has no flows."
    tracker = agent.new_tracker("ann")
    result = asyncio.run(agent.note(tracker, UserMessage(text="hello")))
    assert result.messages == ()
    assert agent.next_action(tracker) == "utter_hello"


def test_what_would_be_done_next_follows_the_events(agent: Agent) -> None:
    tracker = agent.new_tracker("ann")
    asyncio.run(agent.handle(tracker, UserMessage(text="/order")))
    assert agent.next_action(tracker) == "action_listen"
    asyncio.run(agent.note(tracker, UserMessage(text='/tell{"flower": "rose"}')))
    assert agent.next_action(tracker) == "bouquet_form"


def test_a_tracker_that_was_rewritten_is_followed_anew(agent: Agent) -> None:
    tracker = agent.new_tracker("ann")
    asyncio.run(agent.handle(tracker, UserMessage(text="/thank")))
    tracker.events = tracker.events[:3]
    result = asyncio.run(agent.handle(tracker, UserMessage(text="/thank")))
    assert [message.text for message in result.messages] == ["Shall I wrap it?"]
