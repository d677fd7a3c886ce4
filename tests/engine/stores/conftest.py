"""What the tests of the stores share: a database with the engine's schema alone, and stores upon it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from tests.services.postgres import OWNER, TestServer

from talkwright.engine.stores.migrate import migrate
from talkwright.engine.stores.postgres import PostgresStore

MakeStore = Callable[..., Awaitable[PostgresStore]]


@pytest.fixture(scope="module")
def store_url(postgres: TestServer) -> Iterator[str]:
    """A database that holds nothing but conversations."""
    with postgres.database(empty=True) as name:
        url = postgres.url(OWNER, name)
        migrate(url)
        yield url


@pytest.fixture
async def make_store(store_url: str) -> AsyncIterator[MakeStore]:
    """Stores as so many bots would have them, on one database."""
    opened: list[PostgresStore] = []

    async def make(url: str = store_url, **choices: Any) -> PostgresStore:
        store = PostgresStore(url, **choices)
        opened.append(store)
        await store.open()
        return store

    yield make
    for store in opened:
        await store.close()


@pytest.fixture
async def store(make_store: MakeStore) -> PostgresStore:
    return await make_store()
