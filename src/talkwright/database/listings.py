"""Lists of items as pages show them: one statement per page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.tables import assistants, facts, items, users


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """One item in a list: figures, problems and last change, without its body."""

    id: UUID
    kind: str
    name: str
    revision: int
    title: str | None
    summary: str
    extra: Mapping[str, Any]
    used: int
    errors: int
    warnings: int
    hints: int
    changed_at: datetime
    changed_by: tuple[UUID, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items a list shows: all that fit every filter that is set. `words` are searched in folded text."""

    kinds: tuple[str, ...] = ()
    name: str | None = None
    words: str | None = None


async def list_items(
    session: AsyncSession,
    assistant: UUID,
    wanted: ItemFilter,
    *,
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> tuple[list[ListedItem], int]:
    """Living items by (kind, name) after a (kind, name), and the assistant's last change; one statement."""
    uses = (
        select(func.count(facts.c.item.distinct()))
        .where(facts.c.assistant == items.c.assistant, facts.c.kind == items.c.kind, facts.c.name == items.c.name)
        .where(facts.c.relation == "refers")
        .scalar_subquery()
    )
    condition = and_(items.c.assistant == assistants.c.id, items.c.live_name.is_not(None))
    if wanted.kinds:
        condition &= items.c.kind.in_(wanted.kinds)
    if wanted.name is not None:
        condition &= items.c.live_name == wanted.name
    for word in (wanted.words or "").casefold().split()[:10]:
        condition &= items.c.search.contains(word, autoescape=True)
    if after is not None:
        condition &= tuple_(items.c.kind, items.c.name) > tuple_(*after)
    query = (
        select(items, uses.label("used"), users.c.display, assistants.c.last_change)
        .select_from(assistants.outerjoin(items, condition).outerjoin(users, users.c.id == items.c.changed_by))
        .where(assistants.c.id == assistant)
        .order_by(items.c.kind, items.c.name)
        .limit(limit)
    )
    rows = (await session.execute(query)).all()
    return [_listed(row) for row in rows if row.id is not None], rows[0].last_change if rows else 0


def _listed(row: Any) -> ListedItem:
    return ListedItem(
        id=row.id,
        kind=row.kind,
        name=row.name,
        revision=row.revision,
        title=row.title,
        summary=row.summary,
        extra=json.loads(row.extra),
        used=row.used,
        errors=row.errors,
        warnings=row.warnings,
        hints=row.hints,
        changed_at=row.changed_at,
        changed_by=(row.changed_by, row.display),
    )
