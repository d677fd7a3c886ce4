"""Conversations in memory: the store of a bot that stands alone. It forgets the longest unused ones."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker


class Locks:
    """One lock per conversation, kept only while somebody holds or awaits it."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def holding(self, conversation: str) -> AsyncIterator[None]:
        """Hold the conversation: turns of one sender never run at the same time."""
        lock, users = self._held.get(conversation, (asyncio.Lock(), 0))
        self._held[conversation] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._held[conversation]
            if users == 1:
                del self._held[conversation]
            else:
                self._held[conversation] = (lock, users - 1)


class MemoryStore:
    """Keeps up to `limit` conversations; one more pushes the longest unused out."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._trackers: OrderedDict[str, Tracker] = OrderedDict()
        self._locks = Locks()

    def __len__(self) -> int:
        return len(self._trackers)

    async def open(self) -> None:
        """Nothing is needed."""

    async def close(self) -> None:
        """Nothing is open."""

    async def check(self) -> None:
        """Memory always answers."""

    @asynccontextmanager
    async def holding(self, conversation: str) -> AsyncIterator[HeldInMemory]:
        """Hold the conversation: turns of one sender never run at the same time."""
        async with self._locks.holding(conversation):
            yield HeldInMemory(self, conversation)

    async def read(self, conversation: str, initial_slots: Mapping[str, Any]) -> Tracker | None:
        """A copy as it stands, even in the middle of a turn."""
        tracker = self._trackers.get(conversation)
        if tracker is None:
            return None
        return Tracker.from_events(conversation, initial_slots, tuple(tracker.events), user_id=tracker.user_id)

    async def of_user(self, user_id: str, *, limit: int | None = None, offset: int = 0) -> Sequence[str]:
        """The ids of a user's conversations, the latest used first."""
        found = [tracker.sender_id for tracker in reversed(self._trackers.values()) if tracker.user_id == user_id]
        return found[offset:] if limit is None else found[offset : offset + limit]

    async def ids(self, *, with_event: str | None = None) -> AsyncIterator[str]:
        """The ids of all conversations, or of those with an event of one type."""
        for conversation, tracker in list(self._trackers.items()):
            if with_event is None or any(event.type == with_event for event in tracker.events):
                yield conversation

    async def detail(self, conversation: str, message_id: str) -> Mapping[str, Any] | None:
        """How a message was understood: in memory its own event still holds it."""
        tracker = self._trackers.get(conversation)
        for event in reversed(tracker.events if tracker is not None else ()):
            parse_data = event.get("parse_data") if event.type == ev.USER else None
            if isinstance(parse_data, Mapping) and event.get("message_id") == message_id:
                return {key: parse_data[key] for key in ("trace", "prompts") if key in parse_data}
        return None

    def get(self, conversation: str) -> Tracker | None:
        """The tracker, which counts as used now."""
        tracker = self._trackers.get(conversation)
        if tracker is not None:
            self._trackers.move_to_end(conversation)
        return tracker

    def put(self, tracker: Tracker) -> None:
        """Keep the tracker as the most recently used."""
        self._trackers[tracker.sender_id] = tracker
        self._trackers.move_to_end(tracker.sender_id)
        while len(self._trackers) > self._limit:
            self._trackers.popitem(last=False)

    def delete(self, conversation: str) -> bool:
        """Forget the conversation; whether it was known."""
        return self._trackers.pop(conversation, None) is not None


class HeldInMemory:
    """One conversation of a memory store, held by one turn: the tracker itself, with all its events."""

    def __init__(self, store: MemoryStore, conversation: str) -> None:
        self._store = store
        self._conversation = conversation
        self._known = 0

    async def tracker(self, initial_slots: Mapping[str, Any]) -> Tracker | None:
        """The conversation as it stands; its slots begin from now on as this model's do."""
        tracker = self._store.get(self._conversation)
        if tracker is not None:
            tracker.initial_slots = initial_slots
            self._known = len(tracker.events)
        return tracker

    async def whole(self, initial_slots: Mapping[str, Any]) -> Tracker | None:
        """The conversation played anew, as a copy."""
        return await self._store.read(self._conversation, initial_slots)

    async def save(self, tracker: Tracker) -> Sequence[Event]:
        """Keeps the tracker; returns the events that came since it was read or last saved."""
        new = tracker.events[self._known :]
        self._known = len(tracker.events)
        self._store.put(tracker)
        return new

    async def replace(self, tracker: Tracker) -> None:
        """Keeps the tracker instead of what is there."""
        self._known = len(tracker.events)
        self._store.put(tracker)

    async def delete(self) -> bool:
        """Forgets the conversation; whether it was known."""
        return self._store.delete(self._conversation)
