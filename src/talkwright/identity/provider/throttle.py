"""Login throttling, counted in the database so that every process sees the same (ASVS 6.3.1)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.identity.provider.tables import throttles

WINDOW = timedelta(minutes=15)
PAUSE = timedelta(seconds=60)
FROM_ONE_ADDRESS = 5
"""Wrong passwords of one name from one address before it must wait: nobody else's sign-in is held up by it."""
OF_ONE_ADDRESS = 60
OF_ONE_NAME = 100


def _keys(username: str, address: str) -> dict[str, int]:
    name = hashlib.sha256(username.encode()).hexdigest()[:32]
    return {
        f"both:{name}:{address}": FROM_ONE_ADDRESS,
        f"address:{address}": OF_ONE_ADDRESS,
        f"name:{name}": OF_ONE_NAME,
    }


async def admit_attempt(session: AsyncSession, username: str, address: str) -> datetime | None:
    """Count an attempt before its password is looked at; says until when it must wait, or None.

    Counting first keeps attempts made at the same moment from slipping through together.
    """
    waits = [await _count(session, key, limit) for key, limit in sorted(_keys(username, address).items())]
    return max((wait for wait in waits if wait is not None), default=None)


async def forgive(session: AsyncSession, username: str, address: str) -> None:
    """Take the attempt back after the right password, and forget the wrong ones of this name from this address.

    Counters that count for nothing any more go at the same time.
    """
    both, *others = _keys(username, address)
    is_old = throttles.c.since < func.now() - WINDOW * 4
    await session.execute(delete(throttles).where((throttles.c.key == both) | is_old))
    await session.execute(
        update(throttles)
        .where(throttles.c.key.in_(others), throttles.c.count > 0)
        .values(count=throttles.c.count - 1, blocked_until=None)  # who was let in stood before no pause but his own
    )


async def _count(session: AsyncSession, key: str, limit: int) -> datetime | None:
    """Count an attempt and let it through, or say until when its pause lasts; nothing counts during a pause.

    The attempt that reaches the limit is still looked at and begins a pause, each next one begins one twice as long:
    whoever waits as long as was said is let through.
    """
    now: Any = func.clock_timestamp()
    over = throttles.c.since < now - WINDOW
    count = case((over, 1), else_=throttles.c.count + 1)
    pause = case((count >= limit, now + PAUSE * func.power(2, func.least(count - limit, 3))), else_=None)
    statement = upsert(throttles).values(key=key, count=1, since=now)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"count": count, "since": case((over, now), else_=throttles.c.since), "blocked_until": pause},
        where=throttles.c.blocked_until.is_(None) | (throttles.c.blocked_until <= now),
    )
    if (await session.execute(statement.returning(throttles.c.key))).first() is not None:
        return None
    query = select(throttles.c.blocked_until).where(throttles.c.key == key)
    until: datetime | None = (await session.execute(query)).scalar_one()
    return until
