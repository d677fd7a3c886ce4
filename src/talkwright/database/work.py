"""Trainings and deployments as a queue of rows: what orchestrators and consumers read and write (ARCHITECTURE 4)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Table, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.announcements import CHANNEL, announce
from talkwright.database.frames import send_frame
from talkwright.database.ids import uuid7
from talkwright.database.tables import attempt_logs, attempts, audit, deployments, trainings, workers

Kind = Literal["training", "deployment"]
TABLES: Mapping[str, Table] = {"training": trainings, "deployment": deployments}
WAKE_SCOPE = "work"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """One training or deployment that has not ended, with its latest attempt where there is one.

    `wait` is in seconds until it may be assigned again; `lost` says that the attempt's lease has run out; `waited` is
    the age in seconds. `lost_jobs` counts all lost jobs of a training, and those of a deployment since an attempt of it
    last answered for `STEADY_SECONDS`, that one included.
    """

    id: UUID
    assistant: UUID
    environment: str
    sequence: int
    state: str
    number: int
    cancel: bool
    wait: float
    waited: float
    active: bool = False
    attempt: UUID | None = None
    attempt_state: str | None = None
    outcome: str | None = None
    attempt_reason: str | None = None
    problems: str = "[]"
    result: str | None = None
    stopping: bool = False
    lost: bool = False
    lost_jobs: int = 0


STEADY_SECONDS = 600
"""A deployment that answered for so long starts with a clean sheet when it is lost."""

_COUNTED = {
    "training": "p.outcome = 'lost_job'",
    "deployment": "p.outcome = 'lost_job' AND p.number >= coalesce((SELECT max(r.number) FROM studio.attempts r "
    "WHERE r.work_kind = :kind AND r.work = w.id AND r.ended_at - r.ready_at > make_interval(secs => :steady)), 0)",
}
_OPEN = {
    "training": "w.state IN ('queued', 'running')",
    "deployment": "w.state NOT IN ('stopped', 'failed')",
}
_OWN = {
    "training": "false AS active",
    "deployment": "w.active",
}
_SNAPSHOT = """
SELECT w.id, w.assistant, w.environment, w.sequence, w.state, w.attempt AS number,
       w.cancel_requested_at IS NOT NULL AS cancel,
       coalesce(greatest(extract(epoch FROM w.not_before - clock_timestamp()), 0), 0)::float AS wait,
       extract(epoch FROM clock_timestamp() - w.created_at)::float AS waited, {own},
       a.id AS attempt, a.state AS attempt_state, a.outcome, a.reason AS attempt_reason,
       coalesce(a.problems, '[]') AS problems, a.result, a.stop_requested_at IS NOT NULL AS stopping,
       a.id IS NOT NULL AND a.outcome IS NULL AND (l.key IS NULL OR l.expires_at <= clock_timestamp()) AS lost,
       (SELECT count(*) FROM studio.attempts p WHERE p.work_kind = :kind AND p.work = w.id AND {counted}) AS lost_jobs
FROM studio.{table} w
LEFT JOIN studio.attempts a ON a.work_kind = :kind AND a.work = w.id AND a.number = w.attempt
LEFT JOIN studio.leases l ON l.key = 'attempt:' || a.id
WHERE {open} ORDER BY w.sequence
"""


async def open_work(session: AsyncSession, kind: Kind) -> list[OpenWork]:
    """All work of a kind that has not ended, in order of arrival: one statement."""
    statement = _SNAPSHOT.format(own=_OWN[kind], table=f"{kind}s", open=_OPEN[kind], counted=_COUNTED[kind])
    values = {"kind": kind, "steady": STEADY_SECONDS} if kind == "deployment" else {"kind": kind}
    rows = await session.execute(text(statement), values)
    return [OpenWork(**row) for row in rows.mappings()]


async def free_workers(session: AsyncSession, role: str, alive_seconds: float) -> list[UUID]:
    """The consumers of a role that can take work now, longest running first, one entry for each free place."""
    rows = await session.execute(
        text(
            "SELECT w.id, w.capacity - (SELECT count(*) FROM studio.attempts a WHERE a.worker = w.id "
            "AND a.ended_at IS NULL) AS free FROM studio.workers w WHERE w.role = :role AND w.ended_at IS NULL "
            "AND NOT w.draining AND w.heartbeat_at > clock_timestamp() - make_interval(secs => :alive) "
            "ORDER BY w.started_at, w.id"
        ),
        {"role": role, "alive": alive_seconds},
    )
    return [row.id for row in rows for _ in range(max(row.free, 0))]


async def move(
    session: AsyncSession,
    kind: Kind,
    work: OpenWork,
    *,
    sources: Iterable[str],
    target: str,
    who: str,
    why: str,
    pause: float = 0.0,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Change a state, keep who and why, announce it; False (nothing changed) where the row was in no source state."""
    table = TABLES[kind]
    changes: dict[str, Any] = {"state": target, "reason": why, **(values or {})}
    changes["not_before"] = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, pause) if pause else None
    moved = await session.execute(
        update(table)
        .where(table.c.id == work.id, table.c.state.in_(list(sources)))
        .values(changes)
        .returning(table.c.id)
    )
    if moved.first() is None:
        return False
    await session.execute(
        insert(audit).values(
            at=func.clock_timestamp(),
            via="system",
            action=f"{kind}.{target}",
            assistant=work.assistant,
            target=str(work.id),
            outcome="done",
            details=json.dumps({"who": who, "from": work.state, "attempt": work.number}),
        )
    )
    announce(session, work.assistant, kind, {kind: str(work.id), "state": target})
    return True


