"""Reminders: what actions asked to be reminded of and still waits, from events alone (dialogue-semantics 10, 11)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event

REMINDER = "reminder"
CANCEL = "cancel_reminder"
FIRED = "reminder"  # metadata of the user event that a reminder made: its name
_FORGETTING = frozenset({ev.RESTART, ev.SESSION_ENDED})


@dataclass(frozen=True)
class Reminder:
    """An intent to be said for the user at a time; `due` in seconds since 1970."""

    name: str
    intent: str
    due: float
    entities: tuple[Mapping[str, Any], ...] = field(default=())
    kill_on_user_message: bool = True

    def payload(self) -> str:
        """The message that says the intent."""
        values = {str(entity["entity"]): entity.get("value") for entity in self.entities}
        return f"/{self.intent}{json.dumps(values) if values else ''}"


def pending(events: Iterable[Event]) -> tuple[Reminder, ...]:
    """The reminders that were asked for and neither came, nor were cancelled, nor lost their sense; the next one first.

    A message of the user's own takes those away that wish so; a restart and the end of a session take all away. The
    same name asked for again replaces the one before.
    """
    waiting: dict[str, Reminder] = {}
    for event in events:
        if event.type == REMINDER:
            reminder = _read(event)
            if reminder is not None:
                waiting[reminder.name] = reminder
        elif event.type == CANCEL:
            waiting = {name: one for name, one in waiting.items() if not _is_meant(event, one)}
        elif event.type == ev.USER:
            fired = event.metadata.get(FIRED)
            if fired is None:
                waiting = {name: one for name, one in waiting.items() if not one.kill_on_user_message}
            else:
                waiting.pop(str(fired), None)
        elif event.type in _FORGETTING:
            waiting.clear()
    return tuple(sorted(waiting.values(), key=lambda one: (one.due, one.name)))


def _read(event: Event) -> Reminder | None:
    """The reminder of an event; None where the event names no intent or no time."""
    intent, due = event.text_of("intent"), _moment(event.get("date_time"))
    if not intent or due is None:
        return None
    name = event.text_of("name") or f"{intent} at {due:.0f}"
    return Reminder(
        name, intent, due, tuple(_entities(event.get("entities"))), event.get("kill_on_user_msg") is not False
    )


def _moment(written: Any) -> float | None:
    """Seconds since 1970; a time without zone is read as UTC."""
    try:
        moment = datetime.fromisoformat(str(written))
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _entities(written: Any) -> list[Mapping[str, Any]]:
    if isinstance(written, Mapping):
        return [{"entity": name, "value": value} for name, value in written.items()]
    if not isinstance(written, Sequence) or isinstance(written, str):
        return []
    return [entity for entity in written if isinstance(entity, Mapping) and "entity" in entity]


def _is_meant(event: Event, reminder: Reminder) -> bool:
    """Whether a cancellation is about the reminder: what it doesn't name doesn't matter."""
    name, intent, entities = event.get("name"), event.get("intent"), event.get("entities")
    return (
        (name is None or name == reminder.name)
        and (intent is None or intent == reminder.intent)
        and (entities is None or _entities(entities) == list(reminder.entities))
    )
