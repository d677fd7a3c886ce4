"""Taking back what was said: slots and form as they were, and the message out of what is remembered (8.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Standing:
    """What a message can change that taking it back must mend."""

    slots: Mapping[str, Any]
    filled_by: Mapping[str, str | None]
    active_loop: Mapping[str, Any]


def standing(tracker: Tracker) -> Standing:
    """How a conversation stands now."""
    return Standing(dict(tracker.slots), dict(tracker.filled_by), dict(tracker.active_loop))


def take_back(ledger: Ledger, messages: int = 1, *, before: Standing | None = None) -> None:
    """Takes the last messages of the user back, with all that followed them.

    `before` is how it stood before them; else all events must be there, and tell it. What they changed is written back
    event by event, so that whoever replays the events has the same state.
    """
    tracker = ledger.tracker
    before = before or _before(tracker, messages)
    if before is None:
        return
    for name, value in before.slots.items():
        if tracker.slots.get(name) != value:
            ledger.set_slot(name, value, filled_by=before.filled_by.get(name))
    now, then = tracker.active_loop, before.active_loop
    forgives = now.get("rejected") is True and then.get("rejected") is False
    if now.get("name") != then.get("name") or forgives:
        ledger.record(ev.plain(ev.ACTIVE_LOOP, name=then.get("name")))
    for _ in range(messages):
        ledger.record(ev.plain(ev.REWIND))


def _before(tracker: Tracker, messages: int) -> Standing | None:
    """The conversation before its last messages, those that were taken back already not counted."""
    waiting, gone = messages, 0
    for index in range(len(tracker.events) - 1, -1, -1):
        event = tracker.events[index]
        if event.type in (ev.SESSION_STARTED, ev.RESTART):
            return None
        if event.type == ev.REWIND:
            gone += 1
        elif event.type == ev.USER and gone:
            gone -= 1
        elif event.type == ev.USER:
            waiting -= 1
            if not waiting:
                return standing(Tracker.from_events(tracker.sender_id, tracker.initial_slots, tracker.events[:index]))
    return None
