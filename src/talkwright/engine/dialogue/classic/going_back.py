"""Taking back what was said: slots and form as they were, and the message out of what is remembered (8.4)."""

from __future__ import annotations

from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.ledger import Ledger


def take_back(ledger: Ledger, messages: int = 1) -> None:
    """Takes the last messages of the user back, with all that followed them. All events must be there.

    What they changed is written back event by event, so that whoever replays the events has the same state.
    """
    tracker = ledger.tracker
    before = _before(tracker, messages)
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


def _before(tracker: Tracker, messages: int) -> Tracker | None:
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
                return Tracker.from_events(tracker.sender_id, tracker.initial_slots, tracker.events[:index])
    return None
