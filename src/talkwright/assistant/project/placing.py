"""Where new parts go: which file and section, and how skeletons take them in.

A deleted item keeps its references in the skeletons: they are passed over when files are written, and an item that
comes back under the same name finds its old place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from talkwright.assistant.items import Item, Kind
from talkwright.assistant.project.parts import column_of
from talkwright.assistant.project.values import WHOLE_FILE, PartRef, ProjectFile, Style

PLACES: dict[str, tuple[str, ...]] = {
    Kind.FLOW: ("flows",),
    Kind.SLOT: ("slots",),
    Kind.RESPONSE: ("responses",),
    Kind.ACTION: ("actions",),
    Kind.ENTITY: ("entities",),
    Kind.INTENT: ("nlu", "intents"),
    Kind.SYNONYM: ("nlu",),
    Kind.REGEX: ("nlu",),
    Kind.LOOKUP: ("nlu",),
}
_LISTS = frozenset({"actions", "entities", "intents", "nlu"})
_DOMAIN_PLACES = frozenset({"slots", "responses", "actions", "entities", "intents"})
_STRANGE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one part of a new item goes: file, section, and how to write it there."""

    file: str
    place: str
    indent: str
    style: Style

    @property
    def section(self) -> str:
        """The key of the section, without brackets."""
        return self.place.rstrip("[]{}")

    @property
    def inline(self) -> bool:
        """Whether the place is inside brackets."""
        return self.place.endswith(("[]", "{}"))


def place_new_item(files: Iterable[ProjectFile], kind: str, name: str, place: str | None = None) -> Placement:
    """Where a new item of this kind goes (ARCHITECTURE 4, Files).

    A flow gets `data/flows/<id>.yml`; anything else the file that holds most of its kind, else a usual one. `place`
    chooses the section for an intent ('nlu', the default, or 'intents').
    """
    files = sorted(files, key=lambda file: file.path)
    if kind not in PLACES:
        found = next((file for file in files if file.path == name), None)
        return Placement(name, WHOLE_FILE, "", style=found.style if found else Style())
    place = place or PLACES[kind][0]
    former = _former(files, kind, name, place)
    if former is not None:
        return former
    file = None if kind == Kind.FLOW else _fullest(files, kind, place)
    if file is None:
        path = _usual_path(files, kind, name, place)
        file = next((one for one in files if one.path == path), None)
        if file is None:
            return Placement(path, place, _section_indent(place, Style()), style=Style())
    last = _last_ref(file, place)
    if last is not None:
        return Placement(file.path, last.place, last.indent, file.style)
    return Placement(file.path, place, _section_indent(place, file.style), style=file.style)


def _former(files: Sequence[ProjectFile], kind: str, name: str, place: str) -> Placement | None:
    for file in files:
        for ref in file.refs:
            if (ref.kind, ref.name, ref.section) == (kind, name, place):
                return Placement(file.path, ref.place, ref.indent, file.style)
    return None


def _fullest(files: Sequence[ProjectFile], kind: str, place: str) -> ProjectFile | None:
    """The file with most items of the kind in that section, else with most of its neighbours'."""
    neighbours = _DOMAIN_PLACES if place in _DOMAIN_PLACES else frozenset({place})
    for wanted in (
        lambda ref: ref.kind == kind and ref.section == place,
        lambda ref: ref.section in neighbours,
    ):
        counts = Counter({file.path: sum(map(wanted, file.refs)) for file in files if takes(file, place)})
        best = max(counts, key=lambda path: counts[path], default=None)
        if best is not None and counts[best]:
            return next(file for file in files if file.path == best)
    return None


def _usual_path(files: Sequence[ProjectFile], kind: str, name: str, place: str) -> str:
    """The path that people would look in; one that is taken by something else is passed over."""
    if kind == Kind.FLOW:
        plain = f"data/flows/{_STRANGE.sub('_', name) or 'flow'}"
    elif place == "nlu":
        plain = "data/nlu"
    elif any(file.path.startswith("domain/") for file in files):
        plain = f"domain/{place}"
    else:
        plain = "domain"
    taken = {file.path: file for file in files}
    for number in range(1, len(taken) + 2):
        path = f"{plain}{'' if number == 1 else f'_{number}'}.yml"
        if path not in taken or takes(taken[path], place):
            return path
    return f"{plain}_{len(taken) + 2}.yml"


def takes(file: ProjectFile, place: str) -> bool:
    """Whether a new part for that section can be put into this file."""
    if file.data is not None or any(ref.section == WHOLE_FILE and ref.kind != Kind.DOMAIN for ref in file.refs):
        return False
    if _last_ref(file, place) is not None:
        return True
    raws = [piece for piece in file.skeleton if isinstance(piece, str)]
    if any(re.search(r"^(?:\.\.\.|---|[{\[\"'])", raw.removeprefix("\ufeff"), re.MULTILINE) for raw in raws):
        return False
    if any(ref.inline and ref.section == WHOLE_FILE for ref in file.refs):
        return False
    return all(_section(place).search(raw) or not _key(place).search(raw) for raw in raws)


