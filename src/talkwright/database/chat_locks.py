"""One turn at a time in each chat, across all backend processes: a lease that its holder's end lets go of in time."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def hold_chat(session: AsyncSession, chat: UUID, holder: UUID, seconds: float) -> bool:
    """Take or renew the chat's lease; False while another turn holds it."""
    taken = await session.execute(
        text(
            "INSERT INTO studio.leases AS l (key, holder, epoch, expires_at) "
            "VALUES (:key, :holder, 1, clock_timestamp() + make_interval(secs => :seconds)) "
            "ON CONFLICT (key) DO UPDATE SET holder = :holder, epoch = l.epoch + 1, "
            "expires_at = clock_timestamp() + make_interval(secs => :seconds) "
            "WHERE l.holder = :holder OR l.expires_at <= clock_timestamp() RETURNING epoch"
        ),
        {"key": f"chat:{chat}", "holder": holder, "seconds": seconds},
    )
    return taken.first() is not None


async def let_go_of_chat(session: AsyncSession, chat: UUID, holder: UUID) -> None:
    """Let the next turn begin."""
    await session.execute(
        text("DELETE FROM studio.leases WHERE key = :key AND holder = :holder"),
        {"key": f"chat:{chat}", "holder": holder},
    )
