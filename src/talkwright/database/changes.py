"""Changes: the one unit of writing content, numbered per assistant under the assistant's lock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.tables import assistants, changes, items, revisions, users


@dataclass(frozen=True, slots=True)
class Locked:
    """An assistant whose row this transaction holds, so that nobody else writes its content meanwhile."""

    id: UUID
    name: str
    language: str
    additional_languages: tuple[str, ...]
    last_change: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change as it is kept. `source` says where it came from, `command` what its words are made of."""

    id: UUID
    assistant: UUID
    number: int
    author: UUID
    at: datetime
    source: str
    command: Mapping[str, Any]
    reverts: int | None = None


@dataclass(frozen=True, slots=True)
class TouchedItem:
    """An item as a change left it; `was_there` says whether it had a revision before that was not deleted."""

    id: UUID
    kind: str
    name: str
    deleted: bool
    was_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedChange:
    """One change in the history, with its author's name and the items that it touched."""

    change: Change
    author: str
    items: tuple[TouchedItem, ...]


async def lock_assistant(session: AsyncSession, assistant: UUID) -> Locked | None:
    """Hold the assistant's row until the transaction ends; None where it doesn't exist (any more)."""
    query = select(assistants, func.clock_timestamp().label("now"))
    query = query.where(assistants.c.id == assistant, assistants.c.deleted_at.is_(None))
    row = (await session.execute(query.with_for_update())).one_or_none()
    if row is None:
        return None
    additional = tuple(json.loads(row.additional_languages))
    return Locked(assistant, row.name, row.language, additional, row.last_change, row.now)


async def find_answer(session: AsyncSession, change: UUID) -> tuple[UUID, Any] | None:
    """The assistant and answer of a change that was already made."""
    row = (
        await session.execute(select(changes.c.assistant, changes.c.answer).where(changes.c.id == change))
    ).one_or_none()
    return None if row is None else (row.assistant, json.loads(row.answer))


async def save_change(session: AsyncSession, change: Change, answer: Any) -> None:
    """Write a change and make its number the assistant's last one."""
    await session.execute(
        insert(changes).values(
            id=change.id,
            assistant=change.assistant,
            number=change.number,
            author=change.author,
            at=change.at,
            source=change.source,
            command=json.dumps(change.command),
            reverts=change.reverts,
            answer=json.dumps(answer),
        )
    )
    await session.execute(
        update(assistants).where(assistants.c.id == change.assistant).values(last_change=change.number)
    )


async def list_changes(
    session: AsyncSession, assistant: UUID, *, before: int | None = None, limit: int = 50
) -> list[ListedChange]:
    """Changes, newest first, older than a number, with what they touched; one statement."""
    page = select(changes).where(changes.c.assistant == assistant)
    if before is not None:
        page = page.where(changes.c.number < before)
    newest = page.order_by(changes.c.number.desc()).limit(limit).subquery()
    before_it = revisions.alias()
    was_there = before_it.c.deleted.is_(False).label("was_there")
    made = (revisions.c.item, revisions.c.name.label("item_name"), revisions.c.deleted, was_there, items.c.kind)
    query = (
        select(newest, users.c.display, *made)
        .join(users, users.c.id == newest.c.author)
        .outerjoin(revisions, and_(revisions.c.assistant == newest.c.assistant, revisions.c.change == newest.c.number))
        .outerjoin(items, items.c.id == revisions.c.item)
        .outerjoin(before_it, and_(before_it.c.item == revisions.c.item, before_it.c.number == revisions.c.number - 1))
        .order_by(newest.c.number.desc(), items.c.kind, revisions.c.name)
    )
    found: dict[int, tuple[Any, list[TouchedItem]]] = {}
    for row in await session.execute(query):
        _first, touched = found.setdefault(row.number, (row, []))
        if row.item is not None:
            touched.append(TouchedItem(row.item, row.kind, row.item_name, row.deleted, row.was_there))
    return [
        ListedChange(change=_change(row), author=row.display, items=tuple(touched)) for row, touched in found.values()
    ]


async def find_change(session: AsyncSession, assistant: UUID, number: int) -> Change | None:
    """One change by its number."""
    query = select(changes).where(changes.c.assistant == assistant, changes.c.number == number)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _change(row)


async def revisions_of(session: AsyncSession, assistant: UUID, number: int) -> list[tuple[UUID, int]]:
    """The revisions that a change made, as (item, number)."""
    query = select(revisions.c.item, revisions.c.number).where(
        revisions.c.assistant == assistant, revisions.c.change == number
    )
    return [(row.item, row.number) for row in await session.execute(query.order_by(revisions.c.item))]


def _change(row: Any) -> Change:
    return Change(
        id=row.id,
        assistant=row.assistant,
        number=row.number,
        author=row.author,
        at=row.at,
        source=row.source,
        command=json.loads(row.command),
        reverts=row.reverts,
    )
