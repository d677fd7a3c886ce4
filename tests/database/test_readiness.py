"""A role is ready only with a database that answers and a schema that its code can use."""

from __future__ import annotations

import socket

import pytest
from sqlalchemy import delete, update
from tests.services.postgres import APPLICATION, OWNER, TestServer

from talkwright.database.engine import Database
from talkwright.database.readiness import CODE_GENERATION, unready_reason
from talkwright.database.tables import schema_info

pytestmark = pytest.mark.anyio


async def test_a_migrated_database_is_ready_and_one_of_a_later_release_is_not(postgres: TestServer) -> None:
    with postgres.database() as name:
        database, owner = Database.at(postgres.url(APPLICATION, name)), Database.at(postgres.url(OWNER, name))
        assert await unready_reason(database) is None
        async with owner.transaction() as session:
            await session.execute(update(schema_info).values(min_code=CODE_GENERATION + 1))
        assert "newer than this release" in str(await unready_reason(database))
        async with owner.transaction() as session:
            await session.execute(delete(schema_info))
        assert await unready_reason(database) == "the database was not migrated"
        await database.close()
        await owner.close()


async def test_a_database_that_is_away_is_said() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, but nobody listens
        database = Database.at(f"postgresql://a:b@127.0.0.1:{nobody.getsockname()[1]}/c")
        assert "does not answer" in str(await unready_reason(database))
        await database.close()