def fit(files: Iterable[ProjectFile], item: Item) -> tuple[ProjectFile, ...]:
    """The files that change so that each part of `item` has its reference: none when all stand there already."""
    known = {file.path: file for file in files}
    changed: dict[str, ProjectFile] = {}
    present = {
        (path, ref.index)
        for path, file in known.items()
        for ref in file.refs
        if (ref.kind, ref.name) == (item.kind, item.name)
    }
    for index, part in enumerate(item.parts):
        if (part.file, index) in present:
            continue
        file = changed.get(part.file) or known.get(part.file) or ProjectFile(path=part.file)
        last = _last_ref(file, part.section)
        indent = last.indent if last else " " * column_of(part.source) if part.section and not part.inline else ""
        ref = PartRef(str(item.kind), item.name, index, part.place, indent)
        changed[part.file] = _with_ref(file, ref)
    return tuple(changed.values())


def rename_refs(files: Iterable[ProjectFile], kind: str, old: str, new: str) -> tuple[ProjectFile, ...]:
    """The files that change when an item is renamed; a file that is one item moves to its new path."""
    changed = []
    for file in files:
        if (kind, old) in file.names:
            refs = tuple(
                replace(piece, name=new)
                if isinstance(piece, PartRef) and (piece.kind, piece.name) == (kind, old)
                else piece
                for piece in file.skeleton
            )
            path = new if kind not in PLACES and file.path == old else file.path
            changed.append(replace(file, skeleton=refs, path=path))
        elif file.data is not None and file.path == old and kind in (Kind.FILE, Kind.PROMPT):
            changed.append(replace(file, path=new))
    return tuple(changed)


def _last_ref(file: ProjectFile, place: str) -> PartRef | None:
    return next((ref for ref in reversed(file.refs) if ref.section == place), None) if place else None


def _section_indent(place: str, style: Style) -> str:
    return " " * (style.dash if place in _LISTS else style.step)


def _key(place: str) -> re.Pattern[str]:
    return re.compile(rf"^[\"']?{place}[\"']?[ \t]*:", re.MULTILINE)


def _section(place: str) -> re.Pattern[str]:
    """The line of a section without entries."""
    return re.compile(
        rf"^(\ufeff?{place}:)[ \t]*(?:\{{\}}|\[\]|null|~)?[ \t]*((?:#[^\r\n]*)?\r?(?:\n|\Z))", re.MULTILINE
    )


def _with_ref(file: ProjectFile, ref: PartRef) -> ProjectFile:
    pieces = list(file.skeleton)
    newline = file.style.newline
    if ref.section == WHOLE_FILE and (ref.kind != Kind.DOMAIN or not pieces):
        return replace(file, data=None, skeleton=(*pieces, ref))
    at = max(
        (i for i, piece in enumerate(pieces) if isinstance(piece, PartRef) and piece.section == ref.section),
        default=None,
    )
    if at is not None:
        last = pieces[at]
        inline = isinstance(last, PartRef) and last.inline
        between = ", " if inline else _blank_between(pieces, ref.section)
        pieces[at + 1 : at + 1] = [*([between] if between else []), ref]
        return replace(file, skeleton=tuple(pieces))
    for i, piece in enumerate(pieces):
        found = _section(ref.section).search(piece) if isinstance(piece, str) and ref.section else None
        if isinstance(piece, str) and found:
            head = piece[: found.start()] + found[1] + (f" {found[2]}" if found[2].startswith("#") else found[2])
            head = head if head.endswith("\n") else head + newline
            pieces[i : i + 1] = [head, ref, *([piece[found.end() :]] if piece[found.end() :] else [])]
            return replace(file, skeleton=tuple(pieces))
    return replace(file, skeleton=(*pieces, *_new_section(file, ref), ref))


def _new_section(file: ProjectFile, ref: PartRef) -> list[str]:
    """The raw lines that open a section at the end of a file."""
    newline = file.style.newline
    if not file.skeleton:
        return [f"{ref.section}:{newline}"] if ref.section else []
    last = file.skeleton[-1]
    closed = last.endswith("\n") if isinstance(last, str) else file.style.closed
    head = f"{ref.section}:{newline}" if ref.section else ""
    return [text for text in ("" if closed else newline, newline + head) if text]


def _blank_between(pieces: Sequence[str | PartRef], place: str) -> str:
    """The blank line that stands between the last two parts of a section, if one does."""
    for position in range(len(pieces) - 1, 1, -1):
        piece, before, earlier = pieces[position], pieces[position - 1], pieces[position - 2]
        if isinstance(piece, PartRef) and piece.section == place:
            spaced = isinstance(before, str) and isinstance(earlier, PartRef) and not before.strip()
            return before if spaced and isinstance(before, str) else ""
    return ""
