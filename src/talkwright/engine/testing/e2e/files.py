"""Reads end-to-end test files, with what the conftest.yml files above them share (dialogue-semantics 9.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from talkwright.assistant.parsing.shape import closest
from talkwright.assistant.yamls import Node, YamlError, line_and_column, load_marked
from talkwright.engine.testing.e2e.assertions import Assertion, AssertionFault, read_assertion
from talkwright.engine.testing.e2e.cases import ANY, USER, Case, CaseError, Step, Stub

ORACLE_SUFFIX = ".oracle.yml"
_TEXT_STEPS = ("bot", "utter")
_SLOT_STEPS = ("slot_was_set", "slot_was_not_set")
_SHARED = "conftest.yml"  # fixtures and metadata for all files of its folder and those below (9.1)
_ROOT_FILE = "config.yml"  # stands in a project's root, where the search for shared declarations ends
_NOW = "mocked_datetime"
_CASE_KEYS = ("test_case", "steps", "fixtures", "metadata")
_STEP_KEYS = (USER, *_TEXT_STEPS, *_SLOT_STEPS, "metadata", "assertions", "assertion_order_enabled")


def read_cases(path: str | Path, only: str | None = None) -> list[Case]:
    """The cases of a file, of all files under a folder, or the one of `file::case`; raises CaseError."""
    place, _, named = str(path).partition("::")
    only = only or named or None
    root = Path(place)
    if not root.exists():
        raise CaseError(f"{place} doesn't exist: name a test file, a folder of them, or file::case.")
    files = [root] if root.is_file() else sorted(one for one in root.rglob("*") if one.suffix in (".yml", ".yaml"))
    cases = [case for file in files for case in _cases_of(file)]
    chosen = [case for case in cases if only is None or case.name == only]
    if only is not None and not chosen:
        meant = closest(only, {case.name for case in cases})
        raise CaseError(f"{place} has no case “{only}”." + (f" Did you mean “{meant}”?" if meant else ""))
    return chosen


def project_of(path: str | Path) -> Path | None:
    """The project that a test file belongs to: the nearest folder above with a config.yml."""
    place = Path(str(path).partition("::")[0]).absolute()
    return next((folder for folder in (place, *place.parents) if (folder / _ROOT_FILE).is_file()), None)


@dataclass(frozen=True, slots=True)
class _Declared:
    """What a file's cases may name: its own declarations over those of the conftest.yml files above."""

    file: Path
    fixtures: Mapping[str, Any]
    metadata: Mapping[str, Any]
    stubs: Mapping[str, Stub]
    stubbed: bool

    def fixture(self, name: Any, place: str) -> Iterator[Mapping[str, Any]]:
        for entry in self._known(self.fixtures, name, f"{place}: fixture"):
            yield {slot: _iso(value) if slot == _NOW else value for slot, value in entry.items()}

    def metadata_of(self, entry: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        name = entry.get("metadata")
        found = self._known(self.metadata, name, f"{place}: metadata") if name else {}
        return found if isinstance(found, Mapping) else {}

    def _known(self, named: Mapping[str, Any], name: Any, what: str) -> Any:
        if name not in named:
            raise CaseError(f"{what} “{name}” is declared neither in the file nor in a conftest.yml.")
        return named[name]

    def stubs_for(self, case: str) -> Mapping[str, Stub] | None:
        """The stubs of one case: those of the case before those of the file before the plain ones."""
        if not self.stubbed:
            return None
        chosen: dict[str, Stub] = {}
        for scope in (None, self.file.name, case):
            for name, stub in self.stubs.items():
                of, colons, action = name.rpartition("::")
                if (of if colons else None) == scope:
                    chosen[action] = stub
        return chosen


def _cases_of(file: Path) -> Iterator[Case]:
    if file.name.endswith(ORACLE_SUFFIX):
        return
    node = _marked(file)
    document = node.value if node is not None else None
    if node is None or not isinstance(document, Mapping) or "test_cases" not in document:
        return
    shared = [*_conftests(file), document]
    stubs = document.get("stub_custom_actions")
    declared = _Declared(
        file,
        {name: value for one in shared for name, value in _named(one.get("fixtures"), file).items()},
        {name: value for one in shared for name, value in _named(one.get("metadata"), file).items()},
        {str(name): _stub(stub, f"{file.name}, stub of {name}") for name, stub in (stubs or {}).items()},
        bool(stubs),
    )
    text = file.read_text(encoding="utf-8")
    entry = node.entry("test_cases")
    for case in entry[1].elements if entry is not None else ():
        yield _case(text, case, declared)


def _stub(written: Any, place: str) -> Stub:
    if not isinstance(written, Mapping):
        raise CaseError(f"{place} must be a map of events and responses.")
    return Stub(tuple(written.get("events") or ()), tuple(written.get("responses") or ()))


def _conftests(file: Path) -> list[Mapping[str, Any]]:
    """The shared declarations for a file, from the project's root to its own folder, so that the nearer ones win."""
    folders = list(file.absolute().parents)
    root = next((place for place, folder in enumerate(folders) if (folder / _ROOT_FILE).is_file()), 0)
    found = [folder / _SHARED for folder in reversed(folders[: root + 1])]
    documents = [document_of(one) for one in found if one.is_file() and one != file]
    return [document for document in documents if isinstance(document, Mapping)]


def document_of(file: Path) -> Any:
    """What a YAML file holds; None for an empty one. Raises CaseError."""
    node = _marked(file)
    return None if node is None else node.value


def _marked(file: Path) -> Node | None:
    try:
        text = file.read_text(encoding="utf-8")
        return load_marked(text) if text.strip() else None
    except (YamlError, UnicodeDecodeError) as problem:
        raise CaseError(f"{file.name} can't be read: {problem}") from problem


def _case(text: str, node: Node, declared: _Declared) -> Case:
    entry = node.value
    if not isinstance(entry, Mapping):
        raise CaseError(f"{declared.file.name}: a test case must be a map with `test_case` and `steps`.")
    name = str(entry.get("test_case"))
    place = f"{declared.file.name}, “{name}”"
    _refuse_unknown(text, node, _CASE_KEYS, place, "a test case")
    slots: dict[str, Any] = {}
    for fixture in entry.get("fixtures") or ():
        for pair in declared.fixture(fixture, place):
            slots.update(pair)
    steps = node.entry("steps")
    return Case(
        declared.file,
        name,
        line_and_column(text, node.start)[0],
        tuple(_step(text, step, declared, place) for step in (steps[1].elements if steps is not None else ())),
        slots,
        declared.metadata_of(entry, place),
        declared.stubs_for(name),
    )


def _step(text: str, node: Node, declared: _Declared, place: str) -> Step:
    step, line = node.value, line_and_column(text, node.start)[0]
    if isinstance(step, Mapping):
        _refuse_unknown(text, node, _STEP_KEYS, place, "a step")
        if USER in step:
            metadata = declared.metadata_of(step, place)
            assertions = _assertions(step.get("assertions"), f"{place}, line {line}")
            return Step(USER, str(step[USER]), line, metadata, assertions, bool(step.get("assertion_order_enabled")))
        for kind in _TEXT_STEPS:
            if kind in step:
                return Step(kind, str(step[kind]), line)
        for kind in _SLOT_STEPS:
            if kind in step:
                return Step(kind, tuple(_pairs(step[kind])), line)
    raise CaseError(f"{place}, line {line}: the step is none of user, bot, utter, slot_was_set and slot_was_not_set.")


def _refuse_unknown(text: str, node: Node, known: Sequence[str], place: str, what: str) -> None:
    """Raises CaseError for a key that nothing reads: what it was to check would seem to have passed."""
    for key, _ in node.entries:
        if key.merges or key.key_text in known:
            continue
        meant = closest(key.key_text, set(known) - set(node.value))
        mend = f"Did you mean `{meant}`?" if meant else f"It may have {', '.join(f'`{one}`' for one in known)}."
        line = line_and_column(text, key.start)[0]
        raise CaseError(f"{place}, line {line}: {what} has no key `{key.key_text}`. {mend}")


def _assertions(written: Any, place: str) -> tuple[Assertion, ...]:
    try:
        return tuple(read_assertion(entry) for entry in written or ())
    except (AssertionFault, TypeError) as problem:
        raise CaseError(f"{place}: {problem}") from problem


def _pairs(written: Any) -> Iterator[tuple[str, Any]]:
    for one in written if isinstance(written, list) else [written]:
        if isinstance(one, Mapping):
            yield from ((str(name), value) for name, value in one.items())
        else:
            yield str(one), ANY


def _named(entries: Any, file: Path) -> dict[str, Any]:
    """A list of one-key maps as one map."""
    if not isinstance(entries or [], Sequence) or not all(isinstance(entry, Mapping) for entry in entries or ()):
        raise CaseError(f"{file.name}: fixtures and metadata are lists of maps, each with one name.")
    return {str(name): value for entry in entries or () for name, value in entry.items()}


def _iso(value: Any) -> Any:
    """A date or date-time as ISO 8601 with a time zone, UTC where none is given."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as problem:
        raise CaseError(
            f"{_NOW} must be a date or a date with a time, such as 2026-01-31T09:00: {problem}"
        ) from problem
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).isoformat()
