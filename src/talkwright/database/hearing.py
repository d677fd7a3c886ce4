"""Hearing notifications without looking for them: the event loop wakes when the connection has something to read.

psycopg's own generator wakes ten times a second, which in a studio of ten processes is most of what it does while idle.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any, NoReturn

import psycopg
import structlog

from talkwright.database.engine import KEEP_ALIVE, plain_url
from talkwright.database.outage import DIRECT_SETTING, Outage, trouble_of

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


async def hear(direct_url: str, channel: str, tell: Callable[[str | None], None], *, reread: float) -> NoReturn:
    """Tell what a channel carries until the task is cancelled, over a connection that is made anew when it is cut.

    `tell` gets each payload, and None where something may have been missed: after each connecting and whenever nothing
    came for `reread` seconds.
    """
    pause = FIRST_PAUSE_SECONDS
    outage = Outage.at(direct_url, DIRECT_SETTING)  # one that the pool knows too keeps the name of the pool's setting
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                plain_url(direct_url), autocommit=True, connect_timeout=10, **KEEP_ALIVE
            ) as link:
                await link.execute(f"LISTEN {channel}")
                pause = FIRST_PAUSE_SECONDS
                outage.answered(channel, anew=True)
                tell(None)
                await _hear(link, tell, reread)
        except (psycopg.Error, OSError) as error:
            outage.failed(error, channel)
            if trouble_of(error) is None:
                log.warning("notifications_cut", channel=channel, error=type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def _hear(link: psycopg.AsyncConnection[Any], tell: Callable[[str | None], None], reread: float) -> None:
    while True:
        async with contextlib.aclosing(_payloads(link, reread)) as heard:
            async for payload in heard:
                tell(payload)
        tell(None)


async def _payloads(link: psycopg.AsyncConnection[Any], seconds: float) -> AsyncGenerator[str]:
    """The payloads of notifications as they come; ends after so many seconds without one."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    descriptor = link.fileno()
    loop.add_reader(descriptor, readable.set)
    try:
        while True:
            readable.clear()
            link.pgconn.consume_input()
            while (note := link.pgconn.notifies()) is not None:
                yield note.extra.decode("utf-8", "replace")
            try:
                async with asyncio.timeout(seconds):  # wait_for of 3.11 may swallow a cancellation
                    await readable.wait()
            except TimeoutError:
                return
    finally:
        with contextlib.suppress(OSError, ValueError):
            loop.remove_reader(descriptor)
