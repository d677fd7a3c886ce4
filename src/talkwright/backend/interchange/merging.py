"""Putting a project into an assistant: files of the same path are replaced with all that stood in them, the rest stays.

Pure. An item keeps its uuid when it comes again under its kind and name, even after it was deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from talkwright.assistant.items import Item, Kind, Part
from talkwright.assistant.project import PartRef, Project, ProjectFile, close_gap, make_item

MANY_PARTS = frozenset({Kind.INTENT, Kind.SYNONYM, Kind.REGEX, Kind.LOOKUP, Kind.DOMAIN})
Named = tuple[str, str]
_A_PART = "- a\n"


@dataclass(frozen=True, slots=True)
class Merged:
    """What the assistant holds afterwards: all files, the items that change, and those that are gone."""

    files: Mapping[str, ProjectFile]
    items: Mapping[Named, Item]
    gone: frozenset[Named]


def merge(project: Project, files: Iterable[ProjectFile], living: Iterable[Item]) -> Merged:
    """Put a project over the files and living items of an assistant."""
    new_paths = {file.path for file in project.files}
    stay = {file.path: file for file in files if file.path not in new_paths}
    changed: dict[Named, Item] = {(str(item.kind), item.name): item for item in project.items}
    gone: set[Named] = set()
    dead = set(changed)  # whoever has one of these names and doesn't live comes back where the project has it
    for item in living:
        named = (str(item.kind), item.name)
        dead.discard(named)
        left = _left(item, stay, new_paths)
        if named in changed:
            kept = left if item.kind in MANY_PARTS else {}
            first = len(changed[named].parts)
        elif not item.parts:
            kept, first = {}, 0
            if item.name in new_paths:
                gone.add(named)
            continue
        elif len(left) == len([part for part in item.parts if part.source]):
            continue
        else:
            kept, first = left, 0
            if not left:
                gone.add(named)
                continue
        places = {index: first + place for place, index in enumerate(kept)}
        stay = {path: _renumbered(file, named, places) for path, file in stay.items()}
        own = changed[named].parts if named in changed else ()
        changed[named] = make_item(item.kind, item.name, (*own, *kept.values())) if kept else changed[named]
    for named in dead & {named for file in stay.values() for named in file.names}:
        stay = {path: _renumbered(file, named, {}) for path, file in stay.items()}
    return Merged({**stay, **{file.path: file for file in project.files}}, changed, frozenset(gone))


def _left(item: Item, stay: Mapping[str, ProjectFile], new_paths: set[str]) -> dict[int, Part]:
    """The parts of an item that stand in files which the project doesn't bring, by their index."""
    return {
        index: part
        for index, part in enumerate(item.parts)
        if part.source and part.file not in new_paths and part.file in stay
    }


def _renumbered(file: ProjectFile, named: Named, places: Mapping[int, int]) -> ProjectFile:
    """The file with an item's references at their new indexes; those of parts that are gone are taken out."""
    if named not in file.names:
        return file
    pieces: list[str | PartRef] = []
    gone: PartRef | None = None
    for piece in file.skeleton:
        if isinstance(piece, PartRef) and (piece.kind, piece.name) == named:
            if piece.index not in places:
                gone = piece
                continue
            pieces.append(replace(piece, index=places[piece.index]))
        elif gone is not None and isinstance(piece, str):
            _append_closed(pieces, piece, inline=gone.inline)
        else:
            pieces.append(piece)
        gone = None
    return replace(file, skeleton=tuple(pieces))


def _append_closed(pieces: list[str | PartRef], text: str, *, inline: bool) -> None:
    """Append a text behind a place that is taken out, so that the file reads on as it did while nothing stood there."""
    before = pieces.pop() if pieces else ""
    if isinstance(before, str):
        pieces.extend(close_gap(before, text, inline=inline))
    else:
        pieces.extend((before, close_gap(_A_PART, text, inline=inline)[1]))


def ids_for(
    items: Iterable[Named], known: Mapping[Named, UUID], builtin: Mapping[Named, UUID], fresh: Iterable[UUID]
) -> dict[Named, UUID]:
    """The uuid of each item: the one it had, the built-in one that it replaces, or a new one."""
    supply = iter(fresh)
    return {named: known.get(named) or builtin.get(named) or next(supply) for named in items}
