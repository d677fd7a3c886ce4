"""End-to-end test files as values: cases with their steps, fixtures and metadata (dialogue-semantics 9.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talkwright.assistant.yamls import YamlError, load

_SLOT_STEPS = ("slot_was_set", "slot_was_not_set")
_LATER = ("assertions", "assertion_order_enabled")
_SHARED = "conftest.yml"  # fixtures and metadata for all files of its folder and those below (9.1)
_ROOT_FILE = "config.yml"  # stands in a project's root, where the search for shared declarations ends
ANY = object()  # a slot step that names no value is content with any


class CaseError(ValueError):
    """A test file can't be played; the message names the file, the case and what is wrong."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `kind` is user, bot, utter, slot_was_set or slot_was_not_set; `value` a text or pairs."""

    kind: str
    value: Any
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation to play. `fixtures` are slots that are set before it begins."""

    file: str
    name: str
    steps: tuple[Step, ...]
    fixtures: Mapping[str, Any]
    metadata: Mapping[str, Any]


def read_cases(path: Path, only: str | None = None) -> list[Case]:
    """The cases of a file, or of all files under a folder; `only` picks one by its name. Raises CaseError."""
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.suffix in (".yml", ".yaml"))
    cases = [case for file in files for case in _cases_of(file)]
    return [case for case in cases if only is None or case.name == only]


def _cases_of(file: Path) -> Iterator[Case]:
    document = _document(file)
    if not isinstance(document, Mapping) or "test_cases" not in document:
        return
    if document.get("stub_custom_actions"):
        raise CaseError(
            f"{file.name} stubs custom actions; start the real action server and remove `stub_custom_actions`."
        )
    shared = [*_conftests(file), document]
    fixtures = {name: value for one in shared for name, value in _named(one.get("fixtures")).items()}
    metadata = {name: value for one in shared for name, value in _named(one.get("metadata")).items()}
    for entry in document["test_cases"] or ():
        yield _case(file, entry, fixtures, metadata)


def _conftests(file: Path) -> list[Mapping[str, Any]]:
    """The shared declarations for a file, from the project's root to its own folder, so that the nearer ones win."""
    folders = list(file.absolute().parents)
    root = next((place for place, folder in enumerate(folders) if (folder / _ROOT_FILE).is_file()), 0)
    found = [folder / _SHARED for folder in reversed(folders[: root + 1])]
    documents = [_document(one) for one in found if one.is_file() and one != file]
    return [document for document in documents if isinstance(document, Mapping)]


def _document(file: Path) -> Any:
    try:
        return load(file.read_text(encoding="utf-8"))
    except (YamlError, UnicodeDecodeError) as problem:
        raise CaseError(f"{file.name} can't be read: {problem}") from problem


def _case(file: Path, entry: Mapping[str, Any], fixtures: Mapping[str, Any], metadata: Mapping[str, Any]) -> Case:
    name = str(entry.get("test_case"))
    place = f"{file.name}, “{name}”"
    slots: dict[str, Any] = {}
    for fixture in entry.get("fixtures") or ():
        for pair in _known(fixtures, fixture, f"{place}: fixture"):
            slots.update(pair)
    own = _known(metadata, entry["metadata"], f"{place}: metadata") if entry.get("metadata") else {}
    steps = tuple(_step(step, metadata, place) for step in entry.get("steps") or ())
    return Case(file.name, name, steps, slots, own)


def _step(step: Mapping[str, Any], metadata: Mapping[str, Any], place: str) -> Step:
    if later := [key for key in _LATER if key in step]:
        raise CaseError(f"{place} uses `{later[0]}`, which this player can't check; use steps of bot, utter and slots.")
    for kind in ("user", "bot", "utter"):
        if kind in step:
            own = _known(metadata, step["metadata"], f"{place}: metadata") if step.get("metadata") else {}
            return Step(kind, str(step[kind]), own)
    for kind in _SLOT_STEPS:
        if kind in step:
            return Step(kind, tuple(_pairs(step[kind])), {})
    raise CaseError(f"{place} has a step that is none of user, bot, utter, slot_was_set and slot_was_not_set.")


def _pairs(written: Any) -> Iterator[tuple[str, Any]]:
    for one in written if isinstance(written, list) else [written]:
        if isinstance(one, Mapping):
            yield from ((str(name), value) for name, value in one.items())
        else:
            yield str(one), ANY


def _named(entries: Any) -> dict[str, Any]:
    """A list of one-key maps as one map."""
    return {str(name): value for entry in entries or () for name, value in entry.items()}


def _known(named: Mapping[str, Any], name: Any, what: str) -> Any:
    if name not in named:
        raise CaseError(f"{what} “{name}” is declared neither in the file nor in a conftest.yml.")
    return named[name]
