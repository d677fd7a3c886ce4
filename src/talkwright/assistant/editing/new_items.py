"""The first text of an item or of one of its parts, in the manner of the place that it goes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from talkwright.assistant.editing.examples import as_written_value
from talkwright.assistant.editing.names import check_name, check_same_name
from talkwright.assistant.editing.patching import EditError, check_value, same
from talkwright.assistant.editing.shapes import check_shape
from talkwright.assistant.items import Item, Kind, Part
from talkwright.assistant.project.bodies import DOCUMENT_KINDS, TEXT_KINDS, body_of
from talkwright.assistant.project.parts import at_column
from talkwright.assistant.project.placing import Placement, place_new_item
from talkwright.assistant.project.values import ProjectFile
from talkwright.assistant.yaml_writing import dump, element_lines, entry_lines, flow_text
from talkwright.assistant.yamls import BOM, YamlError


def new_item(kind: Kind, name: str, body: Any, files: Iterable[ProjectFile] = ()) -> Item:
    """A new item with the text that says `body`, placed among `files` (`project.fit` then puts it into them).

    Raises EditError for a body that its kind can't have.
    """
    check_name(kind, name)
    check_value(body)
    files = tuple(files)
    check_shape(kind, body)
    if kind in TEXT_KINDS:
        return Item(kind=kind, name=name, body=body, parts=(Part(file=name, place="", source=body),))
    if kind in DOCUMENT_KINDS:
        parts: tuple[Part, ...] = (Part(file=name, place="", source=dump(body) if body else ""),)
    elif kind is Kind.DOMAIN:
        parts = tuple(domain_part(name, key, value, files) for key, value in body.items())
    elif kind is Kind.INTENT:
        parts = _intent_parts(name, body, files)
    else:
        parts = (new_part(kind, name, body, place_new_item(files, kind, name)),)
    parts = _in_former_places(kind, name, parts, files)
    try:
        made = Item(kind=kind, name=name, body=body_of(kind, parts), parts=parts)
    except YamlError as error:
        raise EditError(f"This can't be written as content of kind “{kind}”: {error.message}") from None
    if not same(made.body, _expected(kind, body)):
        raise EditError(f"This is not the shape of content of kind “{kind}”; compare it with another one.")
    return made


def item_from_source(kind: Kind, name: str, source: str, files: Iterable[ProjectFile] = ()) -> Item:
    """A new item from the text that a person typed for it, moved to the column of its place among `files`.

    Raises EditError with the line to mend.
    """
    check_name(kind, name)
    check_value(source)
    files = tuple(files)
    if kind in TEXT_KINDS:
        return new_item(kind, name, source, files)
    placement = place_new_item(files, kind, name)
    source = source.removeprefix(BOM).replace("\r\n", "\n")
    try:
        part = Part(file=placement.file, place=placement.section, source=source)
        if placement.section:
            part = replace(part, source=source.strip("\n") + "\n")
            check_same_name(kind, name, part)
        body = body_of(kind, (part,))
        if placement.inline or kind is Kind.DOMAIN:
            return new_item(kind, name, body, files)
    except YamlError as error:
        raise EditError(error.message, error.line, error.column) from None
    text = at_column(part.source, len(placement.indent)) if placement.section else part.source
    part = replace(part, source=text.replace("\n", placement.style.newline))
    parts = _in_former_places(kind, name, (part,), files)
    return Item(kind=kind, name=name, body=body, parts=parts)


def _expected(kind: Kind, body: Any) -> Any:
    if kind is Kind.INTENT:
        return {"domain": body.get("domain"), "examples": body.get("examples") or [], **_metadata(body)}
    return body


def _metadata(body: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": body["metadata"]} if "metadata" in body else {}


def new_part(kind: Kind, name: str, body: Any, placement: Placement) -> Part:
    """One part for a place: an entry of a map, of a list of names, or of the NLU data."""
    style = placement.style
    value: Any = body
    if placement.section == "nlu":
        value = _nlu_entry(kind, name, body)
    elif placement.section in ("intents", "entities", "actions"):
        value = {name: body} if body else name
    if placement.inline:
        in_map = placement.section in ("flows", "slots", "responses")
        source = f"{flow_text(name, key=True)}: {flow_text(body)}" if in_map else flow_text(value)
        return Part(file=placement.file, place=placement.place, source=source)
    if value is body:
        lines = entry_lines(name, body, step=style.step, dash=style.dash)
    else:
        lines = element_lines(value, step=style.step, dash=style.dash)
    source = "".join(f"{placement.indent}{line}{style.newline}" if line else style.newline for line in lines)
    return Part(file=placement.file, place=placement.place, source=source)


def _nlu_entry(kind: Kind, name: str, body: Any) -> dict[str, Any]:
    given = body if kind is Kind.INTENT else {"examples": body}
    metadata = {"metadata": given["metadata"]} if given.get("metadata") is not None else {}
    return {str(kind): name, **metadata, "examples": as_written_value(given.get("examples") or [])}


def _intent_parts(name: str, body: dict[str, Any], files: tuple[ProjectFile, ...]) -> tuple[Part, ...]:
    parts = []
    declared = body.get("domain") is not None
    if body.get("examples") or body.get("metadata") is not None or not declared:
        parts.append(new_part(Kind.INTENT, name, body, place_new_item(files, Kind.INTENT, name, "nlu")))
    if declared:
        parts.append(new_part(Kind.INTENT, name, body["domain"], place_new_item(files, Kind.INTENT, name, "intents")))
    return tuple(parts)


def domain_part(path: str, key: str, value: Any, files: Iterable[ProjectFile]) -> Part:
    """A part for one key of the rest of a domain file."""
    style = place_new_item(files, Kind.DOMAIN, path).style
    lines = entry_lines(key, value, step=style.step, dash=style.dash)
    return Part(file=path, place="", source="".join(line + style.newline for line in lines))


def _in_former_places(
    kind: Kind, name: str, parts: tuple[Part, ...], files: tuple[ProjectFile, ...]
) -> tuple[Part, ...]:
    """The parts by the indexes that the skeletons know from an earlier life of this name; unused ones stay empty."""
    former = {
        ref.index: Part(file=file.path, place=ref.place, source="")
        for file in files
        for ref in file.refs
        if (ref.kind, ref.name) == (kind, name)
    }
    if not former:
        return parts
    slots = [
        former.get(index, Part(file=parts[0].file, place=parts[0].place, source="")) for index in range(max(former) + 1)
    ]
    rest = list(parts)
    for index, slot in enumerate(slots):
        fitting = next((part for part in rest if (part.file, part.section) == (slot.file, slot.section)), None)
        if fitting is not None:
            slots[index] = fitting
            rest.remove(fitting)
    return (*slots, *rest)
