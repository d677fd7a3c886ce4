"""Values of slots: what a slot's type makes of a value, and what it refuses (dialogue-semantics 2.1)."""

from __future__ import annotations

import math
from typing import Any

from talkwright.assistant.domain import Slot

OTHER = "__other__"
_TRUE = frozenset({"true", "yes"})
_FALSE = frozenset({"false", "no"})


class Refused(ValueError):  # noqa: N818 -- it is the answer to a value, not a fault
    """The value can't be one of this slot's type."""


def coerced(slot: Slot, value: Any) -> Any:
    """The value as the slot's type holds it; raises Refused. None stays None."""
    if value is None:
        return None
    match slot.type:
        case "bool":
            return _bool(value)
        case "float":
            return _float(slot, value)
        case "categorical" | "strict_categorical":
            return _category(slot, value)
        case "list":
            return value if isinstance(value, list) else [value]
        case _:
            return value


def stored(slot: Slot, value: Any) -> Any:
    """The value as it is written: coerced where that works, else as it came, to be refused by the question (2.1)."""
    try:
        return coerced(slot, value)
    except Refused:
        return value


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value == 1
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    try:
        return float(text) == 1
    except ValueError:
        raise Refused("no bool") from None


def _float(slot: Slot, value: Any) -> float:
    if isinstance(value, list | dict):
        raise Refused("no number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise Refused("no number") from None
    if not math.isfinite(number):
        raise Refused("no finite number")
    if slot.min_value is not None and slot.max_value is not None and not slot.min_value <= number <= slot.max_value:
        raise Refused("outside the slot's limits")
    return number


def _category(slot: Slot, value: Any) -> Any:
    text = _text(value)
    for allowed in slot.values:
        if _text(allowed) == text:
            return allowed
    if text == OTHER and slot.type == "categorical":
        return OTHER
    raise Refused("no such value")


def _text(value: Any) -> str:
    return str(value).strip().lower()


def same(slot: Slot | None, left: Any, right: Any) -> bool:
    """Whether two values mean the same for this slot (12.28)."""
    if slot is not None:
        left, right = stored(slot, left), stored(slot, right)
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)
