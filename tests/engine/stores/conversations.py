"""Conversations for the tests of the stores: turns as a bot writes them, without a bot."""

from __future__ import annotations

import uuid
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.stores.port import ConversationStore, Held

SLOTS: dict[str, Any] = {"city": None, "visits": 0, "language": "en"}
SAID = "I would like to know how long the workshop is open on Saturdays"


def turn_events(number: int) -> list[Event]:
    """The events of one turn of a conversation, the first one's with a session."""
    began = (
        [ev.action("action_session_start"), ev.plain(ev.SESSION_STARTED, {"session_id": "s1"})] if number == 1 else []
    )
    parse_data = {
        "text": SAID,
        "intent": {"name": "ask_hours", "confidence": 0.98},
        "entities": [],
        "message_id": f"m{number}",
        "metadata": {},
        "commands": [{"command": "start flow", "flow": "opening_hours"}],
        "trace": {"source": "local", "predicted": [{"command": "start flow", "flow": "opening_hours"}]},
    }
    turn = [
        *began,
        ev.user(SAID, parse_data, input_channel="rest", message_id=f"m{number}"),
        ev.flow(ev.FLOW_STARTED, "opening_hours"),
        ev.stack(
            '[{"op": "add", "path": "/0", "value": {"frame_id": "A", "flow_id": "opening_hours", "type": "flow"}}]'
        ),
        ev.slot("visits", number, filled_by="LLM"),
        ev.bot(f"From nine to one. That is answer {number}.", {"buttons": None}, {"active_flow": "opening_hours"}),
        ev.stack('[{"op": "remove", "path": "/0"}]'),
        ev.flow(ev.FLOW_COMPLETED, "opening_hours", "END"),
        ev.action(ev.ACTION_LISTEN),
    ]
    return [event.at(1_782_900_000.0 + number * 10 + place, {}) for place, event in enumerate(turn)]


async def take_turn(store: ConversationStore, sender: str) -> int:
    """One turn of a conversation; gives its number."""
    async with store.holding(sender) as held:
        return await turn_in(held, sender)


async def turn_in(held: Held, sender: str) -> int:
    tracker = await held.tracker(SLOTS) or Tracker(sender, SLOTS)
    number = int(tracker.slots["visits"]) + 1
    for event in turn_events(number):
        tracker.apply(event)
    await held.save(tracker)
    return number


def state_of(tracker: Tracker) -> dict[str, Any]:
    """Everything that a tracker knows, but for its events."""
    left_out = ("events", "earlier", "fetch_earlier", "initial_slots")
    return {name: value for name, value in vars(tracker).items() if name not in left_out}


def someone() -> str:
    """An id that no other test uses."""
    return f"someone-{uuid.uuid4().hex}"
