"""Leases: who may act for whom, by the database's clock alone, so that no two ever act and no dead one blocks for long.

A lease has a holder and an epoch that grows with every taking. Who holds it renews it by holder and epoch, stops acting
when half of its time passed without a good renewal, and locks its row in every transaction that writes.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database import leases as rows
from talkwright.database.engine import Database

_LOST = "The lease {key} is held by another now, or ran out."


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


@dataclass(frozen=True, slots=True)
class Held:
    """Another holds the lease; it runs out in so many seconds unless it is renewed."""

    seconds: float


class Leases:
    """The leases of one process. `holder` is new at each start; `seconds` is their time to live."""

    def __init__(self, database: Database, holder: UUID, seconds: float) -> None:
        self._database = database
        self.holder = holder
        self.seconds = seconds

    async def take(self, key: str) -> Lease | Held:
        """Take the lease if it is free or ran out; otherwise says for how long another holds it."""
        asked = time.monotonic()
        async with self._database.transaction() as session:
            epoch, wait = await rows.take(session, key, self.holder, self.seconds)
        return Held(wait) if epoch is None else self.known(key, epoch, asked)

    async def renew(self, lease: Lease) -> Lease:
        """The lease with new time. Raises LeaseLostError where it ran out or another took it."""
        asked = time.monotonic()
        async with self._database.transaction() as session:
            if not await rows.renew(session, lease.key, lease.holder, lease.epoch, self.seconds):
                raise LeaseLostError(_LOST.format(key=lease.key))
        return self.known(lease.key, lease.epoch, asked)

    def known(self, key: str, epoch: int, renewed_at: float) -> Lease:
        """The lease as renewed at a moment of this process's clock (when the renewal was asked for)."""
        return Lease(key=key, holder=self.holder, epoch=epoch, good_until=renewed_at + self.seconds / 2)

    async def end(self, lease: Lease) -> None:
        """Remove a lease that nobody needs any more."""
        async with self._database.transaction() as session:
            await rows.end(session, lease.key, lease.holder, lease.epoch)

    async def release(self, lease: Lease) -> None:
        """Let another take it, and wake whoever waits for it."""
        async with self._database.transaction() as session:
            await rows.release(session, lease.key, lease.holder, lease.epoch)

    @asynccontextmanager
    async def fenced(self, lease: Lease) -> AsyncIterator[AsyncSession]:
        """A transaction that holds the lease's row; raises LeaseLostError where it is no longer ours."""
        lease.check()
        async with self._database.transaction() as session:
            if not await rows.fence(session, lease.key, lease.holder, lease.epoch, self.seconds):
                raise LeaseLostError(_LOST.format(key=lease.key))
            yield session
