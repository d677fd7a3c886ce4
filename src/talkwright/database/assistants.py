"""Assistants: the rows that people see at home, and their names through time."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, insert, or_, select, true, tuple_, update
from sqlalchemy import delete as sql_delete
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.states import ENDED_DEPLOYMENTS, ENDED_TRAININGS
from talkwright.database.tables import (
    assistant_names,
    assistant_secrets,
    assistants,
    changes,
    deployments,
    items,
    problems,
    trainings,
    users,
)
from talkwright.database.work_objects import active_deployment, failed_start, latest_training


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantRow:
    """An assistant without its figures."""

    id: UUID
    name: str
    title: str
    language: str
    additional_languages: Sequence[str]
    last_change: int
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastChange:
    """The latest change, as the list of assistants shows it."""

    number: int
    at: datetime
    by: tuple[UUID, str]
    command: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAssistant:
    """An assistant with its figures: problems by severity, items by kind, latest training, active deployment.

    `failed_start` is the newest deployment where it never answered.
    `sorting` is what the list is sorted by, as the database folds it, for the cursor.
    """

    assistant: AssistantRow
    sorting: str
    problems: Mapping[str, int]
    counts: Mapping[str, int]
    training: Mapping[str, Any] | None
    deployment: Mapping[str, Any] | None
    failed_start: Mapping[str, Any] | None
    last_change: LastChange | None


async def reserve(session: AsyncSession, assistant: UUID, name: str) -> None:
    """Let no other transaction make an assistant of this id or name until this one ends."""
    for key in sorted({str(assistant), name}):
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"assistant:{key}", 0))))


async def create(session: AsyncSession, assistant: UUID, *, name: str, title: str, language: str, author: UUID) -> None:
    """Write a new assistant without content."""
    await session.execute(
        insert(assistants).values(
            id=assistant, name=name, live_name=name, title=title, language=language, created_by=author
        )
    )
    await session.execute(insert(assistant_names).values(assistant=assistant, name=name, since=func.now()))


async def find(session: AsyncSession, assistant: UUID) -> AssistantRow | None:
    """A living assistant."""
    query = select(assistants).where(assistants.c.id == assistant, assistants.c.deleted_at.is_(None))
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _row(row)


async def lives(session: AsyncSession, assistant: UUID, *, hold: bool = False) -> bool:
    """Whether there is such an assistant, not deleted; with `hold` nobody deletes it until the transaction ends."""
    query = select(assistants.c.id).where(assistants.c.id == assistant, assistants.c.deleted_at.is_(None))
    return (await session.execute(query.with_for_update(read=True) if hold else query)).first() is not None


async def exists(session: AsyncSession, assistant: UUID) -> bool:
    """Whether the uuid is or was an assistant's."""
    return (await session.execute(select(assistants.c.id).where(assistants.c.id == assistant))).first() is not None


async def find_named(session: AsyncSession, name: str) -> UUID | None:
    """The living assistant of this name."""
    return (await session.execute(select(assistants.c.id).where(assistants.c.live_name == name))).scalar_one_or_none()


async def has_title(session: AsyncSession, title: str) -> bool:
    """Whether a living assistant has this title."""
    living = assistants.c.live_name.is_not(None)
    return (
        await session.execute(select(assistants.c.id).where(living, assistants.c.title == title))
    ).first() is not None


async def set_title(session: AsyncSession, assistant: UUID, title: str) -> None:
    """Give an assistant another title."""
    await session.execute(update(assistants).where(assistants.c.id == assistant).values(title=title))


async def set_engine(session: AsyncSession, assistant: UUID, engine: str) -> None:
    """Have an assistant's next trainings made by another engine; what was trained keeps its own."""
    await session.execute(update(assistants).where(assistants.c.id == assistant).values(engine=engine))


async def set_languages(session: AsyncSession, assistant: UUID, language: str, additional: Sequence[str]) -> None:
    """Keep the languages that the assistant's config names."""
    await session.execute(
        update(assistants)
        .where(assistants.c.id == assistant)
        .values(language=language, additional_languages=json.dumps(list(additional)))
    )


