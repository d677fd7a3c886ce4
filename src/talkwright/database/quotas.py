"""How much of what quotas bound an assistant and the whole studio have: read under a lock, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LOCK_SPACE = 0x7157
"""The first number of our advisory locks of quotas; the second tells whose."""
_LOCK = text("SELECT pg_advisory_xact_lock(:space, CASE WHEN :studio THEN 0 ELSE hashtext(:assistant) END)")
_USED = text("""
SELECT (SELECT name FROM studio.assistants WHERE id = :assistant) AS name,
       (SELECT count(*) FROM studio.trainings WHERE assistant = :assistant AND state IN ('queued', 'running'))
         AS trainings,
       (SELECT count(*) FROM studio.trainings WHERE state IN ('queued', 'running')) AS studio_trainings,
       (SELECT count(*) FROM studio.deployments WHERE assistant = :assistant AND state NOT IN ('stopped', 'failed'))
         AS deployments,
       (SELECT count(DISTINCT assistant) FROM studio.deployments
         WHERE assistant <> :assistant AND state NOT IN ('stopped', 'failed')) AS studio_running,
       (SELECT count(*) FROM studio.models WHERE assistant = :assistant AND deleted_at IS NULL) AS models,
       (SELECT coalesce(sum(bytes), 0)::bigint FROM studio.models WHERE assistant = :assistant AND deleted_at IS NULL)
         AS model_bytes,
       CASE WHEN :studio THEN (SELECT coalesce(sum(bytes), 0)::bigint FROM studio.models WHERE deleted_at IS NULL)
         ELSE 0 END
         AS studio_model_bytes
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What an assistant (by its `name`) and the studio have now.

    `studio_running` counts the other assistants that run or are to run.
    """

    name: str
    trainings: int = 0
    studio_trainings: int = 0
    deployments: int = 0
    studio_running: int = 0
    models: int = 0
    model_bytes: int = 0
    studio_model_bytes: int = 0


async def used_by(session: AsyncSession, assistant: UUID, *, studio: bool) -> Used:
    """What the assistant has, and with `studio` what all have; nobody else is told that until the transaction ends."""
    values = {"assistant": assistant, "studio": studio}
    await session.execute(_LOCK, {"space": LOCK_SPACE, "studio": studio, "assistant": str(assistant)})
    row = (await session.execute(_USED, values)).mappings().one()
    return Used(**row)
