"""Connections to an address of this machine that are handed on to another one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Hand on what comes until it ends."""
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.close()


@asynccontextmanager
async def forwarded(host: str, target: tuple[str, int], port: int = 0) -> AsyncIterator[int]:
    """Whoever connects to this address talks to the target; yields the port, a free one where it is 0.

    Several processes may do so for the same address at once.
    """
    handing = set[asyncio.Task[None]]()

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handing.add(task)
        try:
            with contextlib.suppress(OSError):
                back, forth = await asyncio.open_connection(*target)
                await asyncio.gather(pass_on(reader, forth), pass_on(back, writer))
        except asyncio.CancelledError:
            return  # the block has ended
        finally:
            writer.close()
            handing.discard(task)

    server = await asyncio.start_server(hand_on, host, port, reuse_port=True)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(handing):
            task.cancel()
        await asyncio.gather(*handing, return_exceptions=True)
