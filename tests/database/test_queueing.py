"""The order of trainings: what the database says of all that wait is what taking one after the other comes to."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, text, update

from talkwright.database import work as queue
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.queueing import QUEUE
from talkwright.database.tables import assistants, attempts, trainings, versions
from talkwright.database.trainings import list_trainings

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


async def assistant(database: Database) -> tuple[UUID, UUID]:
    """A new assistant and a version of it."""
    new, version = uuid7(), uuid7()
    async with database.transaction() as session:
        name = f"bot-{new.hex}"
        await session.execute(
            insert(assistants).values(
                id=new, name=name, live_name=name, title=name, language="en", created_by=SYSTEM_USER
            )
        )
        await session.execute(
            insert(versions).values(
                id=version, assistant=new, number=1, name=name, change=0, digest=new.bytes, created_by=SYSTEM_USER
            )
        )
    return new, version


async def queued(database: Database, of: tuple[UUID, UUID], state: str = "queued", **values: Any) -> UUID:
    """A training in the queue, or one that had its turn."""
    new = uuid7()
    async with database.transaction() as session:
        row = {"id": new, "assistant": of[0], "version": of[1], "created_by": SYSTEM_USER, "state": state}
        await session.execute(insert(trainings).values({**row, **values}))
    return new


async def told(database: Database) -> list[UUID]:
    """The queue in its order."""
    async with database.transaction() as session:
        return list((await session.execute(text(f"SELECT id FROM ({QUEUE}) q ORDER BY place"))).scalars())


async def one_after_the_other(database: Database) -> list[UUID]:
    """The same by the rule alone: the assistant with fewest running, then served longest ago, then its oldest."""
    async with database.transaction() as session:
        rows = (await session.execute(select(trainings).order_by(trainings.c.sequence))).all()
    running: dict[UUID, int] = defaultdict(int)
    served: dict[UUID, datetime] = {}
    waiting: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        running[row.assistant] += row.state == "running"
        if row.started_at is not None:
            served[row.assistant] = max(row.started_at, served.get(row.assistant, row.started_at))
        if row.state == "queued":
            waiting[row.assistant].append(row)
    order: list[UUID] = []
    never = datetime.min.replace(tzinfo=UTC)
    while waiting:
        of = min(waiting, key=lambda one: (running[one], served.get(one, never), waiting[one][0].sequence))
        order.append(waiting[of].pop(0).id)
        running[of] += 1
        served[of] = NOW + timedelta(days=1, seconds=len(order))
        if not waiting[of]:
            del waiting[of]
    return order


@pytest.mark.parametrize("seed", range(8))
async def test_the_places_are_those_of_taking_one_after_the_other(fresh_database: Database, seed: int) -> None:
    chance = random.Random(seed)
    of = [await assistant(fresh_database) for _ in range(5)]
    for _ in range(30):
        state = chance.choice(["queued", "queued", "queued", "running", "succeeded", "failed"])
        started = None if state == "queued" else NOW - timedelta(seconds=chance.randrange(10_000))
        await queued(fresh_database, chance.choice(of), state, started_at=started)
    assert await told(fresh_database) == await one_after_the_other(fresh_database)


async def test_one_whose_attempt_has_ended_runs_no_more_though_that_is_not_written_yet(
    fresh_database: Database,
) -> None:
    ended, other = await assistant(fresh_database), await assistant(fresh_database)
    await queued(fresh_database, other, "succeeded", started_at=NOW)
    running = await queued(fresh_database, ended, "running", attempt=2, started_at=NOW - timedelta(minutes=1))
    second = await queued(fresh_database, other)
    first = await queued(fresh_database, ended)
    attempt = {"work_kind": "training", "work": running, "worker": uuid7(), "epoch": 1}
    async with fresh_database.transaction() as session:
        await session.execute(insert(attempts).values(id=uuid7(), number=1, state="ended", ended_at=NOW, **attempt))
        await session.execute(insert(attempts).values(id=uuid7(), number=2, state="running", **attempt))
    assert await told(fresh_database) == [second, first]
    async with fresh_database.transaction() as session:
        await session.execute(update(attempts).values(state="ended", ended_at=NOW).where(attempts.c.number == 2))
    assert await told(fresh_database) == [first, second]


async def test_one_that_pauses_before_another_try_comes_last_and_one_called_off_has_no_place(
    fresh_database: Database,
) -> None:
    of = await assistant(fresh_database)
    paused = await queued(fresh_database, of, not_before=NOW + timedelta(hours=1))
    await queued(fresh_database, of, cancel_requested_at=NOW)
    ready = await queued(fresh_database, await assistant(fresh_database))
    assert await told(fresh_database) == [ready, paused]


async def test_an_orchestrator_sees_as_many_that_wait_as_it_has_places_for(fresh_database: Database) -> None:
    many, few = await assistant(fresh_database), await assistant(fresh_database)
    first, *rest = [await queued(fresh_database, many) for _ in range(5)]
    other = await queued(fresh_database, few)
    paused = await queued(fresh_database, few, not_before=NOW + timedelta(hours=1))
    off = await queued(fresh_database, many, cancel_requested_at=NOW)
    async with fresh_database.transaction() as session:
        seen = await queue.open_work(session, "training", 2)
    assert {work.id for work in seen} == {first, other, paused, off}
    assert {work.id: work.place for work in seen if work.place} == {first: 1, other: 2, paused: 7}
    assert rest


async def test_the_place_that_a_list_shows_is_that_of_the_queue(fresh_database: Database) -> None:
    many, few = await assistant(fresh_database), await assistant(fresh_database)
    mine = [await queued(fresh_database, many) for _ in range(3)]
    await queued(fresh_database, few)
    async with fresh_database.transaction() as session:
        rows = {row["id"]: row["place"] for row in await list_trainings(session, many[0], before=None, limit=10)}
    assert [rows[one] for one in mine] == [1, 3, 4]
    async with fresh_database.transaction() as session:
        await session.execute(delete(trainings).where(trainings.c.id == mine[0]))
    async with fresh_database.transaction() as session:
        rows = {row["id"]: row["place"] for row in await list_trainings(session, many[0], before=None, limit=10)}
    assert [rows[one] for one in mine[1:]] == [1, 3]
