"""Deployments as people see them, and where an assistant's talk goes at this moment."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, literal, or_, select, text, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.announcements import announce
from talkwright.database.queueing import consumers, made_room
from talkwright.database.states import COMING_DEPLOYMENTS, ENDED_DEPLOYMENTS, DeploymentState
from talkwright.database.tables import assistants, deployments, items, models, revisions, trainings, version_items

_REASON = """
CASE WHEN d.cancel_requested_at IS NOT NULL AND (d.slept_at IS NOT NULL OR d.cancel_requested_at > d.ended_at)
       THEN 'It was stopped while it slept.'
     ELSE d.reason END AS reason
"""
_ENGINE = "(SELECT m.engine FROM studio.models m WHERE m.id = d.model)"
_SELECT = """
SELECT d.id, d.sequence, d.assistant, d.environment, d.state, d.active, {reason}, {engine} AS engine,
       d.slept_at IS NOT NULL AND d.cancel_requested_at IS NULL AS asleep, {made_room} AS made_room,
       d.training, d.created_at, d.ready_at, d.version, v.name AS version_name, v.number AS version_number,
       (SELECT a.problems FROM studio.attempts a
         WHERE a.work_kind = 'deployment' AND a.work = d.id AND a.number = d.attempt) AS attempt_problems,
       CASE WHEN d.state = 'queued' THEN (SELECT count(*) FROM studio.deployments o WHERE o.state = 'queued'
         AND o.cancel_requested_at IS NULL AND o.sequence <= d.sequence) END AS place,
       CASE WHEN d.state = 'queued' THEN d.not_before > clock_timestamp() END AS pauses,
       CASE WHEN d.state = 'queued' THEN {consumers} END AS consumers,
       CASE WHEN d.state = 'queued' THEN {busy} END AS busy,
       CASE WHEN d.state = 'queued' THEN EXISTS (SELECT 1 FROM studio.deployments o
         JOIN studio.attempts a ON a.work_kind = 'deployment' AND a.work = o.id AND a.number = o.attempt
         JOIN studio.workers c ON c.id = a.worker
         WHERE o.assistant = d.assistant AND o.environment = d.environment AND o.id <> d.id
         AND o.state = 'running' AND c.engines::jsonb @> to_jsonb({engine})) END AS has_old
FROM studio.deployments d JOIN studio.versions v ON v.id = d.version
WHERE d.assistant = :assistant {condition}
ORDER BY d.sequence DESC LIMIT :limit
"""

_PARTS = {
    "reason": _REASON,
    "engine": _ENGINE,
    "made_room": made_room("d"),
    "consumers": consumers("running-consumer", engine=_ENGINE),
    "busy": consumers("running-consumer", busy=True, engine=_ENGINE),
}

Row = Mapping[str, Any]


async def list_deployments(
    session: AsyncSession, assistant: UUID, *, before: int | None, limit: int, version: UUID | None = None
) -> list[Row]:
    """Deployments of an assistant, or of one version, newest first, below a sequence number: one statement."""
    narrow = {"before": (before, "AND d.sequence < :before"), "version": (version, "AND d.version = :version")}
    condition = " ".join(words for value, words in narrow.values() if value is not None)
    given = {name: value for name, (value, _) in narrow.items() if value is not None}
    values = {"assistant": assistant, "limit": limit, **given}
    rows = await session.execute(text(_SELECT.format(**_PARTS, condition=condition)), values)
    return [dict(row) for row in rows.mappings()]


async def get_deployment(session: AsyncSession, assistant: UUID, deployment: UUID) -> Row | None:
    """One deployment of an assistant."""
    statement = _SELECT.format(**_PARTS, condition="AND d.id = :deployment")
    rows = await session.execute(text(statement), {"assistant": assistant, "limit": 1, "deployment": deployment})
    row = rows.mappings().first()
    return None if row is None else dict(row)


async def model_of_version(session: AsyncSession, version: UUID, *, hold: bool = False) -> Row | None:
    """The newest model of a version; with `hold` nobody deletes it until the transaction ends."""
    query = select(models).where(models.c.version == version, models.c.deleted_at.is_(None))
    query = query.order_by(models.c.created_at.desc()).limit(1)
    found = await session.execute(query.with_for_update(read=True, key_share=True) if hold else query)
    row = found.mappings().first()
    return None if row is None else dict(row)


async def version_of_deployment(session: AsyncSession, deployment: UUID) -> UUID | None:
    """The version that a deployment ran, or runs."""
    return (
        await session.execute(select(deployments.c.version).where(deployments.c.id == deployment))
    ).scalar_one_or_none()


async def insert_deployment(
    session: AsyncSession,
    deployment: UUID,
    *,
    assistant: UUID,
    version: UUID,
    model: Row,
    by: UUID,
    traceparent: str | None = None,
) -> None:
    """Queue a deployment of a version's model."""
    await session.execute(
        insert(deployments).values(
            id=deployment,
            assistant=assistant,
            version=version,
            model=model["id"],
            training=model["training"],
            created_by=by,
            traceparent=traceparent,
        )
    )
    announce(session, assistant, "deployment", {"deployment": str(deployment), "state": "queued"})


