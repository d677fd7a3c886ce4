"""Facts derived from items at each write: what they declare, what they refer to, and the problems they have."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import case, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.problems import Problem, Severity
from talkwright.database.bulk import among, insert_rows
from talkwright.database.tables import asked, facts, items, problems

ANY = "*"
"""Stands in `asked` for every name of a kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One place where an item names another: JSON pointer, step key where it is a step's, and the text there."""

    kind: str
    name: str
    path: str
    step: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What is derived of one item."""

    item: UUID
    declares: Collection[tuple[str, str]] = ()
    refers: Sequence[Mention] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What validation found in one item, and which names it looked at; `steps` maps step ids to step keys.

    `of_text` holds what the text alone shows; None keeps what is there, for an item that did not change itself.
    """

    item: UUID
    problems: Sequence[Problem]
    asked: Collection[tuple[str, str]]
    of_text: Sequence[Problem] | None = ()
    steps: Mapping[str, str] = field(default_factory=dict)


async def save_facts(session: AsyncSession, assistant: UUID, derived: Sequence[Derived]) -> None:
    """Replace the facts of these items; those of a dead item are empty."""
    if not derived:
        return
    await session.execute(delete(facts).where(among(facts.c.item, [entry.item for entry in derived])))
    await insert_rows(session, facts, await asyncio.to_thread(_fact_rows, assistant, derived))


