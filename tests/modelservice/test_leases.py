"""Leases on a real PostgreSQL, with holders that pause and come back."""

import asyncio
import math
import time
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.modelservice.leases import Held, Lease, LeaseLostError, Leases

pytestmark = pytest.mark.anyio

SECONDS = 30.0


async def run_out(database: Database, key: str) -> None:
    async with database.transaction() as session:
        statement = text("UPDATE studio.leases SET expires_at = clock_timestamp() WHERE key = :key")
        await session.execute(statement, {"key": key})


async def write(database: Database, leases: Leases, lease: Lease, name: str) -> None:
    async with leases.fenced(lease) as session:
        await session.execute(text("UPDATE studio.instance SET name = :name"), {"name": name})


async def name(database: Database) -> str:
    async with database.transaction() as session:
        return str((await session.execute(text("SELECT name FROM studio.instance"))).scalar_one())


def pair(database: Database) -> tuple[Leases, Leases, str]:
    return Leases(database, uuid4(), SECONDS), Leases(database, uuid4(), SECONDS), f"lead:{uuid4()}"


async def taken(leases: Leases, key: str) -> Lease:
    lease = await leases.take(key)
    assert isinstance(lease, Lease)
    return lease


async def test_only_one_of_many_that_ask_at_once_gets_it(database: Database) -> None:
    key = f"lead:{uuid4()}"
    answers = await asyncio.gather(*(Leases(database, uuid4(), SECONDS).take(key) for _ in range(20)))
    assert sum(isinstance(answer, Lease) for answer in answers) == 1


async def test_the_holder_renews_without_a_new_epoch_and_others_wait(database: Database) -> None:
    mine, theirs, key = pair(database)
    first = await taken(mine, key)
    again = await mine.renew(first)
    assert first.epoch == again.epoch == 1
    assert again.good_until >= first.good_until
    waits = await theirs.take(key)
    assert isinstance(waits, Held)
    assert SECONDS - 5 < waits.seconds <= SECONDS


async def test_a_release_lets_the_next_one_in_at_once_under_a_new_epoch(database: Database) -> None:
    mine, theirs, key = pair(database)
    lease = await taken(mine, key)
    await mine.release(lease)
    assert (await taken(theirs, key)).epoch == 2


async def test_a_holder_that_comes_back_after_it_ran_out_changes_nothing(database: Database) -> None:
    mine, theirs, key = pair(database)
    lease = await taken(mine, key)
    await run_out(database, key)
    with pytest.raises(LeaseLostError):
        await write(database, mine, lease, "late, though nobody has taken over")
    await write(database, theirs, await taken(theirs, key), "the new holder's")
    with pytest.raises(LeaseLostError):
        await mine.renew(lease)
    with pytest.raises(LeaseLostError):
        await write(database, mine, lease, "the old holder's")
    assert await name(database) == "the new holder's"


async def test_even_the_same_holder_gets_a_new_epoch_after_it_ran_out(database: Database) -> None:
    mine, _, key = pair(database)
    lease = await taken(mine, key)
    await run_out(database, key)
    with pytest.raises(LeaseLostError):
        await mine.renew(lease)
    later = await taken(mine, key)
    assert later.epoch == lease.epoch + 1
    with pytest.raises(LeaseLostError):
        await write(database, mine, lease, "under the old epoch")


async def test_nobody_takes_over_while_a_fenced_transaction_is_open(database: Database) -> None:
    mine, theirs, key = pair(database)
    lease = await taken(mine, key)
    async with mine.fenced(lease) as session:
        await session.execute(text("UPDATE studio.instance SET name = 'under way'"))
        stealing = asyncio.create_task(_steal(database, theirs, key))
        await blocked(database)
        assert not stealing.done()
    assert isinstance(await stealing, Lease)
    assert await name(database) == "under way"


async def test_a_holder_that_is_frozen_in_a_transaction_is_in_the_way_no_longer_than_its_lease(
    database: Database,
) -> None:
    mine, theirs, key = Leases(database, uuid4(), 0.4), Leases(database, uuid4(), 0.4), f"lead:{uuid4()}"
    lease, took_over = replace(await taken(mine, key), good_until=math.inf), list[Lease]()

    async def freeze() -> None:
        async with mine.fenced(lease) as session:
            await session.execute(text("UPDATE studio.instance SET name = 'frozen'"))
            took_over.append(await taken_in_time(theirs, key))
            await session.execute(text("UPDATE studio.instance SET name = 'thawed'"))

    with pytest.raises(UNAVAILABLE):
        await freeze()
    assert [one.epoch for one in took_over] == [lease.epoch + 1]
    assert await name(database) not in ("frozen", "thawed")
    with pytest.raises(LeaseLostError):
        await write(database, mine, lease, "thawed")


async def taken_in_time(leases: Leases, key: str) -> Lease:
    """Take a lease as soon as another's has run out; the server's own patience with a transaction is a minute."""
    async with asyncio.timeout(20):
        while True:
            found = await leases.take(key)
            if isinstance(found, Lease):
                return found
            await asyncio.sleep(found.seconds)


async def _steal(database: Database, leases: Leases, key: str) -> Lease | Held:
    await run_out(database, key)
    return await leases.take(key)


async def blocked(database: Database) -> None:
    """Wait until some connection waits for a lock."""
    async with asyncio.timeout(30):
        while True:
            async with database.transaction() as session:
                statement = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if (await session.execute(statement)).scalar_one():
                    return
            await asyncio.sleep(0.01)


async def test_without_a_good_renewal_for_half_its_time_a_holder_stops_by_itself(database: Database) -> None:
    mine, _, key = pair(database)
    lease = await taken(mine, key)
    stale = Lease(key=key, holder=lease.holder, epoch=lease.epoch, good_until=time.monotonic() - 0.001)
    with pytest.raises(LeaseLostError):
        await write(database, mine, stale, "by a clock of its own")
    assert isinstance(stale.holder, UUID)
