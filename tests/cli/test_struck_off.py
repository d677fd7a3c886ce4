"""`up` strikes a dead role off the list, even where the database died in the same moment."""

from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.cli import up
from talkwright.cli.up import Studio
from talkwright.database import workers
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.database.tables import workers as table
from talkwright.operations.waiting import first_of

pytestmark = pytest.mark.anyio


async def test_a_role_that_died_while_the_database_was_away_is_struck_off_once_it_is_back(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, real, refused = uuid7(), workers.end_worker, 0

    async def end_worker(session: AsyncSession, which: UUID) -> None:
        nonlocal refused
        if refused < 3:
            refused += 1
            raise ConnectionRefusedError("The server does not answer.")
        await real(session, which)

    monkeypatch.setattr(workers, "end_worker", end_worker)
    monkeypatch.setattr(up, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(up, "SERVER_SECONDS", 0.0)  # whoever starts the role again waits no longer
    async with database.transaction() as session:
        await workers.register_worker(session, worker, "running-consumer", host="here", process=1, lease_seconds=15)
    nothing = cast(Any, None)
    studio = Studio(home=tmp_path, journal=nothing, lock=nothing, settings=nothing, backend=nothing, database=database)
    await studio.gone(worker)
    await first_of(*studio.striking, seconds=60)
    async with database.transaction() as session:
        row = (await session.execute(select(table.c.ended_at).where(table.c.id == worker))).one()
    assert (refused, row.ended_at is not None) == (3, True)
    studio.lifeline.end()
