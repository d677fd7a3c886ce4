"""The model service for tests: real roles as processes, watched as `up` does it, over a real database and folder."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from sqlalchemy import insert, select, text, update
from tests.services.asking import needs_an_answer, until_answered
from tests.services.locks import holding

from talkwright.assistant.project import read_project, to_tar_gz
from talkwright.backend.chats.bots import Bots
from talkwright.backend.chats.turns import Said, Turns
from talkwright.backend.context import Services
from talkwright.backend.errors import ProblemError
from talkwright.backend.settings import BackendSettings
from talkwright.cli.supervisor.child import Child, Program, stop_all
from talkwright.cli.supervisor.journal import Journal
from talkwright.database import work as queue
from talkwright.database import workers
from talkwright.database.announcements import Listener, announce
from talkwright.database.attempt_logs import read_log
from talkwright.database.chats import insert_chat
from talkwright.database.deployments import insert_deployment, model_of_version
from talkwright.database.engine import Database, plain_url
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.tables import assistants, attempts, deployments, models, trainings, versions
from talkwright.database.trainings import insert_training
from talkwright.identity.audit import Origin
from talkwright.identity.secrets import keyring
from talkwright.storage.keys import project_key
from talkwright.storage.objects import ObjectStore

CONFIG = "recipe: default.v1\nlanguage: en\nassistant_id: {name}\npipeline: []\npolicies:\n- name: FlowPolicy\n"
DOMAIN = """
slots:
  recipient: {type: text}
  amount: {type: float}
responses:
  utter_ask_recipient:
  - text: "Who shall get the money?"
  utter_ask_amount:
  - text: "How much?"
  utter_done:
  - text: "%s {amount} to {recipient}."
"""
FLOWS = """
flows:
  send_money:
    name: send money
    description: Send money to somebody.
    steps:
    - collect: recipient
    - collect: amount
    - action: utter_done
