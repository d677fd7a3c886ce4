"""Asking again for what got no answer, as a page does it: see `web/src/api/untilAnswered.ts`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from tests.services.up import busy

PATIENCE_SECONDS = 60.0
"""So long a page asks again before it tells the person, on a machine that does nothing else."""
PAUSE_SECONDS = 1.0
AWAY = frozenset({502, 503, 504})
LEFT_TO_PEOPLE = frozenset({"engine-failed", "engine-slow"})

T = TypeVar("T")


class RefusedError(Exception):
    """What a page shows to the person in place of what was asked for."""


class NoAnswerError(RefusedError):
    """There is nothing yet that a page would show; its words tell what there was instead."""


def needs_an_answer(status: int, code: str) -> None:
    """Raises NoAnswerError for a status, and the code of its problem, that stand for a studio which is away."""
    if status in AWAY and code not in LEFT_TO_PEOPLE:
        raise NoAnswerError(f"{status} {code}")


async def until_answered(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, of whichever try gets one, or the refusal; NoAnswerError where there is neither for a minute.

    What is asked must do its work once, however often it comes.
    """
    began = monotonic()
    while True:
        try:
            return await ask()
        except NoAnswerError:
            if monotonic() - began > PATIENCE_SECONDS * busy():
                raise
        await asyncio.sleep(PAUSE_SECONDS)
