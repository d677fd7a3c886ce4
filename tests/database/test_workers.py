"""Consumers are struck off and given work one after the other, so that nobody dead holds a fresh lease."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from talkwright.database import work as queue
from talkwright.database import workers
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio

WAITING = text("SELECT 1 FROM pg_locks WHERE NOT granted")


async def consumer(database: Database) -> UUID:
    worker = uuid7()
    async with database.transaction() as session:
        await workers.register_worker(session, worker, "training-consumer", host="here", process=1)
    return worker


async def test_one_that_was_struck_off_or_drains_is_not_kept_for_work(database: Database) -> None:
    gone, draining, living = [await consumer(database) for _ in range(3)]
    async with database.transaction() as session:
        await workers.end_worker(session, gone)
        await workers.set_draining(session, draining)
    async with database.transaction() as session:
        kept = [await workers.keep_worker(session, worker) for worker in (gone, draining, living)]
        assert kept == [False, False, True]


async def test_one_that_is_struck_off_while_it_gets_work_lets_go_of_it_at_once(database: Database) -> None:
    worker, key = await consumer(database), f"attempt:{uuid7()}"

    async def strike_off() -> None:
        async with database.transaction() as session:
            await workers.end_worker(session, worker)

    async with database.transaction() as session:
        assert await workers.keep_worker(session, worker)
        striking = asyncio.create_task(strike_off())
        while not (await session.execute(WAITING)).first():  # noqa: ASYNC110 - a lock's wait is told by nobody
            await asyncio.sleep(0.01)
        await session.execute(
            text("INSERT INTO studio.leases (key, holder, epoch, expires_at) VALUES (:key, :worker, 1, now() + '1h')"),
            {"key": key, "worker": worker},
        )
    await striking
    async with database.transaction() as session:
        left = text("SELECT expires_at <= clock_timestamp() FROM studio.leases WHERE key = :key")
        assert (await session.execute(left, {"key": key})).scalar_one()


async def test_an_attempt_whose_lease_was_cleared_away_can_be_closed_as_lost(database: Database) -> None:
    attempt, orchestrator = uuid7(), uuid7()
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO studio.attempts (id, work_kind, work, number) VALUES (:id, 'training', :work, 1)"),
            {"id": attempt, "work": uuid7()},
        )
        assert await queue.close_lost(session, attempt, orchestrator)
        assert not await queue.close_lost(session, attempt, orchestrator)
