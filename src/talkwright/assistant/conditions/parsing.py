"""Condition texts to trees, with errors in words (dialogue-semantics 1.7)."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Transformer
from lark.exceptions import UnexpectedToken, VisitError
from lark.lexer import Token

from talkwright.assistant.conditions.errors import ConditionError
from talkwright.assistant.conditions.lexing import ConditionLexer, tokens
from talkwright.assistant.conditions.regexes import RegexError, safe_regex
from talkwright.assistant.conditions.tree import (
    Comparison,
    Condition,
    Join,
    JoinWord,
    Literal,
    Name,
    Not,
    Operand,
    Operator,
    SetLiteral,
    Span,
    Test,
)

MAX_DIGITS = 100

_OPERATORS: dict[str, Operator] = {
    "=": "=",
    "==": "=",
    "is": "=",
    "!=": "!=",
    "is not": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "contains": "contains",
    "matches": "matches",
}
_EXPECTED = {
    "NAME": "a name such as `slots.amount`",
    "TEXT": "a text in quotation marks",
    "NUMBER": "a number",
    "OPERATOR": "a comparison (`=`, `!=`, `<`, `<=`, `>`, `>=`, `is`)",
    "CONTAINS": "`contains`",
    "MATCHES": "`matches`",
    "AND": "`and`",
    "OR": "`or`",
    "NOT": "`not`",
    "LEFT_BRACKET": "`(`",
    "RIGHT_BRACKET": "`)`",
    "RIGHT_BRACE": "`}`",
    "$END": "the end",
}
_VALUES = frozenset({"NAME", "TEXT", "NUMBER", "CONSTANT"})
_UNKNOWN_OPERATORS = {
    "in": "There is no `in`: write `{'a' 'b'} contains slots.x`.",
    "between": "There is no `between`: write `slots.x >= 1 and slots.x <= 5`.",
    "starts": "There is no `starts with`: write `slots.x matches '^…'`.",
    "ends": "There is no `ends with`: write `slots.x matches '…$'`.",
    "equals": "There is no `equals`: write `=`.",
    "like": "There is no `like`: write `contains` or `matches`.",
}


def _start(token: Token) -> int:
    return int(token.start_pos or 0)


def _end(token: Token) -> int:
    return int(token.end_pos or 0)


def _between(first: Span, last: Span) -> Span:
    return first[0], last[1]


class _Builder(Transformer[Token, Condition]):
    """Makes the tree while the text is parsed."""

    def start(self, children: list[Condition]) -> Condition:
        tree = children[0]
        operand = tree.operand if isinstance(tree, Test) else None
        if isinstance(operand, Literal) and operand.kind in ("undefined", "empty"):
            words = f"`{operand.kind}` alone is no condition: write `slots.name is {operand.kind}`."
            raise ConditionError(words, operand.span[0] + 1, "a name")
        return tree

    def name(self, children: list[Token]) -> Name:
        token = children[0]
        return Name(str(token), (_start(token), _end(token)))

    def literal(self, children: list[Token]) -> Literal:
        token = children[0]
        span = (_start(token), _end(token))
        match token.type:
            case "TEXT":
                return Literal("text", str(token)[1:-1], span)
            case "NUMBER" if len(token) > MAX_DIGITS:
                raise ConditionError(f"The number has more than {MAX_DIGITS} digits.", span[0] + 1, "a number")
            case "NUMBER":
                return Literal("number", float(token) if "." in token else int(token), span)
            case _:
                return Literal(token.lower(), None, span)  # type: ignore[arg-type] # the lexer lets only the constants through

    def set_literal(self, children: list[Any]) -> SetLiteral:
        return SetLiteral(tuple(children[1:-1]), (_start(children[0]), _end(children[-1])))

    def test(self, children: list[Operand]) -> Test:
        operand = children[0]
        if isinstance(operand, SetLiteral):
            raise ConditionError(
                "A set alone is no condition: write `{…} contains slots.name`.", operand.span[0] + 1, "`contains`"
            )
        return Test(operand, operand.span)

    def comparison(self, children: list[Any]) -> Comparison:
        left, token, right = children
        operator = _OPERATORS[token.lower()]
        if operator == "contains" and isinstance(right, SetLiteral):
            raise ConditionError(
                "A set can't stand on the right of `contains`: write `{…} contains slots.name`.",
                right.span[0] + 1,
                "a name or a value",
            )
        if operator == "contains" and isinstance(right, Literal) and right.kind in ("undefined", "empty"):
            raise ConditionError(
                f"Nothing can contain `{right.kind}`: compare with `is` instead.",
                right.span[0] + 1,
                "a name or a value",
            )
        return Comparison(left, operator, right, _between(left.span, right.span), (_start(token), _end(token)))

    def match(self, children: list[Any]) -> Comparison:
        left, token, pattern = children
        if isinstance(left, SetLiteral):
            raise ConditionError("A set can't match a pattern.", left.span[0] + 1, "a name such as `slots.phone`")
        right = self.literal([pattern])
        try:
            safe_regex(str(right.value))
        except RegexError as error:
            raise ConditionError(str(error), right.span[0] + 1, "a regular expression in quotation marks") from None
        return Comparison(left, "matches", right, _between(left.span, right.span), (_start(token), _end(token)))

    def negation(self, children: list[Any]) -> Not:
        token, operand = children
        return Not(operand, (_start(token), operand.span[1]))

    def brackets(self, children: list[Any]) -> Condition:
        opening, inner, closing = children
        span = (_start(opening), _end(closing))
        if isinstance(inner, Join):
            return Join(inner.word, inner.left, inner.right, span, bracketed=True)
        if isinstance(inner, Not):
            return Not(inner.operand, span)
        if isinstance(inner, Test):
            return Test(inner.operand, span)
        return Comparison(inner.left, inner.operator, inner.right, span, inner.operator_span)

    def join(self, children: list[Any]) -> Join:
        left, token, right = children
        word: JoinWord = "and" if token.type == "AND" else "or"
        return Join(word, left, right, _between(left.span, right.span))


_BUILDER = _Builder()
_PARSER = Lark(
    Path(__file__).with_name("grammar.lark").read_text("utf-8"),
    parser="lalr",
    lexer=ConditionLexer,
    transformer=_BUILDER,
    maybe_placeholders=False,
)


def _comparison(found: list[Token]) -> Comparison | None:
    """Two operands with an operator between, as most conditions are, without the grammar's tables: half the time."""
    if len(found) != 3 or found[1].type not in ("OPERATOR", "CONTAINS"):
        return None
    left, operator, right = found
    if left.type not in _VALUES or right.type not in _VALUES:
        return None
    return _BUILDER.comparison([_value(left), operator, _value(right)])


