"""The outbox: what a broker has not taken yet waits here, in memory and within bounds, so that no turn ever waits.

When it is full, further records are not taken: those that wait are older and come first. How many were left out is
logged once the broker is back; a bot with a PostgreSQL store can send them later with `talkwright engine export`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable

from talkwright.engine import logs
from talkwright.engine.brokers.port import BrokerAway, EventBroker, Record
from talkwright.engine.faults import where

MAX_BYTES = 32 << 20
"""Of all records that wait."""
_AT_ONCE = 500  # records that are handed over together
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0  # seconds between two tries


class Outbox:
    """Hands records to a broker in their order, in a task of its own."""

    def __init__(self, broker: EventBroker, *, limit: int, last_seconds: float = 10.0) -> None:
        """`limit`: records that may wait; `last_seconds`: how long `close` lets what waits go out."""
        self._broker = broker
        self._limit = limit
        self._last_seconds = last_seconds
        self._waiting: deque[Record] = deque()
        self._bytes = 0
        self._left_out = 0
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task: asyncio.Task[None] | None = None

    def put(self, records: Iterable[Record]) -> None:
        """Takes records as far as there is room; returns at once."""
        for record in records:
            if len(self._waiting) >= self._limit or self._bytes + len(record.value) > MAX_BYTES:
                if not self._left_out:
                    logs.warning("broker_queue_full", waiting=len(self._waiting))
                self._left_out += 1
            else:
                self._waiting.append(record)
                self._bytes += len(record.value)
        if self._waiting:
            self._empty.clear()
            self._news.set()
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    async def emptied(self) -> None:
        """Returns when nothing waits any more."""
        await self._empty.wait()

    async def close(self) -> None:
        """Lets what waits go out for a while, then gives up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._last_seconds):
                await self.emptied()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if lost := len(self._waiting) + self._left_out:
            logs.warning("broker_records_lost", count=lost)
        await self._broker.close()

    async def _work(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            await self._news.wait()
            batch = [self._waiting[place] for place in range(min(_AT_ONCE, len(self._waiting)))]
            left = await self._left_of(batch, first_try=pause == _FIRST_PAUSE)
            self._taken(batch, left)
            if left:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            if pause > _FIRST_PAUSE or self._left_out:
                logs.warning("broker_is_back", left_out=self._left_out)
                pause, self._left_out = _FIRST_PAUSE, 0

    async def _left_of(self, batch: list[Record], *, first_try: bool) -> list[Record]:
        """What of a batch has not arrived. A broker's fault that nobody foresaw must not end the sending."""
        try:
            await self._broker.send(batch)
        except BrokerAway as problem:
            if first_try:
                logs.warning("broker_away", reason=str(problem))
            return list(problem.left)
        except Exception as fault:  # as above: it is logged and tried again
            if first_try:
                logs.error("broker_failed", **where(fault))
            return batch
        return []

    def _taken(self, batch: list[Record], left: list[Record]) -> None:
        for _ in batch:
            self._bytes -= len(self._waiting.popleft().value)
        self._waiting.extendleft(reversed(left))
        self._bytes += sum(len(record.value) for record in left)
        if not self._waiting:
            self._news.clear()
            self._empty.set()
