"""Cuts a condition's text into tokens; keywords count only as whole words, in any case (dialogue-semantics 1.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lark.lexer import Lexer, Token

from talkwright.assistant.conditions.errors import ConditionError

MAX_CHARACTERS = 10_000
MAX_BRACKETS = 50
MAX_NEGATIONS = 100
MAX_JOINS = 200

_TOKEN = re.compile(
    r"""(?P<SKIP>\s+|\#[^\n]*)
      | (?P<TEXT>"[^"]*"|'[^']*')
      | (?P<OPERATOR>==|!=|<=|>=|=|<|>)
      | (?P<LEFT_BRACKET>\() | (?P<RIGHT_BRACKET>\)) | (?P<LEFT_BRACE>\{) | (?P<RIGHT_BRACE>\})
      | (?P<WORD>(?:[\w.\-]|[^\x00-\x7f\s“”„‟‘’‚‛«»])+)""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_KEYWORDS = {"and": "AND", "or": "OR", "not": "NOT", "is": "OPERATOR", "contains": "CONTAINS", "matches": "MATCHES"}
CONSTANTS = frozenset({"true", "false", "null", "undefined", "empty"})
_INDEXED = re.compile(r"[\w.)\]]\Z")
_LIST = "a list"
_ADVICE = {
    _LIST: "A list of values stands in braces, without commas, on the left: write `{'a' 'b'} contains slots.x`.",
    '"': 'The quotation mark is never closed: add `"` at the end of the text.',
    "'": "The quotation mark is never closed: add `'` at the end of the text.",
    "&": "Write `and` instead of `&`.",
    "|": "Write `or` instead of `|`.",
    "!": "Write `not` in front, or `!=` for “is not”.",
    ",": "The values of a set are separated by blanks, without commas.",
    "[": "Square brackets can't be used here; only `slots.name` and `context.name` can be looked up.",
    "]": "Square brackets can't be used here; only `slots.name` and `context.name` can be looked up.",
    **dict.fromkeys("+*/%", "A condition can't calculate; let an action set a slot and compare that."),
    **dict.fromkeys("“”„‟‘’‚‛«»", "Use straight quotation marks, `'` or `\"`, around a text."),
}


class ConditionLexer(Lexer):
    """The lexer that the grammar's declared terminals come from."""

    def __init__(self, lexer_conf: Any) -> None:
        del lexer_conf

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override] # lark passes a text here when the lexer is a custom class
        """The tokens of one text; raises ConditionError where a character can't stand."""
        return iter(tokens(str(data)))


def tokens(text: str) -> list[Token]:
    """The tokens of a condition. Raises ConditionError for a character that can't stand there and for hostile sizes."""
    if len(text) > MAX_CHARACTERS:
        raise ConditionError(f"The condition is longer than {MAX_CHARACTERS} characters; split it over steps.", 1)
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            mark = text[position]
            if mark == "[" and not _INDEXED.search(text[:position]):
                mark = _LIST
            raise ConditionError(
                _ADVICE.get(mark, f"The character `{mark}` can't stand in a condition."),
                position + 1,
                "a name or a value",
            )
        kind = str(match.lastgroup)
        if kind == "WORD":
            kind = _word_kind(match.group())
        if kind == "NOT" and found and found[-1].type == "OPERATOR" and found[-1].lower() == "is":
            found[-1] = _token("OPERATOR", "is not", int(found[-1].start_pos or 0), match.end())
        elif kind != "SKIP":
            found.append(_token(kind, match.group(), position, match.end()))
        position = match.end()
    _check_sizes(found)
    return found


def _token(kind: str, value: str, start: int, end: int) -> Token:
    return Token(kind, value, start_pos=start, end_pos=end, line=1, column=start + 1)


def _word_kind(word: str) -> str:
    if _NUMBER.fullmatch(word):
        return "NUMBER"
    lower = word.lower()
    if lower in CONSTANTS:
        return "CONSTANT"
    return _KEYWORDS.get(lower, "NAME")


def _check_sizes(found: list[Token]) -> None:
    depth = negations = joins = 0
    for token in found:
        match token.type:
            case "LEFT_BRACKET":
                depth += 1
            case "RIGHT_BRACKET":
                depth -= 1
            case "NOT":
                negations += 1
            case "AND" | "OR":
                joins += 1
        if depth > MAX_BRACKETS or negations > MAX_NEGATIONS or joins > MAX_JOINS:
            raise ConditionError(
                f"The condition is too large: at most {MAX_BRACKETS} brackets inside each other, {MAX_NEGATIONS} `not`"
                f" and {MAX_JOINS} `and`/`or`. Split it over several steps.",
                int(token.start_pos or 0) + 1,
            )
