"""Waiting for whichever comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any


async def first_of(*waits: Awaitable[Any], seconds: float | None = None) -> set[int]:
    """Wait until the first of several awaitables is done, at most so many seconds.

    Gives the places of those that are done (none: the time is up) and cancels the others; what shall go on is handed
    over in `asyncio.shield`. Raises what one of them raised.
    """
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return {place for place, task in enumerate(tasks) if task in done}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
