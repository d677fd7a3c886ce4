"""An HTTP server that sleeps while nobody asks: uvicorn's own loop wakes ten times a second to look whether to end."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import uvicorn

TICK_SECONDS = 1.0
"""How often the date header is made anew."""


class QuietServer(uvicorn.Server):
    """A server that says when it listens and ends as soon as it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Begin to stop: no new requests, and the open ones may finish. Told twice, it waits for none."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Keep the date header right and wait for the end."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):  # wait_for of 3.11 may swallow a cancellation
                    await self._ending.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self.listening.set()
