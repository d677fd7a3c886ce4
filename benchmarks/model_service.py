"""The model service alone, as processes on a database of their own: takeover, a long queue, and what it asks at rest.

    python benchmarks/model_service.py

Two orchestrators of each kind and three consumers of each run as an operator would run them, without `up`. The queue of
a thousand trainings is served, or held, by consumers of this process, whose trainings do nothing: the orchestrator
counts.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import structlog
from _database import migrated
from _figures import tell
from _order import out_of_order
from _processes import cpu_seconds, load, resident_mb
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.cli.supervisor.child import Child, Program, stop_all
from talkwright.cli.supervisor.journal import Journal
from talkwright.database.announcements import Listener
from talkwright.database.deployments import insert_deployment
from talkwright.database.embedded import Urls
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.tables import assistants, models, trainings, transitions, versions
from talkwright.database.trainings import insert_training
from talkwright.modelservice.consuming import Consumer
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.transitions import Outcome
from talkwright.operations.role import RoleContext
from talkwright.operations.waiting import first_of

TRAININGS, TEAMS, LARGE, CONSUMERS = 1000, 40, 2, 3
TAKEOVERS = 3
LEADERS = {"training": "training-orchestrator", "deployment": "running-orchestrator"}
IDLE_SECONDS = 30.0
SETTLE_SECONDS = 8.0
SHORT_SECONDS, LONG_SECONDS, LONG_ONES = 0.02, 1.0, 0.02
_STATEMENT = re.compile(rb"LOG: +(?:statement|execute [^:]*): (?!BEGIN|COMMIT|ROLLBACK)", re.IGNORECASE)


class Roles:
    """Roles on one database."""

    def __init__(self, home: Path, url: str) -> None:
        self._home, self._url = home, url
        self._journal = Journal(home / "logs", StringIO())
        self.children: list[Child] = []

    def start(self, role: str) -> Child:
        """Start a role of whose death nobody tells."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TALKWRIGHT_")}
        own = {"DATABASE_URL": self._url, "HOME": str(self._home), "LOG_FORMAT": "json"}
        named = {f"TALKWRIGHT_{name}": value for name, value in own.items()}
        child = Child(Program.role(role, kept | named), self._journal)
        child.start()
        self.children.append(child)
        return child

    async def stop(self) -> None:
        """Stop all of them."""
        await stop_all(self.children, 8.0, self._journal)
        self.children = []


class Nothing:
    """A trade whose trainings do nothing for so many seconds, then fail: that ends them as well as a success would."""

    site: str | None = None
    engines = ("talkwright",)

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds

    async def keep(self, keeper: Keeper) -> None:
        """End the attempt in time, unless the consumer lets go of it before."""
        await first_of(keeper.leave.wait(), seconds=self._seconds())
        if not keeper.leave.is_set():
            await keeper.end(Outcome.FAILED, "Nothing was to be trained.")


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with migrated() as (home, urls):
        asyncio.run(measure(Database.at(urls.application), Roles(home, urls.application), urls))


async def measure(database: Database, roles: Roles, urls: Urls) -> None:
    """All figures, one after the other."""
    try:
        took = {kind: [await takeover(database, roles, kind) for _ in range(TAKEOVERS)] for kind in LEADERS}
        worst = ", ".join(f"{max(each):.2f} s of {kind}s" for kind, each in took.items())
        tell("takeover", max(map(max, took.values())), "s", f"the worst of {TAKEOVERS} each: {worst}; {load()}")
        await long_queue(database, roles, urls.application)
        log = log_statements(urls.maintenance)
        await idle(database, roles, log)
        await idle_with_queue(database, roles, log, urls.application)
    finally:
        await roles.stop()
        await database.close()


