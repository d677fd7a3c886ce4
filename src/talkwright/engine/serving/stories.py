"""A conversation as a story in the ecosystem's YAML, for tests and for reading."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from talkwright.assistant.builtins import BUILTIN_SLOT_NAMES
from talkwright.conversation import events as ev
from talkwright.conversation.events import Event

_UNTOLD = frozenset({ev.ACTION_LISTEN, "action_session_start"})


def story_of(name: str, events: Iterable[Event]) -> str:
    """What was said, done and set, one step each. What flows do by themselves is no step of a story."""
    import yaml  # noqa: PLC0415 - who asks for YAML waits for it

    steps = [step for event in events if (step := _step(event)) is not None]
    story = {"version": "3.1", "stories": [{"story": name, "steps": steps}]}
    text: str = yaml.safe_dump(story, allow_unicode=True, sort_keys=False)
    return text


def _step(event: Event) -> dict[str, Any] | None:
    if event.type == ev.USER:
        parse_data = event.get("parse_data") or {}
        intent = (parse_data.get("intent") or {}).get("name") if isinstance(parse_data, dict) else None
        return {"user": event.text_of("text") or "", **({"intent": intent} if intent else {})}
    if event.type == ev.ACTION and event.text_of("name") not in _UNTOLD:
        return {"action": event.text_of("name") or ""}
    slot = event.text_of("name") if event.type == ev.SLOT and not event.metadata.get("reset") else None
    if slot is not None and slot not in BUILTIN_SLOT_NAMES:
        return {"slot_was_set": [{slot: event.get("value")}]}
    return None
