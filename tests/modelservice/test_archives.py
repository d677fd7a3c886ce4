"""The archive of a version is made anew where the clean-up has taken it, while nobody waits for the lease's row."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert
from tests.modelservice.test_keeper import keeper_of

from talkwright.database.engine import Database, plain_url
from talkwright.database.ids import SYSTEM_USER
from talkwright.database.projects import StoredVersion
from talkwright.database.tables import assistants, versions
from talkwright.modelservice.engines.base import EngineError
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.projects import archive_of
from talkwright.storage.keys import project_key
from talkwright.storage.objects import ObjectStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore((tmp_path / "objects").as_uri())


async def of_a_version(database: Database) -> Keeper:
    """A keeper whose attempt is of an assistant that exists, in an empty version of it."""
    keeper = await keeper_of(database)
    attempt = keeper.attempt
    name = f"bot-{attempt.assistant.hex}"
    async with database.transaction() as session:
        row = {"id": attempt.assistant, "name": name, "live_name": name, "title": "Bot", "language": "en"}
        await session.execute(insert(assistants).values(**row, created_by=SYSTEM_USER))
        pinned = {"id": attempt.version, "assistant": attempt.assistant, "number": 1, "name": "one", "change": 0}
        await session.execute(insert(versions).values(**pinned, digest=b"", created_by=SYSTEM_USER))
    return keeper


async def test_it_is_packed_and_stored_while_the_lease_s_row_is_free(
    database: Database, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = await of_a_version(database)
    url = plain_url(database.engine.url.render_as_string(hide_password=False))
    packed, seen = StoredVersion.archive, []

    def watched(version: StoredVersion) -> bytes:
        with psycopg.connect(url) as other:
            query = "SELECT epoch FROM studio.leases WHERE key = %s FOR UPDATE NOWAIT"
            seen.append(other.execute(query, (keeper.lease.key,)).fetchone())
        return packed(version)

    monkeypatch.setattr(StoredVersion, "archive", watched)
    archive = await archive_of(keeper, store)
    assert seen == [(keeper.lease.epoch,)]
    assert await store.get(project_key(keeper.attempt.version)) == archive
    assert await archive_of(keeper, store) == archive
    assert len(seen) == 1


async def test_of_an_assistant_that_is_gone_there_is_none(database: Database, store: ObjectStore) -> None:
    keeper = await keeper_of(database)
    async with asyncio.timeout(30):
        with pytest.raises(EngineError, match="gone"):
            await archive_of(keeper, store)
