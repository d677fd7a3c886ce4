"""What became of a training or a deployment: each change of its state, with who made it, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.work import TABLES, Kind

_ASKED = """LEFT JOIN LATERAL (
    SELECT u.display FROM studio.audit s JOIN studio.users u ON u.id = s.actor
    WHERE s.assistant = w.assistant AND s.action = '{table}.stop' AND s.target = CAST(:work AS text)
    ORDER BY s.id LIMIT 1
  ) asked ON w.cancel_requested_at IS NOT NULL"""
_HISTORY = """
SELECT h.* FROM (
  SELECT 0 AS number, w.created_at AS at, NULL AS source, 'queued' AS target, 0 AS attempt, u.display AS who,
         'It was asked for.' AS why
  FROM studio.{table} w JOIN studio.users u ON u.id = w.created_by WHERE w.id = :work
  UNION ALL
  SELECT t.sequence, t.at, t.source, t.target, t.attempt,
         CASE WHEN t.target IN ('cancelled', 'stopping', 'stopped') AND t.at >= w.cancel_requested_at
           THEN coalesce(asked.display, t.who) ELSE t.who END, t.why
  FROM studio.transitions t JOIN studio.{table} w ON w.id = t.work
  {asked}
  WHERE t.work_kind = :kind AND t.work = :work
  UNION ALL
  SELECT 1 + coalesce(
           (SELECT max(n.sequence) FROM studio.transitions n WHERE n.work_kind = :kind AND n.work = w.id), 0),
         w.cancel_requested_at, w.state, w.state, w.attempt, coalesce(asked.display, 'Talkwright'),
         'It was stopped while it slept.'
  FROM studio.{table} w {asked}
  WHERE w.id = :work AND :kind = 'deployment' AND w.cancel_requested_at > w.ended_at
) h WHERE h.number < :before ORDER BY h.number DESC LIMIT :limit
"""
NEWEST = 2**62


async def history_of(
    session: AsyncSession, kind: Kind, work: UUID, *, before: int | None, limit: int
) -> list[Mapping[str, Any]]:
    """Changes of a state, newest first, those before a sequence number; the last of all is the wish: one statement.

    An end that somebody asked for is told as that person's. One that ends a sleep changes no state: it is told from
    the wish, after all that the orchestrator wrote.
    """
    table = TABLES[kind].name
    statement = _HISTORY.format(table=table, asked=_ASKED.format(table=table))
    values = {"kind": kind, "work": work, "before": NEWEST if before is None else before, "limit": limit}
    return [dict(row) for row in (await session.execute(text(statement), values)).mappings()]
