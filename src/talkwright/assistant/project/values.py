"""The values that reading makes and writing takes: files as skeletons, limits, and what was found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from talkwright.assistant.items import Item, Kind
from talkwright.assistant.problems import Problem, Severity

WHOLE_FILE = ""


@dataclass(frozen=True, slots=True)
class PartRef:
    """Where a part of an item stands in a skeleton.

    `index` counts the item's parts, `place` is that of the part, `indent` the blanks before its key or dash.
    """

    kind: str
    name: str
    index: int
    place: str = WHOLE_FILE
    indent: str = ""

    @property
    def section(self) -> str:
        """The key of the section, without brackets."""
        return self.place.rstrip("[]{}")

    @property
    def inline(self) -> bool:
        """Whether the part stands inside brackets."""
        return self.place.endswith(("[]", "{}"))


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is written: line ends, blanks per level, how far a list stands right of its key, last line closed."""

    newline: str = "\n"
    step: int = 2
    dash: int = 2
    closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """One file: its bytes (binary), or a skeleton of raw stretches and references to parts of items, in order."""

    path: str
    data: bytes | None = None
    skeleton: tuple[str | PartRef, ...] = ()
    style: Style = Style()

    @property
    def refs(self) -> tuple[PartRef, ...]:
        """The parts that stand in this file, in order."""
        return tuple(piece for piece in self.skeleton if isinstance(piece, PartRef))

    @property
    def names(self) -> frozenset[tuple[str, str]]:
        """The items that have parts here, as (kind, name)."""
        return frozenset((ref.kind, ref.name) for ref in self.refs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A whole project as read. `left_out` lists the paths that were not taken over."""

    files: tuple[ProjectFile, ...]
    items: tuple[Item, ...]
    problems: tuple[Problem, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def is_foreign(self) -> bool:
        """Whether nothing in it is of an assistant, not even a file that should be and can't be read."""
        return not self.problems and all(item.kind is Kind.FILE for item in self.items)

    def item(self, kind: str, name: str) -> Item | None:
        """The item of that kind and name."""
        return next((item for item in self.items if item.kind == kind and item.name == name), None)

    def file(self, path: str) -> ProjectFile | None:
        """The file of that path."""
        return next((file for file in self.files if file.path == path), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a project may bring: sizes in bytes. A text file over `text_bytes` is kept, but not as text."""

    archive_bytes: int = 50_000_000
    unpacked_bytes: int = 100_000_000
    files: int = 10_000
    text_bytes: int = 4_000_000
    yaml_values: int = 600_000
    path_characters: int = 500


class ProjectRefusedError(ValueError):
    """A project that is not taken at all; `problem` says why and what to do."""

    def __init__(self, code: str, message: str, file: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(code, Severity.ERROR, message, file=file)


def skeleton_to_json(skeleton: Iterable[str | PartRef]) -> list[Any]:
    """A skeleton as JSON values: texts for raw stretches, objects for references."""
    return [piece if isinstance(piece, str) else asdict(piece) for piece in skeleton]


def skeleton_from_json(value: Iterable[Any]) -> tuple[str | PartRef, ...]:
    """The skeleton that `skeleton_to_json` wrote."""
    return tuple(piece if isinstance(piece, str) else PartRef(**piece) for piece in value)


def style_to_json(style: Style) -> dict[str, Any]:
    """A style as a JSON object."""
    return asdict(style)


def style_from_json(value: Mapping[str, Any]) -> Style:
    """The style that `style_to_json` wrote."""
    return Style(**value)


def map_refs(file: ProjectFile, change: Callable[[PartRef], PartRef]) -> ProjectFile:
    """The file with each reference replaced by what `change` makes of it."""
    pieces = tuple(piece if isinstance(piece, str) else change(piece) for piece in file.skeleton)
    return replace(file, skeleton=pieces)


_KEY_LINE = r"^( *(?:- )?)[^\s#\-][^\n]{0,200}?:[ \t]*+(?:#[^\n]*+)?\r?\n"
_LIST_BELOW = re.compile(_KEY_LINE + r"( *)- ", re.MULTILINE)
_MAP_BELOW = re.compile(r"^( *)[^\s#\-][^\n]{0,200}?:[ \t]*+(?:#[^\n]*+)?\r?\n( +)[^\s#\-]", re.MULTILINE)
_SAMPLE = 20_000


def style_of(text: str) -> Style:
    """How `text` is written, as most of its lists and maps are."""
    sample = text[:_SAMPLE]
    dashes = Counter(len(found[2]) - len(found[1]) for found in _LIST_BELOW.finditer(sample))
    steps = Counter(len(found[2]) - len(found[1]) for found in _MAP_BELOW.finditer(sample))
    dash, step = _most(dashes), _most(steps)
    return Style(
        newline="\r\n" if "\r\n" in text else "\n",
        step=step if 0 < step <= 8 else 2,
        dash=dash if 0 <= dash <= 8 else 2,
        closed=text.endswith("\n") or not text,
    )


def _most(counts: Counter[int]) -> int:
    return counts.most_common(1)[0][0] if counts else 2
