"""Announcements: durable facts in order, so that a page or a role that was away learns what it missed (ARCHITECTURE).

A row gets its number per scope under the scope's lock, last in the changing transaction, so numbers become visible in
order. The notification carries nothing to rely on: who listens reads the rows, on connecting and every 30 seconds too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, event, func, insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from talkwright.database.hearing import hear
from talkwright.database.tables import announcement_scopes, announcements

CHANNEL = "talkwright"
STUDIO = "studio"
WAKE_SCOPE = "work"
"""What wakes roles, and is no announcement."""
KEPT = timedelta(hours=24)
REREAD_SECONDS = 30.0
COMMITTED_WITHIN = timedelta(seconds=2)
"""From a fact's time, which is that of its writing, until others can read it."""
_WAITING = "announcements"


@dataclass(frozen=True, slots=True)
class Announcement:
    """One durable fact: its scope is an assistant's id or `studio`."""

    scope: str
    id: int
    kind: str
    payload: Mapping[str, Any]
    change_id: UUID | None
    at: datetime


def announce(
    session: AsyncSession,
    scope: UUID | str,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    change_id: UUID | None = None,
) -> None:
    """Have a fact announced with the session's transaction; it is written last, just before the commit."""
    if _WAITING not in session.info:
        event.listen(session.sync_session, "before_commit", _write_waiting)
    waiting: list[dict[str, Any]] = session.info.setdefault(_WAITING, [])
    waiting.append({"scope": str(scope), "kind": kind, "payload": json.dumps(payload or {}), "change_id": change_id})


def _write_waiting(session: Session) -> None:
    """Number and write what waits, scopes in one order, so that two transactions never block each other."""
    waiting: list[dict[str, Any]] = list(session.info[_WAITING])
    session.info[_WAITING].clear()
    if not waiting:
        return
    next_ids: dict[str, int] = {}
    for scope in sorted({row["scope"] for row in waiting}):
        count = sum(row["scope"] == scope for row in waiting)
        statement = upsert(announcement_scopes).values(scope=scope, last=count)
        statement = statement.on_conflict_do_update(
            index_elements=["scope"], set_={"last": announcement_scopes.c.last + count}
        )
        last = session.execute(statement.returning(announcement_scopes.c.last)).scalar_one()
        next_ids[scope] = last - count
    for row in waiting:
        next_ids[row["scope"]] += 1
        row["id"] = next_ids[row["scope"]]
    session.execute(insert(announcements).values([row | {"at": func.clock_timestamp()} for row in waiting]))
    for scope, last in next_ids.items():
        session.execute(text("SELECT pg_notify(:channel, :note)"), {"channel": CHANNEL, "note": f"{scope} {last}"})


async def wake(session: AsyncSession) -> None:
    """Wake every role that listens, with the session's transaction."""
    await session.execute(text("SELECT pg_notify(:channel, :note)"), {"channel": CHANNEL, "note": f"{WAKE_SCOPE} 0"})


async def positions(session: AsyncSession, scopes: Iterable[UUID | str]) -> dict[str, int]:
    """The last number of each scope, 0 where nothing was announced yet."""
    wanted = [str(scope) for scope in scopes]
    rows = await session.execute(
        select(announcement_scopes.c.scope, announcement_scopes.c.last).where(announcement_scopes.c.scope.in_(wanted))
    )
    known = {row.scope: row.last for row in rows}
    return {scope: known.get(scope, 0) for scope in wanted}


async def positions_before(session: AsyncSession, scopes: Iterable[UUID | str], age: timedelta) -> dict[str, int]:
    """The number of each scope after which comes all that who began to read so long ago may not have seen."""
    wanted = [str(scope) for scope in scopes]
    lasts = await positions(session, wanted)
    table = announcements
    recent = table.c.at > func.clock_timestamp() - (age + COMMITTED_WITHIN)
    firsts = (
        select(table.c.scope, func.min(table.c.id)).where(table.c.scope.in_(wanted), recent).group_by(table.c.scope)
    )
    return lasts | {scope: first - 1 for scope, first in await session.execute(firsts)}


@dataclass(frozen=True, slots=True)
class Since:
    """What was announced after a position; `reset` where the position is older than what is kept, or unknown."""

    announcements: list[Announcement]
    reset: bool


async def since(session: AsyncSession, position: Mapping[str, int], limit: int = 1000) -> Since:
    """Read what the scopes of a position announced after it, each scope in order, at most `limit` in all."""
    if not position:
        return Since([], reset=False)
    lasts = await positions(session, position)  # read first: what the second statement sees can only be newer
    table = announcements
    clauses = [(table.c.scope == scope) & (table.c.id > last) for scope, last in position.items()]
    condition = clauses[0]
    for clause in clauses[1:]:
        condition = condition | clause
    rows = (
        await session.execute(select(table).where(condition).order_by(table.c.scope, table.c.id).limit(limit))
    ).all()
    found: dict[str, int] = {}
    for row in rows:
        found.setdefault(row.scope, row.id)
    reset = any(
        last > lasts[scope] or (last < lasts[scope] and len(rows) < limit and found.get(scope) != last + 1)
        for scope, last in position.items()
    ) or any(first != position[scope] + 1 for scope, first in found.items())
    return Since([_announcement(row) for row in rows], reset)


def _announcement(row: Any) -> Announcement:
    return Announcement(row.scope, row.id, row.kind, json.loads(row.payload), row.change_id, row.at)


async def forget_old(session: AsyncSession, limit: int = 10_000) -> int:
    """Delete announcements older than 24 hours, at most `limit` at once; returns how many."""
    old = select(announcements.c.scope, announcements.c.id).where(announcements.c.at < func.now() - KEPT).limit(limit)
    done = await session.execute(
        delete(announcements).where(tuple_(announcements.c.scope, announcements.c.id).in_(old))
    )
    return int(getattr(done, "rowcount", 0))


@dataclass(eq=False)
class Subscription:
    """One listener's view: wakes when one of its scopes may have something new."""

    scopes: frozenset[str] | None
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> bool:
        """Wait until there may be something new, at most so many seconds; says whether it was woken."""
        try:
            async with asyncio.timeout(seconds):  # wait_for of 3.11 may swallow a cancellation
                await self.woken.wait()
        except TimeoutError:
            return False
        finally:
            self.woken.clear()
        return True


class Listener:
    """One connection per process that hears notifications and wakes its subscriptions; it reconnects by itself."""

    def __init__(self, direct_url: str, *, reread: float = REREAD_SECONDS) -> None:
        self._url = direct_url
        self._reread = reread
        self._subscriptions: set[Subscription] = set()
        self._task: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()
        """Set once it has listened for the first time; what is announced afterwards wakes, or is read anew."""

    def subscribe(self, scopes: Iterable[UUID | str] | None = None) -> Subscription:
        """Be woken for these scopes, or for all of them."""
        wanted = None if scopes is None else frozenset(str(scope) for scope in scopes)
        subscription = Subscription(wanted)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription."""
        self._subscriptions.discard(subscription)

    async def start(self) -> None:
        """Begin to listen."""
        if self._task is None:
            hearing = hear(self._url, CHANNEL, self._wake, reread=self._reread)
            self._task = asyncio.create_task(hearing, name="announcements")

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _wake(self, note: str | None) -> None:
        """Wake whom a notification may concern; everybody where something may have been missed."""
        self.listening.set()
        scope = None if note is None else note.partition(" ")[0]
        for subscription in self._subscriptions:
            if scope is None or subscription.scopes is None or scope in subscription.scopes:
                subscription.woken.set()
