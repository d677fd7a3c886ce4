"""Trainings and deployments as a queue of rows: what orchestrators and consumers read and write (ARCHITECTURE 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Table, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database import leases
from talkwright.database.announcements import WAKE_SCOPE as WAKE_SCOPE  # noqa: PLC0414 - for those who ask here yet
from talkwright.database.announcements import announce
from talkwright.database.announcements import wake as wake  # noqa: PLC0414 - as above
from talkwright.database.frames import send_frame
from talkwright.database.ids import uuid7
from talkwright.database.queueing import QUEUE
from talkwright.database.states import AttemptState
from talkwright.database.tables import attempt_logs, attempts, deployments, trainings, transitions

Kind = Literal["training", "deployment"]
TABLES: Mapping[str, Table] = {"training": trainings, "deployment": deployments}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """One training or deployment that has not ended, with its latest attempt where there is one.

    `place` is that in the queue of trainings; `wait` is in seconds until it may be assigned again; `waited` is the age
    in seconds. `lost` says that the attempt's lease has run out, `held_for` how many seconds it has left, below zero
    since when it has none; `site` is where the attempt's job lives on without its consumer. `lost_jobs` counts all lost
    jobs of a training, and those of a deployment since an attempt of it last answered for `STEADY_SECONDS`, that one
    included. `idle` is how many seconds ago somebody last talked to the assistant or it last began to answer; it is
    `asleep` where that was why it stopped or stops, and `generation` is how often its talk went elsewhere.
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
    place: int = 0
    active: bool = False
    attempt: UUID | None = None
    attempt_state: str | None = None
    outcome: str | None = None
    attempt_reason: str | None = None
    problems: str = "[]"
    result: str | None = None
    stopping: bool = False
    lost: bool = False
    held_for: float = 0.0
    site: str | None = None
    lost_jobs: int = 0
    idle: float = 0.0
    asleep: bool = False
    generation: int = 0
    traceparent: str | None = None
    engine: str = "talkwright"


STEADY_SECONDS = 600
"""A deployment that answered for so long starts with a clean sheet when it is lost."""

_COUNTED = {
    "training": "p.outcome = 'lost_job'",
    "deployment": "p.outcome = 'lost_job' AND p.number >= coalesce((SELECT max(r.number) FROM studio.attempts r "
    "WHERE r.work_kind = :kind AND r.work = w.id AND r.ended_at - r.ready_at > make_interval(secs => :steady)), 0)",
}
_OPEN = {
    "training": "w.state = 'running' OR w.state = 'queued' AND (w.cancel_requested_at IS NOT NULL "
    "OR q.place <= :places OR w.id = (SELECT p.id FROM studio.trainings p WHERE p.state = 'queued' "
    "AND p.not_before > clock_timestamp() ORDER BY p.not_before LIMIT 1))",
    "deployment": "w.state NOT IN ('stopped', 'failed') OR w.slept_at IS NOT NULL AND w.state = 'stopped' "
    "AND w.wake_requested_at >= w.slept_at AND w.cancel_requested_at IS NULL",
}
_OWN = {
    "training": "coalesce(q.place, 0) AS place, false AS active, w.engine, "
    "extract(epoch FROM clock_timestamp() - w.created_at)::float AS waited",
    "deployment": "0 AS place, w.active, coalesce(g.generation, 0) AS generation, "
    "coalesce((SELECT m.engine FROM studio.models m WHERE m.id = w.model), 'talkwright') AS engine, "
    "w.slept_at IS NOT NULL AND w.cancel_requested_at IS NULL AS asleep, "
    "extract(epoch FROM clock_timestamp() - greatest(w.created_at, w.wake_requested_at))::float AS waited, "
    "CASE WHEN w.state = 'running' THEN extract(epoch FROM clock_timestamp() - greatest(w.ready_at, "
    "(SELECT max(h.talked_at) FROM studio.chats h WHERE h.assistant = w.assistant "
    "AND h.environment = w.environment)))::float ELSE 0 END AS idle",
}
_QUEUED = {
    "training": f"LEFT JOIN ({QUEUE}) q ON q.id = w.id",
    "deployment": "LEFT JOIN studio.talks g ON g.assistant = w.assistant AND g.environment = w.environment",
}
_SNAPSHOT = """
SELECT w.id, w.assistant, w.environment, w.sequence, w.state, w.attempt AS number,
       w.cancel_requested_at IS NOT NULL AS cancel, w.traceparent,
       coalesce(greatest(extract(epoch FROM w.not_before - clock_timestamp()), 0), 0)::float AS wait, {own},
       a.id AS attempt, a.state AS attempt_state, a.outcome, a.reason AS attempt_reason,
       coalesce(a.problems, '[]') AS problems, a.result, a.stop_requested_at IS NOT NULL AS stopping,
       a.id IS NOT NULL AND a.outcome IS NULL AND (l.key IS NULL OR l.expires_at <= clock_timestamp()) AS lost,
       coalesce(extract(epoch FROM l.expires_at - clock_timestamp()), '-infinity')::float AS held_for,
       CASE WHEN a.job IS NOT NULL THEN c.site END AS site,
       (SELECT count(*) FROM studio.attempts p WHERE p.work_kind = :kind AND p.work = w.id AND {counted}) AS lost_jobs
FROM studio.{table} w
LEFT JOIN studio.attempts a ON a.work_kind = :kind AND a.work = w.id AND a.number = w.attempt
LEFT JOIN studio.leases l ON l.key = 'attempt:' || a.id
LEFT JOIN studio.workers c ON c.id = a.worker
{queued}
WHERE {open} ORDER BY w.sequence
"""


