"""Tickets: how turns of one conversation come one after the other, whichever processes they run in.

A turn draws a ticket, which is a row; the lowest number that has not expired holds the conversation. The process that
drew it renews it while the turn lasts, so a process that was killed or stopped loses it after a while, and the next one
goes on. Every write of a turn checks its ticket in the same statement: a turn that lost it can write nothing.

Why no two turns hold a conversation at once: numbers of one conversation become visible in their order, because they
are drawn under a lock of the conversation that ends with the commit; an expired ticket is never renewed; and all times
are the database server's. No time of a bot's machine matters.

Whoever waits behind a turn of another process is woken by PostgreSQL's notification as soon as that turn gives its
ticket back; where notifications don't come, it looks again a few times a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from talkwright.engine import logs
from talkwright.engine.stores.hearing import CHANNEL, Hearing
from talkwright.engine.stores.link import Link, Row
from talkwright.engine.stores.port import ConversationBusy, StoreAway

_FIRST_LOOK, _LONGEST_LOOK = 0.01, 0.1  # seconds between two looks at a queue that others stand in
_LONGEST_LOOK_WHEN_TOLD = 0.5  # the same where its end is told: for a holder that died, and words that got lost
_RELEASE_PATIENCE = 2.0  # seconds; a ticket that can't be given back expires
_RENEWALS = 3  # times in the life of a ticket

# A commit that waits for no disk: a ticket that a crash of the server forgets is a turn lost, never a turn twice.
_DRAW = """
WITH queue AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(hashtextextended(%(sender)s, 20261125))
)
INSERT INTO talkwright_engine.tickets (sender, token, expires_at)
SELECT %(sender)s, %(token)s, clock_timestamp() + %(life)s * interval '1 second' FROM queue
ON CONFLICT (token) DO UPDATE SET expires_at = excluded.expires_at
RETURNING number
"""
# What is read with the look is what the last holder left: its ticket ended after its last write.
_LOOK = """
SELECT q.*, c.seq, c.tail, c.snapshot, c.user_id,
    (SELECT array_agg(e.body ORDER BY e.seq) FROM talkwright_engine.events e
     WHERE q.before = 0 AND e.sender = %(sender)s AND e.seq >= c.tail)
