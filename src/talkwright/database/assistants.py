"""Assistants: the rows that people see at home, and their names through time."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, cast, func, insert, null, select, text, true, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.tables import (
    assistant_names,
    assistants,
    attempts,
    changes,
    deployments,
    items,
    trainings,
    users,
    versions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantRow:
    """An assistant without its figures."""

    id: UUID
    name: str
    title: str
    language: str
    additional_languages: Sequence[str]
    last_change: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastChange:
    """The latest change, as the list of assistants shows it."""

    number: int
    at: datetime
    by: tuple[UUID, str]
    command: Mapping[str, Any]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAssistant:
    """An assistant with its figures: problems by severity, items by kind, latest training, active deployment."""

    assistant: AssistantRow
    problems: Mapping[str, int]
    counts: Mapping[str, int]
    training: Mapping[str, Any] | None
    deployment: Mapping[str, Any] | None
    last_change: LastChange | None


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


async def exists(session: AsyncSession, assistant: UUID) -> bool:
    """Whether the uuid is or was an assistant's."""
    return (await session.execute(select(assistants.c.id).where(assistants.c.id == assistant))).first() is not None


async def find_named(session: AsyncSession, name: str) -> UUID | None:
    """The living assistant of this name."""
    return (await session.execute(select(assistants.c.id).where(assistants.c.live_name == name))).scalar_one_or_none()


async def set_title(session: AsyncSession, assistant: UUID, title: str) -> None:
    """Give an assistant another title."""
    await session.execute(update(assistants).where(assistants.c.id == assistant).values(title=title))


async def set_languages(session: AsyncSession, assistant: UUID, language: str, additional: Sequence[str]) -> None:
    """Keep the languages that the assistant's config names."""
    await session.execute(
        update(assistants)
        .where(assistants.c.id == assistant)
        .values(language=language, additional_languages=json.dumps(list(additional)))
    )


async def delete(session: AsyncSession, assistant: UUID) -> None:
    """End an assistant: its name is free again, its work is asked to stop, its rows stay for what points at them."""
    now = func.now()
    await session.execute(update(assistants).where(assistants.c.id == assistant).values(live_name=None, deleted_at=now))
    await session.execute(
        update(assistant_names)
        .where(assistant_names.c.assistant == assistant, assistant_names.c.until.is_(None))
        .values(until=now)
    )
    for table, ended in ((trainings, ("succeeded", "failed", "cancelled")), (deployments, ("stopped", "failed"))):
        await session.execute(
            update(table)
            .where(table.c.assistant == assistant, table.c.state.not_in(ended), table.c.cancel_requested_at.is_(None))
            .values(cancel_requested_at=now)
        )