async def open_work(session: AsyncSession, kind: Kind, places: int = 1_000_000) -> list[OpenWork]:
    """Work of a kind that has not ended, in order of arrival: one statement.

    Of trainings that wait only those that may be decided about now: as many as there are free `places`, those called
    off, and the one whose pause ends first.
    """
    parts = {"own": _OWN[kind], "queued": _QUEUED[kind], "open": _OPEN[kind], "counted": _COUNTED[kind]}
    own = {"steady": STEADY_SECONDS} if kind == "deployment" else {"places": places}
    rows = await session.execute(text(_SNAPSHOT.format(table=f"{kind}s", **parts)), {"kind": kind, **own})
    return [OpenWork(**row) for row in rows.mappings()]


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
    """Change a state, keep who, when and why, announce it; False (nothing changed) where it was in no source state."""
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
        insert(transitions).values(
            work_kind=kind,
            work=work.id,
            at=func.clock_timestamp(),
            source=work.state,
            target=target,
            attempt=work.number,
            who=who,
            why=why,
        )
    )
    announce(session, work.assistant, kind, {kind: str(work.id), "state": target})
    return True


async def turn_talk(session: AsyncSession, work: OpenWork) -> bool:
    """Let an assistant's talk go elsewhere, from where it went when the work was read; False where it went on since."""
    turned = await session.execute(
        text(
            "INSERT INTO studio.talks AS t (assistant, environment, generation) "
            "SELECT :assistant, :environment, 1 WHERE :seen = 0 OR EXISTS (SELECT 1 FROM studio.talks "
            "WHERE assistant = :assistant AND environment = :environment) "
            "ON CONFLICT (assistant, environment) DO UPDATE SET generation = t.generation + 1 "
            "WHERE t.generation = :seen RETURNING t.generation"
        ),
        {"assistant": work.assistant, "environment": work.environment, "seen": work.generation},
    )
    return turned.first() is not None


async def forget_sleepers(session: AsyncSession, work: OpenWork) -> None:
    """Nobody wakes those deployments any more whose talk goes to this one now."""
    same = (deployments.c.assistant == work.assistant, deployments.c.environment == work.environment)
    await session.execute(update(deployments).where(*same, deployments.c.slept_at.is_not(None)).values(slept_at=None))