async def deploy_trained(session: AsyncSession, deployment: UUID, *, training: UUID, model: UUID) -> bool:
    """Queue a training's model to run; False where nobody wants that (any more), or model or assistant is deleted."""
    names = ("id", "model", "assistant", "environment", "version", "training", "created_by", "traceparent")
    copied = select(
        literal(deployment), literal(model), *(trainings.c[name] for name in names[2:5]), trainings.c.id,
        trainings.c.created_by, trainings.c.traceparent,
    )  # fmt: skip
    there = trainings.join(assistants, assistants.c.id == trainings.c.assistant).join(models, models.c.id == model)
    wanted = (
        copied.select_from(there)
        .where(
            trainings.c.id == training,
            trainings.c.deploy,
            trainings.c.cancel_requested_at.is_(None),
            assistants.c.deleted_at.is_(None),
            models.c.deleted_at.is_(None),
        )
        .with_for_update(read=True, key_share=True, of=models)
    )
    queued = await session.execute(insert(deployments).from_select(names, wanted).returning(deployments.c.assistant))
    assistant = queued.scalar_one_or_none()
    if assistant is not None:
        announce(session, assistant, "deployment", {"deployment": str(deployment), "state": "queued"})
    return assistant is not None


async def deploy_again(
    session: AsyncSession,
    deployment: UUID,
    *,
    assistant: UUID,
    by: UUID,
    environment: str = "try",
    traceparent: str | None = None,
) -> bool:
    """Queue what runs once more, so that it starts with what jobs get now; False where nothing runs or starts.

    One that still waits for its start needs no successor: it will be as new.
    """
    names = ("id", "created_by", "traceparent", "assistant", "environment", "version", "model", "training")
    mine = (literal(deployment), literal(by), literal(traceparent, deployments.c.traceparent.type))
    copied = select(*mine, *(deployments.c[name] for name in names[3:]))
    newest = (
        copied.where(
            deployments.c.assistant == assistant,
            deployments.c.environment == environment,
            deployments.c.state.in_([DeploymentState.STARTING, DeploymentState.RUNNING]),
            deployments.c.cancel_requested_at.is_(None),
            deployments.c.model.is_not(None),
        )
        .order_by(deployments.c.sequence.desc())
        .limit(1)
    )
    queued = await session.execute(insert(deployments).from_select(names, newest).returning(deployments.c.id))
    if queued.first() is None:
        return False
    announce(session, assistant, "deployment", {"deployment": str(deployment), "state": "queued"})
    return True


async def ask_to_stop_deployment(session: AsyncSession, assistant: UUID, deployment: UUID) -> None:
    """Ask for the end of a deployment that has not ended, or only sleeps."""
    asked = await session.execute(
        update(deployments)
        .where(
            deployments.c.id == deployment,
            deployments.c.assistant == assistant,
            or_(deployments.c.state.not_in(ENDED_DEPLOYMENTS), deployments.c.slept_at.is_not(None)),
            deployments.c.cancel_requested_at.is_(None),
        )
        .values(cancel_requested_at=func.clock_timestamp())
        .returning(deployments.c.id)
    )
    if asked.first() is not None:
        announce(session, assistant, "deployment", {"deployment": str(deployment), "state": "stopping"})


