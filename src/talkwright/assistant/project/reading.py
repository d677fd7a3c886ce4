"""Reading: from the bytes of a project's files to skeletons and items."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from talkwright.assistant.collecting import collection_paused
from talkwright.assistant.items import Item, Kind, Part
from talkwright.assistant.parsing.shape import Findings
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.project.bodies import TEXT_KINDS, assemble, name_in
from talkwright.assistant.project.parts import Parsed, outer_anchors, parse_part
from talkwright.assistant.project.sources import read_files
from talkwright.assistant.project.structure import (
    Found,
    document_kind,
    find_parts,
    has_items,
    is_misshapen_setting,
    is_yaml,
    text_kind,
)
from talkwright.assistant.project.values import (
    WHOLE_FILE,
    Limits,
    PartRef,
    Project,
    ProjectFile,
    ProjectRefusedError,
    style_of,
)
from talkwright.assistant.yamls import BOM, Node, YamlError, load_marked

_Key = tuple[Kind, str]


def read_project(source: Path | bytes, limits: Limits | None = None) -> Project:
    """The project in a folder, an archive's path or an archive's bytes (.zip, .tar.gz).

    Raises ProjectRefusedError for an archive that is hostile, damaged or larger than `limits` allow.
    """
    limits = limits or Limits()
    contents, left_out = read_files(source, limits)
    return read_contents(contents, left_out=left_out, limits=limits)


def read_contents(
    contents: Mapping[str, bytes], *, left_out: tuple[str, ...] = (), limits: Limits | None = None
) -> Project:
    """The project whose files have these bytes, by path."""
    reader = _Reader(limits or Limits())
    with collection_paused():
        files = tuple(reader.read(path, contents[path]) for path in sorted(contents))
        items = reader.items()
    return Project(files=files, items=items, problems=tuple(reader.problems), left_out=left_out)


@dataclass(slots=True)
class _Gathered:
    parts: list[Part] = field(default_factory=list)
    parsed: list[tuple[str, Parsed]] = field(default_factory=list)
    text: str | None = None


class _Reader:
    """Reads file after file and gathers the parts of each item."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._gathered: dict[_Key, _Gathered] = {}
        self._values = 0
        self.problems: list[Problem] = []

    def items(self) -> tuple[Item, ...]:
        """What was gathered, in the order in which it was met."""
        made = []
        for (kind, name), gathered in self._gathered.items():
            body: Any = gathered.text if kind in TEXT_KINDS else assemble(kind, gathered.parsed)
            item = Item(kind=kind, name=name, body=body, parts=tuple(gathered.parts))
            self.problems.extend(item_problems(item))
            self.problems.extend(_unknown_nlu_keys(item, gathered.parsed))
            made.append(item)
        return tuple(made)

    def read(self, path: str, data: bytes) -> ProjectFile:
        """One file's skeleton, its parts gathered; what can't be read as text is kept as bytes."""
        text = self._text(path, data)
        if text is None:
            kind = text_kind(path)
            self._gathered[(kind, path)] = _Gathered()
            return ProjectFile(path=path, data=data)
        if is_yaml(path):
            try:
                return self._structured(path, text)
            except YamlError as error:
                self.problems.append(_unreadable(path, error))
        return self._whole(path, text_kind(path), text)

    def _text(self, path: str, data: bytes) -> str | None:
        text = None
        if len(data) <= self._limits.text_bytes:
            with contextlib.suppress(UnicodeDecodeError):
                text = data.decode()
        if text is not None and "\0" not in text:
            return text
        if is_yaml(path):
            self.problems.append(kept_unread(path, data, self._limits))
        return None

    def _structured(self, path: str, text: str) -> ProjectFile:
        root = load_marked(text)
        self._count(path, root)
        kind = document_kind(path, root)
        if kind is not None:
            return self._whole(path, kind, text, root)
        if is_misshapen_setting(path, root):
            self.problems.append(_misshapen(path))
        if not has_items(path, root):
            return self._whole(path, text_kind(path), text)
        aliased = "*" in text
        pieces: list[str | PartRef] = []
        taken: list[tuple[Found, Part]] = []
        end = 0
        for found in find_parts(path, text, root):
            span = found.span
            if span.start < end:  # a lone CR ends a line for YAML, and for nobody else
                raise _shares_its_line(found)
            anchors = outer_anchors(found.nodes, span.start, span.end) if aliased else {}
            part = Part(file=path, place=found.place, source=text[span.start : span.end], anchors=anchors)
            if span.inline or aliased:
                _check_alone(found, part)
            taken.append((found, part))
            pieces.extend((text[end : span.start], part_ref(found)))
            end = span.end
        pieces.append(text[end:])
        return self._file(path, text, pieces, taken)

    def _file(self, path: str, text: str, pieces: list[str | PartRef], taken: list[tuple[Found, Part]]) -> ProjectFile:
        """Gathers the parts and numbers the references, now that nothing can fail any more."""
        parts = iter(taken)
        skeleton: list[str | PartRef] = []
        for piece in pieces:
            if isinstance(piece, str):
                if piece:
                    skeleton.append(piece)
                continue
            found, part = next(parts)
            gathered = self._gathered.setdefault((found.kind, found.name), _Gathered())
            skeleton.append(PartRef(piece.kind, piece.name, len(gathered.parts), piece.place, piece.indent))
            gathered.parts.append(part)
            gathered.parsed.append((found.section, found.parsed))
        return ProjectFile(path=path, skeleton=tuple(skeleton), style=style_of(text))

    def _whole(self, path: str, kind: Kind, text: str, root: Node | None = None) -> ProjectFile:
        """A file that is one item; a BOM stays outside of a document, a text keeps it."""
        raw = BOM if root is not None and text.startswith(BOM) else ""
        source = text.removeprefix(raw)
        part = Part(file=path, place=WHOLE_FILE, source=source)
        parsed = [] if root is None else [(WHOLE_FILE, Parsed(text, root, None, root))]
        self._gathered[(kind, path)] = _Gathered([part], parsed, source)
        ref = PartRef(kind, path, 0)
        return ProjectFile(path=path, skeleton=(raw, ref) if raw else (ref,), style=style_of(text))

    def _count(self, path: str, root: Node) -> None:
        self._values += root.size
        if self._values > self._limits.yaml_values:
            message = f"The YAML files hold more than {self._limits.yaml_values:,} values in all; divide the project."
            raise ProjectRefusedError("project-too-large", message, path)


