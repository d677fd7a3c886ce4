"""Attempts: how they are given to consumers, asked to stop, and taken from those that are gone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database import leases
from talkwright.database.announcements import wake
from talkwright.database.ids import uuid7
from talkwright.database.states import AttemptState
from talkwright.database.tables import attempts
from talkwright.database.work import Kind, OpenWork


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
