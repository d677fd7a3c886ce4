"""Changes to the text of one document at one node, everything else left as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from talkwright.assistant.editing.texts import Entry, Excerpt, Written
from talkwright.assistant.project.parts import behind_deeper_comments, dash_of, line_end, line_span, line_start
from talkwright.assistant.project.values import Style
from talkwright.assistant.yamls import Node, content_start

_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")


class NotSpliceableError(Exception):
    """A place whose way of writing allows no small change; a larger node is written anew instead."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A node and where it hangs: the container, and in a map its key. The document itself has no container."""

    node: Node
    container: Node | None = None
    key: Node | None = None


def children(node: Node) -> list[Spot]:
    """The spots of a container's entries, those of merges left out of a map's count of keys."""
    if node.kind == "map":
        return [Spot(value, node, key) for key, value in node.entries]
    return [Spot(element, node) for element in node.elements]


class Splicer:
    """Makes one change to `text`; each method gives the whole new text or raises NotSpliceableError."""

    def __init__(self, text: str, style: Style) -> None:
        self._text = text
        self._style = style

    # --- where things stand -------------------------------------------------------------------------------------

    def _start(self, spot: Spot) -> int:
        """Where the entry begins: its key or dash."""
        if spot.key is not None:
            return spot.key.start
        if spot.container is None or spot.container.flow:
            return spot.node.start
        return dash_of(self._text, spot.container, spot.node)

    def _column(self, offset: int) -> int:
        return offset - line_start(self._text, offset)

    def _after_indicator(self, spot: Spot) -> int:
        """Just behind the ':' or '-' that the value follows."""
        if spot.key is None:
            return self._start(spot) + 1
        colon = self._text.find(":", spot.key.end)
        if colon < 0 or colon >= max(spot.node.start, spot.key.end + 1) or self._text[spot.key.end : colon].strip():
            raise NotSpliceableError
        return colon + 1

    def _ends(self, spot: Spot) -> int:
        return max(spot.node.end, spot.key.end if spot.key else 0)

    def _floor(self, siblings: list[Spot], index: int) -> int:
        """Where the text before entry `index` ends: behind the entry before, or behind the container's head."""
        if index > 0:
            before = siblings[index - 1]
            return line_span(self._text, self._start(before), self._ends(before), self._start(before)).end
        first = line_start(self._text, self._start(siblings[0]))
        while first > 0:
            above = line_start(self._text, first - 1)
            line = self._text[above:first].strip()
            if line and not line.startswith("#"):
                break
            first = above
        return first

    def _behind_dash(self, siblings: list[Spot]) -> bool:
        """Whether the first entry stands on the line of its container's dash or key."""
        start = self._start(siblings[0])
        return bool(self._text[line_start(self._text, start) : start].strip())

    def _indented(self, lines: tuple[str, ...] | list[str], column: int) -> str:
        blanks = " " * column
        return self._style.newline.join(blanks + line if line else line for line in lines)

    # --- values -------------------------------------------------------------------------------------------------

    def set(self, spot: Spot, value: Written) -> str:
        """The text with another value at `spot`; its anchor and the comments beside it stay."""
        text, node = self._text, spot.node
        if spot.container is None:
            return self._set_document(node, value)
        if spot.container.flow:
            return self._set_in_flow(spot, value)
        after = self._after_indicator(spot)
        parent = self._column(self._start(spot))
        anchor = f"&{node.anchor}" if node.anchor and node.kind != "alias" else ""
        gap = text[after : node.start]
        if "\n" not in gap:
            return self._set_beside(spot, value, after, parent, anchor)
        if anchor:
            raise NotSpliceableError
        if value.form == "block":
            return (
                text[: line_start(text, node.start)]
                + self._indented(value.lines, self._column(node.start))
                + text[node.end :]
            )
        comment = _COMMENT.match(gap)
        head = f"{text[:after]} {value.lines[0]}{comment[0] if comment else ''}"
        return head + self._below(spot, value, parent) + text[node.end :]

    def _below(self, spot: Spot, value: Written, parent: int) -> str:
        """The lines of a value after its first, with the line end before them."""
        if len(value.lines) == 1:
            return ""
        step = self._style.step if spot.key is not None else 2
        column = parent + (value.offset if value.offset is not None else step)
        return self._style.newline + self._indented(value.lines[1:], column)

    def _set_beside(self, spot: Spot, value: Written, after: int, parent: int, anchor: str) -> str:
        """Sets a value whose old text begins on the line of its key or dash."""
        text, node, newline = self._text, spot.node, self._style.newline
        eol = line_end(text, node.end)
        eol -= 2 if text[:eol].endswith("\r\n") else 1 if text[:eol].endswith("\n") else 0
        eol = max(eol, node.end)
        rest = text[node.end : eol]
        if node.kind == "scalar" and node.style in ("|", ">"):
            found = _COMMENT.search(text[node.start : node.end].split("\n", 1)[0])
            rest = found[0].rstrip() if found else ""
        head = text[: node.start] + ("" if node.start > after else " ")
        if value.form != "block":
            named = f"{anchor} " if anchor else ""
            return (
                head
                + named
                + value.lines[0]
                + (rest if value.form == "literal" else "")
                + self._below(spot, value, parent)
                + (text[eol:] if value.form == "literal" else text[node.end :])
            )
        if spot.key is not None:
            offset = value.offset if value.offset is not None else self._child_offset(value)
            named = f" {anchor}" if anchor else ""
            return (
                text[:after]
                + named
                + rest.rstrip()
                + newline
                + self._indented(value.lines, parent + offset)
                + text[eol:]
            )
        column = self._column(node.start) if node.start > after else parent + 2
        if anchor or rest.strip():
            lines = self._indented(value.lines, column)
            return text[:after] + (f" {anchor}" if anchor else "") + rest.rstrip() + newline + lines + text[eol:]
        return head + self._indented(value.lines, column).lstrip(" ") + text[eol:]

    def _child_offset(self, value: Written) -> int:
        return self._style.dash if value.lines[0].startswith("- ") else self._style.step

    def _set_document(self, node: Node, value: Written) -> str:
        text, newline = self._text, self._style.newline
        if node.kind == "scalar" and node.start >= node.end:
            head = text if not text or text.endswith("\n") else text + newline
            return head + newline.join(value.lines) + newline
        if node.flow:
            return text[: node.start] + value.flow + text[node.end :]
        column = self._column(node.start)
        return text[: node.start] + self._indented(value.lines, column).lstrip(" ") + text[node.end :]

    def _set_in_flow(self, spot: Spot, value: Written) -> str:
        text, node = self._text, spot.node
        if spot.key is not None and node.kind == "scalar" and node.start >= node.end:
            colon = text[spot.key.end : node.start].strip()
            joined = " " if colon == ":" else ": "
            return text[: max(node.start, spot.key.end)] + joined + value.flow + text[max(node.start, spot.key.end) :]
        start = content_start(text, node) if node.anchor and node.kind != "alias" else node.start
        return text[:start] + value.flow + text[node.end :]

    # --- entries ------------------------------------------------------------------------------------------------

    def insert(self, container: Node, index: int, new: Entry) -> str:
        """The text with an entry more, before the one that stands at `index` now; the container has entries."""
        text = self._text
        siblings = children(container)
        if not siblings:
            raise NotSpliceableError
        if container.flow:
            if index < len(siblings):
                at = self._start(siblings[index])
                return f"{text[:at]}{new.flow}, {text[at:]}"
            at = self._ends(siblings[-1])
            return f"{text[:at]}, {new.flow}{text[at:]}"
        newline = self._style.newline
        column = self._column(self._start(siblings[0]))
        if index == 0 and self._behind_dash(siblings):
            at = self._start(siblings[0])
            blanks = " " * column
            return text[:at] + self._indented(new.lines, column).lstrip(" ") + newline + blanks + text[at:]
        at = self._insertion(siblings, index, new.gap)
        lines = self._indented(new.lines, column)
        if at > 0 and not text[:at].endswith("\n"):
            return text[:at] + newline + lines + text[at:]
        return text[:at] + lines + newline + text[at:]

    def _insertion(self, siblings: list[Spot], index: int, gap: str) -> int:
        floor = self._floor(siblings, index)
        if gap and self._text.startswith(gap, floor):
            return floor + len(gap)
        return behind_deeper_comments(self._text, floor, self._column(self._start(siblings[0])))

    def remove(self, container: Node, index: int) -> str:
        """The text without entry `index`; at least one other stays."""
        text = self._text
        siblings = children(container)
        if len(siblings) < 2:
            raise NotSpliceableError
        if container.flow:
            if index + 1 < len(siblings):
                return text[: self._start(siblings[index])] + text[self._start(siblings[index + 1]) :]
            return text[: self._ends(siblings[index - 1])] + text[self._ends(siblings[index]) :]
        if index == 0 and self._behind_dash(siblings):
            return text[: self._start(siblings[0])] + text[self._start(siblings[1]) :]
        start, end = self._region(siblings, index)
        if end == len(text) and not text.endswith("\n"):
            start -= 2 if text[:start].endswith("\r\n") else 1
        return text[:start] + text[end:]

    def _region(self, siblings: list[Spot], index: int) -> tuple[int, int]:
        """An entry's lines with the comments that belong to it and the blank lines before it."""
        floor = self._floor(siblings, index)
        spot = siblings[index]
        span = line_span(self._text, self._start(spot), self._ends(spot), floor)
        start = span.start
        while start > floor:
            above = line_start(self._text, start - 1)
            if above < floor or self._text[above:start].strip():
                break
            start = above
        return start, span.end

    # --- excerpts -----------------------------------------------------------------------------------------------

    def excerpt(self, spot: Spot) -> Excerpt:
        """The text of what stands at `spot`, to be put in elsewhere or again."""
        value = self._value_text(spot)
        if spot.container is None:
            return Excerpt(value)
        siblings = children(spot.container)
        index = next(i for i, one in enumerate(siblings) if one.node is spot.node)
        start = self._start(spot)
        flow = self._text[start : self._ends(spot)]
        if spot.container.flow:
            return Excerpt(value, Entry((), flow))
        column = self._column(start)
        if index == 0 and self._behind_dash(siblings):
            lines = _dedented(" " * column + flow, column)
            return Excerpt(value, Entry(lines, flow))
        first, end = self._region(siblings, index)
        floor = self._floor(siblings, index)
        lines = _dedented(self._text[first:end].removesuffix("\n").removesuffix("\r"), column)
        return Excerpt(value, Entry(lines, flow, self._text[floor:first]))

    def _value_text(self, spot: Spot) -> Written:
        node = spot.node
        text = self._text[node.start : node.end]
        parent = self._column(self._start(spot)) if spot.container is not None else 0
        if node.block:
            column = self._column(node.start)
            return Written("block", _dedented(" " * column + text, column), text, column - parent)
        first, *rest = text.split("\n")
        lines = (first.removesuffix("\r"), *_dedented("\n".join(rest), parent)) if rest else (first,)
        form = "literal" if node.kind == "scalar" and node.style in ("|", ">") else "inline"
        return Written("literal" if form == "literal" else "inline", lines, text, 0)


def _dedented(text: str, column: int) -> tuple[str, ...]:
    """Lines with up to `column` blanks taken off their start."""
    blanks = " " * column
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    return tuple(line.removeprefix(blanks) if line.startswith(blanks) else line.lstrip(" ") for line in lines)