async def takeover(database: Database, roles: Roles, kind: str) -> float:
    """Seconds from the death of the leading one of two orchestrators to the first change that the other one makes."""
    ((assistant, version),) = await teams(database, 1)
    roles.start(LEADERS[kind])
    roles.start(LEADERS[kind])
    leads = f"SELECT holder FROM studio.leases WHERE key = 'lead:{kind}' AND expires_at > clock_timestamp()"
    holder = await until(database, leads)
    await asyncio.sleep(2)  # the other one waits by now
    os.kill(next(child for child in roles.children if child.worker == holder).pid or 0, signal.SIGKILL)
    began = time.monotonic()
    work = uuid7()
    async with database.transaction() as session:
        await ask_for(session, kind, work, assistant, version)
        await session.execute(text(f"UPDATE studio.{kind}s SET cancel_requested_at = now()"))
    await until(database, f"SELECT id FROM studio.{kind}s WHERE id = '{work}' AND state IN ('cancelled', 'stopped')")
    took = time.monotonic() - began
    await roles.stop()
    return took


async def ask_for(session: AsyncSession, kind: str, work: UUID, assistant: UUID, version: UUID) -> None:
    """Queue one training or one deployment."""
    if kind == "training":
        await insert_training(session, work, assistant=assistant, version=version, by=SYSTEM_USER, deploy=False)
        return
    model = {"id": uuid7(), "model_id": work.hex, "assistant": assistant, "version": version, "training": uuid7()}
    made = {"engine": "talkwright", "object": work.hex, "bytes": 1, "sha256": work.bytes}
    await session.execute(insert(models).values(**model, **made))
    await insert_deployment(session, work, assistant=assistant, version=version, model=model, by=SYSTEM_USER)


async def long_queue(database: Database, roles: Roles, url: str) -> None:
    """A thousand trainings of forty teams: the order, the orchestrator's memory and CPU."""
    queue = await queued(database)
    orchestrator = roles.start("training-orchestrator")
    rng = random.Random(7)

    def seconds() -> float:
        """Most end soon, and some go on while all others have their turn."""
        return LONG_SECONDS if rng.random() < LONG_ONES else rng.uniform(0, SHORT_SECONDS)

    async with consumers(database, url, seconds):
        left = "SELECT count(*) FROM studio.trainings WHERE state IN ('queued', 'running')"
        await until(database, f"SELECT 1 WHERE ({left}) < {TRAININGS * 9 // 10}")
        pid = orchestrator.pid or 0
        early, cpu = resident_mb(pid), cpu_seconds(pid)
        await until(database, f"SELECT 1 WHERE ({left}) = 0", 600)
        tell("queue-memory-growth", resident_mb(pid) - early, "MB", f"of {early:.0f} MB")
        tell("queue-cpu", 1000 * (cpu_seconds(pid) - cpu) / (TRAININGS * 0.9), "ms CPU")
    tell("queue-out-of-order", out_of_order(queue, await moves_of(database, queue)), "trainings")
    await roles.stop()


