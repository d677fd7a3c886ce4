"""What the job of an attempt may read and store, as long as the attempt is nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class RightfulAttempt:
    """An attempt that is under way under an epoch: what it belongs to, and what its job reads."""

    kind: str
    work: UUID
    assistant: UUID
    version: UUID
    model_object: str | None


_RIGHTFUL = text("""
SELECT a.work_kind AS kind, a.work, coalesce(t.assistant, d.assistant) AS assistant,
       coalesce(t.version, d.version) AS version, m.object AS model_object
FROM studio.attempts a
JOIN studio.leases l ON l.key = 'attempt:' || a.id AND l.epoch = :epoch AND l.expires_at > clock_timestamp()
LEFT JOIN studio.trainings t ON a.work_kind = 'training' AND t.id = a.work
LEFT JOIN studio.deployments d ON a.work_kind = 'deployment' AND d.id = a.work
LEFT JOIN studio.models m ON m.id = d.model
WHERE a.id = :attempt AND a.outcome IS NULL
""")


async def rightful_attempt(session: AsyncSession, attempt: UUID, epoch: int) -> RightfulAttempt | None:
    """The attempt if it is still held under this epoch; None where it ended, was lost or was taken over."""
    found = (await session.execute(_RIGHTFUL, {"attempt": attempt, "epoch": epoch})).mappings().first()
    return RightfulAttempt(**found) if found is not None and found["assistant"] is not None else None
