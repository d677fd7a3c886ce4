"""Trainings and deployments that have not ended: all of them for orchestrators, for a consumer those that it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database import leases
from talkwright.database.queueing import QUEUE, made_room
from talkwright.database.tables import deployments, trainings
from talkwright.database.workers import OWN_ENGINE

Kind = Literal["training", "deployment"]
TABLES: Mapping[str, Table] = {"training": trainings, "deployment": deployments}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """One training or deployment that has not ended, with its latest attempt where there is one.

    `place` is that in the queue of trainings; `wait` is in seconds until it may be assigned again; `waited` is the age
    in seconds, of a deployment since it was last asked for or its latest attempt ended. `lost` says that the attempt's
    lease has run out, `held_for` how many seconds it has left, below zero since when it has none; `site` is where the
    attempt's job lives on without its consumer. `lost_jobs` counts all lost jobs of a training, and those of a
    deployment since an attempt of it last answered for `STEADY_SECONDS`, that one included; `tried_at` is when the
    latest attempt was made, and `able` names the engines of the consumer that has it.

    `idle` is how many seconds ago somebody last talked to the assistant or it last began to answer, 0 while a turn is
    under way. It is `asleep` where it stopped or stops until it is woken, since `slept_at`, and `made_room` where that
    was for a newer one of the same assistant; `generation` is how often its talk went elsewhere.
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
    slept_at: datetime | None = None
    made_room: bool = False
    generation: int = 0
    traceparent: str | None = None
    engine: str = OWN_ENGINE
    able: Sequence[str] = (OWN_ENGINE,)
    tried_at: datetime | None = None


STEADY_SECONDS = 600
"""A deployment that answered for so long starts with a clean sheet when it is lost."""

_COUNTED = {
    "training": "p.outcome = 'lost_job'",
    "deployment": "p.outcome = 'lost_job' AND p.number >= coalesce((SELECT max(r.number) FROM studio.attempts r "
    "WHERE r.work_kind = :kind AND r.work = w.id AND r.ended_at - r.ready_at > make_interval(secs => :steady)), 0)",
}
_OPEN = {
    "training": "w.state = 'running' OR w.state = 'queued' AND (w.cancel_requested_at IS NOT NULL "
    "OR q.turn <= :places OR w.id = (SELECT p.id FROM studio.trainings p WHERE p.state = 'queued' "
    "AND p.not_before > clock_timestamp() ORDER BY p.not_before LIMIT 1))",
    "deployment": "w.state NOT IN ('stopped', 'failed') OR w.slept_at IS NOT NULL AND w.state = 'stopped' "
    f"AND w.cancel_requested_at IS NULL AND (w.wake_requested_at >= w.slept_at OR {made_room('w')})",
}
_IN_A_TURN = """
SELECT DISTINCT h.assistant, h.environment FROM studio.leases k
JOIN studio.chats h ON h.id = CASE WHEN k.key LIKE 'chat:%' THEN substr(k.key, 6)::uuid END
WHERE k.key LIKE 'chat:%' AND k.expires_at > clock_timestamp()
"""
"""Whom somebody waits for at this moment: a turn holds its chat, which is told as talked to only at its end."""
_OWN = {
    "training": "coalesce(q.place, 0) AS place, false AS active, w.engine, "
    "extract(epoch FROM clock_timestamp() - w.created_at)::float AS waited",
    "deployment": "0 AS place, w.active, coalesce(g.generation, 0) AS generation, "  # noqa: S608 - no values
    "coalesce((SELECT m.engine FROM studio.models m WHERE m.id = w.model), 'talkwright') AS engine, "
    "w.slept_at IS NOT NULL AND w.cancel_requested_at IS NULL AS asleep, w.slept_at, "
    f"{made_room('w')} AS made_room, "
    "extract(epoch FROM clock_timestamp() - greatest(w.created_at, w.wake_requested_at, a.ended_at))::float "
    "AS waited, CASE WHEN w.state = 'running' AND t.assistant IS NULL "
    "THEN extract(epoch FROM clock_timestamp() - greatest(w.ready_at, "
    "(SELECT max(h.talked_at) FROM studio.chats h WHERE h.assistant = w.assistant "
    "AND h.environment = w.environment)))::float ELSE 0 END AS idle",
}
_QUEUED = {
    "training": "LEFT JOIN (SELECT p.id, p.place, row_number() OVER (PARTITION BY e.engine ORDER BY p.place) AS turn "  # noqa: S608 - no values
    f"FROM ({QUEUE}) p JOIN studio.trainings e ON e.id = p.id) q ON q.id = w.id",
    "deployment": "LEFT JOIN studio.talks g ON g.assistant = w.assistant AND g.environment = w.environment "
    f"LEFT JOIN ({_IN_A_TURN}) t ON t.assistant = w.assistant AND t.environment = w.environment",
}
_SNAPSHOT = """
SELECT w.id, w.assistant, w.environment, w.sequence, w.state, w.attempt AS number,
       w.cancel_requested_at IS NOT NULL AS cancel, w.traceparent,
       coalesce(greatest(extract(epoch FROM w.not_before - clock_timestamp()), 0), 0)::float AS wait, {own},
       a.id AS attempt, a.state AS attempt_state, a.outcome, a.reason AS attempt_reason,
       coalesce(a.problems, '[]') AS problems, a.result, a.stop_requested_at IS NOT NULL AS stopping,
       a.id IS NOT NULL AND a.outcome IS NULL AND (l.key IS NULL OR l.expires_at <= clock_timestamp()) AS lost,
       coalesce(extract(epoch FROM l.expires_at - clock_timestamp()), '-infinity')::float AS held_for,
       CASE WHEN a.job IS NOT NULL THEN c.site END AS site, coalesce(c.engines::jsonb, '[]') AS able,
       a.created_at AS tried_at,
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

    Of trainings that wait only those that may be decided about now: of each engine as many as there are free `places`,
    for one that nobody offers must not keep the others; those called off, and the one whose pause ends first.
    """
    parts = {"own": _OWN[kind], "queued": _QUEUED[kind], "open": _OPEN[kind], "counted": _COUNTED[kind]}
    own = {"steady": STEADY_SECONDS} if kind == "deployment" else {"places": places}
    rows = await session.execute(text(_SNAPSHOT.format(table=f"{kind}s", **parts)), {"kind": kind, **own})
    return [OpenWork(**{**row, "able": tuple(row["able"])}) for row in rows.mappings()]


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


async def let_go(session: AsyncSession, attempt: UUID, holder: UUID, epoch: int) -> None:
    """Have an attempt's lease run out now, by its holder."""
    await leases.release(session, leases.of_attempt(attempt), holder, epoch)
