"""Conversations in PostgreSQL, shared by any number of bots: events that are only ever added to, and a snapshot.

A turn costs four statements, however long the conversation is: draw a ticket, look and read, save, give it back. Each
is a transaction of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import errors

from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.stores.link import Connection, Link, Row
from talkwright.engine.stores.migrate import SCHEMA, steps
from talkwright.engine.stores.port import StoreError, TurnLost, UnusableId
from talkwright.engine.stores.recording import NOTHING, Recording
from talkwright.engine.stores.snapshots import body_of, event_of, snapshot_of, tail_of, tracker_of
from talkwright.engine.stores.tickets import Ticket, Tickets
from talkwright.engine.stores.writing import DELETE, EVENTS, IDS, IDS_WITH_EVENT, KNOWN, REPLACE, SAVE

_IDS_AT_ONCE = 500
_MIGRATE = "run `talkwright engine migrate` with the same TALKWRIGHT_ENGINE_STORE_URL"


class PostgresStore:
    """Keeps conversations in the schema `talkwright_engine` of a database."""

    def __init__(
        self,
        url: str,
        *,
        connections: int = 4,
        ticket_seconds: float = 15.0,
        longest_wait: float = 60.0,
        patience: float = 10.0,
        recording: Recording = NOTHING,
    ) -> None:
        """All times in seconds; `patience` is how long an unreachable server is tried again."""
        self.link = Link(url, connections=connections, patience=patience)
        self.tickets = Tickets(self.link, life=ticket_seconds, longest_wait=longest_wait)
        self.recording = recording

    async def open(self) -> None:
        """Connects and looks at the schema. Raises StoreError, with words for whoever runs the bot."""
        await self.link.open()
        try:
            await self._check_schema()
        except StoreError:
            await self.close()  # a pool left open would keep the process alive
            raise

    async def _check_schema(self) -> None:
        try:
            ((taken,),) = await self.link.rows(f"SELECT max(number) FROM {SCHEMA}.steps")  # noqa: S608 - a constant
        except (errors.UndefinedTable, errors.InvalidSchemaName) as problem:
            raise StoreError(f"The database has no tables for conversations yet: {_MIGRATE}.") from problem
        except psycopg.Error as problem:
            raise StoreError(f"The database refuses: {str(problem).splitlines()[0]}") from problem
        if (taken or 0) < steps()[-1].number:
            raise StoreError(f"The tables for conversations are older than this version: {_MIGRATE}.")

    async def close(self) -> None:
        """Stops renewing tickets and ends all connections."""
        await self.tickets.close()
        await self.link.close()

    async def check(self) -> None:
        """Returns if the server answers at once. Raises StoreAway."""
        await self.link.rows("SELECT 1", patience=1.0)

    @asynccontextmanager
    async def holding(self, conversation: str) -> AsyncIterator[HeldInPostgres]:
        """Hold the conversation. Raises ConversationBusy, StoreAway, UnusableId."""
        async with self.tickets.holding(usable(conversation)) as ticket:
            yield HeldInPostgres(self, ticket)

    async def read(self, conversation: str, initial_slots: Mapping[str, Any]) -> Tracker | None:
        """The conversation played anew from all its events, whoever holds it. Raises StoreAway."""
        rows = await self.link.rows(EVENTS, {"sender": usable(conversation), "from": 1, "to": None})
        if not rows or rows[0][0] is None:
            return None
        events = [event_of(body) for _, _, body in rows if body is not None]
        return Tracker.from_events(conversation, initial_slots, events, user_id=rows[0][1])

    async def of_user(self, user_id: str, *, limit: int | None = None, offset: int = 0) -> Sequence[str]:
        """The ids of a user's conversations, the latest changed first."""
        rows = await self.link.rows(
            f"SELECT sender FROM {SCHEMA}.conversations WHERE user_id = %s ORDER BY changed_at DESC, sender"  # noqa: S608 - a constant
            " LIMIT %s OFFSET %s",
            [storable(user_id), limit, offset],
        )
        return [row[0] for row in rows]

    async def ids(self, *, with_event: str | None = None) -> AsyncIterator[str]:
        """The ids of all conversations, or of those with an event of one type; a new one may be missed."""
        last = ""
        while True:
            rows = await self.link.rows(IDS if with_event is None else IDS_WITH_EVENT, [last, with_event, _IDS_AT_ONCE])
            for (sender,) in rows:
                yield sender
            if len(rows) < _IDS_AT_ONCE:
                return
            last = rows[-1][0]

    async def detail(self, conversation: str, message_id: str) -> Mapping[str, Any] | None:
        """What was recorded of how a message was understood."""
        rows = await self.link.rows(
            f"SELECT body::json FROM {SCHEMA}.details WHERE sender = %s AND message_id = %s",  # noqa: S608 - a constant
            [storable(conversation), storable(message_id)],
        )
        found = rows[0][0] if rows else None
        return found if isinstance(found, dict) else None