async def assign(session: AsyncSession, kind: Kind, work: OpenWork, worker: UUID, lease_seconds: float) -> UUID:
    """Make the next attempt for a consumer and give it the attempt's lease, so that it is missed if it never comes."""
    attempt = uuid7()
    await session.execute(
        insert(attempts).values(
            id=attempt, work_kind=kind, work=work.id, number=work.number + 1, worker=worker, epoch=1
        )
    )
    await leases.give(session, leases.of_attempt(attempt), worker, lease_seconds)
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
    epoch = await leases.take_over(session, attempt, holder, 0.0)
    if epoch is None:
        return False
    closed = await session.execute(
        update(attempts)
        .where(attempts.c.id == attempt, attempts.c.state != AttemptState.ENDED)
        .values(outcome="lost_consumer", state="ended", ended_at=func.clock_timestamp(), address=None)
        .returning(attempts.c.id)
    )
    await leases.end(session, leases.of_attempt(attempt), holder, epoch)
    return closed.first() is not None


async def hand_over(session: AsyncSession, attempt: UUID, worker: UUID, lease_seconds: float) -> bool:
    """Give an attempt whose holder is gone to another consumer, which goes on with its job; False where it lives."""
    epoch = await leases.take_over(session, attempt, worker, lease_seconds)
    if epoch is None:
        return False
    given = await session.execute(
        update(attempts)
        .where(attempts.c.id == attempt, attempts.c.state != AttemptState.ENDED)
        .values(worker=worker, epoch=epoch)
        .returning(attempts.c.id)
    )
    await wake(session)
    return given.first() is not None


async def let_go(session: AsyncSession, attempt: UUID, holder: UUID, epoch: int) -> None:
    """Have an attempt's lease run out now, by its holder."""
    await leases.release(session, leases.of_attempt(attempt), holder, epoch)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAttempt:
    """What a consumer must know of an attempt that it holds, with its work.

    `epoch` is that of its lease, which has `lease_left` seconds; `job` is the handle of a job that runs already, and
    `log_position` the number of the last line stored of it.
    """

    id: UUID
    kind: str
    work: UUID
    number: int
    state: str
    stop: bool
    epoch: int = 1
    lease_left: float = 0.0
    job: str | None = None
    log_position: int = 0
    address: str | None = None
    assistant: UUID
    version: UUID
    engine: str
    model_object: str | None
    model_id: str | None
    requested_at: datetime
    traceparent: str | None = None
    assistant_name: str = ""


async def held_attempts(session: AsyncSession, worker: UUID) -> list[HeldAttempt]:
    """The attempts assigned to a consumer that have not ended: one statement."""
    rows = await session.execute(
        text(
            "SELECT a.id, a.work_kind AS kind, a.work, a.number, a.state, a.stop_requested_at IS NOT NULL AS stop, "
            "a.epoch, extract(epoch FROM l.expires_at - clock_timestamp())::float AS lease_left, a.job, "
            "a.log_position, a.address, "
            "coalesce(t.assistant, d.assistant) AS assistant, coalesce(t.version, d.version) AS version, "
            "coalesce(t.engine, m.engine) AS engine, m.object AS model_object, m.model_id, "
            "coalesce(t.created_at, d.created_at, a.created_at) AS requested_at, "
            "coalesce(t.traceparent, d.traceparent) AS traceparent, "
            "coalesce((SELECT s.name FROM studio.assistants s WHERE s.id = coalesce(t.assistant, d.assistant)), '') "
            "AS assistant_name "
            "FROM studio.attempts a "
            "JOIN studio.leases l ON l.key = 'attempt:' || a.id AND l.holder = a.worker AND l.epoch = a.epoch "
            "LEFT JOIN studio.trainings t ON a.work_kind = 'training' AND t.id = a.work "
            "LEFT JOIN studio.deployments d ON a.work_kind = 'deployment' AND d.id = a.work "
            "LEFT JOIN studio.models m ON m.id = d.model "
            "WHERE a.worker = :worker AND a.ended_at IS NULL AND l.expires_at > clock_timestamp() "
            "ORDER BY a.created_at"
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
    shown = [{**line, "at": line["at"].isoformat(), "message": line["message"][:200]} for line in lines[-20:]]
    while not await send_frame(session, assistant, "log", {**work, "lines": shown}) and shown:
        del shown[: (len(shown) + 1) // 2]  # the page reads the others when it hears of the last


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