"""
LOCKED_SECONDS = 240.0
"""So long it takes at most until a service, in pods even, writes what a test waits for."""
ENDED = ("succeeded", "failed", "cancelled", "stopped")


def project(name: str, *, verb: str = "Sent", flows: str = FLOWS, **files: str) -> dict[str, bytes]:
    """A small project that asks two questions; `verb` tells its versions apart."""
    texts = {
        "config.yml": CONFIG.format(name=name),
        "domain.yml": DOMAIN % verb,
        "data/flows.yml": flows,
        **{path.replace("__", "."): text for path, text in files.items()},
    }
    return {path: text.encode() for path, text in texts.items()}


@dataclass
class Service:
    """Roles, database and store of one test module."""

    database: Database
    home: Path
    store: ObjectStore
    environment: dict[str, str]
    journal: Journal
    children: list[Child] = field(default_factory=list)

    def start(self, role: str, *, watched: bool = True, **environment: str) -> Child:
        """Start one role, under that name for the database too; unless it is `watched`, nobody tells of its death."""
        given = {**self.environment, "PGAPPNAME": role, **environment}
        child = Child(Program.role(role, given), self.journal, self._gone if watched else None)
        self.children.append(child)
        child.start()
        return child

    async def stop(self, *children: Child) -> None:
        """Stop some roles, or all."""
        await stop_all(list(children) or self.children, 5.0, self.journal)
        self.children = [child for child in self.children if children and child not in children]

    async def _gone(self, worker: UUID) -> None:
        async with self.database.transaction() as session:
            await workers.end_worker(session, worker)

    async def assistant(self, name: str) -> UUID:
        """A new assistant."""
        new = uuid7()
        async with self.database.transaction() as session:
            await session.execute(
                insert(assistants).values(
                    id=new, name=name, live_name=name, title=name, language="en", created_by=SYSTEM_USER
                )
            )
        return new

    async def version(self, assistant: UUID, files: Mapping[str, bytes]) -> UUID:
        """A version with its project in the store."""
        new = uuid7()
        archive = to_tar_gz(dict(files))
        assert read_project(archive).items
        await self.store.put(project_key(new), archive)
        async with self.database.transaction() as session:
            number = 1 + len(
                (await session.execute(select(versions.c.id).where(versions.c.assistant == assistant))).all()
            )
            await session.execute(
                insert(versions).values(
                    id=new, assistant=assistant, number=number, name=f"{assistant}-{number}", change=0,
                    digest=new.bytes, created_by=SYSTEM_USER,
                )
            )  # fmt: skip
        return new

    async def train(self, assistant: UUID, files: Mapping[str, bytes], *, deploy: bool = False) -> UUID:
        """Queue a training."""
        new = uuid7()
        version = await self.version(assistant, files)
        async with self.database.transaction() as session:
            await insert_training(session, new, assistant=assistant, version=version, by=SYSTEM_USER, deploy=deploy)
        return new

    async def deploy(self, assistant: UUID, training: UUID) -> UUID:
        """Queue a deployment of a training's model."""
        new = uuid7()
        async with self.database.transaction() as session:
            version = (
                await session.execute(select(trainings.c.version).where(trainings.c.id == training))
            ).scalar_one()
            model = await model_of_version(session, version)
            assert model is not None
            await insert_deployment(session, new, assistant=assistant, version=version, model=model, by=SYSTEM_USER)
        return new

    async def cancel(self, kind: str, work: UUID) -> None:
        """Ask for the end of work, as the backend does."""
        table = queue.TABLES[kind]
        async with self.database.transaction() as session:
            row = (await session.execute(select(table.c.assistant).where(table.c.id == work))).one()
            await session.execute(
                update(table).where(table.c.id == work).values(cancel_requested_at=text("clock_timestamp()"))
            )
            announce(session, row.assistant, kind, {kind: str(work)})

    async def row(self, kind: str, work: UUID) -> Any:
        """The row of a training or deployment."""
        table = queue.TABLES[kind]
        async with self.database.transaction() as session:
            return (await session.execute(select(table).where(table.c.id == work))).one()

    async def becomes(self, kind: str, work: UUID, *states: str, seconds: float = 60.0) -> Any:
        """Wait until the work is in one of these states; fails with what it is instead."""
        row = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    row = await self.row(kind, work)
                    if row.state in states:
                        return row
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{kind} is {row}, not {states}; log: {await self.log(kind, work)}") from None

    async def active(self, assistant: UUID, *, training: UUID | None = None, seconds: float = 60.0) -> Any:
        """Wait until a deployment (of a training) runs and has the talk."""
        query = select(deployments).where(
            deployments.c.assistant == assistant, deployments.c.active, deployments.c.state == "running"
        )
        if training is not None:
            query = query.where(deployments.c.training == training)
        async with asyncio.timeout(seconds):
            while True:
                async with self.database.transaction() as session:
                    if (row := (await session.execute(query)).first()) is not None:
                        return row
                await asyncio.sleep(0.1)

    async def attempts(self, kind: str, work: UUID) -> list[Any]:
        """All attempts of some work."""
        query = select(attempts).where(attempts.c.work_kind == kind, attempts.c.work == work)
        async with self.database.transaction() as session:
            return list((await session.execute(query.order_by(attempts.c.number))).all())

    async def stage(self, kind: str, work: UUID, seconds: float = 30.0) -> Any:
        """Wait until the latest attempt's job has said something."""
        async with asyncio.timeout(seconds):
            while True:
                found = await self.attempts(kind, work)
                if found and found[-1].log_position > 0:
                    return found[-1]
                await asyncio.sleep(0.02)

    async def log(self, kind: str, work: UUID) -> list[str]:
        """The messages of the log."""
        async with self.database.transaction() as session:
            found = await read_log(session, kind, work, 0, 10_000)  # type: ignore[arg-type]  # tests pass words
        return [row["message"] for _, row in found]

    async def models_of(self, training: UUID) -> list[Any]:
        """The model rows of a training."""
        async with self.database.transaction() as session:
            return list((await session.execute(select(models).where(models.c.training == training))).all())

    async def rest(self, kind: queue.Kind) -> None:
        """Stop all work of a kind that has not ended, and wait until nothing is left of it."""
        while True:
            async with self.database.transaction() as session:
                left = await queue.open_work(session, kind)
            if not left:
                break
            for work in left:
                await self.cancel(kind, work.id)
            for work in left:
                await self.becomes(kind, work.id, *ENDED)
        await self.none_left()

    async def none_left(self, seconds: float = 30.0) -> None:
        """Wait until no job runs any more."""
        async with asyncio.timeout(seconds):
            while True:
                if not self.jobs():
                    return
                await asyncio.sleep(0.05)

    def jobs(self) -> list[int]:
        """The processes of jobs that run below this home, whoever their parents are."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                where = os.readlink(f"/proc/{pid}/cwd")
            except OSError:
                continue
            if where.startswith(str(self.home / "jobs")):
                found.append(int(pid))
        return found

    def engine_of(self, deployment: UUID) -> int:
        """The process of a deployment's engine."""
        (folder,) = (self.home / "jobs" / "running").glob(f"tw-r-{deployment}-*")
        return int(json.loads((folder / "status.json").read_text())["pid"])


