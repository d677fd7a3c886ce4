"""One operation on one item: which part it falls into, and the candidates for the parts afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from talkwright.assistant.editing.examples import example_candidates
from talkwright.assistant.editing.new_items import domain_part, new_part
from talkwright.assistant.editing.patching import Path
from talkwright.assistant.editing.trees import TreeContext, TreeEdit, base_spot, element_spot
from talkwright.assistant.items import Item, Kind, Part
from talkwright.assistant.project.bodies import DOCUMENT_KINDS, NLU_KINDS, TEXT_KINDS, examples_in
from talkwright.assistant.project.parts import Parsed, column_of, parse_part
from talkwright.assistant.project.placing import place_new_item
from talkwright.assistant.project.values import ProjectFile, Style, style_of

_Parts = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A checked operation: `path` its tokens, `raw` as it came, `after` the item's whole body afterwards."""

    raw: Mapping[str, Any]
    path: Path
    after: Any

    @property
    def name(self) -> str:
        """add, remove or replace."""
        return str(self.raw["op"])


def candidates(item: Item, operation: Operation, files: Iterable[ProjectFile]) -> Iterator[_Parts]:
    """What the item's parts may be after the operation, finest first; the caller parses and compares."""
    if item.kind in TEXT_KINDS:
        yield (replace(item.parts[0], source=operation.after),) if item.parts else ()
    elif item.kind in DOCUMENT_KINDS:
        yield from _in_tree(item, 0, operation, operation.path, operation.after)
    elif item.kind is Kind.DOMAIN:
        yield from _in_domain(item, operation, files)
    elif item.kind is Kind.INTENT:
        yield from _in_intent(item, operation, files)
    elif item.kind in NLU_KINDS:
        yield from _in_examples(item, operation, operation.path, operation.after)
    else:
        yield from _in_tree(item, _living(item), operation, operation.path, operation.after)
        yield from _anew(item, _living(item), operation.after)


def _living(item: Item, place: str | None = None) -> int:
    """The index of the first part with text (in that place); -1 where there is none."""
    return next((i for i, part in enumerate(item.parts) if part.source and place in (None, part.section)), -1)


def _with(item: Item, index: int, source: str) -> _Parts:
    parts = list(item.parts)
    parts[index] = replace(parts[index], source=source)
    return tuple(parts)


def _style(part: Part) -> Style:
    return style_of(part.source)


def _in_tree(item: Item, index: int, operation: Operation, path: Path, after: Any) -> Iterator[_Parts]:
    part = item.parts[index]
    parsed = parse_part(part)
    if parsed.value is not None:
        edit = TreeEdit(TreeContext(parsed.text, _style(part)), base_spot(parsed, part.section), path, after)
        for text in edit.candidates(operation.raw):
            yield _with(item, index, parsed.unwrapped(text))
    if part.section in ("actions", "entities", "intents"):
        value = {item.name: after} if after else item.name
        edit = TreeEdit(TreeContext(parsed.text, _style(part)), element_spot(parsed), (), value)
        for text in edit.candidates({"op": "replace", "value": value}):
            yield _with(item, index, parsed.unwrapped(text))


def _anew(item: Item, index: int, body: Any) -> Iterator[_Parts]:
    """The last resort: the whole part written anew where it stands."""
    part = item.parts[index]
    style = _style(part)
    indent = " " * column_of(part.source)
    placement = place_new_item((), item.kind, item.name, part.section)
    made = new_part(item.kind, item.name, body, replace(placement, indent=indent, style=style, place=part.place))
    yield _with(item, index, made.source)


def _in_domain(item: Item, operation: Operation, files: Iterable[ProjectFile]) -> Iterator[_Parts]:
    key = operation.path[0]
    for index, part in enumerate(item.parts):
        root = parse_part(part).root
        if isinstance(root.value, dict) and key in root.value:
            if len(operation.path) == 1 and operation.name == "remove":
                yield _with(item, index, "")
            else:
                plain = Operation({k: v for k, v in operation.raw.items() if k != "before"}, operation.path, None)
                yield from _in_tree(item, index, plain, operation.path, {key: operation.after.get(key)})
                yield _with(item, index, domain_part(item.name, key, operation.after.get(key), files).source)
            return
    yield (*item.parts, domain_part(item.name, key, operation.after[key], files))


