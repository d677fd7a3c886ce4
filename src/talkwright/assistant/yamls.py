"""The one YAML dialect: YAML 1.2 core on PyYAML's C parser, with the exact place of every node in the text.

Differences from a general YAML library, all on purpose: values are JSON values, so keys are text as written, dates
stay text, and numbers that JSON can't hold (`.inf`, `.nan`, `1e999`) stay text; duplicate keys are refused; depth, size
and what aliases expand to are bounded. A node ends where its text ends, not where the next token begins.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
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
_NUMBER_FIRST = frozenset("0123456789+-.")
_BLOCK_STYLES = frozenset("|>")
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


class Node(msgspec.Struct, eq=False, gc=False):  # many, and never in a circle: an alias points back
    """One node of a text: `start` and `end` are character offsets, `value` is its JSON value (never to be changed).

    `kind` is scalar, map, list or alias. `style` of a scalar is '' (plain), ' or ", | or >. `size` measures what the
    value stands for, aliases expanded: one per node and one per 32 characters. `target` of an alias is None when its
    anchor lies outside the text. `entries` are those of a map as written, merges among them; `elements` of a list.
    """

    kind: str
    start: int
    end: int
    value: Any = None
    anchor: str | None = None
    style: str = ""
    key_text: str = ""
    size: int = 1
    flow: bool = False
    tagged: bool = False
    merges: bool = False
    entries: Sequence[tuple[Node, Node]] = ()
    elements: Sequence[Node] = ()
    target: Node | None = None

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
        if text[0] in _NUMBER_FIRST:
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


class _Open:
    """A map or list whose end has not come: what begun it, what stands in it so far, and the key without a value."""

    __slots__ = ("elements", "entries", "event", "is_map", "key", "merges", "size")

    def __init__(self, event: Any, is_map: bool) -> None:
        self.event = event
        self.is_map = is_map
        self.entries: list[tuple[Node, Node]] = []
        self.elements: list[Node] = []
        self.key: Node | None = None
        self.merges = False
        self.size = 1


class _Composer:
    """Builds the tree from the parser's events without recursion, so that hostile depth costs nothing."""

    def __init__(self, text: str, shift: int, anchors: Mapping[str, Any]) -> None:
        self._text = text
        self._shift = shift
        self._outside = anchors
        self._anchors: dict[str, Node] = {}
        self._open: set[str] = set()
        self._expanded = 0

    def compose(self) -> Node:  # noqa: C901, PLR0912 - one flat loop over the events, the hottest of reading
        """The root of the text's one document; raises YamlError."""
        get_event = CParser(self._text).get_event
        stack: list[_Open | None] = []
        top: _Open | None = None
        root: Node | None = None
        documents = nodes = 0
        while True:
            event: Any = get_event()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                node = self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                stack.append(top)
                top = self._opened(event, len(stack), is_map=kind is yaml.MappingStartEvent)
                continue
            elif top is not None and (kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent):
                node = self._closed(top, event)
                top = stack.pop()
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
            nodes += 1
            if nodes > MAX_NODES:
                raise self._error(f"This text has more than {MAX_NODES:,} values; divide it into several files.", event)
            if top is None:
                root = node
            elif not top.is_map:
                top.elements.append(node)
                top.size += node.size
            elif top.key is None:
                top.key = node if node.kind == "scalar" else self._as_alias_key(node, event)
                if node.key_text == "<<" and node.kind == "scalar" and not node.style and not node.tagged:
                    node.merges = top.merges = True
            else:
                top.entries.append((top.key, node))
                top.size += node.size + 1
                top.key = None
        return root or Node("scalar", len(self._text), len(self._text))

    def _opened(self, event: Any, depth: int, *, is_map: bool) -> _Open:
        if depth > MAX_DEPTH:
            raise self._error(f"This is nested more than {MAX_DEPTH} levels deep; make the structure flatter.", event)
        if event.tag is not None:
            self._check_tag(event, "map" if is_map else "seq")
        if event.anchor:
            self._open.add(event.anchor)
        return _Open(event, is_map)

    def _closed(self, done: _Open, event: Any) -> Node:
        begun = done.event
        start = end = begun.start_mark.index + self._shift
        value: Any
        if done.is_map:
            value = self._map_value(done)
            if done.entries:
                key, last = done.entries[-1]
                end = max(key.end, last.end)
        else:
            value = [element.value for element in done.elements]
            if done.elements:
                end = done.elements[-1].end
        flow = bool(begun.flow_style)
        node = Node(
            "map" if done.is_map else "list",
            start,
            event.end_mark.index + self._shift if flow else end,
            value,
            begun.anchor,
            size=done.size,
            flow=flow,
            tagged=begun.tag is not None,
            entries=done.entries,
            elements=done.elements,
        )
        if node.anchor:
            self._open.discard(node.anchor)
            self._anchors[node.anchor] = node
        return node

    def _map_value(self, done: _Open) -> dict[str, Any]:
        if not done.merges:
            plain = {key.key_text: value.value for key, value in done.entries}
            if len(plain) == len(done.entries):
                return plain
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in done.entries:
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

    def _as_alias_key(self, node: Node, event: Any) -> Node:
        if node.kind != "alias" or not isinstance(node.value, str):
            raise self._error("A key must be a text; this one is a list or a map.", event)
        node.key_text = node.value
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
        return Node("alias", start, end, value, name, size=size, target=target)

    def _scalar(self, event: Any) -> Node:
        text = event.value
        style = event.style or ""
        start, end = event.start_mark.index + self._shift, event.end_mark.index + self._shift
        tag, anchor = event.tag, event.anchor
        if style in _BLOCK_STYLES:
            end = self._block_scalar_end(start, end)
        if "\0" in text:
            raise self._error("The character NUL can't be stored; delete it.", event)
        value = text
        if tag is not None and tag != "!":
            value = self._tagged(tag, text, event)
        elif not style and tag is None and (not text or text[0] in _SPECIAL_FIRST):
            value = resolve_plain(text)
        node = Node("scalar", start, end, value, anchor, style, text, 1 + len(text) // _CHARACTERS_PER_SIZE)
        if tag is not None:
            node.tagged = True
        if anchor:
            self._anchors[anchor] = node
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
