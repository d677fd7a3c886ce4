"""Edits of items: patches, sources, names. Each gives a new item whose body is what its text says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from talkwright.assistant.editing.differing import finer, key_differences
from talkwright.assistant.editing.names import check_name, check_same_name, name_of_part
from talkwright.assistant.editing.operations import Operation, candidates
from talkwright.assistant.editing.patching import (
    MAX_OPERATIONS,
    EditError,
    Path,
    apply_operation,
    check_value,
    parse_pointer,
    pointer_of,
    same,
    value_at,
)
from talkwright.assistant.editing.shapes import check_shape
from talkwright.assistant.editing.sources import excerpt_at, restored
from talkwright.assistant.items import Item, Kind, Part
from talkwright.assistant.project.bodies import DOCUMENT_KINDS, NLU_KINDS, TEXT_KINDS, body_of
from talkwright.assistant.project.parts import at_column, column_of, outer_anchors, parse_part
from talkwright.assistant.project.values import ProjectFile
from talkwright.assistant.yaml_writing import flow_text
from talkwright.assistant.yamls import BOM, YamlError, content_start

_MANY_OPERATIONS = 50


def apply_edit(item: Item, patch: Sequence[Mapping[str, Any]], files: Iterable[ProjectFile] = ()) -> Item:
    """The item after a JSON Patch (RFC 6902 with `before: key`), its text changed only where the values change.

    An operation may carry `source`, an excerpt from `excerpt_at`: then the value's old text is put in again. `files`
    are needed where the item may get a part in another file (an intent, the rest of a domain). Raises EditError.
    """
    if not isinstance(patch, list | tuple) or len(patch) > MAX_OPERATIONS:
        raise EditError(f"A patch is a list of at most {MAX_OPERATIONS:,} operations.")
    files = tuple(files)
    if not all(isinstance(operation, Mapping) for operation in patch):
        raise EditError("An operation is a map with 'op' and 'path'.")
    for operation in patch if len(patch) <= _MANY_OPERATIONS else _summed(item, patch):
        for small in _simple(item, operation):
            item = _applied(item, small, files)
    return restored(item, patch)


def _summed(item: Item, patch: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A long patch as the few operations that it comes to, so that the text is not parsed for each of thousands."""
    body = item.body
    for operation in patch:
        body = apply_operation(body, operation)
    return finer(item.body, body, ())


