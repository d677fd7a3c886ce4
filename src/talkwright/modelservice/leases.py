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

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.engine import Database
from talkwright.database.work import wake


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


_LETS_GO = "set_config('idle_in_transaction_session_timeout', :patience, true)"
"""A holder that is frozen or cut off in its transaction must not keep the lease's row locked longer than the lease."""
TAKE = f"""
WITH taken AS (
  INSERT INTO studio.leases AS l (key, holder, epoch, expires_at)
  VALUES (:key, :holder, 1, clock_timestamp() + make_interval(secs => :seconds))
  ON CONFLICT (key) DO UPDATE SET
    holder = excluded.holder, epoch = l.epoch + 1, expires_at = clock_timestamp() + make_interval(secs => :seconds)
  WHERE l.expires_at <= clock_timestamp()
  RETURNING l.epoch
)
SELECT epoch, 0::float AS wait, {_LETS_GO} FROM taken
UNION ALL
SELECT NULL, extract(epoch FROM expires_at - clock_timestamp())::float, NULL FROM studio.leases
WHERE key = :key AND NOT EXISTS (SELECT FROM taken)
"""  # noqa: S608 - no values
RENEW = f"""
UPDATE studio.leases SET expires_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE key = :key AND holder = :holder AND epoch = :epoch AND expires_at > clock_timestamp()
RETURNING epoch, {_LETS_GO}
"""  # noqa: S608 - no values
FENCE = f"""
SELECT epoch, {_LETS_GO} FROM studio.leases
WHERE key = :key AND holder = :holder AND epoch = :epoch AND expires_at > clock_timestamp()
FOR UPDATE
"""  # noqa: S608 - no values
_RELEASE = """
UPDATE studio.leases SET expires_at = clock_timestamp() WHERE key = :key AND holder = :holder AND epoch = :epoch
"""
_END = "DELETE FROM studio.leases WHERE key = :key AND holder = :holder AND epoch = :epoch"


class Leases:
    """The leases of one process. `holder` is new at each start; `seconds` is their time to live."""

    def __init__(self, database: Database, holder: UUID, seconds: float) -> None:
        self._database = database
        self.holder = holder
        self.seconds = seconds
        self._patience = f"{seconds * 1000:.0f}ms"

    async def take(self, key: str) -> Lease | Held:
        """Take the lease if it is free or ran out; otherwise says for how long another holds it."""
        asked = time.monotonic()
        values = {"key": key, "holder": self.holder, "seconds": self.seconds, "patience": self._patience}
        async with self._database.transaction() as session:
            row = (await session.execute(text(TAKE), values)).one_or_none()
        if row is None:  # it was made and not yet to be seen: another has just taken it
            return Held(0.0)
        return Held(max(float(row.wait), 0.0)) if row.epoch is None else self.known(key, int(row.epoch), asked)

    async def renew(self, lease: Lease) -> Lease:
        """The lease with new time. Raises LeaseLostError where it ran out or another took it."""
        asked = time.monotonic()
        values = {**_named(lease), "seconds": self.seconds, "patience": self._patience}
        async with self._database.transaction() as session:
            if (await session.execute(text(RENEW), values)).first() is None:
                raise LeaseLostError(f"The lease {lease.key} is held by another now, or ran out.")
        return self.known(lease.key, lease.epoch, asked)

    def known(self, key: str, epoch: int, renewed_at: float) -> Lease:
        """The lease as renewed at a moment of this process's clock (when the renewal was asked for)."""
        return Lease(key=key, holder=self.holder, epoch=epoch, good_until=renewed_at + self.seconds / 2)

    async def end(self, lease: Lease) -> None:
        """Remove a lease that nobody needs any more."""
        async with self._database.transaction() as session:
            await session.execute(text(_END), _named(lease))

    async def release(self, lease: Lease) -> None:
        """Let another take it, and wake whoever waits for it."""
        async with self._database.transaction() as session:
            await session.execute(text(_RELEASE), _named(lease))
            await wake(session)

    @asynccontextmanager
    async def fenced(self, lease: Lease) -> AsyncIterator[AsyncSession]:
        """A transaction that holds the lease's row; raises LeaseLostError where it is no longer ours."""
        lease.check()
        async with self._database.transaction() as session:
            values = {**_named(lease), "patience": self._patience}
            if (await session.execute(text(FENCE), values)).first() is None:
                raise LeaseLostError(f"The lease {lease.key} is held by another now, or ran out.")
            yield session


def _named(lease: Lease) -> dict[str, object]:
    return {"key": lease.key, "holder": lease.holder, "epoch": lease.epoch}