@dataclass
class Talk:
    """Chats of one assistant: as the backend takes them, asked for as by a page."""

    service: Service
    assistant: UUID
    turns: Turns

    async def begin(self) -> UUID:
        """Begin a chat."""
        chat = uuid7()
        async with self.service.database.transaction() as session:
            await insert_chat(session, chat, assistant=self.assistant, language="en", by=SYSTEM_USER)
        return chat

    async def say(self, chat: UUID, words: str, *, message: UUID | None = None) -> Mapping[str, Any]:
        """One turn, asked for again under the same id as long as no bot is there to take it."""
        said = Said(id=str(message or uuid7()), text=words)

        async def ask() -> Mapping[str, Any]:
            try:
                return await self.turns.take(self.assistant, chat, said, Origin(via="system", actor=SYSTEM_USER))
            except ProblemError as error:
                needs_an_answer(error.status, error.code)
                raise

        return await until_answered(ask)


def texts(answer: Mapping[str, Any]) -> list[str]:
    """What the bot said in a turn."""
    return [entry["text"] for entry in answer["turn"]["entries"] if entry["kind"] == "bot"]


@contextmanager
def locked(service: Service, table: str) -> Iterator[None]:
    """While the block runs, whoever writes into a table waits."""
    url = plain_url(service.environment["TALKWRIGHT_DATABASE_URL"])
    with holding(url, f"LOCK TABLE studio.{table} IN SHARE MODE"):
        yield


async def waits_for(service: Service, table: str) -> None:
    """Wait until somebody waits for that."""
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE :statement"
    async with asyncio.timeout(LOCKED_SECONDS):
        while True:
            async with service.database.transaction() as session:  # each of which sees them as they were at its begin
                if await session.scalar(text(query), {"statement": f"%studio.{table}%"}) is not None:
                    return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def talking(service: Service, assistant: UUID) -> AsyncIterator[Talk]:
    """Talk to an assistant from a backend of its own."""
    bots = Bots(keyring(None, service.home), holder=uuid7())
    listener = Listener(service.environment["TALKWRIGHT_DATABASE_URL"])
    services = Services(
        settings=BackendSettings(),
        database=service.database,
        authenticator=cast(Any, None),  # nobody signs in here
        instance="t",
        extensions={Bots: bots, Listener: listener},
    )
    await listener.start()
    try:
        yield Talk(service, assistant, Turns(services))
    finally:
        await listener.stop()
        await bots.close()


@asynccontextmanager
async def service_at(database_url: str, home: Path, **settings: str) -> AsyncIterator[Service]:
    """A service without roles yet."""
    database = Database.at(database_url)
    journal = Journal(home / "logs", StringIO())
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TALKWRIGHT_")},
        "TALKWRIGHT_DATABASE_URL": database_url,
        "TALKWRIGHT_HOME": str(home),
        "TALKWRIGHT_LOG_FORMAT": "json",
        "TALKWRIGHT_DRAIN_LEAST_SECONDS": "0",
        "TALKWRIGHT_DRAIN_SECONDS": "0.2",
        "TALKWRIGHT_ORCHESTRATOR_RENEW_SECONDS": "1",
        "TALKWRIGHT_ORCHESTRATOR_LEASE_SECONDS": "10",
        "TALKWRIGHT_CONSUMER_RENEW_SECONDS": "2",
        "TALKWRIGHT_CONSUMER_LEASE_SECONDS": "10",
        **settings,
    }
    service = Service(database, home, ObjectStore((home / "objects").as_uri()), environment, journal)
    try:
        yield service
    finally:
        await service.stop()
        journal.close()
        await database.close()
