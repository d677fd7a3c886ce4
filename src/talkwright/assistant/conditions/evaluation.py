"""Answers conditions on a document, with the measured results of dialogue-semantics 1.7.

A tree is compiled once to nested closures, because a turn asks many conditions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from talkwright.assistant.conditions.errors import EvaluationError
from talkwright.assistant.conditions.regexes import RegexError, safe_regex
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

Document: TypeAlias = Mapping[str, Any]
Answer: TypeAlias = Callable[[Document], bool]
Lookup: TypeAlias = Callable[[Document], Any]


class _Undefined:
    """What a name stands for that the document doesn't have: equal to itself and to `empty`, unequal to all else.

    Never true. To `empty` it is equal and unequal at once, depending on which question is asked.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Undefined | _Empty)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, _Undefined)

    def __hash__(self) -> int:
        return hash(None)

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"


class _Empty:
    """What `empty` stands for: equal to every text, list, set or map without contents and to what is undefined."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        nothing = isinstance(other, _Empty | _Undefined)
        return nothing or (isinstance(other, str | list | frozenset | dict) and len(other) == 0)

    __hash__ = None  # type: ignore[assignment] # equal to values of different hashes

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = _Undefined()
EMPTY: Final = _Empty()
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "undefined": UNDEFINED, "empty": EMPTY}
_ORDER: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def evaluate(tree: Condition, document: Document) -> bool:
    """Whether a condition is true on `{"slots": …, "context": …}`.

    Raises EvaluationError where it has no answer: null in an order comparison, texts ordered with numbers, a part of a
    value that has none. What an error means is the caller's policy (dialogue-semantics 1.7).
    """
    return compiled(tree)(document)


class _Identity:
    """Caches closures by the tree object: trees come from the parser's cache, and equal trees behave equally."""

    __slots__ = ("tree",)

    def __init__(self, tree: Condition) -> None:
        self.tree = tree

    def __hash__(self) -> int:
        return id(self.tree)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.tree is self.tree


def compiled(tree: Condition) -> Answer:
    """The function that answers a tree."""
    return _compiled(_Identity(tree))


@lru_cache(maxsize=8192)
def _compiled(key: _Identity) -> Answer:
    return _condition(key.tree)


def _condition(tree: Condition) -> Answer:
    match tree:
        case Test(operand=operand):
            lookup = _operand(operand)
            return lambda document: bool(lookup(document))
        case Not(operand=inner):
            answer = _condition(inner)
            return lambda document: not answer(document)
        case Join(word=word, left=left, right=right):
            return _join(word, _condition(left), _condition(right))
        case Comparison():
            return _comparison(tree)


def _join(word: str, left: Answer, right: Answer) -> Answer:
    if word == "and":
        return lambda document: left(document) and right(document)
    return lambda document: left(document) or right(document)


def _comparison(tree: Comparison) -> Answer:
    left, right = _operand(tree.left), _operand(tree.right)
    match tree.operator:
        case "=":
            return lambda document: bool(left(document) == right(document))
        case "!=":
            return lambda document: bool(left(document) != right(document))
        case "contains":
            return lambda document: _contains(left(document), right, document)
        case "matches":
            pattern = str(tree.right.value) if isinstance(tree.right, Literal) else ""
            return lambda document: _matches(left(document), pattern)
        case order:
            compare = _ORDER[order]
            return lambda document: _ordered(compare, left(document), right(document))


def _ordered(compare: Callable[[Any, Any], Any], left: Any, right: Any) -> bool:
    if isinstance(left, _Undefined | _Empty) or isinstance(right, _Undefined | _Empty):
        return False
    try:
        return bool(compare(left, right))
    except TypeError:
        raise EvaluationError(f"{_kind(left)} can't be compared with {_kind(right)} by order.") from None


def _contains(container: Any, lookup: Lookup, document: Document) -> bool:
    """What can't contain anything is not asked for more: the other side isn't looked up."""
    if not isinstance(container, str | list | frozenset | dict | _Undefined):
        return False
    value = lookup(document)
    if isinstance(container, _Undefined):
        return False
    if isinstance(container, str) and not isinstance(value, str):
        raise EvaluationError(f"A text can't contain {_kind(value).lower()}.")
    try:
        return value in container
    except TypeError:
        what = "set" if isinstance(container, frozenset) else "map"
        raise EvaluationError(f"A {what} can't contain {_kind(value).lower()}.") from None


def _matches(text: Any, pattern: str) -> bool:
    if not isinstance(text, str):
        return False
    try:
        return safe_regex(pattern).found_in(text)
    except RegexError as error:
        raise EvaluationError(str(error)) from None


def _operand(operand: Operand) -> Lookup:
    match operand:
        case Name(path=path):
            return _name(path)
        case SetLiteral(items=items):
            lookups = tuple(_operand(item) for item in items)
            return lambda document: _set(lookup(document) for lookup in lookups)
        case Literal(kind=kind, value=value):
            constant = _WORDS.get(kind, value)
            return lambda _document: constant


def _set(values: Iterable[Any]) -> frozenset[Any]:
    try:
        return frozenset(values)
    except TypeError:
        raise EvaluationError("A set can't hold a list or a map.") from None


def _name(path: str) -> Lookup:
    parts = tuple(path.split("."))
    if len(parts) == 2 and all(parts):
        space, key = parts

        def shallow(document: Document) -> Any:
            fields = document.get(space, UNDEFINED)
            return fields.get(key, UNDEFINED) if isinstance(fields, Mapping) else _part(fields, key)

        return shallow

    def deep(document: Document) -> Any:
        value: Any = document
        for part in parts:
            value = value.get(part, UNDEFINED) if isinstance(value, Mapping) else _part(value, part)
            if value is UNDEFINED:
                return value
        return value

    return deep


def _part(value: Any, part: str) -> Any:
    """A named part of something that is no map: undefined for texts and lists, an error for the rest."""
    if value is UNDEFINED or isinstance(value, str | list | tuple):
        return UNDEFINED
    raise EvaluationError(f"{_kind(value)} has no part `{part}`.")


def _kind(value: Any) -> str:
    match value:
        case None:
            return "A value that is not set"
        case bool():
            return "A yes/no value"
        case int() | float():
            return "A number"
        case str():
            return "A text"
        case _:
            return (
                "A list"
                if isinstance(value, list | tuple)
                else "Something undefined"
                if value is UNDEFINED
                else "A map"
            )
