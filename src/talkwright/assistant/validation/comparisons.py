"""Comparisons of a slot with a written value: whether they can ever be true (dialogue-semantics 1.7, 1.8)."""

from __future__ import annotations

import re
from typing import Any

from talkwright.assistant.conditions import Comparison, Literal, Name, SetLiteral
from talkwright.assistant.conditions.rendering import quoted
from talkwright.assistant.domain import Slot
from talkwright.assistant.parsing.shape import Patch
from talkwright.assistant.validation.check import Check, Expression, replace

OTHER_VALUE = "__other__"
TRUE_WORDS = ("true", "yes")
FALSE_WORDS = ("false", "no")
_NUMBER = re.compile(r"\s*-?\d+(\.\d+)?\s*")
_ORDER = ("<", "<=", ">", ">=")


def check_comparison(check: Check, node: Comparison, at: Expression) -> None:
    """Checks one comparison with a slot on one side and a written value on the other."""
    if isinstance(node.right, SetLiteral) and node.operator != "contains":
        _set_compared(check, node, at)
        return
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if not isinstance(side, Name) or side.slot is None or side.path != f"slots.{side.slot}":
            continue
        slot = check.facts.slot(side.slot)
        if slot is None:
            continue
        if isinstance(other, Literal):
            _literal(check, slot, node, other, at)
        elif isinstance(other, SetLiteral):
            for item in other.items:
                if isinstance(item, Literal):
                    _equal(check, slot, item, at)


def _set_compared(check: Check, node: Comparison, at: Expression) -> None:
    written = at.text[node.right.span[0] : node.right.span[1]]
    left = at.text[node.left.span[0] : node.left.span[1]]
    fix: Patch = ()
    if node.operator == "=":
        fix = replace(at.path, f"{at.text[: node.span[0]]}{written} contains {left}{at.text[node.span[1] :]}")
    check.findings.error(
        "set-compared",
        at.path,
        f"{at.what} compares `{left}` with a set, which is never the same. Write `{written} contains {left}`.",
        fix,
    )


def _literal(check: Check, slot: Slot, node: Comparison, value: Literal, at: Expression) -> None:
    if node.operator in ("=", "!="):
        _equal(check, slot, value, at)
    elif node.operator in _ORDER:
        _ordered(check, slot, value, at)
    elif slot.type in ("bool", "float") and (node.operator == "matches" or node.left is not value):
        check.findings.error(
            "wrong-type-compared",
            at.path,
            f"{at.what} asks whether `slots.{slot.name}` {node.operator} a text, but the slot is a {slot.type}, so"
            f" this is"
            " never true. Compare it with `=` or by order.",
        )


def _equal(check: Check, slot: Slot, value: Literal, at: Expression) -> None:
    if value.kind not in ("text", "number"):
        if slot.type in ("text", "categorical") and value.kind in ("true", "false"):
            _wrong(check, slot, value, at, severe=slot.type == "categorical")
        return
    if slot.type == "bool" and (value.kind == "text" or value.value not in (0, 1)):
        word = str(value.value).strip().lower()
        right = "true" if word in TRUE_WORDS else "false" if word in FALSE_WORDS else None
        _wrong(check, slot, value, at, right=right)
    elif slot.type == "float" and value.kind == "text":
        number = str(value.value).strip() if _NUMBER.fullmatch(str(value.value)) else None
        _wrong(check, slot, value, at, right=number)
    elif slot.type == "text" and value.kind == "number":
        _wrong(check, slot, value, at, right=f"'{at.text[value.span[0] : value.span[1]]}'", severe=False)
    elif slot.type == "categorical" and slot.values and not _listed(slot, value.value):
        _not_listed(check, slot, value, at)


def _ordered(check: Check, slot: Slot, value: Literal, at: Expression) -> None:
    if value.kind == "null":
        check.findings.error(
            "null-ordered",
            at.path,
            f"{at.what} compares by order with `null`, which has no answer. Write `is null` or `is not null`.",
        )
    elif slot.type == "float" and value.kind == "text":
        number = str(value.value).strip() if _NUMBER.fullmatch(str(value.value)) else None
        _wrong(check, slot, value, at, right=number)
    elif slot.type in ("text", "categorical") and value.kind == "number":
        _wrong(check, slot, value, at, severe=False)


def _wrong(
    check: Check,
    slot: Slot,
    value: Literal,
    at: Expression,
    *,
    right: str | None = None,
    severe: bool = True,
) -> None:
    written = at.text[value.span[0] : value.span[1]]
    expected = {
        "bool": "`true` or `false`",
        "float": "a number without quotation marks",
        "text": "a text in quotation marks",
    }
    wanted = expected.get(slot.type) or "one of " + _values(slot)
    fix = replace(at.path, at.text[: value.span[0]] + right + at.text[value.span[1] :]) if right else ()
    note = check.findings.error if severe else check.findings.warning
    note(
        "wrong-type-compared",
        at.path,
        f"{at.what} compares `slots.{slot.name}`, a {slot.type} slot, with {written}: the two never fit. Compare it"
        f" with {wanted}.",
        fix,
    )


def _listed(slot: Slot, value: Any) -> bool:
    return value == OTHER_VALUE or any(value == listed or str(value) == listed for listed in slot.values)


def _not_listed(check: Check, slot: Slot, value: Literal, at: Expression) -> None:
    same = [listed for listed in slot.values if str(listed).lower() == str(value.value).lower()]
    fix: Patch = ()
    advice = f"Its values are {_values(slot)}."
    if same:
        advice = f"Texts are compared with their case: write {quoted(str(same[0]))}."
        fix = replace(at.path, at.text[: value.span[0]] + quoted(str(same[0])) + at.text[value.span[1] :])
    check.findings.error(
        "value-not-listed",
        at.path,
        f"{at.what} compares `slots.{slot.name}` with `{value.value}`, which it never is. {advice}",
        fix,
    )


def _values(slot: Slot) -> str:
    shown = [f"`{value}`" for value in slot.values[:12]]
    return ", ".join(shown) + (" …" if len(slot.values) > len(shown) else "")
