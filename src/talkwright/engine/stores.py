"""Where a running bot keeps its conversations: an interface, and the one in memory that forgets the longest unused."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from talkwright.conversation.tracker import Tracker


class TrackerStore(Protocol):
    """Keeps trackers by conversation id."""

    def get(self, conversation: str) -> Tracker | None:
        """The tracker, or None for a conversation that is not known (any more)."""
        ...

    def put(self, tracker: Tracker) -> None:
        """Keep the tracker under its sender's id."""
        ...

    def delete(self, conversation: str) -> bool:
        """Forget the conversation; whether it was known."""
        ...


class MemoryStore:
    """Keeps up to `limit` conversations; one more pushes the longest unused out."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._trackers: OrderedDict[str, Tracker] = OrderedDict()

    def __len__(self) -> int:
        return len(self._trackers)

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