async def keep_worker(session: AsyncSession, worker: UUID) -> bool:
    """Keep a consumer from being struck off until the transaction ends; False where it was, or takes no more work."""
    found = await session.execute(
        select(workers.c.id)
        .where(workers.c.id == worker, workers.c.ended_at.is_(None), workers.c.draining.is_(False))
        .with_for_update(read=True)
    )
    return found.first() is not None


async def assign(session: AsyncSession, kind: Kind, work: OpenWork, worker: UUID, lease_seconds: float) -> UUID:
    """Make the next attempt for a consumer and give it the attempt's lease, so that it is missed if it never comes."""
    attempt = uuid7()
    await session.execute(
        insert(attempts).values(
            id=attempt, work_kind=kind, work=work.id, number=work.number + 1, worker=worker, epoch=1
        )
    )
    await session.execute(
        text(
            "INSERT INTO studio.leases (key, holder, epoch, expires_at) "
            "VALUES (:key, :holder, 1, clock_timestamp() + make_interval(secs => :seconds))"
        ),
        {"key": f"attempt:{attempt}", "holder": worker, "seconds": lease_seconds},
    )
    return attempt


async def ask_to_stop(session: AsyncSession, attempt: UUID) -> None:
    """Ask the attempt's holder to end it."""
    await session.execute(
        update(attempts)
        .where(attempts.c.id == attempt, attempts.c.stop_requested_at.is_(None))
        .values(stop_requested_at=func.clock_timestamp())
    )


async def close_lost(session: AsyncSession, attempt: UUID, holder: UUID) -> bool:
    """Take over the expired lease of an attempt and end it as lost; False where its holder lives or ended it."""
    taken = await session.execute(
        text(
            "INSERT INTO studio.leases AS l (key, holder, epoch, expires_at) "
            "VALUES (:key, :holder, 1, clock_timestamp()) "  # one so old that it was cleared away
            "ON CONFLICT (key) DO UPDATE SET holder = :holder, epoch = l.epoch + 1 "
            "WHERE l.expires_at <= clock_timestamp() RETURNING l.epoch"
        ),
        {"key": f"attempt:{attempt}", "holder": holder},
    )
    if taken.first() is None:
        return False
    closed = await session.execute(
        update(attempts)
        .where(attempts.c.id == attempt, attempts.c.outcome.is_(None))
        .values(outcome="lost_consumer", state="ended", ended_at=func.clock_timestamp(), address=None)
        .returning(attempts.c.id)
    )
    await session.execute(text("DELETE FROM studio.leases WHERE key = :key"), {"key": f"attempt:{attempt}"})
    return closed.first() is not None


async def wake(session: AsyncSession) -> None:
    """Wake every role that listens, with the session's transaction."""
    await session.execute(text("SELECT pg_notify(:channel, :note)"), {"channel": CHANNEL, "note": f"{WAKE_SCOPE} 0"})


async def register_worker(session: AsyncSession, worker: UUID, role: str, host: str, process: int) -> None:
    """Enter a consumer in the list."""
    now = func.clock_timestamp()
    await session.execute(
        insert(workers).values(
            id=worker,
            role=role,
            host=host,
            process=process,
            engines=json.dumps(["talkwright"]),
            started_at=now,
            heartbeat_at=now,
        )
    )
    await wake(session)


