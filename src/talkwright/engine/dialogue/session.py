"""Sessions: when one begins, what it carries over, when it ends (dialogue-semantics 5.10)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from talkwright.assistant.builtins import REQUESTED_SLOT
from talkwright.assistant.domain import SessionConfig
from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.ledger import Ledger

SESSION_ACTION = "action_session_start"
LANGUAGE_SLOT = "language"
METADATA_SLOT = "session_started_metadata"


def needs_session(tracker: Tracker, settings: SessionConfig, now: float) -> bool:
    """Whether a message at `now` (seconds) begins a session: first contact, after an end, or after the expiry."""
    if tracker.terminated or not tracker.has_session:
        return True
    if settings.expiration_minutes <= 0 or not settings.start_after_expiry:
        return False
    last = next((event.timestamp for event in reversed(tracker.events) if event.type in (ev.USER, ev.ACTION)), None)
    return last is not None and (now - last) / 60 > settings.expiration_minutes


def begin_session(ledger: Ledger, *, metadata: Mapping[str, Any] | None = None, listen: bool = True) -> None:
    """Writes the start of a session: the stack empties, slots are carried over where the domain says so (12.41).

    `metadata` is the first message's; a `language` in it that the assistant speaks becomes the conversation's.
    """
    tracker = ledger.tracker
    carried = dict(tracker.slots) if ledger.program.assistant.domain.session.carry_over_slots else {}
    carried.pop(REQUESTED_SLOT, None)  # its form is not carried over
    filled_by = dict(tracker.filled_by)
    session_id = str(uuid.UUID(int=ledger.rng.getrandbits(128), version=4))
    ledger.metadata = {**ledger.metadata, "session_id": session_id}  # events written before share the old map
    ledger.record(ev.action(SESSION_ACTION, policy=None, confidence=1.0))
    ledger.record(ev.plain(ev.SESSION_STARTED))
    ledger.session_began = True
    for name, value in carried.items():
        if name in ledger.program.slots and value != ledger.program.initial_slots.get(name):
            ledger.set_slot(name, value, filled_by=filled_by.get(name))
    _set_language(ledger, metadata or {})
    if metadata and METADATA_SLOT in ledger.program.slots:
        ledger.set_slot(METADATA_SLOT, dict(metadata))
    if listen:
        ledger.record(ev.action(ev.ACTION_LISTEN, policy=None, confidence=1.0))
    ledger.before = tracker.stack


def _set_language(ledger: Ledger, metadata: Mapping[str, Any]) -> None:
    slot = ledger.program.slots.get(LANGUAGE_SLOT)
    wanted = metadata.get(LANGUAGE_SLOT)
    if slot is not None and wanted in slot.values and wanted != ledger.tracker.slots.get(LANGUAGE_SLOT):
        ledger.set_slot(LANGUAGE_SLOT, wanted)
