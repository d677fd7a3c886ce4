"""What rules and stories see of a conversation: which intent and entities, which slots as what (8.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from talkwright.assistant.domain import Domain, Slot
from talkwright.assistant.stories import Mention, SlotMark
from talkwright.engine.dialogue.slots import Refused, coerced

Feature = str | float | bool
ANYTHING: Final = "\0anything"
"""The feature of a slot that is only said to have a value."""
_SET: Final = "\0set"


class Features:
    """The eyes of one assistant's rules and stories. Slots without influence on the conversation are not seen."""

    def __init__(self, domain: Domain) -> None:
        self._intents = domain.intents
        self._unseen = {name for name, body in domain.entities.items() if body.get("influence_conversation") is False}
        self._slots = {
            name: slot
            for name, slot in domain.slots.items()
            if slot.influence_conversation and slot.type != "any" and not slot.builtin
        }
        self.initial: Mapping[str, Feature] = {
            name: feature
            for name, slot in self._slots.items()
            if (feature := _feature(slot, slot.initial_value)) is not None
        }

    def of(self, name: str, value: Any) -> Feature | None:
        """What a slot's value is seen as; None where it has none, or nobody looks."""
        slot = self._slots.get(name)
        return None if slot is None else _feature(slot, value)

    @property
    def names(self) -> Iterable[str]:
        """The slots that are looked at."""
        return self._slots

    def of_mark(self, mark: SlotMark) -> Feature | None:
        """What a story or rule says of a slot: a value, that it has one, or that it has none."""
        slot = self._slots.get(mark.name)
        if slot is None or not mark.any_value:
            return self.of(mark.name, mark.value)
        return _SET if slot.type in ("text", "list") else True if slot.type == "bool" else ANYTHING

    def entities(self, intent: str | None, found: Iterable[Mapping[str, Any]]) -> frozenset[str]:
        """The entities of a message that count with its intent: names, and names with their role or group."""
        marks = [(str(one.get("entity")), one.get("role"), one.get("group")) for one in found]
        return self._seen(intent, marks)

    def mentioned(self, intent: str, mentions: Iterable[Mention]) -> frozenset[str]:
        """The same for the entities that a story names."""
        return self._seen(intent, [(one.entity, one.role, one.group) for one in mentions])

    def _seen(self, intent: str | None, marks: Iterable[tuple[str, Any, Any]]) -> frozenset[str]:
        body = self._intents.get(intent or "", {})
        used, ignored = body.get("use_entities"), body.get("ignore_entities")
        seen: set[str] = set()
        for entity, role, group in marks:
            if entity in self._unseen or (isinstance(ignored, list) and entity in ignored):
                continue
            if used is not None and used is not True and entity not in (used if isinstance(used, list) else ()):
                continue
            seen.add(entity)
            seen |= {f"{entity}{sign}{part}" for sign, part in (("#", role), ("@", group)) if part is not None}
        return frozenset(seen)

    def filled_by(self, intent: str, mention: Mention) -> Iterable[tuple[str, Feature]]:
        """The slots that a mention in a story fills, as their mappings without conditions say."""
        for name, slot in self._slots.items():
            for mapping in slot.mappings:
                keys = mapping.keys
                fits = mapping.type == "from_entity" and not mapping.conditions and keys.get("entity") == mention.entity
                if not fits or keys.get("role") != mention.role or keys.get("group") != mention.group:
                    continue
                if allows(keys, intent):
                    feature = self.of_mark(SlotMark(name=name, value=mention.value, any_value=mention.value is None))
                    if feature is not None:
                        yield name, feature
                    break


def allows(keys: Mapping[str, Any], intent: str | None) -> bool:
    """Whether a mapping's `intent` and `not_intent` let this intent fill the slot (2.1)."""
    wanted, unwanted = names_in(keys.get("intent")), names_in(keys.get("not_intent"))
    return (not wanted or intent in wanted) and intent not in unwanted


def names_in(value: Any) -> list[str]:
    """One name or a list of them, as mappings and routers write them."""
    if isinstance(value, list):
        return [str(name) for name in value if name is not None]
    return [] if value is None else [str(value)]


def _feature(slot: Slot, value: Any) -> Feature | None:
    if value is None:
        return None
    try:
        held = coerced(slot, value)
    except Refused:
        held = value
    match slot.type:
        case "bool":
            return bool(held)
        case "float":
            return _share(slot, held)
        case "categorical" | "strict_categorical":
            return str(held).strip().lower()
        case "list":
            return _SET if held else None
        case _:
            return _SET


def _share(slot: Slot, value: Any) -> Feature:
    """A number's place between the slot's limits, 0 and 1 where it has none: what lies outside is as the limit."""
    low, high = slot.min_value or 0.0, 1.0 if slot.max_value is None else slot.max_value
    if isinstance(value, bool) or not isinstance(value, int | float) or high <= low:
        return ANYTHING
    return (min(max(float(value), low), high) - low) / (high - low)
