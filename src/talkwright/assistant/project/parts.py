"""Parts: which stretch of a file belongs to an item, and how such a stretch is parsed on its own.

A block part is whole lines: the entry, the comment lines directly above it at its own indentation, and the deeper
comment lines directly below it. An inline part (inside `{}` or `[]`) is the entry's characters alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from talkwright.assistant.items import Part
from talkwright.assistant.yamls import Node, YamlError, load_marked

MAP_PLACES = frozenset({"flows", "slots", "responses"})
LIST_PLACES = frozenset({"intents", "entities", "actions", "nlu"})


@dataclass(frozen=True, slots=True)
class Span:
    """A part's stretch of the file's text, `start` to `end`, the blanks before its key or dash, and its manner."""

    start: int
    end: int
    indent: str
    inline: bool


def map_span(text: str, section: Node, key: Node, value: Node, floor: int) -> Span:
    """The span of one entry of a map; `floor` is where the part before ends."""
    end = max(key.end, value.end)
    return Span(key.start, end, "", True) if section.flow else line_span(text, key.start, end, floor)


def list_span(text: str, section: Node, element: Node, floor: int) -> Span:
    """The span of one element of a list; `floor` is where the part before ends."""
    if section.flow:
        return Span(element.start, element.end, "", True)
    return line_span(text, dash_of(text, section, element), element.end, floor)


def dash_of(text: str, section: Node, element: Node) -> int:
    """The offset of the '-' that begins `element` of a block list."""
    column = section.start - line_start(text, section.start)
    start = line_start(text, element.start)
    while start > section.start:
        if start + column < element.start and text[start + column] == "-":
            return start + column
        start = line_start(text, start - 1)
    return start + column


def line_start(text: str, offset: int) -> int:
    """The offset of the first character of the line that holds `offset`."""
    return text.rfind("\n", 0, max(offset, 0)) + 1


def line_end(text: str, offset: int) -> int:
    """The offset behind the line that holds `offset`, its line end included."""
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1


def line_span(text: str, start: int, end: int, floor: int) -> Span:
    """The whole lines from `start` to `end` with the comments that belong to them, not reaching above `floor`."""
    first = line_start(text, start)
    column = start - first
    while first > floor:
        above = line_start(text, first - 1)
        if above < floor or not _is_comment(text[above:first], at=column):
            break
        first = above
    last = behind_deeper_comments(text, line_end(text, end), column)
    line = text[line_start(text, start) : start]
    return Span(first, last, line[: len(line) - len(line.lstrip(" "))], False)


def behind_deeper_comments(text: str, offset: int, column: int) -> int:
    """Behind the comment lines from `offset` on that stand right of `column`: they belong to the entry above."""
    while offset < len(text):
        below = line_end(text, offset)
        line = text[offset:below]
        if not (_is_comment(line) and len(line) - len(line.lstrip(" ")) > column):
            break
        offset = below
    return offset


def _is_comment(line: str, at: int | None = None) -> bool:
    bare = line.lstrip(" ")
    return bare.startswith("#") and (at is None or len(line) - len(bare) == at)


_FIRST_LINE = re.compile(r"^( *)[^\s#]", re.MULTILINE)


def column_of(source: str) -> int:
    """The column of a block part's key or dash."""
    found = _FIRST_LINE.search(source)
    return len(found[1]) if found else 0


def at_column(source: str, column: int) -> str:
    """A block part moved to another column as a whole."""
    given = column_of(source)
    if given == column:
        return source
    lines = source.split("\n")
    if given < column:
        blanks = " " * (column - given)
        return "\n".join(blanks + line if line.strip() else line for line in lines)
    gone = given - column
    return "\n".join(line[gone:] if not line[:gone].strip(" ") else line.lstrip(" ") for line in lines)


def outer_anchors(nodes: Iterable[Node], start: int, end: int) -> dict[str, Any]:
    """The values of the anchors that `nodes` use and that are defined outside of `start` to `end`."""
    found: dict[str, Any] = {}
    for node in nodes:
        for alias in aliases(node):
            name = alias.anchor or ""
            if alias.target is None or not start <= alias.target.start < end:
                found.setdefault(name, alias.value)
    return found


def aliases(node: Node) -> Iterator[Node]:
    """Every alias written inside `node`."""
    stack = [node]
    while stack:
        top = stack.pop()
        if top.kind == "alias":
            yield top
        stack.extend(reversed(top.elements))
        for key, value in reversed(top.entries):
            stack.extend((value, key))


@dataclass(frozen=True, slots=True)
class Parsed:
    """A part's source as a tree. `text` is what the offsets count in: the source, in brackets where it stands in such.

    `root` is the document, `key` and `value` the entry's nodes: a list element that is a bare name has no value.
    """

    text: str
    root: Node
    key: Node | None
    value: Node | None
    wrapped: bool = False

    def unwrapped(self, text: str) -> str:
        """The source for an edited `text`."""
        return text[1:-1] if self.wrapped else text


def parse_part(part: Part) -> Parsed:
    """The part's tree; raises YamlError when its source is not one entry of its place."""
    return parse_source(part.source, part.place, part.anchors)


def parse_source(source: str, place: str, anchors: Mapping[str, Any]) -> Parsed:
    """The tree of one part's source in `place`; raises YamlError with the line inside the source."""
    section, inline = place.rstrip("[]{}"), place.endswith(("[]", "{}"))
    if inline:
        source = f"[{source}]" if place.endswith("[]") else "{" + source + "}"
    root = load_marked(source, anchors)
    if not section:
        return Parsed(source, root, None, root, inline)
    return _entry(source, root, section, wrapped=inline)


def _entry(text: str, root: Node, place: str, *, wrapped: bool) -> Parsed:
    if place not in LIST_PLACES:
        if root.kind != "map" or len(root.entries) != 1:
            raise YamlError(f"One entry 'name: …' of '{place}' is expected here; keep others out of it.")
        key, value = root.entries[0]
        return Parsed(text, root, key, value, wrapped)
    element = root
    if root.kind == "list" and (root.block or wrapped):
        if len(root.elements) != 1:
            raise YamlError(f"One entry '- …' of '{place}' is expected here; keep others out of it.")
        element = root.elements[0]
    if place == "nlu":
        return Parsed(text, root, None, element, wrapped)
    if element.kind == "map" and len(element.entries) == 1:
        key, value = element.entries[0]
        return Parsed(text, root, key, value, wrapped)
    if element.kind in ("scalar", "alias") and isinstance(element.value, str | int | float):
        return Parsed(text, root, element, None, wrapped)
    raise YamlError(f"An entry of '{place}' is a name, or a name with settings: '- name' or '- name: {{…}}'.")
