"""Trees back to text, and to JSON for the web client. Parsing a rendered tree gives the tree again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from talkwright.assistant.conditions.tree import (
    Comparison,
    Condition,
    Join,
    Literal,
    Name,
    Node,
    Not,
    Operand,
    SetLiteral,
    Test,
)

_BARE_WORDS = ("true", "false", "null", "undefined", "empty")


def render(tree: Condition) -> str:
    """The condition as text, in the usual style: `slots.a = 'x' and not slots.b is null`.

    Brackets stand where the grouping needs them and where `and` meets `or`. Raises ValueError for a text that holds
    both kinds of quotation marks, which the language can't write.
    """
    match tree:
        case Test(operand=operand):
            return _operand(operand)
        case Not(operand=inner):
            return f"not {_bracketed(inner)}"
        case Join(word=word, left=left, right=right):
            same = not isinstance(right, Join) or right.word == word
            return f"{_bracketed(left)} {word} {render(right) if same else _bracketed(right)}"
        case Comparison(left=left_side, operator=operator, right=right_side):
            named = isinstance(right_side, Literal) and right_side.kind in _BARE_WORDS
            written = {"=": "is", "!=": "is not"}.get(operator, operator) if named else operator
            return f"{_operand(left_side)} {written} {_operand(right_side)}"


def _bracketed(tree: Condition) -> str:
    return f"({render(tree)})" if isinstance(tree, Join) else render(tree)


def _operand(operand: Operand) -> str:
    match operand:
        case Name(path=path):
            return path
        case SetLiteral(items=items):
            return "{" + " ".join(_operand(item) for item in items) + "}"
        case Literal(kind="text", value=value):
            return quoted(str(value))
        case Literal(kind="number", value=value):
            return number_text(value)
        case Literal(kind=kind):
            return kind


def quoted(text: str) -> str:
    """A text in the quotation marks that it doesn't hold itself. Raises ValueError if it holds both kinds."""
    for mark in "'\"":
        if mark not in text:
            return f"{mark}{text}{mark}"
    raise ValueError("A condition can't hold a text with both ' and \".")


def number_text(value: Any) -> str:
    """A number without exponent, which the language doesn't know."""
    if isinstance(value, float):
        written = format(Decimal(repr(value)), "f")
        return written if "." in written else written + ".0"
    return str(value)


def to_json(node: Node) -> dict[str, Any]:
    """A tree as JSON values: `node` names the kind, `span` holds the start and end offsets in the text."""
    found: dict[str, Any] = {"node": type(node).__name__.lower(), "span": list(node.span)}
    match node:
        case Name(path=path):
            found |= {"path": path, "slot": node.slot}
        case Literal(kind=kind, value=value):
            found |= {"kind": kind, "value": value}
        case SetLiteral(items=items):
            found |= {"node": "set", "items": [to_json(item) for item in items]}
        case Test(operand=operand):
            found |= {"operand": to_json(operand)}
        case Not(operand=inner):
            found |= {"operand": to_json(inner)}
        case Comparison(left=left, operator=operator, right=right):
            found |= {"left": to_json(left), "operator": operator, "right": to_json(right)}
        case Join(word=word, left=first, right=second, bracketed=bracketed):
            found |= {"word": word, "left": to_json(first), "right": to_json(second), "bracketed": bracketed}
    return found
