"""Whatever is said to rules, stories, forms and a router: each turn ends, and the events alone give the same state."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.conversation.classic import decode
from talkwright.conversation.events import ACTION, ACTION_LISTEN, Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.commands import Command, SetSlot, StartFlow
from talkwright.engine.ports import ActionFailed, ActionRejected, ActionResult, Understood, UserMessage
from talkwright.engine.stores.snapshots import snapshot_of, tail_of, tracker_of
from talkwright.engine.testing.scenario_files import load_scenarios

SCENARIOS = Path(__file__).parents[1] / "scenarios"
FORM_CHECK = "validate_bouquet_form"
SHOP = [
    *load_scenarios(SCENARIOS / "u_classic.yml")[0].items,
    ItemBody("action", FORM_CHECK, {}),
    ItemBody("action", "action_validate_slot_mappings", {}),
]
LIBRARY = load_scenarios(SCENARIOS / "v_coexistence.yml")[0].items
INTENTS = [
    *("greet", "bye", "order", "tell", "chat", "stop", "affirm", "deny", "hours", "thank", "restart", "back"),
    *("lost", "reserve", "renew", "done", "session_start", "unheard_of", "nlu_fallback"),
]
VALUES = {"flower": "tulip", "number": "5", "item": "hat", "place": "hall", "card": "77"}
MESSAGES = st.one_of(
    st.builds(
        lambda intent, entities: f"/{intent}{json.dumps({name: VALUES[name] for name in sorted(entities)})}",
        st.sampled_from(INTENTS),
        st.sets(st.sampled_from(sorted(VALUES)), max_size=2),
    ),
    st.sampled_from(["", "with love", "/SetSlots(flower=rose)", "/SetSlots(day=Monday)", "/SetSlots(nothing=1)", "/"]),
)
ANSWERS = st.sampled_from(
    [
        ActionResult(),
        ActionResult(events=[{"event": "slot", "name": "flower", "value": None}]),
        ActionResult(events=[{"event": "slot", "name": "requested_slot", "value": "card"}]),
        ActionResult(events=[{"event": "slot", "name": "requested_slot", "value": None}]),
        ActionResult(events=[{"event": "action_execution_rejected", "name": "bouquet_form"}]),
        ActionResult(events=[{"event": "active_loop", "name": None}, {"event": "rewind"}, {"event": "stack"}]),
        ActionResult(events=[{"event": "followup", "name": "utter_bye"}], responses=[{"text": "so"}]),
        ActionFailed("gone"),
        ActionRejected("no"),
        RuntimeError("broken"),
    ]
)


class Acting:
    """Custom actions that answer, fail or refuse, one after another."""

    def __init__(self, answers: list[Any]) -> None:
        self._answers = answers
        self._asked = 0

    async def run(self, name: str, tracker: Tracker, domain: Any) -> ActionResult:
        self._asked += 1
        answer = self._answers[self._asked % len(self._answers)]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, ActionResult)
        return answer


class Hearing:
    """Understands flows from nothing, and intents from the words."""

    def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:
        commands: list[Command] = [StartFlow("reserve"), SetSlot("day", "Monday")] if "love" in text else []
        return Understood(commands=commands, trace={"source": "local"})

    def parse(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Mapping[str, Any]:
        return {"intent": {"name": "tell" if "love" in text else None, "confidence": 0.7}, "entities": []}


def agent(items: Any, answers: list[Any]) -> Agent:
    assistant, _ = build_assistant(items)
    return Agent(assistant, Hearing(), Acting(answers), rng=random.Random(3), parser=Hearing())


def state(tracker: Tracker) -> dict[str, Any]:
    return {**tracker.to_dict("NONE"), "filled_by": dict(tracker.filled_by)}


@settings(max_examples=120)
@given(
    items=st.sampled_from([SHOP, LIBRARY]),
    messages=st.lists(MESSAGES, max_size=12),
    answers=st.lists(ANSWERS, min_size=1, max_size=4),
    stored=st.booleans(),
)
def test_each_turn_ends_and_replay_gives_the_same_state(
    items: list[ItemBody], messages: list[str], answers: list[Any], stored: bool
) -> None:
    talking = agent(items, answers)
    tracker = talking.new_tracker("ann")
    meddles = any(words in str(answers) for words in ("requested_slot", "active_loop"))
    for text in messages:
        result = asyncio.run(talking.handle(tracker, UserMessage(text=text)))
        done = [event for event in result.events if event.type == ACTION]
        assert done[-1].get("name") == ACTION_LISTEN
        assert len(done) < 30
        assert meddles or (tracker.slots.get("requested_slot") is not None) == bool(tracker.active_loop)
        asyncio.run(tracker.complete())
        events = [event for event in (decode(one.to_json()) for one in tracker.events) if isinstance(event, Event)]
        assert state(talking.restored_tracker("ann", events)) == state(tracker)
        if stored:
            tracker = _kept(tracker, events)


def _kept(tracker: Tracker, events: list[Event]) -> Tracker:
    """The conversation as a store hands it out: its state with the latest events, the earlier ones when asked for."""
    begin = tail_of(events)
    made = tracker_of("ann", tracker.initial_slots, snapshot_of(tracker), events[begin:], earlier=begin)

    async def earlier() -> list[Event]:
        return events[:begin]

    made.fetch_earlier = earlier
    return made
