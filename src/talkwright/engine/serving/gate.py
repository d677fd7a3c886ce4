"""How many turns may be under way: what comes above it is refused at once, in words, and never kept waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from talkwright.engine import logs
from talkwright.engine.serving.answers import RETRY_SECONDS, ApiError

MOST_OF_ONE_CONVERSATION = 10
"""Messages of one conversation that are answered or wait for their turn: nobody types faster than that."""


class Gate:
    """Counts the turns under way and those that wait, all and by conversation."""

    def __init__(self, most: int) -> None:
        """`most` turns at once, those that wait for another of the same conversation included."""
        self._most = most
        self._under_way = 0
        self._by_conversation: dict[str, int] = {}
        self._ending = False
        self._told = False
        self._empty = asyncio.Event()
        self._empty.set()

    @contextmanager
    def passing(self, conversation: str) -> Iterator[None]:
        """Count one turn; raises ApiError (503 where there are too many or the bot ends, 429 for one conversation)."""
        if self._ending:
            raise _busy(503, "ServiceUnavailable", "The bot is ending and takes no more messages.")
        if self._under_way >= self._most:
            if not self._told:
                logs.warning("turns_refused", limit=self._most)
            self._told = True
            raise _busy(503, "ServiceUnavailable", f"{self._most} turns are under way; send the message again soon.")
        of_this = self._by_conversation.get(conversation, 0)
        if of_this >= MOST_OF_ONE_CONVERSATION:
            text = f"{of_this} messages of this conversation wait already; send the next one when they are answered."
            raise _busy(429, "TooManyRequests", text)
        self._under_way += 1
        self._by_conversation[conversation] = of_this + 1
        self._empty.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if self._by_conversation[conversation] == 1:
                del self._by_conversation[conversation]
            else:
                self._by_conversation[conversation] -= 1
            if self._under_way == 0:
                self._told = False  # the log says it once, until the bot has come to rest
                self._empty.set()

    async def close(self) -> None:
        """Let no turn in any more, and wait until those under way have ended."""
        self._ending = True
        await self._empty.wait()


def _busy(status: int, reason: str, message: str) -> ApiError:
    return ApiError(status, reason, message, retry_after=RETRY_SECONDS)
