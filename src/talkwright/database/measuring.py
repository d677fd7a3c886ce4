"""What an orchestrator shows of its queue and its consumers, read in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.work import Kind
from talkwright.database.workers import LIVES

_OPEN: Mapping[Kind, str] = {
    "training": "('queued', 'running')",
    "deployment": "('queued', 'starting', 'running', 'stopping')",
}
_MEASURE = """
SELECT 'work' AS what, state, count(*)::int AS number, coalesce(max(waited), 0)::float AS seconds
FROM (
  SELECT w.state, CASE WHEN w.state = 'queued' AND w.cancel_requested_at IS NULL THEN
    extract(epoch FROM clock_timestamp() - greatest({since}, (SELECT max(a.ended_at) FROM studio.attempts a
      WHERE a.work_kind = :kind AND a.work = w.id))) END AS waited
  FROM studio.{table} w WHERE w.state IN {open}
) works GROUP BY state
UNION ALL
SELECT 'consumers', CASE WHEN w.draining THEN 'draining' WHEN EXISTS (
    SELECT 1 FROM studio.attempts a WHERE a.worker = w.id AND a.ended_at IS NULL) THEN 'busy' ELSE 'free' END,
  count(*)::int, 0
FROM studio.workers w
WHERE w.role = :role AND {lives}
GROUP BY 2
"""
_SINCE: Mapping[Kind, str] = {"training": "w.created_at", "deployment": "w.created_at, w.wake_requested_at"}


@dataclass(frozen=True, slots=True)
class Measured:
    """How many of a kind of work are in each open state, how long the oldest waits in seconds, how consumers are."""

    works: Mapping[str, int] = field(default_factory=dict)
    oldest_seconds: float = 0.0
    consumers: Mapping[str, int] = field(default_factory=dict)


async def measure(session: AsyncSession, kind: Kind, role: str) -> Measured:
    """The queue of a kind of work and its consumers at this moment: one statement."""
    statement = _MEASURE.format(table=f"{kind}s", open=_OPEN[kind], since=_SINCE[kind], lives=LIVES)
    rows = (await session.execute(text(statement), {"kind": kind, "role": role})).all()
    works = {row.state: row.number for row in rows if row.what == "work"}
    oldest = max((row.seconds for row in rows if row.what == "work"), default=0.0)
    return Measured(works, oldest, {row.state: row.number for row in rows if row.what == "consumers"})