FROM (
    SELECT count(*) FILTER (WHERE number < %(number)s) AS before,
        count(*) FILTER (WHERE number < %(number)s AND expires_at <= clock_timestamp()) AS expired,
        count(*) FILTER (WHERE number = %(number)s AND expires_at > clock_timestamp()) AS own
    FROM talkwright_engine.tickets WHERE sender = %(sender)s
) q LEFT JOIN talkwright_engine.conversations c ON q.before = 0 AND c.sender = %(sender)s
"""
_SWEEP = "DELETE FROM talkwright_engine.tickets WHERE sender = %(sender)s AND expires_at <= clock_timestamp()"
_RENEW = """
WITH cheap AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
UPDATE talkwright_engine.tickets SET expires_at = clock_timestamp() + %(life)s * interval '1 second' FROM cheap
WHERE token = ANY(%(tokens)s) AND expires_at > clock_timestamp() RETURNING token
"""
# Words cost a lock at the commit, so they are sent only where somebody waits in another process.
_RETURN = f"""
WITH cheap AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
gone AS (DELETE FROM talkwright_engine.tickets USING cheap WHERE token = %(token)s RETURNING sender)
SELECT pg_notify('{CHANNEL}', sender) FROM gone WHERE EXISTS (
    SELECT 1 FROM talkwright_engine.tickets t WHERE t.sender = gone.sender AND t.token <> ALL(%(here)s)
)
"""  # noqa: S608 - constants


@dataclass(eq=False)
class Ticket:
    """One turn's place in the queue; `found` is the conversation as it was when the turn came first."""

    sender: str
    token: uuid.UUID = field(default_factory=uuid.uuid4)
    number: int = 0
    lost: bool = False
    found: Row = ()
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Tickets:
    """The tickets of one process."""

    def __init__(self, link: Link, *, life: float, longest_wait: float) -> None:
        """`life`: seconds after which the ticket of a dead process expires; `longest_wait`: seconds in the queue."""
        self._link = link
        self.life = life
        self._longest_wait = longest_wait
        self._queues: defaultdict[str, list[Ticket]] = defaultdict(list)
        self._renewing: asyncio.Task[None] | None = None
        self._hearing = Hearing(link.url, self._told)

    @contextlib.asynccontextmanager
    async def holding(self, sender: str) -> AsyncIterator[Ticket]:
        """Hold a conversation, first come, first served. Raises ConversationBusy, StoreAway."""
        ticket = Ticket(sender)
        self._queues[sender].append(ticket)
        self._renew_from_now_on()
        try:
            await self._come_first(ticket)
            yield ticket
        finally:
            await self._give_back(ticket)

    async def close(self) -> None:
        """Stop renewing and hearing."""
        await self._hearing.close()
        if self._renewing is not None:
            self._renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._renewing

    async def found(self, ticket: Ticket) -> Row:
        """The conversation as it stands now: number of the last event and of the first read, snapshot, user, events."""
        return (await self._look(ticket))[3:]

    async def _come_first(self, ticket: Ticket) -> None:
        deadline = time.monotonic() + self._longest_wait
        pause = _FIRST_LOOK
        await self._draw(ticket)
        while True:
            ticket.woken.clear()  # before the look: what ends after it wakes
            before, expired, own, *found = await self._look(ticket)
            if not own:
                await self._draw(ticket)  # expired while it waited: to the end of the queue
            elif not before:
                ticket.found = tuple(found)
                return
            elif expired:
                await self._link.rows(_SWEEP, {"sender": ticket.sender})
            else:
                if time.monotonic() > deadline:
                    message = "Other messages of this conversation are still being answered: try again."
                    raise ConversationBusy(message)
                await self._wait(ticket, pause)
                pause = min(2 * pause, _LONGEST_LOOK_WHEN_TOLD if self._hearing.is_on else _LONGEST_LOOK)

    async def _draw(self, ticket: Ticket) -> None:
        values = {"sender": ticket.sender, "token": ticket.token, "life": self.life}
        ((ticket.number,),) = await self._link.rows(_DRAW, values)
        ticket.lost = False

    async def _look(self, ticket: Ticket) -> Row:
        (row,) = await self._link.rows(_LOOK, {"sender": ticket.sender, "number": ticket.number})
        return row

    async def _wait(self, ticket: Ticket, pause: float) -> None:
        """Until the turn before it ends; in front of those of this process it looks again soon."""
        first = min(self._queues[ticket.sender], key=lambda one: one.number or ticket.number)
        if first is ticket and await self._hearing.begin():
            return  # the turn before may have ended while nobody listened
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause if first is ticket else self.life / _RENEWALS):
                await ticket.woken.wait()

    def _told(self, sender: str) -> None:
        """The turn of another process has ended: the first of this one looks."""
        if queue := self._queues.get(sender):
            _next(queue).woken.set()

    async def _give_back(self, ticket: Ticket) -> None:
        try:
            here = [one.token for one in self._queues[ticket.sender]]
            await self._link.rows(_RETURN, {"token": ticket.token, "here": here}, patience=_RELEASE_PATIENCE)
        except StoreAway:
            logs.warning("ticket_left_to_expire", sender_id=ticket.sender)
        finally:
            queue = self._queues[ticket.sender]
            queue.remove(ticket)
            if queue:
                _next(queue).woken.set()
            else:
                del self._queues[ticket.sender]

    def _renew_from_now_on(self) -> None:
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        """Renews all tickets of this process at once, as long as there are any."""
        while self._queues:
            await asyncio.sleep(self.life / _RENEWALS)
            tickets = [ticket for queue in self._queues.values() for ticket in queue if ticket.number]
            if not tickets:
                continue
            try:
                renewed = await self._renewed([ticket.token for ticket in tickets])
            except StoreAway:
                continue  # what expires meanwhile is lost; the next round tells
            for ticket in tickets:
                ticket.lost = ticket.token not in renewed

    async def _renewed(self, tokens: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        values = {"tokens": list(tokens), "life": self.life}
        rows = await self._link.rows(_RENEW, values, patience=self.life / _RENEWALS)
        return {row[0] for row in rows}


def _next(queue: Sequence[Ticket]) -> Ticket:
    """The one whose turn comes next; those that have drawn no number yet come last."""
    return min(queue, key=lambda one: one.number or math.inf)
