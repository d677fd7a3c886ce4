"""What the periodic role clears away, and what it leaves."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from talkwright.database import work as queue
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.database.tables import workers
from talkwright.operations.role import RoleContext
from talkwright.periodic import clear_models, clear_traces, periodic
from talkwright.storage.objects import ObjectStore

pytestmark = pytest.mark.anyio


async def test_consumers_that_are_long_gone_are_forgotten_and_living_ones_stay(database: Database) -> None:
    old, new = uuid7(), uuid7()
    async with database.transaction() as session:
        for worker in (old, new):
            await queue.register_worker(session, worker, "training-consumer", "here", 1)
        statement = text("UPDATE studio.workers SET heartbeat_at = now() - interval '2 days' WHERE id = :id")
        await session.execute(statement, {"id": old})
    await clear_traces(database)
    async with database.transaction() as session:
        assert set((await session.execute(select(workers.c.id))).scalars()) == {new}


async def test_model_files_that_no_row_names_go(database: Database, tmp_path: Path) -> None:
    store = ObjectStore(tmp_path.as_uri())
    await store.put(f"models/{uuid4()}/{uuid4()}/{uuid4()}.tar.gz", b"lost")
    await store.put("projects/kept.tar.gz", b"kept")
    await clear_models(database, store)
    assert await store.keys() == ["projects/kept.tar.gz"]


async def test_the_role_starts_and_stops(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", database_url)
    monkeypatch.setenv("TALKWRIGHT_HOME", str(tmp_path))
    context = RoleContext("periodic")
    running = asyncio.create_task(periodic(context))
    async with asyncio.timeout(20):
        await context.started.wait()
        context.stopping.set()
        await running
