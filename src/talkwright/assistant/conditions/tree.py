"""The small tree that a condition's text stands for. Equality ignores positions and redundant brackets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
LiteralKind: TypeAlias = OneOf["text", "number", "true", "false", "null", "undefined", "empty"]
Operator: TypeAlias = OneOf["=", "!=", "<", "<=", ">", ">=", "contains", "matches"]
JoinWord: TypeAlias = OneOf["and", "or"]


@dataclass(frozen=True, slots=True)
class Name:
    """Something looked up in the document, such as `slots.amount`; `span` holds character offsets in the text."""

    path: str
    span: Span = field(default=(0, 0), compare=False)

    @property
    def namespace(self) -> str:
        """What stands before the first dot."""
        return self.path.partition(".")[0]

    @property
    def slot(self) -> str | None:
        """The slot that is read, if it is one: the first name after `slots.`."""
        namespace, _, rest = self.path.partition(".")
        return rest.partition(".")[0] or None if namespace == "slots" else None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written out; `value` is a text, a number, or None for the words that `kind` names."""

    kind: LiteralKind
    value: str | float | None = None
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class SetLiteral:
    """`{'a' 'b'}`: several values, for the left of `contains`."""

    items: tuple[Name | Literal, ...]
    span: Span = field(default=(0, 0), compare=False)


Operand: TypeAlias = Name | Literal | SetLiteral


@dataclass(frozen=True, slots=True)
class Test:
    """A name or value alone: whether it counts as true."""

    operand: Name | Literal
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two operands with an operator between; `operator_span` is where the operator is written."""

    left: Operand
    operator: Operator
    right: Operand
    span: Span = field(default=(0, 0), compare=False)
    operator_span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; binds tighter than `and` and `or`."""

    operand: Condition
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Join:
    """`and` or `or`: one precedence, grouped to the right. `bracketed` says whether brackets stood around it."""

    word: JoinWord
    left: Condition
    right: Condition
    span: Span = field(default=(0, 0), compare=False)
    bracketed: bool = field(default=False, compare=False)


Condition: TypeAlias = Test | Comparison | Not | Join
Node: TypeAlias = Condition | Operand


def walk(tree: Node) -> Iterator[Node]:
    """All nodes of a tree in the order of the text, the tree itself first."""
    waiting: list[Node] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case Test(operand=operand) | Not(operand=operand):
                waiting.append(operand)
            case Comparison(left=left, right=right) | Join(left=left, right=right):
                waiting += [right, left]
            case SetLiteral(items=items):
                waiting += reversed(items)
            case _:
                pass


def names(tree: Node) -> tuple[Name, ...]:
    """The names that a condition uses, in the order of the text, each as often as it stands there."""
    return tuple(node for node in walk(tree) if isinstance(node, Name))
