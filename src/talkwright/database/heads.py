"""The bodies of an assistant's living items, where only what they say matters."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.tables import items, revisions


async def head_bodies(session: AsyncSession, assistant: UUID, kinds: Collection[str]) -> dict[tuple[str, str], Any]:
    """Bodies of living items of some kinds by (kind, name), in the order they were made: one statement."""
    query = (
        select(items.c.kind, items.c.name, revisions.c.body)
        .join(revisions, and_(revisions.c.item == items.c.id, revisions.c.number == items.c.revision))
        .where(items.c.assistant == assistant, items.c.live_name.is_not(None), items.c.kind.in_(list(kinds)))
        .order_by(items.c.id)
    )
    rows = await session.execute(query)
    return {(row.kind, row.name): json.loads(row.body) if row.body else None for row in rows}
