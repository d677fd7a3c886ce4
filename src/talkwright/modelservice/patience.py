"""Waiting for a store, or a cluster, that is away: no job, and nothing that one has made, is given up for that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from talkwright.modelservice.executors.base import PlaceAwayError
from talkwright.modelservice.keeper import Keeper
from talkwright.operations.waiting import first_of
from talkwright.storage.objects import ObjectNotFoundError, StorageError

T = TypeVar("T")

PATIENCE_SECONDS = 600.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0


async def patiently(keeper: Keeper, act: Callable[[], Awaitable[T]], *, says: bool = False) -> T:
    """Use the store or the cluster, again and again while it is away; `says` so in the log of a job that has ended.

    Raises StorageError and PlaceAwayError when the attempt shall end or be let go of, when what is asked for is not
    there, and at last.
    """
    clock = asyncio.get_running_loop().time
    until, pause = clock() + PATIENCE_SECONDS, FIRST_PAUSE
    while True:
        try:
            return await act()
        except ObjectNotFoundError:
            raise
        except (StorageError, PlaceAwayError) as error:
            if clock() > until or keeper.stop.is_set() or keeper.leave.is_set():
                raise
            if says:
                keeper.say(f"The store is away, the model waits for it: {error}", level="warning")
            await first_of(keeper.stop.wait(), keeper.leave.wait(), seconds=pause)
            pause = min(pause * 2, LONGEST_PAUSE)
