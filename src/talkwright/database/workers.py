"""Consumers as rows: who lives, how much each can take, where its jobs live on, and the leases that it renews."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database import leases
from talkwright.database.announcements import wake
from talkwright.database.tables import workers

PROTOCOL = 2
"""How consumers and orchestrators of this release understand the rows between them.

1: takes what it is assigned anew. 2: renews by epoch, and goes on with the running job of an attempt handed over to it.
"""
OWN_ENGINE = "talkwright"
"""The engine that every consumer can run."""
OLDEST_PROTOCOL = 1
"""Consumers of the release before get work too, so that roles may be exchanged one by one."""
LIVES = "w.ended_at IS NULL AND w.heartbeat_at > clock_timestamp() - make_interval(secs => w.lease_seconds)"
"""SQL that tells whether a consumer `w` lives: by what it said of itself, whatever the settings of who asks."""


_BEAT = f"""
WITH alive AS (
  UPDATE studio.workers SET heartbeat_at = clock_timestamp() WHERE id = :worker AND ended_at IS NULL RETURNING id
), renewed AS ({leases.RENEW_OF_ATTEMPTS})
SELECT NULL AS attempt, 0 AS epoch, {leases.LETS_GO} FROM alive
UNION ALL SELECT attempt, epoch, NULL FROM renewed
"""  # noqa: S608 - no values


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A free place for one attempt, of one of its `engines`.

    `site`: where the consumer's jobs live on when it ends, None if they don't.
    """

    worker: UUID
    protocol: int = PROTOCOL
    site: str | None = None
    engines: tuple[str, ...] = (OWN_ENGINE,)


@dataclass(frozen=True, slots=True)
class Renewed:
    """A lease that was renewed, and of which attempt."""

    attempt: UUID
    epoch: int


async def register_worker(
    session: AsyncSession,
    worker: UUID,
    role: str,
    *,
    host: str,
    process: int,
    lease_seconds: float,
    site: str | None = None,
    engines: Sequence[str] = (OWN_ENGINE,),
) -> None:
    """Enter a consumer in the list, which counts as gone after `lease_seconds` without a sign of life."""
    now = func.clock_timestamp()
    await session.execute(
        insert(workers).values(
            id=worker,
            role=role,
            host=host,
            process=process,
            engines=json.dumps(list(engines)),
            protocol=PROTOCOL,
            site=site,
            started_at=now,
            heartbeat_at=now,
            lease_seconds=lease_seconds,
        )
    )
    await wake(session)


async def free_places(session: AsyncSession, role: str) -> list[Place]:
    """Where work can go now, consumers that run longest first, one entry for each free place.

    An attempt whose lease ran out, as while the database was away, takes none: its own consumer can go on with it too.
    """
    rows = await session.execute(
        text(
            "SELECT w.id, w.protocol, w.site, w.engines, w.capacity - (SELECT count(*) FROM studio.attempts a "  # noqa: S608 - no values
            "JOIN studio.leases l ON l.key = 'attempt:' || a.id AND l.expires_at > clock_timestamp() "
            "WHERE a.worker = w.id AND a.ended_at IS NULL) AS free FROM studio.workers w "
            f"WHERE w.role = :role AND {LIVES} AND NOT w.draining AND w.protocol >= :oldest "
            "ORDER BY w.started_at, w.id"
        ),
        {"role": role, "oldest": OLDEST_PROTOCOL},
    )
    return [
        Place(worker=row.id, protocol=row.protocol, site=row.site, engines=tuple(json.loads(row.engines)))
        for row in rows
        for _ in range(max(row.free, 0))
    ]


async def offered_engines(session: AsyncSession) -> list[str]:
    """The engines that living training consumers can run, and our own."""
    rows = await session.execute(
        text(
            "SELECT DISTINCT jsonb_array_elements_text(w.engines::jsonb) AS engine FROM studio.workers w "  # noqa: S608 - no values
            f"WHERE w.role = 'training-consumer' AND {LIVES}"
        )
    )
    return [OWN_ENGINE, *sorted({row.engine for row in rows} - {OWN_ENGINE})]


async def keep_worker(session: AsyncSession, worker: UUID) -> bool:
    """Keep a consumer from being struck off until the transaction ends; False where it was, or takes no more work."""
    found = await session.execute(
        select(workers.c.id)
        .where(workers.c.id == worker, workers.c.ended_at.is_(None), workers.c.draining.is_(False))
        .with_for_update(read=True)
    )
    return found.first() is not None


async def beat(session: AsyncSession, worker: UUID, lease_seconds: float) -> list[Renewed] | None:
    """Show that the consumer lives and renew the leases of its attempts, each by holder and epoch: one statement.

    None where the consumer was struck off. One that is frozen before it commits keeps those rows locked for the time of
    a lease at most.
    """
    rows = await session.execute(text(_BEAT), {"worker": worker, **leases.lasting(lease_seconds)})
    found = [(row.attempt, row.epoch) for row in rows]
    if all(attempt is not None for attempt, _ in found):
        return None
    return [Renewed(attempt, int(epoch)) for attempt, epoch in found if attempt is not None]


async def set_draining(session: AsyncSession, worker: UUID) -> None:
    """Give the consumer no more work."""
    await session.execute(update(workers).where(workers.c.id == worker).values(draining=True))


async def end_worker(session: AsyncSession, worker: UUID) -> None:
    """Strike a consumer off the list and let go of everything it held; called by itself, or by who saw it die."""
    await _end(session, [worker])
    await leases.release_all(session, worker)
    await wake(session)


async def end_all_workers(session: AsyncSession) -> None:
    """Strike all consumers off the list and let go of every lease; for who knows that nobody lives, and no job."""
    await _end(session, None)
    await session.execute(update(workers).where(workers.c.site.is_not(None)).values(site=None))
    await leases.release_all(session)
    await wake(session)


async def _end(session: AsyncSession, which: Iterable[UUID] | None) -> None:
    living = update(workers).where(workers.c.ended_at.is_(None))
    if which is not None:
        living = living.where(workers.c.id.in_(list(which)))
    await session.execute(living.values(ended_at=func.clock_timestamp()))
