"""Who waits behind a turn of another process is told when it ends; where words don't come, it looks by itself."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from talkwright.engine.stores import hearing, tickets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from talkwright.engine.stores.postgres import PostgresStore

    from .conftest import MakeStore

pytestmark = pytest.mark.anyio
SECONDS = 60
LISTENING = (
    "FROM pg_stat_activity WHERE application_name = 'talkwright-engine-hearing' AND datname = current_database()"
)


@asynccontextmanager
async def waiting(first: PostgresStore, second: PostgresStore) -> AsyncIterator[asyncio.Task[float]]:
    """While one store holds a conversation, another waits for it; the task ends with the time when it came."""
    sender = f"ann-{uuid.uuid4().hex[:8]}"
    looked = asyncio.Event()
    look = second.tickets._look

    async def noting(ticket: tickets.Ticket) -> tuple[object, ...]:
        row = await look(ticket)
        looked.set()
        return row

    second.tickets._look = noting  # type: ignore[method-assign]  # to know when it waits

    async def come() -> float:
        async with second.holding(sender):
            return time.monotonic()

    async with first.holding(sender):
        task = asyncio.create_task(come())
        async with asyncio.timeout(SECONDS):
            await looked.wait()
            yield task


async def until(condition: bytes, url: str) -> None:
    """Returns when a statement gives a row."""
    async with asyncio.timeout(SECONDS), await psycopg.AsyncConnection.connect(url, autocommit=True) as link:
        while await (await link.execute(condition)).fetchone() is None:  # noqa: ASYNC110 - a database tells nobody
            await asyncio.sleep(0.02)


async def test_the_end_of_a_turn_elsewhere_is_told(
    make_store: MakeStore, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "_FIRST_LOOK", 999.0)  # nobody looks by itself
    monkeypatch.setattr(tickets, "_LONGEST_LOOK_WHEN_TOLD", 999.0)
    first, second = await make_store(), await make_store()
    for _ in range(2):
        async with waiting(first, second) as coming:
            await until(f"SELECT 1 {LISTENING}".encode(), store_url)
            ended = time.monotonic()
        async with asyncio.timeout(SECONDS):
            assert await coming >= ended


async def test_where_words_get_lost_who_waits_looks(make_store: MakeStore, store_url: str) -> None:
    first, second = await make_store(), await make_store()
    async with waiting(first, second) as coming:
        await until(f"SELECT pg_terminate_backend(pid) {LISTENING}".encode(), store_url)
    async with asyncio.timeout(SECONDS):
        await coming


async def test_nobody_listens_who_waits_for_nobody_and_no_longer_than_somebody_waits(
    make_store: MakeStore, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "_IDLE_SECONDS", 0.2)
    first, second = await make_store(), await make_store()
    async with first.holding("alone"):
        pass
    assert first.tickets._hearing._task is None
    async with waiting(first, second) as coming:
        await until(f"SELECT 1 {LISTENING}".encode(), store_url)
    await coming
    await until(f"SELECT 1 WHERE NOT EXISTS (SELECT 1 {LISTENING})".encode(), store_url)
    async with waiting(first, second) as coming:
        await until(f"SELECT 1 {LISTENING}".encode(), store_url)
    async with asyncio.timeout(SECONDS):
        await coming