def _fact_rows(assistant: UUID, derived: Sequence[Derived]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for entry in derived:
        own: list[tuple[str, str, str, str, str | None, str]]
        own = [("declares", kind, name, "", None, "") for kind, name in entry.declares]
        own += [("refers", said.kind, said.name, said.path, said.step, said.text[:500]) for said in entry.refers]
        names = ("relation", "kind", "name", "path", "step", "text")
        rows += [
            {"assistant": assistant, "item": entry.item, "position": position, **dict(zip(names, row, strict=True))}
            for position, row in enumerate(own)
        ]
    return rows


async def who_asked(session: AsyncSession, assistant: UUID, names: Collection[tuple[str, str]]) -> set[UUID]:
    """The items whose validation looked at one of these names; (kind, `ANY`) means at all names of a kind."""
    if not names:
        return set()
    query = select(asked.c.item).where(
        asked.c.assistant == assistant, tuple_(asked.c.kind, asked.c.name).in_(list(names))
    )
    return set((await session.execute(query.distinct())).scalars())


async def who_refers(session: AsyncSession, assistant: UUID, kind: str, name: str) -> set[UUID]:
    """The items that name another."""
    query = select(facts.c.item).where(
        facts.c.assistant == assistant, facts.c.kind == kind, facts.c.name == name, facts.c.relation == "refers"
    )
    return set((await session.execute(query.distinct())).scalars())


async def save_problems(session: AsyncSession, assistant: UUID, checked: Sequence[Checked]) -> None:
    """Replace the problems of these items, what their validation looked at, and their counts."""
    if not checked:
        return
    ids = [entry.item for entry in checked]
    written = [entry.item for entry in checked if entry.of_text is not None]
    await session.execute(
        delete(problems).where(
            among(problems.c.item, ids), (problems.c.position >= 0) | among(problems.c.item, written)
        )
    )
    await session.execute(delete(asked).where(among(asked.c.item, ids)))
    found, looked = await asyncio.to_thread(_checked_rows, assistant, checked)
    await insert_rows(session, problems, found)
    await insert_rows(session, asked, looked)
    counted = select(
        items.c.id,
        *(
            func.count(case((problems.c.severity == severity, 1))).label(f"{severity}s")
            for severity in (Severity.ERROR.value, Severity.WARNING.value, Severity.HINT.value)
        ),
    ).outerjoin(problems, problems.c.item == items.c.id)
    counts = counted.where(among(items.c.id, ids)).group_by(items.c.id).subquery()
    await session.execute(
        update(items)
        .where(items.c.id == counts.c.id)
        .values(errors=counts.c.errors, warnings=counts.c.warnings, hints=counts.c.hints)
    )


def _checked_rows(assistant: UUID, checked: Sequence[Checked]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of problems, those of the text alone under numbers below 0, and of what validation looked at."""
    found = [
        _problem_row(assistant, entry, position, problem)
        for entry in checked
        for position, problem in [
            *((-1 - place, problem) for place, problem in enumerate(entry.of_text or ())),
            *enumerate(entry.problems),
        ]
    ]
    looked = [
        {"assistant": assistant, "item": entry.item, "kind": kind, "name": name}
        for entry in checked
        for kind, name in sorted(set(entry.asked))
    ]
    return found, looked


async def save_own_problems(session: AsyncSession, assistant: UUID, found: Sequence[Problem]) -> None:
    """Replace the problems that an assistant has as a whole."""
    await session.execute(delete(problems).where(problems.c.assistant == assistant, problems.c.item.is_(None)))
    nobody = Checked(item=assistant, problems=found, asked=())
    rows = [_problem_row(assistant, nobody, place, problem) | {"item": None} for place, problem in enumerate(found)]
    await insert_rows(session, problems, rows)


def _problem_row(assistant: UUID, entry: Checked, position: int, problem: Problem) -> dict[str, Any]:
    return {
        "assistant": assistant,
        "item": entry.item,
        "position": position,
        "key": problem.key,
        "code": problem.code,
        "severity": problem.severity.value,
        "message": problem.message,
        "kind": problem.kind,
        "name": problem.name,
        "step": entry.steps.get(problem.step, problem.step) if problem.step is not None else None,
        "path": problem.path,
        "line": problem.line,
        "file": problem.file,
        "fix": json.dumps(list(problem.fix)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProblem:
    """One problem of an assistant, with the item that has it."""

    key: str
    code: str
    severity: str
    message: str
    kind: str | None
    name: str | None
    item: UUID | None
    step: str | None
    path: str
    line: int | None
    file: str | None
    fix: Sequence[Mapping[str, Any]]
    revision: int | None


async def list_problems(
    session: AsyncSession, assistant: UUID, *, items_only: Collection[UUID] | None = None
) -> list[ListedProblem]:
    """All problems of an assistant, or of some items: errors first, then by item and place."""
    rank = case((problems.c.severity == "error", 0), (problems.c.severity == "warning", 1), else_=2)
    query = (
        select(problems, items.c.revision)
        .outerjoin(items, items.c.id == problems.c.item)
        .where(problems.c.assistant == assistant)
    )
    if items_only is not None:
        query = query.where(problems.c.item.in_(list(items_only)))
    rows = await session.execute(query.order_by(rank, problems.c.kind, problems.c.name, problems.c.position))
    return [
        ListedProblem(
            key=row.key,
            code=row.code,
            severity=row.severity,
            message=row.message,
            kind=row.kind,
            name=row.name,
            item=row.item,
            step=row.step,
            path=row.path,
            line=row.line,
            file=row.file,
            fix=json.loads(row.fix),
            revision=row.revision,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One place where an item is used."""

    item: UUID
    kind: str
    name: str
    step: str | None
    path: str
    text: str


async def list_uses(
    session: AsyncSession, assistant: UUID, kind: str, name: str, *, after: int = 0, limit: int = 200
) -> list[Use]:
    """Where an item is used, by the user's kind and name; `after` counts the uses already read."""
    query = (
        select(facts.c.item, items.c.kind, items.c.name, facts.c.step, facts.c.path, facts.c.text)
        .join(items, items.c.id == facts.c.item)
        .where(facts.c.assistant == assistant, facts.c.kind == kind, facts.c.name == name, facts.c.relation == "refers")
        .order_by(items.c.kind, items.c.name, facts.c.item, facts.c.position)
        .offset(after)
        .limit(limit)
    )
    return [
        Use(item=row.item, kind=row.kind, name=row.name, step=row.step, path=row.path, text=row.text)
        for row in await session.execute(query)
    ]


async def mentioned(session: AsyncSession, assistant: UUID, item: UUID) -> set[tuple[str, str]]:
    """What an item names, as (kind, name)."""
    query = select(facts.c.kind, facts.c.name).where(
        facts.c.assistant == assistant, facts.c.item == item, facts.c.relation == "refers"
    )
    return {(row.kind, row.name) for row in await session.execute(query.distinct())}
