"""Conditions in words for people, as tokens that a page can show as chips: “amount is at most 0”."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from talkwright.assistant.conditions.rendering import number_text
from talkwright.assistant.conditions.tree import (
    Comparison,
    Condition,
    Join,
    Literal,
    Name,
    Not,
    Operand,
    SetLiteral,
    Test,
)

Role: TypeAlias = OneOf["slot", "context", "operator", "value", "join", "paren"]


@dataclass(frozen=True, slots=True)
class Word:
    """One token of the wording; `name` is the slot or context field that it stands for."""

    text: str
    role: Role
    name: str | None = None


_COMPARED = {
    "=": ("is", "is not"),
    "!=": ("is not", "is"),
    "<": ("<", "is not <"),
    "<=": ("is at most", "is not at most"),
    ">": (">", "is not >"),
    ">=": ("is at least", "is not at least"),
    "contains": ("contains", "does not contain"),
    "matches": ("matches", "does not match"),
}
_STATES = {  # comparisons with a word: how `=` and `!=` read
    "null": ("is not set", "is set"),
    "undefined": ("does not exist", "exists"),
    "empty": ("is empty", "is not empty"),
    "true": ("is yes", "is not yes"),
    "false": ("is no", "is not no"),
}
_TRUTH = {"bool": ("is yes", "is not yes")}
_FILLED = ("is filled", "is not filled")


def describe(tree: Condition, slot_types: Mapping[str, str] | None = None) -> list[Word]:
    """The condition in words. `slot_types` lets a slot that stands alone read by its type: “is yes” or “is filled”.

    Brackets show how `and` and `or` really group, which the text may hide (dialogue-semantics 1.7).
    """
    return list(_condition(tree, slot_types or {}, negated=False))


def in_words(tree: Condition, slot_types: Mapping[str, str] | None = None) -> str:
    """The same as one text."""
    text = " ".join(word.text for word in describe(tree, slot_types))
    return text.replace("( ", "(").replace(" )", ")").replace(" ,", ",")


def _condition(tree: Condition, types: Mapping[str, str], *, negated: bool) -> Iterator[Word]:
    match tree:
        case Join():
            yield from _negated_brackets(tree, types) if negated else _join(tree, types)
        case Not(operand=inner):
            yield from _condition(inner, types, negated=not negated)
        case Test(operand=Literal(kind=kind)):
            always = (kind in ("true", "number", "text") and not negated) or (kind == "false" and negated)
            yield Word("always" if always else "never", "value")
        case Test(operand=operand):
            yield from _operand(operand)
            slot = operand.slot if isinstance(operand, Name) else None
            yield Word(
                _TRUTH.get(types.get(slot or "", ""), _FILLED if slot in types else _TRUTH["bool"])[negated], "operator"
            )
        case Comparison():
            yield from _comparison(tree, negated=negated)


def _join(tree: Join, types: Mapping[str, str]) -> Iterator[Word]:
    for number, side in enumerate((tree.left, tree.right)):
        if number:
            yield Word(tree.word, "join")
        if isinstance(side, Join) and (number == 0 or side.word != tree.word):
            yield Word("(", "paren")
            yield from _condition(side, types, negated=False)
            yield Word(")", "paren")
        else:
            yield from _condition(side, types, negated=False)


def _negated_brackets(tree: Join, types: Mapping[str, str]) -> Iterator[Word]:
    yield Word("not", "operator")
    yield Word("(", "paren")
    yield from _join(tree, types)
    yield Word(")", "paren")


def _comparison(tree: Comparison, *, negated: bool) -> Iterator[Word]:
    if isinstance(tree.left, SetLiteral) and tree.operator == "contains":
        yield from _operand(tree.right)
        yield Word("is none of" if negated else "is one of", "operator")
        yield from _operand(tree.left)
        return
    yield from _operand(tree.left)
    right = tree.right
    if tree.operator in ("=", "!=") and isinstance(right, Literal) and right.kind in _STATES:
        yield Word(_STATES[right.kind][(tree.operator == "!=") != negated], "operator")
        return
    yield Word(_COMPARED[tree.operator][negated], "operator")
    yield from _operand(right)


def _operand(operand: Operand) -> Iterator[Word]:
    match operand:
        case Name(path=path):
            namespace, _, rest = path.partition(".")
            if namespace in ("slots", "context") and rest:
                yield Word(rest, "slot" if namespace == "slots" else "context", operand.slot or rest)
            else:
                yield Word(path, "context", path)
        case SetLiteral(items=items):
            for number, item in enumerate(items):
                if number:
                    yield Word("or" if number == len(items) - 1 else ",", "join")
                yield from _operand(item)
        case Literal(kind="text", value=value):
            yield Word(f"“{value}”", "value")
        case Literal(kind="number", value=value):
            yield Word(number_text(value), "value")
        case Literal(kind=kind):
            yield Word({"true": "yes", "false": "no", "null": "nothing"}.get(kind, kind), "value")
