"""Messages that are no language: `/SetSlots(…)` and `/intent@0.9{…}`, as buttons send them (dialogue-semantics 4.3)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

MAX_ASSIGNMENTS = 10
NULL_WORDS = frozenset({"none", "null", "undefined"})
_SET_SLOTS = re.compile(r"/SetSlots\((?P<inside>.*)\)", re.DOTALL)
_SLOTS_START = re.compile(r"\s*/SetSlots\s*\(")
_ASSIGNMENT = re.compile(r"\s*(?P<name>[^\s=,()\[\]]+)\s*=(?P<value>.*)", re.DOTALL)
_INTENT = re.compile(r"/(?P<name>[^\s{}@]+)(?:@(?P<confidence>\d+(?:\.\d+)?))?\s*(?P<entities>\{.*\})?", re.DOTALL)
_PAIRS = {"[": "]", "(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class SlotsPayload:
    """Values for slots, in order, as texts (a list for `[a,b]`, None for a null word)."""

    assignments: tuple[tuple[str, str | list[str] | None], ...]


@dataclass(frozen=True, slots=True)
class IntentPayload:
    """An intent that needs no model, with the entities that came with it."""

    name: str
    confidence: float
    entities: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class TextPayload:
    """Malformed slash text: what is left of it goes on as free text."""

    text: str


Payload = SlotsPayload | IntentPayload | TextPayload


def read_payload(text: str, *, slots: Collection[str]) -> Payload | None:
    """Read `text` as a payload; None where it is free text.

    `/SetSlots(…)` is all or nothing: with an unknown slot, more than ten assignments or a broken one it is free text.
    """
    text = text.strip()
    if not text.startswith("/"):
        return None
    if (inside := inside_set_slots(text)) is not None:
        assignments = _read_assignments(inside)
        if assignments is None or any(name not in slots for name, _ in assignments):
            return None
        return SlotsPayload(tuple(assignments))
    if found := _INTENT.fullmatch(text):
        entities = _read_entities(found["entities"])
        confidence = float(found["confidence"] or 1.0)
        if entities is not None and confidence <= 1.0:
            return IntentPayload(found["name"], confidence, entities)
    return TextPayload(text[1:].strip())


def is_meant_for_slots(text: str) -> bool:
    """Whether a button wrote the text to fill slots, readable or not; nobody says such a thing as an answer."""
    return _SLOTS_START.match(text) is not None


def inside_set_slots(text: str) -> str | None:
    """What stands in the brackets of `/SetSlots(…)`; None for any other text."""
    found = _SET_SLOTS.fullmatch(text.strip())
    return found["inside"] if found else None


def split_assignments(inside: str) -> list[tuple[str, str]] | None:
    """The `slot=value` pairs of a payload, the values as written; None where one can't be read."""
    found = [_ASSIGNMENT.fullmatch(part) for part in _split(inside) or ()]
    pairs = [(match["name"], match["value"].strip()) for match in found if match is not None]
    return pairs if pairs and len(pairs) == len(found) else None


def _read_assignments(inside: str) -> list[tuple[str, str | list[str] | None]] | None:
    pairs = split_assignments(inside)
    if pairs is None or len(pairs) > MAX_ASSIGNMENTS:
        return None
    return [(name, _read_value(value)) for name, value in pairs]


def _read_value(text: str) -> str | list[str] | None:
    if text.startswith("[") and text.endswith("]"):
        return [unquoted(part) for part in _split(text[1:-1]) or () if part.strip()]
    plain = unquoted(text)
    return None if plain.lower() in NULL_WORDS else plain


def unquoted(text: str) -> str:
    """A value without the quotes around it."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text


def _split(text: str) -> list[str] | None:
    """Split at commas that stand outside brackets and quotes; None where a bracket stays open."""
    parts, current, closers, quote = [], "", "", ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and current.rstrip()[-1:] in ("", "=", "[", ","):  # an apostrophe inside a word is no quote
            quote = char
        elif char in _PAIRS:
            closers = _PAIRS[char] + closers
        elif closers and char == closers[0]:
            closers = closers[1:]
        elif char == "," and not closers:
            parts.append(current)
            current = ""
            continue
        current += char
    return None if closers or quote else [*parts, current]


def _read_entities(text: str | None) -> tuple[Mapping[str, Any], ...] | None:
    if not text:
        return ()
    try:
        values = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(values, dict):
        return None
    entities: list[Mapping[str, Any]] = []
    for name, value in values.items():
        entities += [{"entity": name, "value": one} for one in (value if isinstance(value, list) else [value])]
    return tuple(entities)