def _simple(item: Item, operation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The operation as adds, removes and replaces, as small as they can be; a move takes the text along."""
    after = apply_operation(item.body, operation)
    name = operation["op"]
    path = parse_pointer(operation["path"])
    if name == "test":
        return
    if name in ("move", "copy"):
        origin = parse_pointer(operation["from"])
        value = value_at(item.body, origin)
        if name == "move" and path == origin:
            return
        if name == "move":
            yield {"op": "remove", "path": operation["from"]}
        added: dict[str, Any] = {"op": "add", "path": operation["path"], "value": value}
        if operation.get("before") is not None:
            added["before"] = operation["before"]
        yield {**added, "source": excerpt_at(item, operation["from"])["source"]}
        return
    if _refines(item, operation, path):
        yield from finer(value_at(item.body, path), value_at(after, path), path)
        return
    yield operation


def _refines(item: Item, operation: Mapping[str, Any], path: Path) -> bool:
    """Whether the operation replaces a value by another one, so that only what differs need be written."""
    if operation["op"] not in ("replace", "add") or "source" in operation or item.kind in TEXT_KINDS:
        return False
    if not _exists(item.body, path):
        return False
    if operation["op"] == "replace" or not path:
        return True
    return isinstance(value_at(item.body, path[:-1]), dict) and operation.get("before") is None


def _exists(body: Any, path: Path) -> bool:
    try:
        value_at(body, path)
    except EditError:
        return False
    return True


def _applied(item: Item, operation: Mapping[str, Any], files: tuple[ProjectFile, ...]) -> Item:
    after = apply_operation(item.body, operation)
    if type(after) is not type(item.body) or item.kind in (*NLU_KINDS, Kind.DOMAIN):
        check_shape(item.kind, after)
    path = parse_pointer(operation["path"])
    if not path and item.kind in (Kind.INTENT, Kind.DOMAIN):
        for by_key in key_differences(item.body, after):
            item = _applied(item, by_key, files)
        return item
    if path and path[-1] == "-" and isinstance(value_at(item.body, path[:-1]), list):
        path = (*path[:-1], str(len(value_at(item.body, path[:-1]))))
    if operation["op"] == "add" and _moves_key(item.body, path, operation):
        item = _applied(item, {"op": "remove", "path": pointer_of(path)}, files)
    for parts in candidates(item, Operation(operation, path, after), files):
        try:
            body = body_of(item.kind, parts)
        except YamlError:
            continue
        if same(body, after):
            return replace(item, body=body, parts=tuple(_with_anchors(part) for part in parts))
    raise EditError(f"'{pointer_of(path)}' of this {item.kind} can't be given this value; check its shape.")


def _moves_key(body: Any, path: Path, operation: Mapping[str, Any]) -> bool:
    """Whether an add names a key that is there already and a place for it in the order."""
    return (
        bool(path)
        and operation.get("before") not in (None, path[-1])
        and _exists(body, path)
        and isinstance(value_at(body, path[:-1]), dict)
    )


def _with_anchors(part: Part) -> Part:
    """The part with only those outer anchors that it still uses."""
    if not part.anchors:
        return part
    parsed = parse_part(part)
    used = outer_anchors([parsed.root], 0, len(parsed.text))
    return replace(part, anchors={name: value for name, value in part.anchors.items() if name in used})


def with_source(item: Item, part_index: int, source: str) -> Item:
    """The item with another text for one part, as a person typed it. Raises EditError with the line to mend.

    Line ends and the last line's end follow the old text, and so does the indentation of the whole.
    """
    if not 0 <= part_index < len(item.parts):
        raise EditError("This item has no such part any more; load it again.")
    check_value(source)
    part = item.parts[part_index]
    if item.kind in TEXT_KINDS:
        return replace(item, body=source, parts=(replace(part, source=source),))
    new = replace(part, source=_in_manner(source.removeprefix(BOM), part))
    try:
        if part.section:
            check_same_name(item.kind, item.name, new)
            if part.source and not part.inline:
                new = replace(new, source=at_column(new.source, column_of(part.source)))
        parts = (*item.parts[:part_index], new, *item.parts[part_index + 1 :])
        body = body_of(item.kind, parts)
    except YamlError as error:
        raise EditError(error.message, error.line + _blank_lines(source, part), error.column) from None
    return replace(item, body=body, parts=tuple(_with_anchors(one) for one in parts))


def _blank_lines(source: str, part: Part) -> int:
    """How many lines above the first one are left away."""
    plain = source.removeprefix(BOM)
    return plain[: len(plain) - len(plain.lstrip("\r\n"))].count("\n") if part.section else 0


def _in_manner(source: str, part: Part) -> str:
    newline = "\r\n" if "\r\n" in part.source else "\n"
    source = source.replace("\r\n", "\n")
    if part.inline:
        return source.strip()
    if part.section:
        source = source.strip("\n")
        if part.source.endswith("\n") or not part.source:
            source += "\n"
    return source.replace("\n", newline)


def renamed(item: Item, name: str) -> Item:
    """The item under another name, in each of its parts; a file's name is its path. Raises EditError."""
    check_name(item.kind, name)
    if item.kind is Kind.DOMAIN:
        raise EditError("The rest of a domain file is called as the file is; it can't be renamed here.")
    if item.kind in TEXT_KINDS | DOCUMENT_KINDS:
        return replace(item, name=name, parts=tuple(replace(part, file=name) for part in item.parts))
    parts = tuple(_renamed_part(item, part, name) if part.source else part for part in item.parts)
    try:
        fits = same(body_of(item.kind, parts), item.body) and all(
            name_of_part(item.kind, part) == (item.kind, name) for part in parts if part.source
        )
    except YamlError:
        fits = False
    if not fits:
        raise EditError(f"The name '{name}' can't be written there; choose plainer letters.")
    return replace(item, name=name, parts=parts)


def _renamed_part(item: Item, part: Part, name: str) -> Part:
    parsed = parse_part(part)
    node = parsed.key
    if part.section == "nlu" and parsed.value is not None:
        found = parsed.value.entry(str(item.kind))
        node = found[1] if found else None
    if node is None:
        raise EditError("This item's name is not written where it can be changed; edit its source.")
    quote = node.style if node.style in ("'", '"') else ""
    start = content_start(parsed.text, node) if node.kind != "alias" else node.start
    text = parsed.text[:start] + flow_text(name, key=True, quote=quote) + parsed.text[node.end :]
    return replace(part, source=parsed.unwrapped(text))
