"""What a consumer's trade does where the store is away at its start, and where its job can't be followed to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from tests.modelservice.places import gone, python

from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.database.tables import attempts
from talkwright.database.work import HeldAttempt
from talkwright.identity.secrets import Keyring
from talkwright.modelservice import patience
from talkwright.modelservice.engines.base import MODEL, Order
from talkwright.modelservice.engines.known import Engines
from talkwright.modelservice.engines.talkwright import TalkwrightEngine
from talkwright.modelservice.executors.base import PlaceAwayError, RunningJob
from talkwright.modelservice.executors.process import ProcessExecutor, ProcessJob
from talkwright.modelservice.granting import JobDesk, JobGrants
from talkwright.modelservice.jobs import Cause, Ended, Job
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.leases import Lease, Leases
from talkwright.modelservice.means import Means
from talkwright.modelservice.running.consumer import Running
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.training import consumer as training
from talkwright.modelservice.training.consumer import Training
from talkwright.modelservice.variables import Variables
from talkwright.storage.keys import project_key
from talkwright.storage.objects import ObjectStore, StorageError

pytestmark = pytest.mark.anyio

STORED = "models/m.tar.gz"
ENDS = "print('it was started'); raise SystemExit(2)"


class AwayStore(ObjectStore):
    """The real store, of which so many reads find nobody; before each of them something may happen."""

    away = 3

    async def get_to(self, key: str, path: Path) -> None:
        if self.away:
            self.away -= 1
            await self.before()
            raise StorageError(f"The object {key} could not be read: nobody answers.")
        await super().get_to(key, path)

    async def before(self) -> None:
        """By itself nothing happens."""


@dataclass
class Place:
    """A running consumer's trade, and one attempt in its hands."""

    trade: Training | Running
    keeper: Keeper
    store: AwayStore
    folder: Path
    means: Means


