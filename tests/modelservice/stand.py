"""A training consumer's trade on a real database, store and processes, that can die at any step."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.modelservice.places import python

from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.tables import assistants, attempt_logs, attempts, models, trainings, versions
from talkwright.database.work import HeldAttempt
from talkwright.identity.secrets import Keyring
from talkwright.modelservice.desk import serve_desk
from talkwright.modelservice.engines.base import Order
from talkwright.modelservice.engines.known import Engines
from talkwright.modelservice.engines.talkwright import TalkwrightEngine
from talkwright.modelservice.executors.process import ProcessExecutor, ProcessJob
from talkwright.modelservice.granting import JobDesk, JobGrants
from talkwright.modelservice.jobs import Job
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.leases import Lease, Leases
from talkwright.modelservice.means import Means
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.training.consumer import Training
from talkwright.modelservice.variables import Variables
from talkwright.operations.waiting import first_of
from talkwright.storage.objects import Entry, Grant, ObjectStore, StorageError

MAKE_MODEL = """
import gzip, io, json, sys, tarfile
for number in range(int(sys.argv[2])):
    print('line', number)
metadata = json.dumps({'model_id': sys.argv[1]}).encode()
with open('model.tar.gz', 'wb') as out, gzip.GzipFile('', 'wb', fileobj=out, mtime=0) as packed:
    with tarfile.open(fileobj=packed, mode='w') as archive:
        member = tarfile.TarInfo('metadata.json')
        member.size = len(metadata)
        archive.addfile(member, io.BytesIO(metadata))
