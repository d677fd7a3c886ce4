"""Announcements arrive once, in order, and after every cut."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, make_url, select, text, update
from tests.services.postgres import TestServer

from talkwright.database.announcements import (
    Announcement,
    Listener,
    Since,
    announce,
    forget_old,
    positions,
    since,
)
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.database.tables import announcements

pytestmark = pytest.mark.anyio
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND datname = %s"


@pytest.fixture
async def listener(database_url: str) -> AsyncIterator[Listener]:
    listener = Listener(database_url, reread=0.5)
    await listener.start()
    await listener.listening.wait()
    yield listener
    await listener.stop()


async def tell(database: Database, scope: str, *words: str) -> None:
    async with database.transaction() as session:
        for word in words:
            announce(session, scope, "change", {"word": word})


async def follow(database: Database, listener: Listener, scope: str) -> AsyncIterator[Since]:
    """What is announced in a scope, from its beginning, as a page follows it."""
    position = {scope: 0}
    subscription = listener.subscribe(position)
    try:
        while True:
            async with database.transaction() as session:
                news = await since(session, position)
            for found in news.announcements:
                position[found.scope] = found.id
            if news.reset or news.announcements:
                yield news
            else:
                await subscription.wait(0.5)
    finally:
        listener.unsubscribe(subscription)


async def read(database: Database, position: dict[str, int]) -> list[Announcement]:
    async with database.transaction() as session:
        news = await since(session, position)
    assert not news.reset
    return news.announcements


async def test_numbers_have_no_gap_and_no_order_but_that_of_commits(database: Database) -> None:
    scope = str(uuid7())

    async def write(number: int) -> None:
        with contextlib.suppress(ZeroDivisionError):
            async with database.transaction() as session:
                announce(session, scope, "change", {"number": number})
                if number % 5 == 0:
                    raise ZeroDivisionError

    await asyncio.gather(*(write(number) for number in range(60)))
    assert [found.id for found in await read(database, {scope: 0})] == list(range(1, 49))


async def test_a_transaction_that_announces_in_several_scopes_blocks_nobody(database: Database) -> None:
    scopes = [str(uuid7()) for _ in range(3)]

    async def write(number: int) -> None:
        async with database.transaction() as session:
            for scope in scopes if number % 2 else reversed(scopes):
                announce(session, scope, "change")

    await asyncio.gather(*(write(number) for number in range(30)))
    async with database.transaction() as session:
        assert await positions(session, scopes) == dict.fromkeys(scopes, 30)


async def test_a_listener_is_woken_and_reads_what_was_announced(database: Database, listener: Listener) -> None:
    scope = str(uuid7())
    words: list[str] = []
    stream = follow(database, listener, scope)
    await tell(database, scope, "one")
    async for news in stream:
        words.extend(found.payload["word"] for found in news.announcements)
        if len(words) == 1:
            await tell(database, str(uuid7()), "elsewhere")
            await tell(database, scope, "two", "three")
        if len(words) == 3:
            break
    assert words == ["one", "two", "three"]


async def test_nothing_is_lost_while_the_connection_is_cut_again_and_again(
    database: Database, database_url: str, listener: Listener, postgres: TestServer
) -> None:
    scope = str(uuid7())
    ids: list[int] = []
    cuts: list[object] = []

    async def write() -> None:
        for number in range(200):
            await tell(database, scope, str(number))
            if number % 20 == 0:
                with postgres.connection() as link:
                    cuts.extend(link.execute(CUT, [make_url(database_url).database]).fetchall())

    writing = asyncio.create_task(write())
    async with asyncio.timeout(60):
        async for news in follow(database, listener, scope):
            ids.extend(found.id for found in news.announcements)
            if len(ids) >= 200:
                break
    await writing
    assert ids == list(range(1, 201))
    assert cuts


async def test_a_page_that_was_away_too_long_is_told_to_start_over(database: Database) -> None:
    scope = str(uuid7())
    await tell(database, scope, "old", "older still kept")
    async with database.transaction() as session:
        old = func.now() - text("interval '25 hours'")
        await session.execute(
            update(announcements).where(announcements.c.scope == scope, announcements.c.id == 1).values(at=old)
        )
        assert await forget_old(session) == 1
    async with database.transaction() as session:
        assert (await since(session, {scope: 0})).reset
        news = await since(session, {scope: 1})
        assert (news.reset, [found.id for found in news.announcements]) == (False, [2])
        assert (await since(session, {scope: 7})).reset, "a position of the future comes from another database"
        assert not (await since(session, {scope: 2})).reset


async def test_forgetting_everything_resets_who_missed_it_and_goes_on_counting(database: Database) -> None:
    scope = str(uuid7())
    await tell(database, scope, "one")
    async with database.transaction() as session:
        old = func.now() - text("interval '25 hours'")
        await session.execute(update(announcements).where(announcements.c.scope == scope).values(at=old))
        await forget_old(session)
    await tell(database, scope, "two")
    async with database.transaction() as session:
        assert (await since(session, {scope: 0})).reset
        assert [found.id for found in (await since(session, {scope: 1})).announcements] == [2]


async def test_what_is_rolled_back_is_never_announced(database: Database) -> None:
    scope = str(uuid7())
    async with database.sessions() as session:
        announce(session, scope, "change")
        await session.execute(select(func.now()))
        await session.rollback()
    assert await read(database, {scope: 0}) == []