async def beat(session: AsyncSession, worker: UUID, lease_seconds: float) -> dict[str, int] | None:
    """Show that the consumer lives and renew all its leases in one statement: epoch by key; None where it was ended."""
    rows = await session.execute(
        text(
            "WITH alive AS (UPDATE studio.workers SET heartbeat_at = clock_timestamp() "
            "WHERE id = :worker AND ended_at IS NULL RETURNING id), "
            "renewed AS (UPDATE studio.leases SET expires_at = clock_timestamp() + make_interval(secs => :seconds) "
            "WHERE holder = :worker AND expires_at > clock_timestamp() RETURNING key, epoch) "
            "SELECT NULL AS key, 0 AS epoch FROM alive UNION ALL SELECT key, epoch FROM renewed"
        ),
        {"worker": worker, "seconds": lease_seconds},
    )
    found = [(row.key, row.epoch) for row in rows]
    if all(key is not None for key, _ in found):
        return None
    return {key: epoch for key, epoch in found if key is not None}


async def set_draining(session: AsyncSession, worker: UUID) -> None:
    """Give the consumer no more work."""
    await session.execute(update(workers).where(workers.c.id == worker).values(draining=True))


async def end_worker(session: AsyncSession, worker: UUID) -> None:
    """Strike a consumer off the list and let go of everything it held; called by itself, or by who saw it die."""
    await session.execute(
        update(workers)
        .where(workers.c.id == worker, workers.c.ended_at.is_(None))
        .values(ended_at=func.clock_timestamp())
    )
    await session.execute(
        text("UPDATE studio.leases SET expires_at = clock_timestamp() WHERE holder = :holder"), {"holder": worker}
    )
    await wake(session)


async def end_all_workers(session: AsyncSession) -> None:
    """Strike all consumers off the list and let go of every lease; for who knows that nobody lives."""
    await session.execute(update(workers).where(workers.c.ended_at.is_(None)).values(ended_at=func.clock_timestamp()))
    await session.execute(
        text("UPDATE studio.leases SET expires_at = clock_timestamp() WHERE expires_at > clock_timestamp()")
    )
    await wake(session)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAttempt:
    """What a consumer must know of an attempt that it holds, with its work."""

    id: UUID
    kind: str
    work: UUID
    number: int
    state: str
    stop: bool
    assistant: UUID
    version: UUID
    engine: str
    model_object: str | None
    model_id: str | None
    requested_at: datetime


async def held_attempts(session: AsyncSession, worker: UUID) -> list[HeldAttempt]:
    """The attempts assigned to a consumer that have not ended: one statement."""
    rows = await session.execute(
        text(
            "SELECT a.id, a.work_kind AS kind, a.work, a.number, a.state, a.stop_requested_at IS NOT NULL AS stop, "
            "coalesce(t.assistant, d.assistant) AS assistant, coalesce(t.version, d.version) AS version, "
            "coalesce(t.engine, m.engine) AS engine, m.object AS model_object, m.model_id, "
            "coalesce(t.created_at, d.created_at, a.created_at) AS requested_at "
            "FROM studio.attempts a "
            "LEFT JOIN studio.trainings t ON a.work_kind = 'training' AND t.id = a.work "
            "LEFT JOIN studio.deployments d ON a.work_kind = 'deployment' AND d.id = a.work "
            "LEFT JOIN studio.models m ON m.id = d.model "
            "WHERE a.worker = :worker AND a.ended_at IS NULL ORDER BY a.created_at"
        ),
        {"worker": worker},
    )
    return [HeldAttempt(**row) for row in rows.mappings() if row["assistant"] is not None]


async def append_log(
    session: AsyncSession, attempt: UUID, assistant: UUID, lines: Sequence[Mapping[str, Any]], work: Mapping[str, Any]
) -> None:
    """Store log lines (number, at, level, stage, progress, message) and show the last ones to open pages.

    Lines that are there already stay: who lost the connection while it committed does not know, and sends them again.
    """
    statement = upsert(attempt_logs).on_conflict_do_nothing()
    await session.execute(statement, [{"attempt": attempt, **line} for line in lines])
    shown = [{**line, "at": line["at"].isoformat()} for line in lines[-20:]]
    shown = [line | {"message": line["message"][:200]} for line in shown]
    await send_frame(session, assistant, "log", {**work, "lines": shown})


async def read_log(
    session: AsyncSession, kind: Kind, work: UUID, after: int, limit: int
) -> list[tuple[int, Mapping[str, Any]]]:
    """Log lines of all attempts of one piece of work after a position; positions grow from attempt to attempt."""
    position = (attempts.c.number - 1) * ATTEMPT_LINES + attempt_logs.c.number
    rows = await session.execute(
        select(position.label("position"), attempt_logs)
        .join(attempts, attempts.c.id == attempt_logs.c.attempt)
        .where(attempts.c.work_kind == kind, attempts.c.work == work, position > after)
        .order_by(position)
        .limit(limit)
    )
    return [(int(row["position"]), dict(row)) for row in rows.mappings()]


ATTEMPT_LINES = 10_000_000
"""More lines than one attempt's log can have, so that positions of later attempts lie above."""
