"""One place where an item names another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from talkwright.assistant.conditions import ConditionError, is_template, names, parse
from talkwright.assistant.parsing.shape import condition_text
from talkwright.assistant.pointers import pointer_join

Syntax: TypeAlias = Literal["value", "key", "condition", "format", "jinja", "payload", "annotation", "implied"]

_IN_TEMPLATE = re.compile(r"(?<![\w.\-])slots\.((?:[\w\-])+)(?![\w\-]*\{\{)")
_JINJA_OPENING = re.compile(r"\{[{%#]")
_JINJA_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_SET_SLOTS = re.compile(r"/SetSlots\(")
_ASSIGNMENT = re.compile(r"(?:^|[(,])\s*([^\s=,()]+)\s*=")
_INTENT = re.compile(r"/([^\s{}@(]+)(?:@[\d.]+)?\s*(\{.*\})?\s*$", re.DOTALL)
_JSON_KEY = re.compile(r'"([^"\\]+)"\s*:')


@dataclass(frozen=True, slots=True)
class Reference:
    """`from_kind` and `from_name` name another item, `kind` and `name`, at a place of its body.

    `path` is the JSON pointer of the text that holds the name (of the entry, where the name is its key), `span` the
    characters of the name inside the text. `implied` references are not written: a default name stands for them.
    """

    path: str
    kind: str
    name: str
    syntax: Syntax = "value"
    span: tuple[int, int] | None = None
    step: str | None = None
    from_kind: str = ""
    from_name: str = ""

    def of(self, kind: str, name: str) -> Reference:
        """The same with the item that it stands in."""
        return Reference(self.path, self.kind, self.name, self.syntax, self.span, self.step, kind, name)


def value(body: Any, path: str, key: object, kind: str, step: str | None = None) -> Iterator[Reference]:
    """A text under `key` that is a name, or a list of such texts."""
    try:
        written = body[key]
    except (KeyError, IndexError, TypeError):
        return
    at = pointer_join(path, key)
    if isinstance(written, str) and written:
        yield Reference(at, kind, written, "value", (0, len(written)), step)
    elif isinstance(written, list):
        for index, entry in enumerate(written):
            if isinstance(entry, str) and entry:
                yield Reference(pointer_join(at, index), kind, entry, "value", (0, len(entry)), step)


def entries(body: Any, key: str, path: str) -> Iterator[tuple[str, Any]]:
    """Pointer and value of each entry of a list, where there is one."""
    listed = body.get(key) if type(body) is dict or isinstance(body, Mapping) else None
    if not isinstance(listed, list):
        return
    at = pointer_join(path, key)
    for index, entry in enumerate(listed):
        yield f"{at}/{index}", entry


def condition(body: Any, path: str, key: object, step: str | None = None) -> Iterator[Reference]:
    """The slots that a condition under `key` reads; nothing where it can't be parsed."""
    try:
        written = body[key]
    except (KeyError, IndexError, TypeError):
        return
    text = condition_text(written)
    if text is None or not isinstance(written, str):
        return
    at = pointer_join(path, key)
    for name, span in slots_of(text):
        yield Reference(at, "slot", name, "condition", span, step)


def slots_of(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each slot that a condition's text reads, with its span; in a template, outside of its Jinja."""
    if is_template(text):
        for match in _IN_TEMPLATE.finditer(_blanked(text)):
            yield match.group(1), match.span(1)
        return
    try:
        tree = parse(text)
    except ConditionError:
        return
    for name in names(tree):
        if name.slot is not None:
            start = name.span[0] + len("slots.")
            yield name.slot, (start, start + len(name.slot))


def jinja_parts(text: str) -> Iterator[tuple[int, int]]:
    """The stretches between `{{ }}`, `{% %}` and `{# #}`, marks included; takes time in proportion to the text."""
    position, unclosed = 0, set[str]()
    while (opening := _JINJA_OPENING.search(text, position)) is not None:
        mark = opening.group()
        end = -1 if mark in unclosed else text.find(_JINJA_CLOSING[mark], opening.end())
        if end < 0:
            unclosed.add(mark)
            position = opening.start() + 1
        else:
            position = end + 2
            yield opening.start(), position


def _blanked(text: str) -> str:
    """The text with Jinja's parts made unreadable, each sign still in its place."""
    pieces, position = [], 0
    for start, end in jinja_parts(text):
        pieces += [text[position:start], "{" * (end - start)]
        position = end
    return "".join(pieces) + text[position:]


def payload(text: Any, path: str, step: str | None = None) -> Iterator[Reference]:
    """What a message's payload names: slots of `/SetSlots(a=1)`, the intent and entities of `/intent{"entity": 1}`."""
    if not isinstance(text, str) or not text.startswith("/"):
        return
    if (opening := _SET_SLOTS.match(text)) is not None:
        for match in _ASSIGNMENT.finditer(text, opening.end() - 1):
            yield Reference(path, "slot", match.group(1), "payload", match.span(1), step)
    elif (intent := _INTENT.match(text)) is not None:
        yield Reference(path, "intent", intent.group(1), "payload", intent.span(1), step)
        for key in _JSON_KEY.finditer(text, intent.end(1)):
            yield Reference(path, "entity", key.group(1), "payload", key.span(1), step)