def runs(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Have each job of the engine run that, over the stored model."""

    def job(_: TalkwrightEngine, order: Order, *__: object) -> Job:
        return Job(name=order.name, command=python(source), inputs={STORED: MODEL})

    for kind in ("training_job", "running_job"):
        monkeypatch.setattr(TalkwrightEngine, kind, job)


@pytest.fixture
async def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.01)
    store = AwayStore((tmp_path / "objects").as_uri())
    await store.put(STORED, b"a model")
    runs(monkeypatch, ENDS)
    keyring, leases, attempt, work = Keyring([b"k" * 32]), Leases(database, uuid7(), 60), uuid7(), uuid7()
    row = {"id": attempt, "work_kind": "deployment", "work": work, "number": 1}
    async with database.transaction() as session:
        await session.execute(insert(attempts).values(row | {"worker": leases.holder, "epoch": 1}))
    lease = await leases.take(f"attempt:{attempt}")
    assert isinstance(lease, Lease)
    held = HeldAttempt(
        id=attempt, kind="deployment", work=work, number=1, state="assigned", stop=False, assistant=uuid7(),
        version=uuid7(), engine="talkwright", model_object=STORED, model_id="m", requested_at=datetime.now(UTC),
    )  # fmt: skip
    await store.put(project_key(held.version), b"a project")
    executor = ProcessExecutor(tmp_path / "jobs", store, {})
    desk = JobDesk(JobGrants(database, store, keyring), "http://127.0.0.1:9/grants")
    settings = ModelServiceSettings()
    means = Means(
        executor=executor,
        store=store,
        variables=Variables(keyring, {}),
        desk=desk,
        keyring=keyring,
        settings=settings,
        engines=Engines(settings),
    )
    return Place(Running(means), Keeper(held, lease, leases), store, tmp_path / "jobs", means)


async def ended(database: Database, place: Place) -> tuple[str, str, str | None]:
    """How the attempt ended once it was kept, why in words, and what came of it."""
    async with asyncio.timeout(60):
        await place.trade.keep(place.keeper)
    place.keeper.close()
    async with database.transaction() as session:
        row = (await session.execute(select(attempts).where(attempts.c.id == place.keeper.attempt.id))).one()
    return row.outcome, row.reason, row.result


async def test_a_start_waits_for_a_store_that_is_away(database: Database, place: Place) -> None:
    assert await ended(database, place) == ("content", "The model can't be run: it was started", None)
    assert place.store.away == 0
    assert list(place.folder.iterdir()) == []


async def test_a_consumer_that_stops_while_the_store_is_away_gives_its_attempt_back(
    database: Database, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stops(_: AwayStore) -> None:
        place.keeper.shutdown = True
        place.keeper.leave.set()

    monkeypatch.setattr(AwayStore, "before", stops)
    outcome, reason, _ = await ended(database, place)
    assert (outcome, place.store.away) == ("released", 2)
    assert "nobody answers" in reason


async def test_what_is_not_in_the_store_is_not_waited_for(database: Database, place: Place) -> None:
    place.store.away = 0
    await place.store.delete(STORED)
    assert await ended(database, place) == (
        "lost_job",
        f"The job could not be started: There is no object {STORED}.",
        '{"cause": "storage"}',
    )


@pytest.mark.parametrize("trade", [Training, Running])
async def test_a_job_that_cannot_be_followed_has_ended_before_another_attempt_begins(
    database: Database, place: Place, monkeypatch: pytest.MonkeyPatch, trade: type[Training | Running]
) -> None:
    found: list[int] = []

    def breaks(_: ProcessJob, record: Mapping[str, Any]) -> None:
        found.append(int(record["text"]))
        raise ValueError("This is no line of a log.")

    monkeypatch.setattr(ProcessJob, "_note", breaks)
    runs(monkeypatch, "import os, time; print(os.getpid()); time.sleep(60)")
    place.store.away, place.trade = 0, trade(place.means)
    with pytest.raises(ValueError, match="no line"):
        await ended(database, place)
    await gone(found[0])
    assert list(place.folder.iterdir()) == []


async def test_a_start_waits_for_a_cluster_that_is_away(
    database: Database, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, start = [1, 2, 3], ProcessExecutor.start

    async def later(self: ProcessExecutor, job: Job) -> RunningJob:
        if away:
            away.pop()
            raise PlaceAwayError("The job could not be started: nobody answers.", Cause.CLUSTER)
        return await start(self, job)

    monkeypatch.setattr(ProcessExecutor, "start", later)
    place.store.away = 0
    assert await ended(database, place) == ("content", "The model can't be run: it was started", None)


@pytest.mark.parametrize("trade", [Training, Running])
async def test_whoever_could_not_write_what_a_job_ended_with_leaves_it_to_the_next_holder(
    database: Database, place: Place, monkeypatch: pytest.MonkeyPatch, trade: type[Training | Running]
) -> None:
    first, fill = place.keeper, training.fill_gaps
    leases, lease = first._leases, first.lease

    async def too_late(keeper: Keeper, store: ObjectStore, end: Ended) -> None:
        if keeper is first:
            await leases.end(lease)
        await fill(keeper, store, end)

    for each in ("training", "running"):
        monkeypatch.setattr(f"talkwright.modelservice.{each}.consumer.fill_gaps", too_late)
    runs(monkeypatch, "print('it is wrong'); raise SystemExit(2)")
    place.store.away, place.trade = 0, trade(place.means)
    assert (await ended(database, place))[0] is None
    async with database.transaction() as session:
        left = (await session.execute(select(attempts).where(attempts.c.id == place.keeper.attempt.id))).one()
    again = await leases.take(lease.key)
    assert isinstance(again, Lease)
    held = replace(place.keeper.attempt, state=left.state, job=left.job, epoch=again.epoch)
    place.keeper = Keeper(held, again, leases)
    outcome, reason, _ = await ended(database, place)
    assert (outcome, reason.endswith("it is wrong")) == ({Training: "failed", Running: "content"}[trade], True)
    assert list(place.folder.iterdir()) == []
