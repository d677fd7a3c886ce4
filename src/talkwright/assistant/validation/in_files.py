"""Problems of a whole project as people read them who have its files: at file and line, steps by what they do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from talkwright.assistant.items import Item, Kind
from talkwright.assistant.problems import Problem
from talkwright.assistant.project import Project
from talkwright.assistant.step_ids import walk_steps
from talkwright.assistant.validation.lines import Lines

_STEP = re.compile(r"\b(?P<word>[Ss]tep) “(?P<id>[^”]+)”")


@dataclass(frozen=True)
class InFiles:
    """Finds where the problems of one project stand in its files; each item is parsed once, where it has any."""

    project: Project
    _lines: dict[tuple[str, str], Lines] = field(default_factory=dict)
    _steps: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, problem: Problem) -> Problem:
        """The problem with its file and its line there, as far as they are known, and in words for people."""
        item = self._items.get((str(problem.kind), problem.name or ""))
        if item is None or not item.parts:
            return problem
        file, line = problem.file, problem.line
        if line is None and item.kind not in (Kind.FILE, Kind.PROMPT):
            if _key(item) not in self._lines:
                self._lines[_key(item)] = Lines(item)
            place = self._lines[_key(item)].of(problem.path)
            if place is not None and file in (None, place.file):
                file, line = place.file, self._starts.get((*_key(item), place.part), 1) + place.line - 1
        message = problem.message if item.kind is not Kind.FLOW else _named_steps(problem.message, self._nameless(item))
        step = problem.step if line is None else None  # the line tells which one it is
        file = file or item.parts[0].file
        return replace(problem, file=file, line=line, message=message, step=step)

    def _nameless(self, flow: Item) -> Mapping[str, Any]:
        """The steps of a flow that have no id of their own, by the one that they are called by."""
        if flow.name not in self._steps:
            steps = walk_steps(flow.body, flow.name)
            self._steps[flow.name] = {step_id: step for _, step, step_id in steps if "id" not in step}
        return self._steps[flow.name]

    @cached_property
    def _items(self) -> Mapping[tuple[str, str], Item]:
        return {_key(item): item for item in self.project.items}

    @cached_property
    def _starts(self) -> Mapping[tuple[str, str, int], int]:
        """The line at which each part begins in its file, by kind, name and number of the part."""
        found: dict[tuple[str, str, int], int] = {}
        for file in self.project.files:
            line = 1
            for piece in file.skeleton:
                if isinstance(piece, str):
                    line += piece.count("\n")
                    continue
                found[piece.kind, piece.name, piece.index] = line
                item = self._items.get((piece.kind, piece.name))
                if item is not None and piece.index < len(item.parts):
                    line += item.parts[piece.index].source.count("\n")
        return found


def _key(item: Item) -> tuple[str, str]:
    return str(item.kind), item.name


def _named_steps(message: str, without_id: Mapping[str, Any]) -> str:
    """The message with each step that has no id of its own called by what it does."""

    def named(found: re.Match[str]) -> str:
        does = what_it_does(without_id[found["id"]]) if found["id"] in without_id else None
        if does is None:
            return found.group()
        return does[0].upper() + does[1:] if found["word"] == "Step" else does

    return _STEP.sub(named, message)


def what_it_does(step: Mapping[str, Any]) -> str | None:
    """A step in words for a message, such as: the question for `weight_kg`; None for one that does nothing."""
    for key, words in (
        ("collect", "the question for"),
        ("action", "the step that runs"),
        ("call", "the call of"),
        ("link", "the link to"),
    ):
        if isinstance(step.get(key), str):
            return f"{words} `{step[key]}`"
    sets = step.get("set_slots")
    entries = [sets] if isinstance(sets, Mapping) else sets if isinstance(sets, list) else []
    slots = [f"`{name}`" for entry in entries if isinstance(entry, Mapping) for name in entry]
    return f"the step that sets {', '.join(slots)}" if slots else None
