"""What became of a training or a deployment: each change of its state, with who made it, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.work import TABLES, Kind

_HISTORY = """
SELECT h.* FROM (
  SELECT 0 AS number, w.created_at AS at, NULL AS source, 'queued' AS target, 0 AS attempt, u.display AS who,
         'It was asked for.' AS why
  FROM studio.{table} w JOIN studio.users u ON u.id = w.created_by WHERE w.id = :work
  UNION ALL
  SELECT sequence AS number, at, source, target, attempt, who, why FROM studio.transitions
  WHERE work_kind = :kind AND work = :work
) h WHERE h.number < :before ORDER BY h.number DESC LIMIT :limit
"""
NEWEST = 2**62


async def history_of(
    session: AsyncSession, kind: Kind, work: UUID, *, before: int | None, limit: int
) -> list[Mapping[str, Any]]:
    """Changes of a state, newest first, those before a sequence number; the last of all is the wish: one statement."""
    statement = _HISTORY.format(table=TABLES[kind].name)
    values = {"kind": kind, "work": work, "before": NEWEST if before is None else before, "limit": limit}
    return [dict(row) for row in (await session.execute(text(statement), values)).mappings()]