class HeldInPostgres:
    """One conversation, held by one turn."""

    def __init__(self, store: PostgresStore, ticket: Ticket) -> None:
        self._store = store
        self._ticket = ticket
        self._found: Row | None = ticket.found
        self._known: int = ticket.found[0] or 0

    async def tracker(self, initial_slots: Mapping[str, Any]) -> Tracker | None:
        """The conversation from its snapshot and its latest events, which came with the ticket."""
        if self._found is None:
            self._found = await self._store.tickets.found(self._ticket)
        seq, tail, snapshot, user_id, bodies = self._found
        self._known = seq or 0
        if seq is None:
            return None
        tracker = tracker_of(
            self._ticket.sender,
            initial_slots,
            snapshot,
            [event_of(body) for body in bodies or ()],
            earlier=tail - 1,
            user_id=user_id,
        )

        async def earlier() -> list[Event]:
            rows = await self._store.link.rows(EVENTS, {"sender": self._ticket.sender, "from": 1, "to": tail - 1})
            return [event_of(body) for _, _, body in rows if body is not None]

        tracker.fetch_earlier = earlier
        return tracker

    async def whole(self, initial_slots: Mapping[str, Any]) -> Tracker | None:
        """The conversation played anew from all its events."""
        return await self._store.read(self._ticket.sender, initial_slots)

    async def save(self, tracker: Tracker) -> Sequence[Event]:
        """Adds the events that came since the tracker was read or last saved. Raises TurnLost, StoreAway."""
        new = tracker.events[self._known - tracker.earlier :]
        if not new:
            return ()
        details = [detail for event in new if (detail := self._store.recording.detail(event)) is not None]
        values = {
            **self._values(tracker, new, first=self._known + 1),
            "message_ids": [storable(message_id) for message_id, _ in details],
            "details": [body for _, body in details],
        }

        async def write(connection: Connection) -> Row:
            cursor = await connection.execute(SAVE, values)
            held, kept = await cursor.fetchone() or (0, None)
            if held and kept is None:  # perhaps it was written, and only the answer was lost
                cursor = await connection.execute(KNOWN, values)
                kept = await cursor.fetchone()
            return held, kept

        await self._write(write)
        self._known = tracker.count
        return new

    async def replace(self, tracker: Tracker) -> None:
        """Puts the tracker in the place of what is there. Raises TurnLost, StoreAway."""
        await tracker.complete()
        values = self._values(tracker, tracker.events, first=1)

        async def write(connection: Connection) -> Row:
            async with connection.transaction():
                for statement in REPLACE[:-1]:
                    await connection.execute(statement, values)
                cursor = await connection.execute(REPLACE[-1], values)
                held, kept = await cursor.fetchone() or (0, None)
                if not held:
                    raise TurnLost(_LOST)
            return held, kept

        await self._write(write)
        self._known = tracker.count

    async def delete(self) -> bool:
        """Forgets the conversation with all that is recorded of it; whether it was known."""

        async def write(connection: Connection) -> Row:
            cursor = await connection.execute(DELETE, {"sender": self._ticket.sender, "token": self._ticket.token})
            return await cursor.fetchone() or (0, None)

        held, deleted = await self._write(write, expects=False)
        self._known = 0
        return bool(held and deleted)

    async def _write(self, work: Any, *, expects: bool = True) -> Row:
        if self._ticket.lost:
            raise TurnLost(_LOST)
        self._found = None
        row: Row = await self._store.link.run(work, patience=min(self._store.link.patience, self._store.tickets.life))
        if not row[0] or (expects and row[1] is None):
            raise TurnLost(_LOST)
        return row

    def _values(self, tracker: Tracker, events: Sequence[Event], *, first: int) -> dict[str, Any]:
        start = tail_of(tracker.events)
        kept = [self._store.recording.kept(event) for event in events]
        return {
            "sender": self._ticket.sender,
            "token": self._ticket.token,
            "write": uuid.uuid4(),
            "known": self._known,
            "user_id": None if tracker.user_id is None else storable(tracker.user_id),
            "seq": tracker.count,
            "tail": tracker.earlier + start + 1,
            "snapshot": snapshot_of(tracker),
            "first": first,
            "types": [storable(event.type) for event in kept],
            "ats": [event.timestamp for event in kept],
            "bodies": [body_of(event) for event in kept],
        }


_LOST = "The turn lost its conversation, because it took too long without a sign of life: nothing of it was saved."


def usable(conversation: str) -> str:
    """The id, if PostgreSQL can keep it. Raises UnusableId."""
    try:
        conversation.encode()
    except UnicodeEncodeError as problem:
        raise UnusableId("A conversation's id must be a proper text: it holds half a character.") from problem
    if "\0" in conversation:
        raise UnusableId("A conversation's id can't hold the character U+0000.")
    return conversation


def storable(text: str) -> str:
    """A text as PostgreSQL can keep it, a question mark for what it can't."""
    return text.encode(errors="replace").decode().replace("\0", "?")
