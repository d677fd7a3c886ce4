"""Which roles of the model service live, for who looks from outside: one statement."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.workers import LIVES

_ALIVE = text(f"""
SELECT (SELECT count(*) FROM studio.leases WHERE key = 'lead:training' AND expires_at > clock_timestamp())::int
         AS leads_trainings,
       (SELECT count(*) FROM studio.leases WHERE key = 'lead:deployment' AND expires_at > clock_timestamp())::int
         AS leads_deployments,
       count(*) FILTER (WHERE w.role = 'training-consumer')::int AS training_consumers,
       count(*) FILTER (WHERE w.role = 'running-consumer')::int AS running_consumers
FROM studio.workers w WHERE {LIVES}
""")  # noqa: S608 - no values


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """How many leaders and consumers show life."""

    leads_trainings: int
    leads_deployments: int
    training_consumers: int
    running_consumers: int


async def roles_alive(session: AsyncSession) -> Alive:
    """Who shows life: leaders by their leases, consumers by a sign of life in time."""
    return Alive(**(await session.execute(_ALIVE)).mappings().one())
