"""One operation on the tree of one part: candidates for the new text, the finest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from talkwright.assistant.editing.patching import EditError, Path, index_in, value_at
from talkwright.assistant.editing.splicing import NotSpliceableError, Splicer, Spot, children
from talkwright.assistant.editing.texts import Excerpt, entry, excerpt_from_json, written
from talkwright.assistant.project.parts import Parsed
from talkwright.assistant.project.values import Style


@dataclass(frozen=True, slots=True)
class TreeContext:
    """The text that a tree's offsets count in, and how it is written."""

    text: str
    style: Style


def base_spot(parsed: Parsed, section: str) -> Spot:
    """The spot of the value that an item's body is in this part: an entry's value, an NLU entry or a document."""
    if section == "":
        return Spot(parsed.root)
    if parsed.value is None or section == "nlu":
        return element_spot(parsed)
    holder = parsed.root if parsed.root.kind == "map" else parsed.root.elements[0]
    return Spot(parsed.value, holder, parsed.key)


def element_spot(parsed: Parsed) -> Spot:
    """The whole entry of a list."""
    if parsed.root.kind == "list" and (parsed.root.block or parsed.wrapped):
        return Spot(parsed.root.elements[0], parsed.root)
    return Spot(parsed.root)


def chain(base: Spot, path: Path) -> list[Spot]:
    """The spots from `base` along `path`, as far as they are written there (and not behind an alias or a merge)."""
    spots = [base]
    for token in path:
        below = _below(spots[-1], token)
        if below is None:
            break
        spots.append(below)
    return spots


def _below(spot: Spot, token: str) -> Spot | None:
    node = spot.node
    if node.kind == "map":
        found = node.entry(token)
        return Spot(found[1], node, found[0]) if found else None
    if node.kind == "list" and token.isascii() and token.isdigit() and int(token) < len(node.elements):
        return Spot(node.elements[int(token)], node)
    return None


class TreeEdit:
    """Gives the candidates for one operation at `path` below `base`; `after` is the value of `base` afterwards."""

    def __init__(self, context: TreeContext, base: Spot, path: Path, after: Any) -> None:
        self._style = context.style
        self._splicer = Splicer(context.text, context.style)
        self._path = path
        self._after = after
        self._spots = chain(base, path)

    def candidates(self, operation: Mapping[str, Any]) -> Iterator[str]:
        """New texts, finest first; the caller parses and compares each."""
        source = operation.get("source")
        text = source.get("excerpt") if isinstance(source, Mapping) else None
        excerpt = excerpt_from_json(text) if isinstance(text, Mapping) else None
        name = operation["op"]
        steps = []
        if self._path and name == "remove":
            steps.append(self._remove)
        elif self._path and name == "add":
            steps.extend([lambda: self._add(operation, excerpt), lambda: self._add(operation, None)])
        elif name in ("replace", "add"):
            steps.extend([lambda: self._replace(operation, excerpt), lambda: self._replace(operation, None)])
        depths = range(min(len(self._path), len(self._spots) - 1), -1, -1)
        steps.extend(lambda depth=depth: self._rewrite(depth) for depth in depths)  # type: ignore[misc] # a default argument binds the loop's value
        for step in steps:
            try:
                yield step()
            except NotSpliceableError:
                continue

    def _parent(self) -> Spot:
        depth = len(self._path) - 1
        if len(self._spots) <= depth:
            raise NotSpliceableError
        return self._spots[depth]

    def _replace(self, operation: Mapping[str, Any], excerpt: Excerpt | None) -> str:
        if len(self._spots) <= len(self._path):
            return self._add(operation, excerpt)
        spot = self._spots[len(self._path)]
        return self._splicer.set(
            spot, excerpt.value if excerpt else written(operation["value"], self._style, spot.node)
        )

    def _add(self, operation: Mapping[str, Any], excerpt: Excerpt | None) -> str:
        parent, token, value = self._parent(), self._path[-1], operation["value"]
        node = parent.node
        in_map = isinstance(node.value, dict)
        if node.kind == "map" and node.entry(token) and operation.get("before") is None:
            return self._splicer.set(self._spots[len(self._path)], written(value, self._style))
        if not (node.entries or node.elements):
            return self._fill(parent, token if in_map or node.value is None else None, value, excerpt)
        new = entry(token if in_map else None, value, self._style)
        if excerpt is not None and excerpt.entry is not None and (excerpt.entry.lines or node.flow):
            new = excerpt.entry
        return self._splicer.insert(node, self._index(node, token, operation.get("before")), new)

    def _index(self, node: Any, token: str, before: Any) -> int:
        if node.kind == "list":
            return index_in(node.value, token, self._path, adding=True)
        keys = [spot.key.key_text if spot.key else "" for spot in children(node)]
        return keys.index(before) if before in keys else len(keys)

    def _fill(self, parent: Spot, key: str | None, value: Any, excerpt: Excerpt | None) -> str:
        """The first entry of a container that was empty."""
        whole: Any = {key: value} if key is not None else [value]
        text = written(whole, self._style)
        if excerpt is not None and excerpt.entry is not None and excerpt.entry.lines:
            lines = tuple(line for line in excerpt.entry.lines if line) or excerpt.entry.lines
            text = type(text)("block", lines, text.flow)
        return self._splicer.set(parent, text)

    def _remove(self) -> str:
        parent, token = self._parent(), self._path[-1]
        node = parent.node
        siblings = children(node)
        if len(siblings) == 1:
            return self._splicer.set(parent, written([] if node.kind == "list" else {}, self._style))
        if node.kind == "list":
            return self._splicer.remove(node, index_in(node.value, token, self._path))
        keys = [spot.key.key_text if spot.key else "" for spot in siblings]
        if token not in keys:
            raise NotSpliceableError
        return self._splicer.remove(node, keys.index(token))

    def _rewrite(self, depth: int) -> str:
        """The node at `depth` of the path, written anew as a whole."""
        try:
            value = value_at(self._after, self._path[:depth])
        except EditError:
            raise NotSpliceableError from None
        spot = self._spots[depth]
        return self._splicer.set(spot, written(value, self._style, spot.node))
