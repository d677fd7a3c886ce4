"""Which steps of a project's flows the cases came to, and how often each command was understood (9.4)."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from talkwright.assistant.items import Item, Kind
from talkwright.assistant.project import Project, read_project
from talkwright.assistant.step_ids import walk_steps
from talkwright.assistant.validation.lines import Lines
from talkwright.conversation.stack import Stack, patched
from talkwright.engine.testing.e2e.assertions import EventMap
from talkwright.engine.testing.e2e.playing import Outcome

Visited = Mapping[str, set[str]]


@dataclass(frozen=True, slots=True)
class FlowCoverage:
    """One flow: its file, how many steps it has, and those that nobody came to as (id, line in the file)."""

    flow: str
    file: str
    steps: int
    missed: Sequence[tuple[str, int]]

    @property
    def share(self) -> float:
        """The share of steps that were visited, 0 to 1."""
        return 1 - len(self.missed) / self.steps if self.steps else 1.0


def visited(outcomes: Iterable[Outcome]) -> Visited:
    """The ids of the steps that conversations stood at, by flow."""
    found: dict[str, set[str]] = {}
    for outcome in outcomes:
        stack: Stack = ()
        for event in (event for turn in outcome.turns for event in turn.events):
            stack = _after(stack, event)
            for frame in stack if event["event"] == "stack" else ():
                found.setdefault(str(frame.get("flow_id")), set()).add(str(frame.get("step_id")))
    return found


def _after(stack: Stack, event: EventMap) -> Stack:
    if event["event"] == "stack":
        return patched(stack, str(event.get("update")))
    return () if event["event"] == "restart" else stack


def coverage(project: Project, seen: Visited) -> list[FlowCoverage]:
    """Each flow of a project."""
    starts = _part_lines(project)
    flows = [item for item in project.items if item.kind is Kind.FLOW and isinstance(item.body, Mapping)]
    return [_flow_coverage(item, starts, seen.get(item.name, set())) for item in flows]


def _flow_coverage(item: Item, starts: Mapping[tuple[str, str], int], seen: set[str]) -> FlowCoverage:
    lines = Lines(item)
    steps = list(walk_steps(item.body, item.name))
    file = item.parts[0].file
    missed = []
    for pointer, _, step in steps:
        place = lines.of(pointer)
        if step not in seen:
            missed.append((step, starts.get((file, item.name), 1) + (place.line if place is not None else 1) - 1))
    return FlowCoverage(item.name, file, len(steps), missed)


def _part_lines(project: Project) -> dict[tuple[str, str], int]:
    """The line at which a flow's text begins in its file, by file and flow."""
    sources = {(str(item.kind), item.name): item.parts for item in project.items}
    found: dict[tuple[str, str], int] = {}
    for file in project.files:
        line = 1
        for piece in file.skeleton:
            if not isinstance(piece, str):
                parts = sources.get((piece.kind, piece.name), ())
                found.setdefault((file.path, piece.name), line)
                piece = parts[piece.index].source if piece.index < len(parts) else ""  # noqa: PLW2901 - its text
            line += piece.count("\n")
    return found


def coverage_of(project: Path, outcomes: Sequence[Outcome]) -> list[FlowCoverage]:
    """Each flow of the project in a folder or archive; raises ProjectRefusedError."""
    return coverage(read_project(project), visited(outcomes))


def flow_lines(flows: Iterable[FlowCoverage]) -> Iterator[str]:
    """What people are told: the share of each flow, and where the steps stand that nobody came to."""
    for one in sorted(flows, key=lambda flow: (flow.share, flow.flow)):
        missed = ", ".join(f"{step} ({one.file}:{line})" for step, line in one.missed)
        yield f"{one.share:>6.1%}  {one.flow}{f': not visited: {missed}' if missed else ''}"


def write_coverage(outcomes: Sequence[Outcome], project: Path, folder: Path) -> None:
    """Write a table of flows and one of commands, each for the passed and for the failed cases."""
    folder.mkdir(parents=True, exist_ok=True)
    read = read_project(project)
    for name, passed in (("passed", True), ("failed", False)):
        chosen = [outcome for outcome in outcomes if outcome.passed is passed]
        _write_flows(folder / f"coverage_{name}.csv", coverage(read, visited(chosen)))
        _write_commands(folder / f"commands_{name}.csv", Counter(_commands(chosen)))


def _commands(outcomes: Iterable[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        for event in (event for turn in outcome.turns for event in turn.events if event["event"] == "user"):
            for command in (event.get("parse_data") or {}).get("commands") or ():
                yield str(command.get("command"))


def _write_flows(path: Path, flows: Iterable[FlowCoverage]) -> None:
    rows = [
        (one.file, one.flow, f"{one.share:.1%}", one.steps, len(one.missed), " ".join(str(at) for _, at in one.missed))
        for one in flows
    ]
    _write(path, ("file", "flow", "coverage", "steps", "missed steps", "missed lines"), rows)


def _write_commands(path: Path, commands: Mapping[str, int]) -> None:
    _write(path, ("command", "times"), sorted(commands.items()))


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