async def ask_to_wake(session: AsyncSession, assistant: UUID, deployment: UUID) -> None:
    """Ask for a deployment that sleeps to run again, unless that was asked since it fell asleep."""
    asked = await session.execute(
        update(deployments)
        .where(
            deployments.c.id == deployment,
            deployments.c.slept_at.is_not(None),
            deployments.c.cancel_requested_at.is_(None),
            func.coalesce(deployments.c.wake_requested_at < deployments.c.slept_at, true()),
            select(assistants.c.id).where(assistants.c.id == assistant, assistants.c.deleted_at.is_(None)).exists(),
        )
        .values(wake_requested_at=func.clock_timestamp())
        .returning(deployments.c.id)
    )
    if asked.first() is not None:
        announce(session, assistant, "deployment", {"deployment": str(deployment), "state": "waking"})


SECRET_PURPOSE = "attempt"  # noqa: S105 - a word that is no secret
"""What the token of a running model is encrypted for."""
ADDRESSED = "X-Talkwright-Deployment"
"""The header that names the deployment which a request is for; an engine answers 421 to any other one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The model that answers for an assistant now: where, how it is talked to, and which one it is."""

    deployment: UUID
    attempt: UUID
    address: str
    secret: bytes
    model_id: str
    version: UUID
    version_name: str
    protocol: str = "turns"


@dataclass(frozen=True, slots=True)
class Talk:
    """Where talk goes: a bot, or none yet (`coming`: one is queued, starts or starts again), with the reason.

    `asleep` is the deployment that is to be woken where none is coming.
    """

    bot: Bot | None
    coming: bool
    reason: str | None = None
    asleep: UUID | None = None


_TALK = text(f"""
SELECT d.id AS deployment, a.id AS attempt, a.address, a.secret,
       coalesce(a.protocol, 'turns') AS protocol, m.model_id, d.version, v.name AS version_name,
       d.state, d.active, {_REASON}, d.slept_at IS NOT NULL AND d.cancel_requested_at IS NULL AS asleep,
       d.wake_requested_at >= d.slept_at AS woken
FROM studio.deployments d
JOIN studio.versions v ON v.id = d.version
LEFT JOIN studio.models m ON m.id = d.model
LEFT JOIN studio.attempts a ON a.work_kind = 'deployment' AND a.work = d.id AND a.number = d.attempt
  AND a.state = 'ready'
WHERE d.assistant = :assistant AND d.environment = :environment
  AND (d.active OR d.state = ANY(:coming) OR d.slept_at IS NOT NULL OR d.sequence = (SELECT max(n.sequence)
    FROM studio.deployments n WHERE n.assistant = d.assistant AND n.environment = d.environment))
ORDER BY d.active DESC, d.sequence DESC
""")  # noqa: S608 - no values


async def talk_of(session: AsyncSession, assistant: UUID, environment: str) -> Talk:
    """Where an assistant's talk goes at this moment: one statement."""
    values = {"assistant": assistant, "environment": environment, "coming": sorted(COMING_DEPLOYMENTS)}
    rows = (await session.execute(_TALK, values)).mappings().all()
    for row in rows:
        if row["active"] and row["state"] == "running" and row["address"] and row["secret"] is not None:
            names = ("deployment", "attempt", "address", "secret", "model_id", "version", "version_name", "protocol")
            return Talk(Bot(**{name: row[name] for name in names}), coming=False)
    sleepers = [row for row in rows if row["asleep"]]
    coming = any(row["state"] in COMING_DEPLOYMENTS for row in rows) or any(row["woken"] for row in sleepers)
    asleep = sleepers[0]["deployment"] if sleepers else None
    return Talk(None, coming=coming, reason=rows[0]["reason"] if rows else None, asleep=asleep)


async def pinned_bodies(
    session: AsyncSession, version: UUID, names: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Any]:
    """The bodies of some of a version's items by (kind, name): one statement."""
    if not names:
        return {}
    query = (
        select(items.c.kind, revisions.c.name, revisions.c.body)
        .join(version_items, version_items.c.item == items.c.id)
        .join(
            revisions,
            and_(revisions.c.item == version_items.c.item, revisions.c.number == version_items.c.revision),
        )
        .where(version_items.c.version == version, tuple_(items.c.kind, revisions.c.name).in_(list(names)))
    )
    rows = await session.execute(query)
    return {(row.kind, row.name): json.loads(row.body) if row.body else None for row in rows}
