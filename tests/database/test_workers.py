"""Consumers are struck off and given work one after the other, so that nobody dead holds a fresh lease."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database import leases, workers
from talkwright.database.attempts import close_lost
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.database.measuring import measure
from talkwright.database.queueing import consumers
from talkwright.database.roles_alive import roles_alive
from talkwright.database.tables import attempts

pytestmark = pytest.mark.anyio

WAITING = text("SELECT 1 FROM pg_locks WHERE NOT granted")


async def consumer(database: Database) -> UUID:
    worker = uuid7()
    async with database.transaction() as session:
        await workers.register_worker(session, worker, "training-consumer", host="here", process=1, lease_seconds=15)
    return worker


@pytest.mark.parametrize(("lease", "silent", "lives"), [(90, 70, True), (15, 10, True), (15, 20, False), (2, 3, False)])
async def test_whoever_asks_believes_a_consumer_for_as_long_as_it_said_itself(
    database: Database, lease: float, silent: float, lives: bool
) -> None:
    worker, engine = uuid7(), f"engine-{uuid7().hex}"
    given = {"host": "here", "process": 1, "lease_seconds": lease, "engines": (engine,)}
    async with database.transaction() as session:
        before = await seen(session)
        await workers.register_worker(session, worker, "training-consumer", **given)
        await session.execute(
            text("UPDATE studio.workers SET heartbeat_at = heartbeat_at - make_interval(secs => :s) WHERE id = :id"),
            {"id": worker, "s": silent},
        )
        assert (await seen(session)) == [number + lives for number in before]
        assert (engine in await workers.offered_engines(session)) is lives
        assert (worker in {place.worker for place in await workers.free_places(session, "training-consumer")}) is lives
        await workers.end_worker(session, worker)


@pytest.mark.parametrize(("silent", "lives"), [(50, True), (70, False)])
async def test_of_a_consumer_of_the_release_before_a_minute_is_believed(
    database: Database, silent: float, lives: bool
) -> None:
    worker = await consumer(database)
    quiet = "heartbeat_at = heartbeat_at - make_interval(secs => :s), lease_seconds = DEFAULT"
    async with database.transaction() as session:
        await session.execute(text(f"UPDATE studio.workers SET {quiet} WHERE id = :id"), {"id": worker, "s": silent})
        assert (worker in {place.worker for place in await workers.free_places(session, "training-consumer")}) is lives
        await workers.end_worker(session, worker)


async def seen(session: AsyncSession) -> list[int]:
    """How many training consumers live, for people, for the metrics and for the doctor."""
    for_people = await session.execute(text(f"SELECT {consumers('training-consumer')}"))
    measured = (await measure(session, "training", "training-consumer")).consumers
    return [for_people.scalar_one(), measured.get("free", 0), (await roles_alive(session)).training_consumers]


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
        assert await close_lost(session, attempt, orchestrator)
        assert not await close_lost(session, attempt, orchestrator)


async def test_a_job_whose_lease_was_let_go_of_takes_no_place_of_the_consumer_that_can_go_on_with_it(
    database: Database,
) -> None:
    worker, attempt = await consumer(database), uuid7()

    async def is_free(session: AsyncSession) -> bool:
        return worker in {place.worker for place in await workers.free_places(session, "training-consumer")}

    async with database.transaction() as session:
        row = {"id": attempt, "work_kind": "training", "work": uuid7(), "number": 1, "worker": worker, "epoch": 1}
        await session.execute(insert(attempts).values(row))
        assert (await leases.take(session, leases.of_attempt(attempt), worker, 60))[0] == 1
        assert not await is_free(session)
        await leases.release_all(session, worker)
        assert await is_free(session)
        await workers.end_worker(session, worker)
