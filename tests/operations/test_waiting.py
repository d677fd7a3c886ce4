"""Waiting for whichever comes first."""

import asyncio

import pytest

from talkwright.operations.waiting import first_of

pytestmark = pytest.mark.anyio


async def test_the_place_of_what_came_first_is_told_and_the_rest_is_cancelled() -> None:
    came, never = asyncio.Event(), asyncio.Event()
    came.set()
    other = asyncio.ensure_future(never.wait())
    assert await first_of(other, came.wait()) == {1}
    assert other.cancelled()


async def test_nothing_in_time_is_nothing() -> None:
    assert await first_of(asyncio.Event().wait(), seconds=0.01) == set()


async def test_what_is_shielded_goes_on() -> None:
    end = asyncio.Event()
    work = asyncio.create_task(end.wait())
    assert await first_of(asyncio.shield(work), asyncio.sleep(0)) == {1}
    end.set()
    assert await work


async def test_what_one_raised_is_raised() -> None:
    async def fails() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await first_of(fails(), asyncio.Event().wait())


async def test_a_cancellation_is_never_swallowed() -> None:
    begun = asyncio.Event()

    async def reluctant() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)

    waiting = asyncio.create_task(first_of(reluctant(), begun.wait()))
    await begun.wait()
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
