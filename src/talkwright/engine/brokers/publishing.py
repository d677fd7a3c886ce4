"""A store that tells a broker what it keeps: whatever a turn has saved is put into the outbox, then and not before.

Conversations that are replaced as a whole (`PUT …/tracker/events`) and forgotten ones are not told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.brokers.outbox import Outbox
from talkwright.engine.brokers.records import Records
from talkwright.engine.stores.port import ConversationStore, Held


class PublishingStore:
    """Keeps conversations in `store` and tells of their events."""

    def __init__(self, store: ConversationStore, outbox: Outbox, records: Records) -> None:
        self._store = store
        self._outbox = outbox
        self._records = records

    async def open(self) -> None:
        """Opens the store; the broker is reached when there is something to tell."""
        await self._store.open()

    async def close(self) -> None:
        """Lets the outbox empty itself for a while, then closes the store."""
        await self._outbox.close()
        await self._store.close()

    async def check(self) -> None:
        """Whether the store answers; a broker that is away doesn't matter to a turn."""
        await self._store.check()

    @asynccontextmanager
    async def holding(self, conversation: str) -> AsyncIterator[Held]:
        """Holds the conversation in the store."""
        async with self._store.holding(conversation) as held:
            yield _Telling(held, self._outbox, self._records)

    async def read(self, conversation: str, initial_slots: Mapping[str, Any]) -> Tracker | None:
        """As the store reads it."""
        return await self._store.read(conversation, initial_slots)

    async def of_user(self, user_id: str, *, limit: int | None = None, offset: int = 0) -> Sequence[str]:
        """As the store knows them."""
        return await self._store.of_user(user_id, limit=limit, offset=offset)

    def ids(self, *, with_event: str | None = None) -> AsyncIterator[str]:
        """As the store knows them."""
        return self._store.ids(with_event=with_event)

    async def detail(self, conversation: str, message_id: str) -> Mapping[str, Any] | None:
        """As the store has recorded it."""
        return await self._store.detail(conversation, message_id)


class _Telling:
    """A held conversation whose saved events are told."""

    def __init__(self, held: Held, outbox: Outbox, records: Records) -> None:
        self._held = held
        self._outbox = outbox
        self._records = records
        self.tracker = held.tracker
        self.whole = held.whole
        self.replace = held.replace
        self.delete = held.delete

    async def save(self, tracker: Tracker) -> Sequence[Event]:
        """Saves, and tells of what was saved."""
        saved = await self._held.save(tracker)
        self._outbox.put(self._records.of(tracker.sender_id, tracker.user_id, saved))
        return saved