async def delete(session: AsyncSession, assistant: UUID) -> None:
    """End an assistant: its name is free again, its work is asked to stop, its secrets go.

    Its other rows stay for what points at them.
    """
    now = func.now()
    await session.execute(update(assistants).where(assistants.c.id == assistant).values(live_name=None, deleted_at=now))
    await session.execute(
        update(assistant_names)
        .where(assistant_names.c.assistant == assistant, assistant_names.c.until.is_(None))
        .values(until=now)
    )
    await session.execute(sql_delete(assistant_secrets).where(assistant_secrets.c.assistant == assistant))
    sleeps = deployments.c.slept_at.is_not(None)
    for table, goes_on in (
        (trainings, trainings.c.state.not_in(ENDED_TRAININGS)),
        (deployments, or_(deployments.c.state.not_in(ENDED_DEPLOYMENTS), sleeps)),
    ):
        await session.execute(
            update(table)
            .where(table.c.assistant == assistant, goes_on, table.c.cancel_requested_at.is_(None))
            .values(cancel_requested_at=now)
        )


async def list_assistants(
    session: AsyncSession,
    visible: Collection[UUID] | None,
    *,
    name: str | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> list[ListedAssistant]:
    """Living assistants by folded title after a (title, id), of those that the caller may see; one statement."""
    order = (func.lower(assistants.c.title).collate("C"), assistants.c.id)
    page = select(assistants, order[0].label("sorting")).where(assistants.c.deleted_at.is_(None))
    if visible is not None:
        page = page.where(assistants.c.id.in_(list(visible)))
    if name is not None:
        page = page.where(assistants.c.live_name == name)
    if after is not None:
        page = page.where(tuple_(*order) > tuple_(*after))
    listed = page.order_by(*order).limit(limit).subquery()
    rows = (await session.execute(_figures(listed))).all()
    return [_listed(row) for row in rows]


def _figures(listed: Any) -> Any:
    """One row per assistant with all its figures."""
    by_kind = (
        select(items.c.kind, func.count().label("n"))
        .where(items.c.assistant == listed.c.id, items.c.live_name.is_not(None))
        .group_by(items.c.kind)
        .correlate(listed)
        .subquery()
    )
    counts = select(func.jsonb_object_agg(by_kind.c.kind, by_kind.c.n)).scalar_subquery()
    found = (
        select(*(func.count(case((problems.c.severity == name, 1))).label(name) for name in _SEVERITIES))
        .where(problems.c.assistant == listed.c.id)
        .lateral("found")
    )
    change = (
        select(changes.c.number, changes.c.at, changes.c.author, changes.c.command, users.c.display)
        .join(users, users.c.id == changes.c.author)
        .where(changes.c.assistant == listed.c.id, changes.c.number == listed.c.last_change)
        .lateral("change")
    )
    joined = listed.outerjoin(found, true()).outerjoin(change, true())
    return (
        select(
            listed,
            counts.label("counts"),
            *(found.c[name] for name in _SEVERITIES),
            change.c.number,
            change.c.at,
            change.c.author,
            change.c.command,
            change.c.display,
            latest_training(trainings.c.assistant == listed.c.id).label("training"),
            active_deployment(listed.c.id).label("deployment"),
            failed_start(listed.c.id).label("failed_start"),
        )
        .select_from(joined)
        .order_by(listed.c.sorting, listed.c.id)
    )


def _row(row: Any) -> AssistantRow:
    return AssistantRow(
        id=row.id,
        name=row.name,
        title=row.title,
        language=row.language,
        additional_languages=json.loads(row.additional_languages),
        last_change=row.last_change,
        engine=row.engine,
    )


def _listed(row: Any) -> ListedAssistant:
    change = None
    if row.number is not None:
        by = (row.author, row.display)
        change = LastChange(number=row.number, at=row.at, by=by, command=json.loads(row.command))
    return ListedAssistant(
        assistant=_row(row),
        sorting=row.sorting,
        problems={"error": row.error, "warning": row.warning, "hint": row.hint},
        counts=row.counts or {},
        training=row.training,
        deployment=row.deployment,
        failed_start=row.failed_start,
        last_change=change,
    )


_SEVERITIES = ("error", "warning", "hint")
