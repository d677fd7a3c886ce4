"""A keeper writes each line and each outcome once, also where it does not know whether it did."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.database.tables import attempt_logs, attempts
from talkwright.database.work import HeldAttempt
from talkwright.modelservice.jobs import LogLine
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.leases import Lease, LeaseLostError, Leases
from talkwright.modelservice.transitions import Outcome
from talkwright.operations import tracing

pytestmark = pytest.mark.anyio


async def keeper_of(database: Database) -> Keeper:
    attempt, work = uuid7(), uuid7()
    leases = Leases(database, uuid7(), 30)
    async with database.transaction() as session:
        await session.execute(insert(attempts).values(id=attempt, work_kind="training", work=work, number=1))
    lease = await leases.take(f"attempt:{attempt}")
    assert isinstance(lease, Lease)
    held = HeldAttempt(
        id=attempt, kind="training", work=work, number=1, state="assigned", stop=False, assistant=uuid7(),
        version=uuid7(), engine="talkwright", model_object=None, model_id=None, requested_at=datetime.now(UTC),
    )  # fmt: skip
    return Keeper(held, lease, leases)


async def lines(database: Database, attempt: UUID) -> int:
    query = select(func.count()).select_from(attempt_logs).where(attempt_logs.c.attempt == attempt)
    async with database.transaction() as session:
        return int((await session.execute(query)).scalar_one())


def line(number: int) -> LogLine:
    return LogLine(number=number, at=0.0, message=f"line {number}")


async def test_lines_whose_commit_was_not_heard_of_are_sent_again_and_stored_once(database: Database) -> None:
    keeper = await keeper_of(database)
    keeper.note(line(1))
    await keeper.save({})
    keeper._waiting = [line(1), line(2)]  # the server committed, but died before it could say so
    async with asyncio.timeout(30):
        await keeper.save({})
    assert await lines(database, keeper.attempt.id) == 2


async def test_an_outcome_whose_commit_was_not_heard_of_stays(database: Database) -> None:
    keeper = await keeper_of(database)
    await keeper.end(Outcome.SUCCEEDED, None)
    async with asyncio.timeout(30):
        await keeper.end(Outcome.LOST_JOB, "again")
    async with database.transaction() as session:
        row = (await session.execute(select(attempts.c.outcome).where(attempts.c.id == keeper.attempt.id))).one()
    assert row.outcome == "succeeded"


async def test_what_the_database_will_never_take_is_raised_instead_of_tried_for_ever(database: Database) -> None:
    keeper = await keeper_of(database)

    async def wrong(session: AsyncSession) -> None:
        await session.execute(text("UPDATE studio.attempts SET state = 'unheard-of'"))

    async with asyncio.timeout(30):
        with pytest.raises(IntegrityError):
            await keeper.write(wrong)


async def test_a_keeper_stops_acting_by_its_own_clock_and_goes_on_as_long_as_it_is_renewed(database: Database) -> None:
    keeper = await keeper_of(database)
    soon = asyncio.get_running_loop().time() + 0.05
    keeper.renewed(replace(keeper.lease, good_until=soon + 30))
    keeper.renewed(replace(keeper.lease, good_until=soon))
    async with asyncio.timeout(30):
        await keeper.leave.wait()
    with pytest.raises(LeaseLostError):
        await keeper.save({"reason": "too late"})
    keeper.close()


async def test_an_attempt_that_ended_takes_no_other_state(database: Database) -> None:
    keeper = await keeper_of(database)
    await keeper.save({"state": "running"})
    with pytest.raises(LeaseLostError):  # it runs already
        await keeper.save({"state": "running"})
    assert await keeper.end(Outcome.FAILED, "It broke.")
    keeper.lease = await taken_again(database, keeper)
    with pytest.raises(LeaseLostError):
        await keeper.save({"state": "ready"})


async def taken_again(database: Database, keeper: Keeper) -> Lease:
    """A lease of the same attempt, whose own went with its end."""
    lease = await Leases(database, keeper.lease.holder, 30).take(keeper.lease.key)
    assert isinstance(lease, Lease)
    return lease


async def test_stages_that_a_holder_before_has_measured_are_not_measured_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    monkeypatch.setattr(tracing, "record", lambda name, *_, **__: ended.append(name))
    keeper = await keeper_of(database)
    keeper.attempt = replace(keeper.attempt, log_position=3)
    for number, stage in enumerate(("reading", "checking", "learning", "publishing", "publishing"), 1):
        keeper.note(replace(line(number), stage=stage))
    assert ended == ["stage learning"]
    keeper.close()
