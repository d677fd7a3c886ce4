"""Trainings as people see them: with version, person, place in the queue and progress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.announcements import announce
from talkwright.database.queueing import consumers, place_of
from talkwright.database.states import ENDED_TRAININGS
from talkwright.database.tables import assistants, trainings

_SELECT = """
SELECT t.id, t.sequence, t.assistant, t.state, t.deploy, t.reason, t.problems, t.created_at, t.started_at, t.ended_at,
       t.cancel_requested_at, t.engine, t.version, v.name AS version_name, v.number AS version_number,
       t.created_by, u.display AS by_name,
       a.stage, coalesce(a.progress, 0) AS progress, a.problems AS attempt_problems,
       CASE WHEN t.state = 'queued' THEN {place} END AS place,
       CASE WHEN t.state = 'queued' THEN t.not_before > clock_timestamp() END AS pauses,
       CASE WHEN t.state = 'queued' THEN {consumers} END AS consumers,
       CASE WHEN t.state = 'queued' THEN {busy} END AS busy
FROM studio.trainings t
JOIN studio.versions v ON v.id = t.version
JOIN studio.users u ON u.id = t.created_by
LEFT JOIN studio.attempts a ON a.work_kind = 'training' AND a.work = t.id AND a.number = t.attempt
WHERE t.assistant = :assistant {condition}
ORDER BY t.sequence DESC LIMIT :limit
"""

_PARTS = {
    "place": place_of("t.id"),
    "consumers": consumers("training-consumer", engine="t.engine"),
    "busy": consumers("training-consumer", busy=True, engine="t.engine"),
}

Row = Mapping[str, Any]


async def list_trainings(session: AsyncSession, assistant: UUID, *, before: int | None, limit: int) -> list[Row]:
    """Trainings of an assistant, newest first, those older than a sequence number: one statement."""
    condition = "" if before is None else "AND t.sequence < :before"
    values = {"assistant": assistant, "limit": limit, **({} if before is None else {"before": before})}
    rows = await session.execute(text(_SELECT.format(**_PARTS, condition=condition)), values)
    return [dict(row) for row in rows.mappings()]


async def get_training(session: AsyncSession, assistant: UUID, training: UUID) -> Row | None:
    """One training of an assistant."""
    values = {"assistant": assistant, "limit": 1, "training": training}
    rows = await session.execute(text(_SELECT.format(**_PARTS, condition="AND t.id = :training")), values)
    row = rows.mappings().first()
    return None if row is None else dict(row)


async def training_exists(session: AsyncSession, training: UUID) -> bool:
    """Whether any assistant has this training."""
    return (await session.execute(select(trainings.c.id).where(trainings.c.id == training))).first() is not None


async def same_training(session: AsyncSession, assistant: UUID, version: UUID) -> Row | None:
    """The newest training of a version by its assistant's engine that waits or runs and is not asked to stop."""
    condition = (
        "AND t.version = :version AND t.cancel_requested_at IS NULL AND t.state IN ('queued', 'running') "
        "AND t.engine = (SELECT e.engine FROM studio.assistants e WHERE e.id = t.assistant)"
    )
    values = {"assistant": assistant, "limit": 1, "version": version}
    rows = await session.execute(text(_SELECT.format(**_PARTS, condition=condition)), values)
    row = rows.mappings().first()
    return None if row is None else dict(row)


async def let_training_deploy(session: AsyncSession, training: UUID) -> bool:
    """Have a training's model run once it is trained; False where it has ended or is asked to stop."""
    changed = await session.execute(
        update(trainings)
        .where(
            trainings.c.id == training,
            trainings.c.state.not_in(ENDED_TRAININGS),
            trainings.c.cancel_requested_at.is_(None),
        )
        .values(deploy=True)
        .returning(trainings.c.id)
    )
    return changed.first() is not None


async def insert_training(
    session: AsyncSession,
    training: UUID,
    *,
    assistant: UUID,
    version: UUID,
    by: UUID,
    deploy: bool,
    traceparent: str | None = None,
) -> None:
    """Queue a training by the engine that its assistant has now."""
    engine = select(assistants.c.engine).where(assistants.c.id == assistant).scalar_subquery()
    await session.execute(
        insert(trainings).values(
            id=training,
            assistant=assistant,
            version=version,
            created_by=by,
            deploy=deploy,
            engine=engine,
            traceparent=traceparent,
        )
    )
    announce(session, assistant, "training", {"training": str(training), "state": "queued"})


async def ask_to_stop_training(session: AsyncSession, assistant: UUID, training: UUID) -> None:
    """Ask for the end of a training that has not ended; nothing happens to one that has."""
    asked = await session.execute(
        update(trainings)
        .where(
            trainings.c.id == training,
            trainings.c.assistant == assistant,
            trainings.c.state.not_in(ENDED_TRAININGS),
            trainings.c.cancel_requested_at.is_(None),
        )
        .values(cancel_requested_at=func.clock_timestamp())
        .returning(trainings.c.id)
    )
    if asked.first() is not None:
        announce(session, assistant, "training", {"training": str(training), "state": "stopping"})
