"""The classic wire format: one flat JSON map per event, as bots and their brokers write it (wire-protocols 3.2, 3.3).

A second format stands in a module of its own beside this one, with the same `decode`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from talkwright.assistant.problems import Problem, Severity
from talkwright.conversation.events import Event

LAST_MOMENT = 253_402_300_799.0  # the end of the year 9999


def from_dict(data: Mapping[str, Any]) -> Event:
    """Reads a flat JSON map as an event; raises ValueError if it names no type."""
    kind = data.get("event")
    if not isinstance(kind, str) or not kind:
        raise ValueError("An event needs a field `event` that names its type.")
    metadata = data.get("metadata")
    fields = {name: value for name, value in data.items() if name not in ("event", "timestamp", "metadata")}
    return Event(
        kind,
        _seconds(data.get("timestamp")),
        fields,
        metadata if isinstance(metadata, dict) else {},
    )


def _seconds(stamp: Any) -> float:
    """A time that a calendar knows, or 0."""
    usable = isinstance(stamp, int | float) and not isinstance(stamp, bool) and 0 <= stamp <= LAST_MOMENT
    return float(stamp) if usable else 0.0


def decode(data: bytes | str) -> Event | Problem:
    """Reads one record of the classic wire format (wire-protocols 3.2). Never raises."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError):
        value = _lenient(data)
        if value is None:
            return _undecodable("event-not-json", "This record is no JSON text, so it can't be read as an event.")
    if not isinstance(value, dict):
        return _undecodable("event-not-a-map", "An event is a JSON map; this record holds something else.")
    try:
        return from_dict(value)
    except ValueError as problem:
        return _undecodable("event-without-type", str(problem))


def _lenient(data: bytes | str) -> Any:
    """Python bots may write NaN or lone surrogates: strict JSON readers refuse them, the standard library does not."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError, UnicodeError):
        return None


def _undecodable(code: str, message: str) -> Problem:
    return Problem(code=code, severity=Severity.ERROR, message=message)