def _in_intent(item: Item, operation: Operation, files: Iterable[ProjectFile]) -> Iterator[_Parts]:
    section, inside = operation.path[0], operation.path[1:]
    if section == "domain":
        yield from _intent_domain(item, operation, inside, files)
    elif _living(item, "nlu") < 0:
        placement = place_new_item(files, item.kind, item.name, "nlu")
        made = new_part(item.kind, item.name, operation.after, placement)
        yield _put(item, made)
    elif section == "examples":
        yield from _in_examples(item, operation, inside, operation.after["examples"])
    elif section == "metadata":
        yield from _intent_metadata(item, operation)


def _intent_domain(item: Item, operation: Operation, inside: Path, files: Iterable[ProjectFile]) -> Iterator[_Parts]:
    settings = operation.after.get("domain")
    index = _living(item, "intents")
    if index < 0:
        placement = place_new_item(files, item.kind, item.name, "intents")
        yield _put(item, new_part(item.kind, item.name, settings, placement))
    elif settings is None:
        parts = [replace(part, source="") if part.section == "intents" else part for part in item.parts]
        if all(not part.source for part in parts):
            placement = place_new_item(files, item.kind, item.name, "nlu")
            yield (*parts, new_part(item.kind, item.name, operation.after, placement))
        yield tuple(parts)
    else:
        yield from _in_tree(item, index, operation, inside, settings)
        yield from _anew(item, index, settings)


def _put(item: Item, part: Part) -> _Parts:
    """The parts with one more, in an emptied place of the same section where the item has one."""
    for index, old in enumerate(item.parts):
        if not old.source and (old.file, old.section) == (part.file, part.section):
            return _with(item, index, part.source)
    return (*item.parts, part)


def _intent_metadata(item: Item, operation: Operation) -> Iterator[_Parts]:
    indexes = [i for i, part in enumerate(item.parts) if part.source and part.section == "nlu"]
    holding = [i for i in indexes if _has_metadata(item.parts[i])]
    index = (holding or indexes)[0]
    parsed = parse_part(item.parts[index])
    if parsed.value is None:
        return
    after = {**parsed.value.value, "metadata": operation.after.get("metadata")}
    if "metadata" not in operation.after:
        del after["metadata"]
    raw = {**operation.raw, "before": operation.raw.get("before") or ("examples" if not holding else None)}
    edit = TreeEdit(
        TreeContext(parsed.text, _style(item.parts[index])), base_spot(parsed, "nlu"), operation.path, after
    )
    for text in edit.candidates(raw):
        yield _with(item, index, parsed.unwrapped(text))


def _has_metadata(part: Part) -> bool:
    value = parse_part(part).value
    return value is not None and isinstance(value.value, dict) and "metadata" in value.value


def _in_examples(item: Item, operation: Operation, path: Path, after: Any) -> Iterator[_Parts]:
    """An operation on the list of examples, which may lie in several parts."""
    indexes = [i for i, part in enumerate(item.parts) if part.source and part.section == "nlu"]
    parsed = {i: parse_part(item.parts[i]) for i in indexes}
    counts = {i: len(examples_in(parsed[i])) for i in indexes}
    if path:
        index, local, start = _part_of(counts, path[0], adding=operation.name == "add" and len(path) == 1)
        grown = counts[index] + {"add": 1, "remove": -1}.get(operation.name, 0) * (len(path) == 1)
        here = (str(local), *path[1:])
        style = _style(item.parts[index])
        mine = after[start : start + grown]
        for text in example_candidates(parsed[index], style, here, mine, operation.raw):
            yield _with(item, index, parsed[index].unwrapped(text))
    yield from _all_examples(item, parsed, after)


def _all_examples(item: Item, parsed: Mapping[int, Parsed], after: list[Any]) -> Iterator[_Parts]:
    """All examples written anew into the first part, the others left without."""
    parts = list(item.parts)
    for number, (index, tree) in enumerate(parsed.items()):
        mine = after if number == 0 else []
        texts = example_candidates(tree, _style(parts[index]), (), mine, {"op": "replace", "value": mine})
        text = next(texts, None)
        if text is not None:
            parts[index] = replace(parts[index], source=tree.unwrapped(text))
    yield tuple(parts)


def _part_of(counts: Mapping[int, int], step: str, *, adding: bool) -> tuple[int, int, int]:
    """The part that an example's index falls into: part, index there, and how many examples stand before it."""
    wanted = sum(counts.values()) if step == "-" else int(step)
    start = 0
    for index, count in counts.items():
        if wanted < start + count or (adding and wanted == start + count and index == max(counts)):
            return index, wanted - start, start
        start += count
    last = max(counts)
    return last, counts[last], start - counts[last]
