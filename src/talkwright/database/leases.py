"""Leases as rows: who may act on something, under which epoch, and until when by the database's clock.

One that has run out is anybody's, and every taking makes a new epoch. Other statements read them; all that write them
stand here, but for what restores a dump (`dump.py`) and what clears away old ones (`retention.py`). A key says what the
right is to: `lead:KIND`, `attempt:ID`, `chat:ID`.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, delete, exists, func, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.announcements import wake
from talkwright.database.tables import chats, leases

_LATER = "clock_timestamp() + make_interval(secs => :seconds)"
LETS_GO = "set_config('idle_in_transaction_session_timeout', :patience, true)"
"""A holder that is frozen or cut off in its transaction must not keep the lease's row locked longer than the lease."""
TAKE = f"""
WITH taken AS (
  INSERT INTO studio.leases AS l (key, holder, epoch, expires_at) VALUES (:key, :holder, 1, {_LATER})
  ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, epoch = l.epoch + 1, expires_at = {_LATER}
  WHERE l.expires_at <= clock_timestamp()
  RETURNING l.epoch
)
SELECT epoch, 0::float AS wait, {LETS_GO} FROM taken
UNION ALL
SELECT NULL, extract(epoch FROM expires_at - clock_timestamp())::float, NULL FROM studio.leases
WHERE key = :key AND NOT EXISTS (SELECT FROM taken)
"""  # noqa: S608 - no values
RENEW = f"""
UPDATE studio.leases SET expires_at = {_LATER}
WHERE key = :key AND holder = :holder AND epoch = :epoch AND expires_at > clock_timestamp()
RETURNING epoch, {LETS_GO}
"""  # noqa: S608 - no values
RENEW_OF_ATTEMPTS = f"""
UPDATE studio.leases l SET expires_at = {_LATER} FROM studio.attempts a
WHERE a.worker = :worker AND a.ended_at IS NULL AND l.key = 'attempt:' || a.id
AND l.holder = :worker AND l.epoch = a.epoch AND l.expires_at > clock_timestamp()
RETURNING a.id AS attempt, l.epoch
"""  # noqa: S608 - no values
"""Renews all that a consumer holds, as a part of the statement that shows its life."""
FENCE = f"""
SELECT epoch, {LETS_GO} FROM studio.leases
WHERE key = :key AND holder = :holder AND epoch = :epoch AND expires_at > clock_timestamp()
FOR UPDATE
"""  # noqa: S608 - no values
_TAKE_OVER = f"""
INSERT INTO studio.leases AS l (key, holder, epoch, expires_at)
SELECT :key, :holder, a.epoch + 1, {_LATER} FROM studio.attempts a WHERE a.id = :attempt
ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, epoch = l.epoch + 1, expires_at = excluded.expires_at
WHERE l.expires_at <= clock_timestamp()
RETURNING l.epoch
"""  # noqa: S608 - no values
_GIVE = f"INSERT INTO studio.leases (key, holder, epoch, expires_at) VALUES (:key, :holder, 1, {_LATER})"  # noqa: S608 - no values
_HOLD_CHAT = f"""
INSERT INTO studio.leases AS l (key, holder, epoch, expires_at) VALUES (:key, :holder, 1, {_LATER})
ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, epoch = l.epoch + 1, expires_at = {_LATER}
WHERE l.holder = :holder OR l.expires_at <= clock_timestamp()
RETURNING epoch
"""  # noqa: S608 - no values


class Taken(Enum):
    """How a chat's lease was before it was taken: let go of, or left by a turn that was cut or not written."""

    IN_ORDER = auto()
    LEFT = auto()


def of_attempt(attempt: UUID) -> str:
    """The key of an attempt's lease."""
    return f"attempt:{attempt}"


def lasting(seconds: float) -> dict[str, Any]:
    """The time of a lease as parameters: for itself, and for the transaction that locks its row."""
    return {"seconds": seconds, "patience": f"{seconds * 1000:.0f}ms"}


async def take(session: AsyncSession, key: str, holder: UUID, seconds: float) -> tuple[int | None, float]:
    """Take the lease if it is free or ran out; gives the epoch, or None and for how many seconds another holds it."""
    values = {"key": key, "holder": holder, **lasting(seconds)}
    row = (await session.execute(text(TAKE), values)).one_or_none()
    if row is None:  # it was made and not yet to be seen: another has just taken it
        return None, 0.0
    return row.epoch, max(float(row.wait), 0.0)


