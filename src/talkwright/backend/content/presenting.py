"""Items, problems and changes as the API says them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from talkwright.assistant.items import Part
from talkwright.assistant.problems import Problem
from talkwright.assistant.validation.lines import Lines
from talkwright.backend.content.builtin import builtin_id
from talkwright.backend.content.words import words_of
from talkwright.database.changes import ListedChange, TouchedItem
from talkwright.database.facts import Checked, ListedProblem
from talkwright.database.items import HistoryEntry, StoredItem


def person(by: tuple[UUID, str]) -> dict[str, Any]:
    """A person as {id, name}."""
    return {"id": str(by[0]), "name": by[1]}


def parts_json(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """An item's stretches of text, empty ones where it once stood included: a `source` edit counts them all."""
    return [{"file": part.file, "place": part.place, "source": part.source} for part in parts]


def fix_json(item: UUID | None, revision: int | None, fix: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    """What would mend a problem, as edits of the change protocol."""
    if not fix or item is None or revision is None:
        return None
    return [{"op": "patch", "item": str(item), "revision": revision, "patch": [dict(operation) for operation in fix]}]


def listed_problem(problem: ListedProblem) -> dict[str, Any]:
    """A problem that was read."""
    return {
        "key": problem.key,
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "kind": problem.kind,
        "name": problem.name,
        "item": None if problem.item is None else str(problem.item),
        "step": problem.step,
        "path": problem.path,
        "line": problem.line,
        "file": problem.file,
        "fix": fix_json(problem.item, problem.revision, problem.fix),
    }


def found_problem(problem: Problem, item: StoredItem | None = None, step: str | None = None) -> dict[str, Any]:
    """A problem that was just found."""
    return {
        "key": problem.key,
        "code": problem.code,
        "severity": problem.severity.value,
        "message": problem.message,
        "kind": None if problem.kind is None else str(problem.kind),
        "name": problem.name,
        "item": None if item is None else str(item.id),
        "step": step if step is not None else problem.step,
        "path": problem.path,
        "line": problem.line,
        "file": problem.file,
        "fix": None if item is None else fix_json(item.id, item.revision, problem.fix),
    }


def at_lines(problems: list[dict[str, Any]], item: StoredItem) -> list[dict[str, Any]]:
    """Problems of an item with the line, and the file of the part, on which their place stands."""
    lines = Lines(item.item) if any(problem["line"] is None for problem in problems) else None
    for problem in problems:
        if lines is not None and problem["line"] is None and (place := lines.of(problem["path"])) is not None:
            problem.update(line=place.line, file=place.file)
    return problems


def changed_item(item: StoredItem, checked: Checked | None) -> dict[str, Any]:
    """An item in the answer to a change."""
    found = [] if checked is None else [*(checked.of_text or ()), *checked.problems]
    steps = {} if checked is None else checked.steps
    return {
        "id": str(item.id),
        "kind": item.kind,
        "name": item.name,
        "revision": item.revision,
        "body": item.body,
        "parts": parts_json(item.parts),
        "keys": dict(item.keys) if item.kind == "flow" else None,
        "problems": at_lines([found_problem(one, item, steps.get(one.step or "")) for one in found], item),
        "deleted": item.deleted,
    }


def history_entry(entry: HistoryEntry) -> dict[str, Any]:
    """One line of an item's history."""
    return {
        "change": entry.change,
        "at": entry.at.isoformat(),
        "by": person(entry.by),
        "words": words_of(entry.command),
        "revision": entry.revision,
        "deleted": entry.deleted,
    }


def listed_change(listed: ListedChange) -> dict[str, Any]:
    """One line of the assistant's history."""
    change = listed.change
    touched = ", ".join(item.name for item in listed.items[:3]) + (" …" if len(listed.items) > 3 else "")
    return {
        "number": change.number,
        "id": str(change.id),
        "at": change.at.isoformat(),
        "by": person((change.author, listed.author)),
        "source": change.source,
        "words": words_of(change.command, touched),
        "reverts": change.reverts,
        "items": [
            {"id": str(item.id), "kind": item.kind, "name": item.name, "did": _did(change.assistant, item)}
            for item in listed.items
        ],
    }


def _did(assistant: UUID, item: TouchedItem) -> str:
    """What a change did to an item; the first edit of a built-in one only changes it."""
    if item.deleted:
        return "deleted"
    stood = item.was_there or item.id == builtin_id(assistant, item.kind, item.name)
    return "changed" if stood else "made"
