"""Holders that pause and go on at any step, on a real PostgreSQL whose clock jumps: the last taker alone ever writes.

Each schedule is a row of steps of three holders and of the clock. The statements are the product's own; only what they
ask for the time is ours, so that a lease runs out at any step, even within another's transaction. A trigger looks at
each commit whether the writer still holds the lease.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field, replace
from math import inf
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from tests.services.postgres import OWNER, TestServer

from talkwright.database import leases as module
from talkwright.database.engine import Database, driver_url
from talkwright.modelservice.leases import Held, Lease, LeaseLostError, Leases

pytestmark = pytest.mark.anyio

SECONDS = 60.0
BLOCKED_SECONDS = 0.04
"""A step that takes longer may wait for another's lock: the server is asked, then it goes on beside the next steps."""
HOLDERS, STEPS, SCHEDULES = 3, 30, 40
STAND = """
CREATE SCHEMA stand;
CREATE SEQUENCE stand.ahead MINVALUE 0 START 0;
CREATE FUNCTION stand.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
  'SELECT pg_catalog.clock_timestamp() + make_interval(secs => (SELECT last_value FROM stand.ahead))';
CREATE TABLE stand.written (key text, epoch bigint, holder uuid);
CREATE FUNCTION stand.check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM studio.leases WHERE key = NEW.key AND epoch = NEW.epoch AND holder = NEW.holder)
    THEN RAISE EXCEPTION 'a write under a lease that another took'; END IF;
  IF EXISTS (SELECT FROM stand.written WHERE key = NEW.key AND epoch = NEW.epoch AND holder <> NEW.holder)
    THEN RAISE EXCEPTION 'two writers under one epoch'; END IF;
  IF EXISTS (SELECT FROM stand.written WHERE key = NEW.key AND epoch > NEW.epoch)
    THEN RAISE EXCEPTION 'a write after one of a later epoch'; END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON stand.written DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION stand.check();
GRANT USAGE ON SCHEMA stand TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA stand TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA stand TO PUBLIC;
"""


@dataclass
class Stand:
    """A database whose clock is set forward at will."""

    database: Database
    steps: set[asyncio.Task[str]] = field(default_factory=set)
    """Those that have begun and not ended."""

    async def pass_time(self) -> None:
        """Let every lease run out, with nobody's lock in the way."""
        async with self.database.transaction() as session:
            ahead = text("SELECT setval('stand.ahead', last_value + :seconds) FROM stand.ahead")
            await session.execute(ahead, {"seconds": int(SECONDS) + 1})

    async def waiting(self) -> int:
        """How many wait for another's lock."""
        async with self.database.transaction() as session:
            query = "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE wait_event_type = 'Lock' "
            return int((await session.execute(text(f"{query} AND datname = current_database()"))).scalar_one())

    async def written(self, key: str) -> list[tuple[int, str]]:
        """Which holder wrote under which epoch."""
        async with self.database.transaction() as session:
            query = text("SELECT epoch, holder FROM stand.written WHERE key = :key")
            return [(row.epoch, str(row.holder)) for row in await session.execute(query, {"key": key})]


@pytest.fixture(scope="module")
async def stand(postgres: TestServer) -> AsyncIterator[Stand]:
    with postgres.database() as name:
        with psycopg.connect(postgres.url(OWNER, name)) as link:
            link.execute(STAND)
        url = driver_url(postgres.settings(name).application)
        engine = create_async_engine(
            url, pool_size=HOLDERS + 2, connect_args={"options": "-c search_path=stand,pg_catalog"}
        )
        yield Stand(Database(engine))
        await engine.dispose()


async def holder(leases: Leases, key: str) -> AsyncGenerator[str]:
    """One holder, step by step; of its own clock it takes no notice, so that the SQL alone protects."""
    lease: Lease | None = None
    while True:
        if lease is None:
            found = await leases.take(key)
            lease = None if isinstance(found, Held) else replace(found, good_until=inf)
            yield "asked"
            continue
        try:
            async with leases.fenced(lease) as session:
                yield "fenced"
                values = {"key": key, "epoch": lease.epoch, "holder": lease.holder}
                await session.execute(text("INSERT INTO stand.written VALUES (:key, :epoch, :holder)"), values)
                yield "written"
            yield "committed"
            lease = replace(await leases.renew(lease), good_until=inf)
            yield "renewed"
        except LeaseLostError:
            lease = None
            yield "lost"


class Actor:
    """A holder that makes a step whenever it is its turn, unless it still waits in the one before."""

    def __init__(self, stand: Stand, key: str) -> None:
        self._stand = stand
        self._steps = holder(Leases(stand.database, uuid4(), SECONDS), key)
        self._step: asyncio.Task[str] | None = None

    async def step(self) -> None:
        """Begin a step and wait for it, or until it waits for another's lock."""
        if self._step is None:
            self._step = asyncio.create_task(_next(self._steps))
            self._stand.steps.add(self._step)
            self._step.add_done_callback(self._stand.steps.discard)
        while True:
            done, _ = await asyncio.wait({self._step}, timeout=BLOCKED_SECONDS)
            if done:
                step, self._step = self._step, None
                step.result()
                return
            if await self._stand.waiting() >= len(self._stand.steps):
                return

    async def end(self) -> None:
        """Give up where it stands; what it has not committed is gone."""
        if self._step is not None:
            self._step.cancel()
            with contextlib.suppress(asyncio.CancelledError, DBAPIError):
                await self._step
        await self._steps.aclose()


async def _next(steps: AsyncGenerator[str]) -> str:
    return await anext(steps)


async def play(stand: Stand, seed: int) -> list[tuple[int, str]]:
    """Play one schedule; gives what was written. Raises what the trigger says of a wrong write."""
    chance, key = random.Random(seed), f"lead:{uuid4()}"
    actors = [Actor(stand, key) for _ in range(HOLDERS)]
    try:
        for _ in range(STEPS):
            turn = chance.randrange(HOLDERS * 4 + 3)
            if turn < HOLDERS * 4:
                await actors[turn % HOLDERS].step()
            else:
                await stand.pass_time()
    finally:
        for actor in actors:
            await actor.end()
    return await stand.written(key)


async def play_all(stand: Stand) -> list[list[tuple[int, str]]]:
    """Play many schedules; gives what was written in each."""
    return [await play(stand, seed) for seed in range(SCHEDULES)]


async def test_no_schedule_lets_anybody_write_whose_lease_another_took(stand: Stand) -> None:
    written = await play_all(stand)
    assert all(len({who for epoch, who in one if epoch == at}) == 1 for one in written for at, _ in one)
    changed_hands = [one for one in written if len({who for _, who in one}) > 1]
    assert len(changed_hands) > SCHEDULES / 8, "the schedules are too tame to show anything"


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("FENCE", "FOR UPDATE", ""),
        ("FENCE", "AND holder = :holder AND epoch = :epoch", ""),
        ("TAKE", "epoch = l.epoch + 1", "epoch = l.epoch"),
    ],
)
async def test_the_schedules_find_each_rule_that_is_left_out(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, name: str, right: str, wrong: str
) -> None:
    statement = getattr(module, name)
    assert right in statement
    monkeypatch.setattr(module, name, statement.replace(right, wrong))
    with pytest.raises(DBAPIError, match="write"):
        await play_all(stand)
