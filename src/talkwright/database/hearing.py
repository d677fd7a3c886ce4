"""Hearing notifications without looking for them: the event loop wakes when the connection has something to read.

psycopg's own generator wakes ten times a second, which in a studio of ten processes is most of what it does while idle.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import psycopg

from talkwright.database.announcements import Listener


async def payloads(link: psycopg.AsyncConnection[Any], seconds: float) -> AsyncGenerator[str | None]:
    """The payloads of notifications as they come; None after so many seconds without one.

    Raises psycopg.OperationalError when the connection is cut. The caller has sent LISTEN before.
    """
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    descriptor = link.fileno()
    loop.add_reader(descriptor, readable.set)
    try:
        while True:
            link.pgconn.consume_input()
            readable.clear()
            found = False
            while (note := link.pgconn.notifies()) is not None:
                found = True
                yield note.extra.decode("utf-8", "replace")
            if found:
                continue
            try:
                await asyncio.wait_for(readable.wait(), seconds)
            except TimeoutError:
                yield None
    finally:
        with contextlib.suppress(OSError, ValueError):
            loop.remove_reader(descriptor)


class QuietListener(Listener):
    """A listener that costs nothing while nothing happens."""

    async def _hear(self, link: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async with contextlib.aclosing(payloads(link, self._reread)) as heard:
                async for payload in heard:
                    if payload is None:
                        break
                    self._wake(payload.partition(" ")[0])
            await link.execute("SELECT 1")
            self._wake()
