"""Hearing that a turn in another process has ended: one connection that PostgreSQL sends notifications to.

It is opened when somebody first waits behind another process and closed once nobody has for a while, so a bot that
shares its conversations with nobody never has it. Where notifications can't be had, as behind some poolers, nobody is
told, and whoever waits looks by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import psycopg

CHANNEL = "talkwright_engine_tickets"
_CONNECT_SECONDS = 5
_OPEN_WITHIN = 1.0  # seconds that a waiting turn gives the connection; it goes on without
_IDLE_SECONDS = 60.0
_AFTER_FAILURE = 5.0  # seconds until it is tried again


class Hearing:
    """Calls `told` with each conversation whose turn has ended while others wait."""

    def __init__(self, url: str, told: Callable[[str], None]) -> None:
        self._url = url
        self._told = told
        self._task: asyncio.Task[None] | None = None
        self._heard_from_now_on = asyncio.Event()
        self._wanted = 0.0
        self._failed = -_AFTER_FAILURE

    @property
    def is_on(self) -> bool:
        """Whether words arrive."""
        return self._heard_from_now_on.is_set()

    async def begin(self) -> bool:
        """Listen from now on; whether this has changed anything, so that what was seen before may be old."""
        self._wanted = time.monotonic()
        if self.is_on or self._wanted - self._failed < _AFTER_FAILURE:
            return False
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_OPEN_WITHIN):
                await self._heard_from_now_on.wait()
        return self.is_on

    async def close(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        try:
            link = await psycopg.AsyncConnection.connect(
                self._url,
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                tcp_user_timeout=_CONNECT_SECONDS * 1000,
                application_name="talkwright-engine-hearing",
            )
            async with link:
                await link.execute(f"LISTEN {CHANNEL}".encode())
                self._heard_from_now_on.set()
                while time.monotonic() - self._wanted < _IDLE_SECONDS:
                    async for notification in link.notifies(timeout=_IDLE_SECONDS):
                        self._told(notification.payload)
        except psycopg.Error:  # the database is away or notifies nobody: whoever waits looks by itself
            self._failed = time.monotonic()
        finally:
            self._heard_from_now_on.clear()