def part_ref(found: Found) -> PartRef:
    """The reference for a part just found; its index is counted when it is gathered."""
    return PartRef(found.kind, found.name, 0, found.place, found.span.indent)


def _check_alone(found: Found, part: Part) -> None:
    """Raises YamlError where a part means something else on its own than in its file."""
    alone = parse_part(part)
    if found.section == WHOLE_FILE:
        same = alone.root.value == found.parsed.root.value
    else:
        values = [node.value if node else None for node in (found.parsed.value, alone.value)]
        names = [name_in(node) if node else None for node in (found.parsed.key, alone.key)]
        same = values[0] == values[1] and names[0] == names[1]
    if not same:
        raise _shares_its_line(found)


def _shares_its_line(found: Found) -> YamlError:
    return YamlError(f"'{found.name}' can't be taken out of its line; write one entry per line.")


def kept_unread(path: str, data: bytes, limits: Limits | None = None) -> Problem:
    """What is wrong with a YAML file that is kept as bytes."""
    most = (limits or Limits()).text_bytes
    if len(data) > most:
        why = f"is larger than {most:,} bytes and was kept unread: divide it into several files"
    elif b"\0" in data:
        why = "holds NUL characters and was kept unread: save it as plain text in UTF-8"
    else:
        why = "is not UTF-8 text and was kept unread: save it as UTF-8"
    message = f"This file {why}, and import it again."
    return Problem("file-unreadable", Severity.ERROR, message, kind=Kind.FILE, name=path, file=path)


def _unreadable(path: str, error: YamlError) -> Problem:
    return Problem(
        "file-unreadable",
        Severity.ERROR,
        f"{error.message} Until it can be read, nothing of this file counts.",
        kind=Kind.FILE,
        name=path,
        line=error.line,
        file=path,
    )


def _unknown_nlu_keys(item: Item, parsed: Iterable[tuple[str, Parsed]]) -> list[Problem]:
    """What entries under `nlu` say that nobody reads, such as a mistyped `examples`; it is kept in the file."""
    findings = Findings(item.kind, item.name)
    for section, part in parsed:
        written = part.value.value if section == "nlu" and part.value is not None else None
        if isinstance(written, Mapping):
            what = f"The {item.kind} “{item.name}”"
            findings.unknown_keys(written, {str(item.kind), *_NLU_ENTRY_KEYS}, "", what)
    return [replace(problem, path="", fix=(), subject=problem.path) for problem in findings.problems]


def _misshapen(path: str) -> Problem:
    message = f"{path} must be a map of keys such as `name: value`, but it is another thing, so nothing of it counts."
    return Problem("wrong-shape", Severity.ERROR, message, kind=Kind.FILE, name=path, line=1, file=path)


_NLU_ENTRY_KEYS = ("examples", "metadata")
_MANY_PARTS = frozenset({Kind.INTENT, Kind.SYNONYM, Kind.REGEX, Kind.LOOKUP, Kind.DOMAIN})


def item_problems(item: Item) -> list[Problem]:
    """What an item's parts alone tell: an item that is written twice counts once, the first one."""
    if item.kind in _MANY_PARTS or len(item.parts) < 2:
        return []
    places = ", ".join(dict.fromkeys(part.file for part in item.parts))
    severity = Severity.WARNING if item.kind in (Kind.ACTION, Kind.ENTITY) else Severity.ERROR
    written = f"The {item.kind} '{item.name}' is written {len(item.parts)} times ({places})"
    message = f"{written}; the first counts. Delete the others."
    return [Problem("duplicate-item", severity, message, kind=item.kind, name=item.name, file=item.parts[1].file)]