def _value(token: Token) -> Name | Literal:
    return _BUILDER.name([token]) if token.type == "NAME" else _BUILDER.literal([token])


@lru_cache(maxsize=8192)
def _parsed(text: str) -> Condition | ConditionError:
    try:
        found = tokens(text)
        tree: Any = _comparison(found) or _PARSER.parse(text)
    except ConditionError as error:
        return error
    except VisitError as error:
        return error.orig_exc if isinstance(error.orig_exc, ConditionError) else ConditionError(str(error), 1)
    except UnexpectedToken as error:
        return _unexpected(text, error)
    return tree  # type: ignore[no-any-return] # the builder above makes only conditions of `start`


def parse(text: str) -> Condition:
    """The tree of a condition without Jinja, cached by text.

    Raises ConditionError with the column (from 1) and what could stand there.
    """
    found = _parsed(text)
    if isinstance(found, ConditionError):
        raise ConditionError(found.message, found.column, found.expected)
    return found


def _unexpected(text: str, error: UnexpectedToken) -> ConditionError:
    token = error.token
    expected = _in_words(error.accepts or error.expected)
    if token.type == "$END":
        if not text.strip() or not re.sub(r"#[^\n]*", "", text).strip():
            return ConditionError("The condition is empty: write something such as `slots.amount > 10`.", 1, expected)
        return ConditionError(f"The condition stops too early; expected {expected}.", len(text.rstrip()) + 1, expected)
    column = _start(token) + 1
    advice = _UNKNOWN_OPERATORS.get(token.lower()) if token.type == "NAME" else None
    if advice is None and token.type == "NOT":
        advice = "`not` stands in front of the whole comparison: write `not slots.x contains 'a'`."
    if advice is None and token.type == "TEXT" and "RIGHT_BRACE" not in error.expected:
        advice = f"Write what is compared with {token} and how."
    if token.type == "RIGHT_BRACKET" and "$END" in (error.accepts or error.expected):
        advice = "No bracket is open there: delete it."
    message = f"`{token}` can't stand here; expected {expected}."
    return ConditionError(f"{message} {advice}" if advice else message, column, expected)


def _in_words(terminals: Any) -> str:
    words = [words for terminal, words in _EXPECTED.items() if terminal in terminals]
    if "NAME" in terminals and "TEXT" in terminals:
        rest = [word for word in words if word in ("`not`", "`(`", "`}`")]
        words = ["a name such as `slots.amount`", "a value", *rest]
    if len(words) < 2:
        return words[0] if words else "something else"
    return ", ".join(words[:-1]) + " or " + words[-1]
