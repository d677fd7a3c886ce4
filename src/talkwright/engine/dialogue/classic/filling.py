"""Slots from intents, entities and texts, as their mappings say: what `action_extract_slots` does (2.1, 8.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from talkwright.assistant.builtins import REQUESTED_SLOT
from talkwright.assistant.domain import Domain, Slot, SlotMapping
from talkwright.assistant.stories import Form
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.classic.features import allows
from talkwright.engine.dialogue.classic.following import said_in
from talkwright.engine.dialogue.classic.policies import active_form
from talkwright.engine.dialogue.slots import stored

Entities = Sequence[Mapping[str, Any]]
_PARTS = ("entity", "role", "group")


@dataclass(frozen=True)
class _Message:
    """The last message, and what the conversation is in the middle of."""

    text: str
    intent: str | None
    entities: Entities
    form: Form | None
    requested: Any


def extracted(domain: Domain, tracker: Tracker) -> dict[str, Any]:
    """The slots that the last message fills, with their values as the slots hold them."""
    parse_data = tracker.latest_message or {}
    intent, entities = said_in(parse_data)
    form = domain.forms.get(active_form(tracker) or "")
    message = _Message(str(parse_data.get("text") or ""), intent, entities, form, tracker.slots.get(REQUESTED_SLOT))
    found: dict[str, Any] = {}
    for name, slot in domain.slots.items():
        if slot.builtin or _is_ignored(message, name):
            continue
        value = next((value for value in _values(domain, slot, message) if value is not None), None)
        if value is not None:
            found[name] = stored(slot, value)
    return found


def triggered(domain: Domain, form: Form, intent: str | None) -> dict[str, Any]:
    """The slots that the beginning of a form fills because of the intent that began it (`from_trigger_intent`)."""
    found: dict[str, Any] = {}
    for name in form.required_slots:
        slot = domain.slots.get(name)
        for mapping in slot.mappings if slot is not None and intent not in form.ignored_intents else ():
            if slot is not None and mapping.type == "from_trigger_intent" and allows(mapping.keys, intent):
                found.setdefault(name, stored(slot, mapping.keys.get("value")))
    return found


def _is_ignored(message: _Message, slot: str) -> bool:
    form = message.form
    return form is not None and slot in form.required_slots and message.intent in form.ignored_intents


def _values(domain: Domain, slot: Slot, message: _Message) -> Iterator[Any]:
    for mapping in slot.mappings:
        if not _is_met(mapping, message) or not allows(mapping.keys, message.intent):
            continue
        match mapping.type:
            case "from_entity" if not _is_for_another(domain, slot, mapping, message):
                yield _entity(slot, mapping, message.entities)
            case "from_intent":
                yield mapping.keys.get("value")
            case "from_text" if not message.text.lstrip().startswith("/"):
                yield message.text.strip() or None
            case _:
                pass


def _is_met(mapping: SlotMapping, message: _Message) -> bool:
    """Whether one of the mapping's conditions holds; those on flows are for the other side."""
    name = message.form.name if message.form is not None else None
    return not mapping.conditions or any(
        "active_loop" in one
        and one["active_loop"] == name
        and ("requested_slot" not in one or one["requested_slot"] == message.requested)
        for one in mapping.conditions
    )


def _is_for_another(domain: Domain, slot: Slot, mapping: SlotMapping, message: _Message) -> bool:
    """Whether the form has another slot for the same entity, so that only the one that is asked for takes it."""
    form = message.form
    if form is None or slot.name not in form.required_slots or message.requested == slot.name:
        return False
    wanted = [mapping.keys.get(part) for part in _PARTS]
    others = (domain.slots[name] for name in form.required_slots if name != slot.name and name in domain.slots)
    return any(
        other.type == "from_entity" and [other.keys.get(part) for part in _PARTS] == wanted
        for one in others
        for other in one.mappings
    )


def _entity(slot: Slot, mapping: SlotMapping, entities: Entities) -> Any:
    wanted = {part: mapping.keys[part] for part in _PARTS if mapping.keys.get(part) is not None}
    found = [one.get("value") for one in entities if wanted and all(one.get(part) == it for part, it in wanted.items())]
    if slot.type == "list":
        return found or None
    return found[0] if found else None