async def queued(database: Database) -> dict[UUID, UUID]:
    """A thousand new trainings that wait, with their assistants, in order: half of them are two large teams'."""
    of = await teams(database, TEAMS)
    wanted = [of[n % TEAMS if n % 2 else n // 2 % LARGE] for n in range(TRAININGS)]
    rows = [{"id": uuid7(), "assistant": a, "version": v, "created_by": SYSTEM_USER} for a, v in wanted]
    async with database.transaction() as session:
        await session.execute(insert(trainings), rows)
        query = select(trainings.c.id, trainings.c.assistant).order_by(trainings.c.sequence)
        found = await session.execute(query.where(trainings.c.state == "queued"))
        return {row.id: row.assistant for row in found}


async def moves_of(database: Database, queue: dict[UUID, UUID]) -> list[tuple[UUID, str]]:
    """Each start and end of these trainings, in the order in which the leader wrote them."""
    query = select(transitions.c.work, transitions.c.target).order_by(transitions.c.sequence)
    async with database.transaction() as session:
        return [(row.work, row.target) for row in await session.execute(query) if row.work in queue]


def log_statements(maintenance: str) -> Path:
    """Have the server log what sessions of the application that begin from now on ask; gives its log."""
    with psycopg.connect(maintenance, autocommit=True) as link:
        link.execute("ALTER ROLE talkwright_app SET log_statement = 'all'")
        return Path(str((link.execute("SHOW data_directory").fetchone() or ("",))[0])).parent / "postgres.log"


async def idle(database: Database, roles: Roles, log: Path) -> None:
    """Statements that a service asks which nobody uses, for each of its consumers."""
    for role in (*LEADERS.values(), *LEADERS.values(), *("training-consumer", "running-consumer") * CONSUMERS):
        roles.start(role)
    await tell_statements(database, log, "idle-service-queries")
    await roles.stop()


async def idle_with_queue(database: Database, roles: Roles, log: Path, url: str) -> None:
    """The same where a thousand trainings wait, because the consumers have work that takes long."""
    await queued(database)
    for role in (*LEADERS.values(), *LEADERS.values(), *("running-consumer",) * CONSUMERS):
        roles.start(role)
    async with AsyncExitStack() as stack:
        logged = Database.at(url)
        stack.push_async_callback(logged.close)
        await stack.enter_async_context(consumers(logged, url, lambda: 3600.0))
        running = "SELECT count(*) FROM studio.trainings WHERE state = 'running'"
        await until(database, f"SELECT 1 WHERE ({running}) = {CONSUMERS}")
        await tell_statements(database, log, "queued-service-queries")
    await roles.stop()


async def tell_statements(database: Database, log: Path, figure: str) -> None:
    """What six consumers and their orchestrators ask once all of them are there and have come to rest."""
    wanted = 2 * CONSUMERS
    await until(database, f"SELECT 1 WHERE (SELECT count(*) FROM studio.workers WHERE ended_at IS NULL) = {wanted}")
    await asyncio.sleep(SETTLE_SECONDS)
    before, began = statements(log), time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    asked = statements(log) - before
    elapsed = time.monotonic() - began
    tell(figure, asked / elapsed / wanted, "a second", f"{asked} statements in {elapsed:.0f} s")


def statements(log: Path) -> int:
    """How many statements of the application the server has logged."""
    return len(_STATEMENT.findall(log.read_bytes()))


async def teams(database: Database, count: int) -> list[tuple[UUID, UUID]]:
    """Assistants with a version each."""
    made = [(uuid7(), uuid7()) for _ in range(count)]
    async with database.transaction() as session:
        for assistant, version in made:
            name = f"bot-{assistant.hex}"
            own = {"id": assistant, "name": name, "live_name": name, "title": name, "language": "en"}
            await session.execute(insert(assistants).values(**own, created_by=SYSTEM_USER))
            pinned = {"id": version, "assistant": assistant, "number": 1, "name": name, "change": 0}
            await session.execute(insert(versions).values(**pinned, digest=version.bytes, created_by=SYSTEM_USER))
    return made


@asynccontextmanager
async def consumers(database: Database, url: str, seconds: Callable[[], float]) -> AsyncIterator[None]:
    """Training consumers of this process, whose trainings last so long."""
    settings = ModelServiceSettings()
    contexts = [RoleContext(f"consumer {n}") for n in range(CONSUMERS)]
    made = [
        Consumer(database, Listener(url), Nothing(seconds), settings, role="training-consumer", identity=uuid7())
        for _ in contexts
    ]
    tasks = [asyncio.create_task(one.run(context)) for one, context in zip(made, contexts, strict=True)]
    yield
    for context in contexts:
        context.stopping.set()
    await asyncio.gather(*tasks)


async def until(database: Database, query: str, seconds: float = 60) -> Any:
    """Wait until a query has a row; gives its first value."""
    async with asyncio.timeout(seconds):
        while True:
            async with database.transaction() as session:
                if (row := (await session.execute(text(query))).first()) is not None:
                    return row[0]
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    main()
