"""A role is ready only with a database that answers and a schema that its code can use."""

from __future__ import annotations

import asyncio
import re
import socket

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import delete, update
from structlog.testing import capture_logs
from tests.services.postgres import APPLICATION, OWNER, TestServer

from talkwright.database import readiness
from talkwright.database.engine import Database
from talkwright.database.migrate import STUDIO, alembic_config, head
from talkwright.database.readiness import CODE_GENERATION, REVISION, unready_reason, until_ready
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
            await session.execute(update(schema_info).values(min_code=CODE_GENERATION, revision="9999"))
        assert await unready_reason(database) is None, "an older role goes on"
        async with owner.transaction() as session:
            await session.execute(update(schema_info).values(revision="0011"))
        assert await unready_reason(database) == "the database was not migrated for this release"
        async with owner.transaction() as session:
            await session.execute(delete(schema_info))
        assert await unready_reason(database) == "the database was not migrated"
        await database.close()
        await owner.close()


def test_the_schema_that_is_asked_for_is_the_last_of_the_migrations() -> None:
    assert head() == REVISION
    names = [one.revision for one in ScriptDirectory.from_config(alembic_config(STUDIO)).walk_revisions()]
    assert names == sorted(names, reverse=True), "a later one must count as greater"


async def test_what_a_role_waits_for_is_said_at_once_and_again_whatever_was_told_before(
    postgres: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(readiness, "REMIND_SECONDS", 0.5)
    with postgres.database() as name, psycopg.connect(postgres.url(OWNER, name), autocommit=True) as owner:
        database = Database.at(postgres.url(APPLICATION, name))
        owner.execute("ALTER TABLE studio.schema_info RENAME COLUMN min_code TO other")
        with capture_logs() as lines:
            database.outage.failed(psycopg.OperationalError("connection failed: … failed: Connection refused"))
            waiting = asyncio.create_task(until_ready(database))
            await asyncio.sleep(0.9)
            owner.execute("ALTER TABLE studio.schema_info RENAME COLUMN other TO min_code")
            async with asyncio.timeout(10):
                await waiting
        await database.close()
    told = [line for line in lines if line["event"] == "database.waited_for"]
    assert 2 <= len(told) <= 4
    assert re.search(r"can't be asked: column .*min_code does not exist \(42703\)", told[0]["cause"])


async def test_a_database_that_is_away_is_said() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, but nobody listens
        database = Database.at(f"postgresql://a:b@127.0.0.1:{nobody.getsockname()[1]}/c")
        assert "does not answer" in str(await unready_reason(database))
        await database.close()