async def list_assistants(
    session: AsyncSession,
    visible: Collection[UUID] | None,
    *,
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> list[ListedAssistant]:
    """Living assistants by folded title after a (title, id), of those that the caller may see; one statement."""
    order = (func.lower(assistants.c.title).collate("C"), assistants.c.id)
    page = select(assistants, order[0].label("sorting")).where(assistants.c.deleted_at.is_(None))
    if visible is not None:
        page = page.where(assistants.c.id.in_(list(visible)))
    if after is not None:
        page = page.where(tuple_(*order) > tuple_(*after))
    listed = page.order_by(*order).limit(limit).subquery()
    rows = (await session.execute(_figures(listed))).all()
    return [_listed(row) for row in rows]


def sorting_key(title: str) -> str:
    """What `list_assistants` sorts by, for the cursor."""
    return title.lower()


def _figures(listed: Any) -> Any:
    """One row per assistant with all its figures."""
    by_kind = (
        select(items.c.kind, func.count().label("n"), *(func.sum(items.c[name]).label(name) for name in _SEVERITIES))
        .where(items.c.assistant == listed.c.id, items.c.live_name.is_not(None))
        .group_by(items.c.kind)
        .subquery()
        .lateral()
    )
    content = select(
        func.coalesce(func.jsonb_object_agg(by_kind.c.kind, by_kind.c.n), text("'{}'")).label("counts"),
        *(func.coalesce(func.sum(by_kind.c[name]), 0).label(name) for name in _SEVERITIES),
    ).lateral("content")
    change = (
        select(changes.c.number, changes.c.at, changes.c.author, changes.c.command, changes.c.source, users.c.display)
        .join(users, users.c.id == changes.c.author)
        .where(changes.c.assistant == listed.c.id, changes.c.number == listed.c.last_change)
        .lateral("change")
    )
    joined = listed.outerjoin(content, true()).outerjoin(change, true())
    return (
        select(
            listed,
            content.c.counts,
            *(content.c[name] for name in _SEVERITIES),
            change.c.number,
            change.c.at,
            change.c.author,
            change.c.command,
            change.c.source,
            change.c.display,
            latest_training(listed.c.id).label("training"),
            active_deployment(listed.c.id).label("deployment"),
        )
        .select_from(joined)
        .order_by(listed.c.sorting, listed.c.id)
    )


def latest_training(assistant: Any) -> Any:
    """The latest training of an assistant as a JSON object, as a column of a statement."""
    ahead = trainings.alias("ahead")
    place = (
        select(func.count() + 1)
        .where(ahead.c.state == "queued", ahead.c.sequence < trainings.c.sequence)
        .scalar_subquery()
    )
    attempt = and_(
        attempts.c.work_kind == "training", attempts.c.work == trainings.c.id, attempts.c.number == trainings.c.attempt
    )
    fields = {
        "id": trainings.c.id,
        "assistant": trainings.c.assistant,
        "version": _version_object(),
        "state": trainings.c.state,
        "place": case((trainings.c.state == "queued", place)),
        "waiting": null(),
        "stage": attempts.c.stage,
        "progress": case((trainings.c.state == "succeeded", 1.0), else_=func.coalesce(attempts.c.progress, 0.0)),
        "reason": trainings.c.reason,
        "problems": cast(trainings.c.problems, JSONB),
        "created_at": trainings.c.created_at,
        "started_at": trainings.c.started_at,
        "ended_at": trainings.c.ended_at,
        "by": _person_object(),
        "deploy": trainings.c.deploy,
    }
    return (
        select(_object(fields))
        .select_from(
            trainings.join(versions, versions.c.id == trainings.c.version)
            .join(users, users.c.id == trainings.c.created_by)
            .outerjoin(attempts, attempt)
        )
        .where(trainings.c.assistant == assistant)
        .order_by(trainings.c.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )


def active_deployment(assistant: Any, environment: str = "try") -> Any:
    """The deployment that an assistant's talk goes to, as a JSON object, as a column of a statement."""
    fields = {
        "id": deployments.c.id,
        "assistant": deployments.c.assistant,
        "environment": deployments.c.environment,
        "version": _version_object(),
        "training": deployments.c.training,
        "state": deployments.c.state,
        "waiting": null(),
        "reason": deployments.c.reason,
        "created_at": deployments.c.created_at,
        "ready_at": deployments.c.ready_at,
    }
    return (
        select(_object(fields))
        .select_from(deployments.join(versions, versions.c.id == deployments.c.version))
        .where(deployments.c.assistant == assistant, deployments.c.environment == environment, deployments.c.active)
        .scalar_subquery()
    )


def _version_object() -> Any:
    return func.jsonb_build_object("id", versions.c.id, "name", versions.c.name)


def _person_object() -> Any:
    return func.jsonb_build_object("id", users.c.id, "name", users.c.display)


def _object(fields: Mapping[str, Any]) -> Any:
    return func.jsonb_build_object(*(part for pair in fields.items() for part in pair), type_=JSONB)


def _row(row: Any) -> AssistantRow:
    return AssistantRow(
        id=row.id,
        name=row.name,
        title=row.title,
        language=row.language,
        additional_languages=json.loads(row.additional_languages),
        last_change=row.last_change,
    )


def _listed(row: Any) -> ListedAssistant:
    change = None
    if row.number is not None:
        by = (row.author, row.display)
        change = LastChange(number=row.number, at=row.at, by=by, command=json.loads(row.command), source=row.source)
    return ListedAssistant(
        assistant=_row(row),
        problems={"error": int(row.errors), "warning": int(row.warnings), "hint": int(row.hints)},
        counts=row.counts,
        training=row.training,
        deployment=row.deployment,
        last_change=change,
    )


_SEVERITIES = ("errors", "warnings", "hints")
