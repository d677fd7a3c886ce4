"""Written values of slots: whether the slot's type can hold them (dialogue-semantics 2.1)."""

from __future__ import annotations

import re
from typing import Any

from talkwright.assistant.domain import Slot
from talkwright.assistant.parsing.shape import Patch, shape_name
from talkwright.assistant.validation.check import Check, replace
from talkwright.assistant.validation.comparisons import FALSE_WORDS, OTHER_VALUE, TRUE_WORDS

_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*")


def problem_of(slot: Slot, value: Any) -> str | None:
    """Why a slot can't hold a value, in words, or None where it can. Null and templates are always fine."""
    if value is None or (isinstance(value, str) and "{" in value):
        return None
    match slot.type:
        case "bool":
            fits = isinstance(value, bool | int | float) or (
                isinstance(value, str) and value.strip().lower() in (*TRUE_WORDS, *FALSE_WORDS)
            )
            return None if fits else "it takes only `true` or `false`"
        case "float":
            fits = isinstance(value, bool | int | float) or (isinstance(value, str) and bool(_NUMBER.fullmatch(value)))
            return _out_of_range(slot, value) if fits else "it takes only numbers"
        case "categorical" | "strict_categorical" if slot.values:
            texts = {str(listed).lower() for listed in slot.values} | {OTHER_VALUE}
            shown = ", ".join(f"`{listed}`" for listed in slot.values[:12])
            return None if str(value).lower() in texts else f"its values are {shown}"
        case _:
            return None


def _out_of_range(slot: Slot, value: Any) -> str | None:
    if slot.min_value is None or slot.max_value is None or slot.min_value <= float(value) <= slot.max_value:
        return None
    return f"it takes numbers from {slot.min_value:g} to {slot.max_value:g}"


def listed_spelling(slot: Slot, value: Any) -> str | None:
    """The value of a categorical slot that differs from `value` only by case or blanks."""
    same = [str(listed) for listed in slot.values if str(listed).strip().lower() == str(value).strip().lower()]
    return same[0] if same and same[0] != str(value) else None


def check_value(check: Check, slot: Slot, value: Any, path: str, what: str) -> None:
    """Notes a value that a slot can't hold; `what` begins the sentence, such as “Step “x” sets”."""
    reason = problem_of(slot, value)
    if reason is None:
        return
    shown = f"`{value}`" if isinstance(value, str | int | float) else shape_name(value)
    fix: Patch = ()
    spelling = listed_spelling(slot, value) if slot.type == "categorical" else None
    if spelling is not None:
        fix = replace(path, spelling)
    check.findings.error("slot-value", path, f"{what} `{slot.name}` to {shown}, but {reason}.", fix)