async def take_over(session: AsyncSession, attempt: UUID, holder: UUID, seconds: float) -> int | None:
    """Take the expired lease of an attempt; gives the new epoch, None where its holder lives.

    A lease so old that it was cleared away is made anew, under an epoch above the attempt's last one.
    """
    values = {"key": of_attempt(attempt), "attempt": attempt, "holder": holder, "seconds": seconds}
    return (await session.execute(text(_TAKE_OVER), values)).scalar_one_or_none()


async def give(session: AsyncSession, key: str, holder: UUID, seconds: float) -> None:
    """Make a lease that nobody has had yet, of epoch 1."""
    await session.execute(text(_GIVE), {"key": key, "holder": holder, "seconds": seconds})


async def renew(session: AsyncSession, key: str, holder: UUID, epoch: int, seconds: float) -> bool:
    """Give the lease new time; False where it ran out or another took it."""
    values = {"key": key, "holder": holder, "epoch": epoch, **lasting(seconds)}
    return (await session.execute(text(RENEW), values)).first() is not None


async def fence(session: AsyncSession, key: str, holder: UUID, epoch: int, seconds: float) -> bool:
    """Lock the lease's row for the transaction; False where it ran out or another took it."""
    values = {"key": key, "holder": holder, "epoch": epoch, **lasting(seconds)}
    return (await session.execute(text(FENCE), values)).first() is not None


async def release(session: AsyncSession, key: str, holder: UUID, epoch: int) -> None:
    """Have it run out now, by its holder, and wake whoever waits for it."""
    mine = update(leases).where(*_mine(key, holder, epoch), leases.c.expires_at > func.clock_timestamp())
    done = await session.execute(mine.values(expires_at=func.clock_timestamp()).returning(leases.c.epoch))
    if done.first() is not None:
        await wake(session)


async def release_all(session: AsyncSession, holder: UUID | None = None) -> None:
    """Have all leases run out now that somebody holds, or that a `holder` does."""
    living = update(leases).where(leases.c.expires_at > func.clock_timestamp())
    if holder is not None:
        living = living.where(leases.c.holder == holder)
    await session.execute(living.values(expires_at=func.clock_timestamp()))


async def end(session: AsyncSession, key: str, holder: UUID, epoch: int) -> None:
    """Remove a lease that nobody needs any more."""
    await session.execute(delete(leases).where(*_mine(key, holder, epoch)))


async def hold_chat(session: AsyncSession, chat: UUID, holder: UUID, seconds: float) -> Taken | None:
    """Take or renew a chat's lease: one turn at a time, across all backend processes; None while another has it."""
    values = {"key": _of_chat(chat), "holder": holder, "seconds": seconds}
    epoch = (await session.execute(text(_HOLD_CHAT), values)).scalar_one_or_none()
    if epoch is None:
        return None
    return Taken.IN_ORDER if epoch == 1 else Taken.LEFT


async def let_go_of_chat(session: AsyncSession, chat: UUID, holder: UUID, *, in_order: bool) -> None:
    """Let the next turn begin; unless all went `in_order` the lease is left, for whoever takes it to know."""
    mine = leases.c.key == _of_chat(chat), leases.c.holder == holder
    if in_order:
        await session.execute(delete(leases).where(*mine))
    else:
        await session.execute(update(leases).where(*mine).values(expires_at=func.clock_timestamp()))


async def forget_old(session: AsyncSession, age: timedelta) -> None:
    """Delete leases that ran out so long ago, but for those that were left to a chat's next turn."""
    waits = exists().where(leases.c.key == func.concat(_of_chat(""), cast(chats.c.id, Text)))
    await session.execute(delete(leases).where(leases.c.expires_at < func.now() - age, ~waits))


def _of_chat(chat: UUID | str) -> str:
    return f"chat:{chat}"


def _mine(key: str, holder: UUID, epoch: int) -> tuple[ColumnElement[bool], ...]:
    return leases.c.key == key, leases.c.holder == holder, leases.c.epoch == epoch