"""


@dataclass
class Life:
    """The life of one consumer: at its `last` step it dies, and takes no other.

    At the step `called_off` it is asked to stop; the store is `away` for so many reads of models.
    """

    last: int | None = None
    called_off: int | None = None
    away: int = 0
    steps: list[str] = field(default_factory=list)
    died: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def step(self, name: str) -> None:
        """Go on, or never."""
        if self.died.is_set() or len(self.steps) == self.last:
            self.died.set()
            await asyncio.Event().wait()
        if len(self.steps) == self.called_off:
            self.stop.set()
        self.steps.append(name)


class MortalStore(ObjectStore):
    """The real store, in the hands of one who may die before and after each request."""

    def __init__(self, url: str, life: Life) -> None:
        super().__init__(url)
        self.life = life
        self.created: list[str] = []

    async def create(self, key: str, data: bytes) -> bool:
        await self.life.step("before the manifest")
        if made := await super().create(key, data):
            self.created.append(key)
        await self.life.step("after the manifest")
        return made

    async def get_to(self, key: str, path: Path) -> None:
        await self.life.step(f"before reading {key.partition('/')[0]}")
        if self.life.away and key.startswith("models/"):
            self.life.away -= 1
            raise StorageError(f"{key} can't be read: nobody answers.")
        await super().get_to(key, path)
        await self.life.step(f"after reading {key.partition('/')[0]}")

    async def entries(self, prefix: str = "") -> list[Entry]:
        await self.life.step("before looking")
        return await super().entries(prefix)

    async def grant_put(self, key: str) -> Grant:
        await self.life.step("before the upload")
        return await super().grant_put(key)

    async def delete(self, key: str) -> None:
        await self.life.step("before clearing")
        await super().delete(key)


class MortalLeases(Leases):
    """The real leases, in the hands of one who may die around each transaction and just before its commit."""

    def __init__(self, database: Database, life: Life) -> None:
        super().__init__(database, uuid7(), 60)
        self.life = life

    @asynccontextmanager
    async def fenced(self, lease: Lease) -> AsyncIterator[AsyncSession]:
        await self.life.step("before a transaction")
        async with super().fenced(lease) as session:
            yield session
            await self.life.step("before a commit")
        await self.life.step("after a commit")


class WatchedExecutor(ProcessExecutor):
    """The real executor; remembers its jobs, and hands each to whoever wants to do something to it."""

    def __init__(
        self, folder: Path, store: ObjectStore, life: Life, watch: Callable[[ProcessJob], None] | None
    ) -> None:
        super().__init__(folder, store, {})
        self.life = life
        self.watch = watch
        self.started: list[ProcessJob] = []

    async def start(self, job: Job) -> ProcessJob:
        await self.life.step("before the job")
        running = await super().start(job)
        self.started.append(running)
        if self.watch is not None:
            self.watch(running)
        await self.life.step("after the job's start")
        return running


async def new_training(database: Database) -> UUID:
    """A new training of a new version of a new assistant."""
    assistant, version, training = uuid7(), uuid7(), uuid7()
    name = f"a{assistant}"
    async with database.transaction() as session:
        await session.execute(
            insert(assistants).values(
                id=assistant, name=name, live_name=name, title=name, language="en", created_by=SYSTEM_USER
            )
        )
        await session.execute(
            insert(versions).values(
                id=version, assistant=assistant, number=1, name=name, change=0, digest=b"", created_by=SYSTEM_USER
            )
        )
        await session.execute(
            insert(trainings).values(id=training, assistant=assistant, version=version, created_by=SYSTEM_USER)
        )
    return training


@dataclass
class Stand:
    """One training at a time, in the hands of one consumer after another."""

    database: Database
    home: Path
    monkeypatch: pytest.MonkeyPatch
    created: list[str] = field(default_factory=list)
    jobs: int = 0
    lines: int = 3

    @property
    def store(self) -> ObjectStore:
        """The store, in the hands of nobody who dies."""
        return ObjectStore((self.home / "objects").as_uri())

    async def training(self) -> UUID:
        """A new training of a new version."""
        return await new_training(self.database)

    async def run(
        self,
        training: UUID,
        number: int,
        *,
        last: int | None = None,
        called_off: int | None = None,
        away: int = 0,
        watch: Callable[[ProcessJob], None] | None = None,
    ) -> Life:
        """Have a consumer keep the training's next attempt; where it dies, its attempt is lost and its jobs end."""
        life = Life(last, called_off, away)
        store = MortalStore((self.home / "objects").as_uri(), life)
        executor = WatchedExecutor(self.home / "jobs", store, life, watch)
        leases = MortalLeases(self.database, life)
        held, lease = await self.held(training, number, leases)
        self.monkeypatch.setattr(TalkwrightEngine, "training_job", self._job(training))
        keyring = Keyring([b"k" * 32])
        grants = JobGrants(self.database, store, keyring)
        settings = ModelServiceSettings(adopt_seconds=0)
        async with serve_desk(grants) as url:
            trade = Training(
                Means(
                    executor=executor,
                    store=store,
                    variables=Variables(keyring, {}),
                    desk=JobDesk(grants, url),
                    keyring=keyring,
                    settings=settings,
                    engines=Engines(settings),
                )
            )
            keeper = Keeper(held, lease, leases)
            keeper.stop = life.stop
            task = asyncio.create_task(trade.keep(keeper))
            try:
                async with asyncio.timeout(60):
                    await first_of(asyncio.shield(task), life.died.wait())
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                keeper.close()
                for job in executor.started:
                    await job.discard()
        self.created += store.created
        self.jobs += len(executor.started)
        await self._close(held.id)
        return life

    def _job(self, training: UUID) -> Callable[..., Job]:
        def job(_: TalkwrightEngine, order: Order) -> Job:
            command = python(MAKE_MODEL, f"model-of-{training}", str(self.lines))
            return Job(name=order.name, command=command, outputs=("model.tar.gz",), desk=order.desk)

        return job

    async def held(self, training: UUID, number: int, leases: Leases) -> tuple[HeldAttempt, Lease]:
        """The next attempt of a training, as its consumer gets it."""
        attempt = uuid7()
        async with self.database.transaction() as session:
            await session.execute(
                insert(attempts).values(
                    id=attempt, work_kind="training", work=training, number=number, worker=leases.holder, epoch=1
                )
            )
            row = (await session.execute(select(trainings).where(trainings.c.id == training))).one()
        lease = await leases.take(f"attempt:{attempt}")
        assert isinstance(lease, Lease)
        held = HeldAttempt(
            id=attempt, kind="training", work=training, number=number, state="assigned", stop=False,
            assistant=row.assistant, version=row.version, engine="talkwright", model_object=None, model_id=None,
            requested_at=row.created_at,
        )  # fmt: skip
        return held, lease

    async def _close(self, attempt: UUID) -> None:
        async with self.database.transaction() as session:
            lost = {"outcome": "lost_consumer", "state": "ended", "ended_at": text("clock_timestamp()")}
            await session.execute(
                update(attempts).where(attempts.c.id == attempt, attempts.c.outcome.is_(None)).values(lost)
            )
            await session.execute(text("DELETE FROM studio.leases WHERE key = :key"), {"key": f"attempt:{attempt}"})

    async def outcomes(self, training: UUID) -> list[str]:
        """How the attempts of a training ended."""
        query = select(attempts.c.outcome).where(attempts.c.work == training).order_by(attempts.c.number)
        async with self.database.transaction() as session:
            return list((await session.execute(query)).scalars())

    async def models(self, training: UUID) -> list[Any]:
        """The model rows of a training."""
        async with self.database.transaction() as session:
            return list((await session.execute(select(models).where(models.c.training == training))).all())

    async def log(self, training: UUID) -> list[tuple[int, str]]:
        """The stored log of all attempts."""
        query = select(attempt_logs.c.number, attempt_logs.c.message).join(
            attempts, attempts.c.id == attempt_logs.c.attempt
        )
        async with self.database.transaction() as session:
            rows = await session.execute(
                query.where(attempts.c.work == training).order_by(attempts.c.number, attempt_logs.c.number)
            )
            return [(row.number, row.message) for row in rows]

    async def manifest(self, training: UUID) -> Mapping[str, Any]:
        """What names the training's model."""
        (key,) = [key for key in await self.store.keys("models") if str(training) in key and "published" in key]
        return dict(json.loads(await self.store.get(key)))
