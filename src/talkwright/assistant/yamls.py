"""The one YAML dialect: YAML 1.2 core on PyYAML's C parser, with the exact place of every node in the text.

Differences from a general YAML library, all on purpose: values are JSON values, so keys are text as written, dates
stay text, and numbers that JSON can't hold (`.inf`, `.nan`, `1e999`) stay text; duplicate keys are refused; depth, size
and what aliases expand to are bounded. A node ends where its text ends, not where the next token begins.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

import yaml
from yaml._yaml import CParser  # the C parser's own class: yaml.CSafeLoader would resolve YAML 1.1

from talkwright.assistant.yaml_messages import plain_words

MAX_DEPTH: Final = 100
MAX_CHARACTERS: Final = 10_000_000
MAX_NODES: Final = 250_000
MAX_EXPANDED: Final = 200_000
_CHARACTERS_PER_SIZE: Final = 32
BOM: Final = "\ufeff"

_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_SPECIAL_FIRST = frozenset("0123456789+-.tTfFnN~")
_DECIMAL = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_MAX_DIGITS = 400
_TAG = "tag:yaml.org,2002:"
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:[ \t]|\r?\n|#[^\r\n]*)*)+")


class YamlError(ValueError):
    """A text that is not YAML of our dialect: `message` says what to mend, `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


# Shared by all nodes without any: a scalar's lists are never written to.
_NO_ENTRIES: list[tuple[Node, Node]] = []
_NO_ELEMENTS: list[Node] = []


class Node:
    """One node of a text: `start` and `end` are character offsets, `value` is its JSON value (never to be changed).

    `kind` is scalar, map, list or alias. `style` of a scalar is '' (plain), ' or ", | or >. `size` measures what the
    value stands for, aliases expanded: one per node and one per 32 characters. `target` of an alias is None when its
    anchor lies outside the text. `entries` are those of a map as written, merges among them; `elements` of a list.
    """

    __slots__ = (
        "anchor", "elements", "end", "entries", "flow", "key_text", "kind", "merges", "size", "start", "style",
        "tagged", "target", "value",
    )  # fmt: skip

    def __init__(self, kind: str, start: int, end: int, value: Any = None, *, anchor: str | None = None) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.value = value
        self.anchor = anchor
        self.style = ""
        self.flow = False
        self.tagged = False
        self.size = 1
        self.entries: list[tuple[Node, Node]] = _NO_ENTRIES
        self.elements: list[Node] = _NO_ELEMENTS
        self.target: Node | None = None
        self.key_text = ""
        self.merges = False

    @property
    def block(self) -> bool:
        """Whether this is a collection written by indentation."""
        return self.kind in ("map", "list") and not self.flow

    def entry(self, key: str) -> tuple[Node, Node] | None:
        """The key and value nodes written for `key` here; None when absent or when it only comes from a merge."""
        for key_node, value_node in self.entries:
            if key_node.key_text == key and not key_node.merges:
                return key_node, value_node
        return None


def load(text: str, anchors: Mapping[str, Any] | None = None) -> Any:
    """The JSON value of `text`; raises YamlError."""
    return load_marked(text, anchors).value


def load_marked(text: str, anchors: Mapping[str, Any] | None = None) -> Node:
    """The tree of `text`. `anchors` gives the values of anchors that are defined elsewhere; raises YamlError."""
    if len(text) > MAX_CHARACTERS:
        raise YamlError(f"This text is longer than {MAX_CHARACTERS:,} characters; divide it into several files.")
    shift = 1 if text.startswith(BOM) else 0
    try:
        return _Composer(text, shift, anchors or {}).compose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = max(text.rstrip().count("\n") + 1, 1)  # the end of the text is reported a line below it
        line, column = (min(mark.line + 1, last), mark.column + 1) if mark else (1, 1)
        raise YamlError(plain_words(error.problem, error.context, text, line), line, column) from None
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, error) from None
    except UnicodeEncodeError as error:
        line, column = line_and_column(text, error.start)
        raise YamlError("This character can't be stored as UTF-8; delete it or write it anew.", line, column) from None


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a character offset, both from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def content_start(text: str, node: Node) -> int:
    """Where a node's own text starts, after its anchor and tag."""
    if node.anchor is None and not node.tagged:
        return node.start
    found = _PROPERTIES.match(text, node.start)
    return min(found.end(), node.end) if found else node.start


def resolve_plain(text: str) -> Any:
    """The value of a plain scalar by the core schema of YAML 1.2."""
    if not text or text[0] in _SPECIAL_FIRST:
        if text in _NULLS:
            return None
        if text in _BOOLS:
            return _BOOLS[text]
        return _number(text)
    return text


def _number(text: str) -> Any:
    if len(text) > _MAX_DIGITS:
        return text
    if _DECIMAL.match(text):
        return int(text)
    if _OCTAL.match(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.match(text):
        return int(text[2:], 16)
    if _FLOAT.match(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def _unreadable(text: str, error: Any) -> YamlError:
    position = error.position if isinstance(error.position, int) else 0
    # The C reader counts bytes of the UTF-8 text that it was given.
    offset = len(text.encode()[:position].decode(errors="ignore"))
    line, column = line_and_column(text, offset)
    return YamlError(
        "This character is not allowed in YAML; delete it or write it as an escape in double quotes.", line, column
    )


class _Composer:
    """Builds the tree from the parser's events without recursion, so that hostile depth costs nothing."""

    def __init__(self, text: str, shift: int, anchors: Mapping[str, Any]) -> None:
        self._text = text
        self._shift = shift
        self._outside = anchors
        self._anchors: dict[str, Node] = {}
        self._open: set[str] = set()
        self._nodes = 0
        self._expanded = 0

    def compose(self) -> Node:  # noqa: C901, PLR0912 - one flat loop over the events, the hottest of reading
        """The root of the text's one document; raises YamlError."""
        parser = CParser(self._text)
        get_event = parser.get_event
        stack: list[Node] = []
        pending: list[Node | None] = []  # the key that waits for its value, per open collection
        root: Node | None = None
        documents = 0
        while True:
            event: Any = get_event()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                node = self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._push(event, kind, stack)
                pending.append(None)
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                node = stack.pop()
                pending.pop()
                self._close(node, event)
            elif kind is yaml.AliasEvent:
                node = self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise self._error("A second document starts here ('---'); a project's file holds one.", event)
                continue
            elif kind is yaml.StreamEndEvent:
                break
            else:
                continue
            self._count(event)
            if not stack:
                root = node
            elif stack[-1].kind == "list":
                stack[-1].elements.append(node)
                stack[-1].size += node.size
            elif pending[-1] is None:
                pending[-1] = self._as_key(node, event)
            else:
                stack[-1].entries.append((pending[-1], node))
                stack[-1].size += node.size + 1
                pending[-1] = None
        if root is None:
            return Node("scalar", len(self._text), len(self._text))
        return root

    def _count(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._error(f"This text has more than {MAX_NODES:,} values; divide it into several files.", event)

    def _push(self, event: Any, kind: type, stack: list[Node]) -> None:
        if len(stack) >= MAX_DEPTH:
            raise self._error(f"This is nested more than {MAX_DEPTH} levels deep; make the structure flatter.", event)
        self._check_tag(event, "map" if kind is yaml.MappingStartEvent else "seq")
        is_map = kind is yaml.MappingStartEvent
        node = Node("map" if is_map else "list", event.start_mark.index + self._shift, 0, anchor=event.anchor)
        node.flow = bool(event.flow_style)
        node.tagged = event.tag is not None
        if is_map:
            node.entries = []
        else:
            node.elements = []
        if event.anchor:
            self._open.add(event.anchor)
        stack.append(node)

    def _close(self, node: Node, event: Any) -> None:
        if node.kind == "list":
            node.value = [element.value for element in node.elements]
            last = node.elements[-1].end if node.elements else node.start
        else:
            node.value = self._map_value(node)
            last = max(node.entries[-1][0].end, node.entries[-1][1].end) if node.entries else node.start
        node.end = event.end_mark.index + self._shift if node.flow else last
        if node.anchor:
            self._open.discard(node.anchor)
            self._anchors[node.anchor] = node

    def _map_value(self, node: Node) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.entries:
            if key.merges:
                for source in self._merge_sources(value):
                    for name, inherited in source.items():
                        merged.setdefault(name, inherited)
                continue
            if key.key_text in own:
                line, column = line_and_column(self._text, key.start)
                message = f"The key '{key.key_text[:80]}' stands here a second time; rename or delete one of the two."
                raise YamlError(message, line, column)
            own[key.key_text] = value.value
        return {**merged, **own} if merged else own

    def _merge_sources(self, value: Node) -> list[dict[str, Any]]:
        sources = value.value if isinstance(value.value, list) else [value.value]
        if not all(isinstance(source, dict) for source in sources):
            line, column = line_and_column(self._text, value.start)
            raise YamlError(
                "'<<' takes the keys of another map: give it an alias of a map, like '<<: *name'.", line, column
            )
        return sources

    def _as_key(self, node: Node, event: Any) -> Node:
        if node.kind == "alias":
            node.key_text = node.value if isinstance(node.value, str) else ""
        if node.kind not in ("scalar", "alias") or (node.kind == "alias" and not isinstance(node.value, str)):
            raise self._error("A key must be a text; this one is a list or a map.", event)
        node.merges = node.kind == "scalar" and node.style == "" and not node.tagged and node.key_text == "<<"
        return node

    def _alias(self, event: Any) -> Node:
        name = event.anchor
        start, end = event.start_mark.index + self._shift, event.end_mark.index + self._shift
        target = self._anchors.get(name)
        if name in self._open:
            raise self._error(f"The anchor '&{name}' refers to itself; write the value out.", event)
        if target is None and name not in self._outside:
            raise self._error(
                f"No anchor '&{name}' is defined before this place; define it or write the value out.", event
            )
        value = target.value if target else self._outside[name]
        size = target.size if target else _size(value)
        self._expanded += size
        if self._expanded > MAX_EXPANDED:
            raise self._error("The aliases of this text stand for too many values; write out what is needed.", event)
        node = Node("alias", start, end, value, anchor=name)
        node.size = size
        node.target = target
        return node

    def _scalar(self, event: Any) -> Node:
        text = event.value
        style = event.style or ""
        start, end = event.start_mark.index + self._shift, event.end_mark.index + self._shift
        if style in ("|", ">"):
            end = self._block_scalar_end(start, end)
        if "\0" in text:
            raise self._error("The character NUL can't be stored; delete it.", event)
        tag = event.tag
        if tag is None or tag == "!":
            value = resolve_plain(text) if style == "" and tag is None else text
        else:
            value = self._tagged(tag, text, event)
        node = Node("scalar", start, end, value, anchor=event.anchor)
        node.style = style
        node.tagged = tag is not None
        node.key_text = text
        node.size = 1 + len(text) // _CHARACTERS_PER_SIZE
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _tagged(self, tag: str, text: str, event: Any) -> Any:
        """The value of a scalar with a tag of the core schema."""
        name = tag.removeprefix(_TAG)
        self._check_tag(event, "str", "int", "float", "bool", "null")
        if name == "str":
            return text
        value = resolve_plain(text)
        if name == "float" and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        expected = {"int": int, "float": float, "bool": bool, "null": type(None)}[name]
        if type(value) is not expected:
            raise self._error(
                f"'{text[:80]}' is not what its tag '!!{name}' says; mend the value or delete the tag.", event
            )
        return value

    def _check_tag(self, event: Any, *known: str) -> None:
        if event.tag not in (None, "!") and event.tag.removeprefix(_TAG) not in known:
            raise self._error(f"The tag '{event.tag[:80]}' is not known here; delete it.", event)

    def _block_scalar_end(self, start: int, end: int) -> int:
        """Where a block scalar's text ends: blank lines after it are its own only where the header says '+'."""
        segment = self._text[start:end]
        lines = segment.split("\n")
        header = lines[0].split("#")[0]
        if segment.endswith("\n"):
            lines.pop()
        if "+" not in header:
            filled = next((line for line in lines[1:] if line.strip()), "")
            indent = 0 if re.search(r"[1-9]", header) else len(filled) - len(filled.lstrip(" "))
            while len(lines) > 1 and not lines[-1].strip() and len(lines[-1].rstrip("\r")) <= indent:
                lines.pop()
        kept = "\n".join(lines)
        return start + len(kept.removesuffix("\r"))

    def _error(self, message: str, event: Any) -> YamlError:
        mark = event.start_mark
        return YamlError(message, mark.line + 1, mark.column + 1)


def _size(value: Any) -> int:
    count, stack = 0, [value]
    while stack and count <= MAX_EXPANDED:
        top = stack.pop()
        count += 1 + (len(top) // _CHARACTERS_PER_SIZE if isinstance(top, str) else 0)
        if isinstance(top, dict):
            stack.extend(top.values())
        elif isinstance(top, list):
            stack.extend(top)
    return count
