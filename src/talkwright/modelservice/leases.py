"""Leases: who may act for whom, by the database's clock alone, so that no two ever act and no dead one blocks for long.

A lease has a holder and an epoch that grows with every change of hands. Who holds one renews it, stops acting when half
of its time passed without a good renewal, and locks its row in every transaction that writes.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.engine import Database


class LeaseLostError(Exception):
    """Somebody else holds the lease now, or it ran out: stop acting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease that this process holds. `good_until` is on this process's own monotonic clock, in seconds."""

    key: str
    holder: UUID
    epoch: int
    good_until: float

    def check(self) -> None:
        """Raise LeaseLostError when half of the lease's time passed since the last good renewal."""
        if time.monotonic() > self.good_until:
            raise LeaseLostError(f"The lease {self.key} was not renewed in time.")


_HOLD = text("""
INSERT INTO studio.leases AS l (key, holder, epoch, expires_at)
VALUES (:key, :holder, 1, clock_timestamp() + make_interval(secs => :seconds))
ON CONFLICT (key) DO UPDATE SET
  epoch = CASE WHEN l.holder = :holder AND l.expires_at > clock_timestamp() THEN l.epoch ELSE l.epoch + 1 END,
  holder = :holder,
  expires_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE l.holder = :holder OR l.expires_at <= clock_timestamp()
RETURNING l.epoch
""")
_FENCE = text("""
SELECT epoch FROM studio.leases
WHERE key = :key AND holder = :holder AND epoch = :epoch AND expires_at > clock_timestamp()
FOR UPDATE
""")
_RELEASE = text("""
UPDATE studio.leases SET expires_at = clock_timestamp() WHERE key = :key AND holder = :holder AND epoch = :epoch
""")
_END = text("DELETE FROM studio.leases WHERE key = :key AND holder = :holder AND epoch = :epoch")


class Leases:
    """The leases of one process. `holder` is new at each start; `seconds` is their time to live."""

    def __init__(self, database: Database, holder: UUID, seconds: float) -> None:
        self._database = database
        self.holder = holder
        self.seconds = seconds

    async def hold(self, key: str) -> Lease | None:
        """Take the lease if it is free, renew it if it is ours; None while another holds it."""
        asked = time.monotonic()
        values = {"key": key, "holder": self.holder, "seconds": self.seconds}
        async with self._database.transaction() as session:
            epoch = (await session.execute(_HOLD, values)).scalar_one_or_none()
        return None if epoch is None else self.known(key, int(epoch), asked)

    def known(self, key: str, epoch: int, renewed_at: float) -> Lease:
        """The lease as renewed at a moment of this process's clock (when the renewal was asked for)."""
        return Lease(key=key, holder=self.holder, epoch=epoch, good_until=renewed_at + self.seconds / 2)

    async def end(self, lease: Lease) -> None:
        """Remove a lease that nobody needs any more."""
        values = {"key": lease.key, "holder": lease.holder, "epoch": lease.epoch}
        async with self._database.transaction() as session:
            await session.execute(_END, values)

    async def release(self, lease: Lease) -> None:
        """Let another take it at once."""
        values = {"key": lease.key, "holder": lease.holder, "epoch": lease.epoch}
        async with self._database.transaction() as session:
            await session.execute(_RELEASE, values)

    @asynccontextmanager
    async def fenced(self, lease: Lease) -> AsyncIterator[AsyncSession]:
        """A transaction that holds the lease's row; raises LeaseLostError where it is no longer ours."""
        lease.check()
        async with self._database.transaction() as session:
            await fence(session, lease)
            yield session


async def fence(session: AsyncSession, lease: Lease) -> None:
    """Lock the lease's row in this transaction. Raises LeaseLostError where another holds it or it ran out."""
    values = {"key": lease.key, "holder": lease.holder, "epoch": lease.epoch}
    if (await session.execute(_FENCE, values)).first() is None:
        raise LeaseLostError(f"The lease {lease.key} is held by another now.")
