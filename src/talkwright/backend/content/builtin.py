"""Built-in items: the default patterns, their responses and the built-in slots, until somebody edits them.

A built-in item has no row. Its uuid follows from the assistant's and its own name, so the first edit creates the very
item that people already see, and deleting that item is the reset.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from talkwright.assistant.builtins import builtin_slots
from talkwright.assistant.domain import Slot
from talkwright.assistant.editing import new_item
from talkwright.assistant.items import Item, ItemBody, Kind
from talkwright.assistant.patterns import default_items
from talkwright.assistant.references import references
from talkwright.database.items import StoredItem

KINDS = ("flow", "response", "slot")


def builtin_id(assistant: UUID, kind: str, name: str) -> UUID:
    """The uuid of a built-in item in one assistant."""
    return uuid5(assistant, f"{kind}:{name}")


@lru_cache(maxsize=64)
def builtin_items(language: str, additional: tuple[str, ...]) -> Mapping[tuple[str, str], Item]:
    """All built-in items of an assistant that speaks these languages, by kind and name, with a text for each."""
    bodies = [*default_items(), *(_slot_item(slot) for slot in builtin_slots(language, additional).values())]
    made: dict[tuple[str, str], Item] = {}
    for item in bodies:
        made.setdefault((item.kind, item.name), new_item(Kind(item.kind), item.name, item.body))
    return made


@lru_cache(maxsize=64)
def builtin_mentions(
    language: str, additional: tuple[str, ...]
) -> Mapping[tuple[str, str], frozenset[tuple[str, str]]]:
    """What is named by which built-in items: {named: those that name it}, each as (kind, name)."""
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for (kind, name), item in builtin_items(language, additional).items():
        for reference in references(kind, name, item.body):
            found.setdefault((reference.kind, reference.name), set()).add((kind, name))
    return {named: frozenset(users) for named, users in found.items()}


def as_stored(assistant: UUID, item: Item) -> StoredItem:
    """A built-in item as pages get it: revision 0."""
    return StoredItem(
        id=builtin_id(assistant, item.kind, item.name),
        kind=str(item.kind),
        name=item.name,
        revision=0,
        body=item.body,
        parts=item.parts,
    )


def find_builtin(
    assistant: UUID, language: str, additional: Sequence[str], ids: Iterable[UUID]
) -> dict[UUID, StoredItem]:
    """The built-in items that have these uuids."""
    wanted = set(ids)
    if not wanted:
        return {}
    return {
        stored.id: stored
        for item in builtin_items(language, tuple(additional)).values()
        if (stored := as_stored(assistant, item)).id in wanted
    }


def _slot_item(slot: Slot) -> ItemBody:
    body: dict[str, Any] = {"type": "categorical" if slot.type == "strict_categorical" else slot.type}
    if slot.values:
        body["values"] = list(slot.values)
    if slot.initial_value is not None:
        body["initial_value"] = slot.initial_value
    body["influence_conversation"] = slot.influence_conversation
    body["mappings"] = [{"type": mapping.type, **mapping.keys} for mapping in slot.mappings]
    return ItemBody("slot", slot.name, body)
