"""The model service alone, as processes on a database of their own: takeover, a long queue, and what it asks when idle.

    python benchmarks/model_service.py

Two orchestrators of each kind and three consumers of each run as an operator would run them, without `up`. The queue of
a thousand trainings is served by consumers of this process, whose trainings take no time: the orchestrator counts.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import structlog
from _database import migrated
from _figures import tell
from _processes import cpu_seconds, load, resident_mb
from sqlalchemy import insert, select, text

from talkwright.cli.supervisor.child import Child, Program, stop_all
from talkwright.cli.supervisor.journal import Journal
from talkwright.database.announcements import Listener
from talkwright.database.embedded import Urls
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.tables import assistants, trainings, versions
from talkwright.database.trainings import insert_training
from talkwright.modelservice.consuming import Consumer
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.transitions import Outcome
from talkwright.operations.role import RoleContext

TRAININGS, TEAMS, CONSUMERS = 1000, 40, 3
ROLES = ("training-orchestrator", "running-orchestrator") * 2 + ("training-consumer", "running-consumer") * CONSUMERS
IDLE_SECONDS = 30.0
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


class AtOnce:
    """A trade whose trainings fail at once, which ends them as well as a success would."""

    site: str | None = None
    engines = ("talkwright",)

    async def keep(self, keeper: Keeper) -> None:
        """End the attempt."""
        await keeper.end(Outcome.FAILED, "Nothing was to be trained.")


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with migrated() as (home, urls):
        asyncio.run(measure(Database.at(urls.application), Roles(home, urls.application), urls))


async def measure(database: Database, roles: Roles, urls: Urls) -> None:
    """All figures, one after the other."""
    try:
        await takeover(database, roles)
        await long_queue(database, roles, urls.application)
        await idle(database, roles, urls.maintenance)
    finally:
        await roles.stop()
        await database.close()


async def takeover(database: Database, roles: Roles) -> None:
    """From the leader's death to the first change that another one makes; the worst of three."""
    of = (await teams(database, 1))[0]
    took = []
    for _ in range(3):
        roles.start("training-orchestrator")
        roles.start("training-orchestrator")
        holder = await until(database, "SELECT holder FROM studio.leases WHERE key = 'lead:training' "
                                       "AND expires_at > clock_timestamp()")  # fmt: skip
        await asyncio.sleep(2)  # the other one waits by now
        os.kill(next(child for child in roles.children if child.worker == holder).pid or 0, signal.SIGKILL)
        began = time.monotonic()
        training = uuid7()
        async with database.transaction() as session:
            await insert_training(session, training, assistant=of[0], version=of[1], by=SYSTEM_USER, deploy=False)
            await session.execute(text("UPDATE studio.trainings SET cancel_requested_at = now()"))
        await until(database, f"SELECT id FROM studio.trainings WHERE id = '{training}' AND state = 'cancelled'")
        took.append(time.monotonic() - began)
        await roles.stop()
    tell("takeover", max(took), "s", load())


async def long_queue(database: Database, roles: Roles, url: str) -> None:
    """A thousand trainings of forty teams: the order, the orchestrator's memory and CPU."""
    of = await teams(database, TEAMS)
    queued = [of[n % TEAMS if n % 2 else 0] for n in range(TRAININGS)]  # half of them are one team's
    async with database.transaction() as session:
        rows = [{"id": uuid7(), "assistant": a, "version": v, "created_by": SYSTEM_USER} for a, v in queued]
        await session.execute(insert(trainings), rows)
    orchestrator = roles.start("training-orchestrator")
    async with consumers(database, url, CONSUMERS):
        left = "SELECT count(*) FROM studio.trainings WHERE state IN ('queued', 'running')"
        await until(database, f"SELECT 1 WHERE ({left}) < {TRAININGS * 9 // 10}")
        pid = orchestrator.pid or 0
        early, cpu = resident_mb(pid), cpu_seconds(pid)
        await until(database, f"SELECT 1 WHERE ({left}) = 0", 600)
        tell("queue-memory-growth", resident_mb(pid) - early, "MB", f"of {early:.0f} MB")
        tell("queue-cpu", 1000 * (cpu_seconds(pid) - cpu) / (TRAININGS * 0.9), "ms CPU")
    tell("queue-out-of-order", await out_of_order(database, [row["id"] for row in rows]), "trainings")
    await roles.stop()


async def out_of_order(database: Database, ids: list[UUID]) -> int:
    """How many trainings began although the rule wanted another one, by the rows alone.

    At most `CONSUMERS` run at a time, so each beginning is held against what ran and waited just before it.
    """
    query = select(trainings).where(trainings.c.id.in_(ids)).order_by(trainings.c.started_at)
    async with database.transaction() as session:
        rows = (await session.execute(query)).all()
    waiting: dict[UUID, list[Any]] = {}
    for row in sorted(rows, key=lambda row: row.sequence):
        waiting.setdefault(row.assistant, []).append(row)
    served: dict[UUID, Any] = {}
    wrong = 0
    for place, row in enumerate(rows):
        recent = rows[max(place - CONSUMERS, 0) : place]
        running = {other.assistant for other in recent if other.ended_at > row.started_at}
        never = (0, 0)
        best = min(
            (one for one in waiting if one not in running or row.assistant in running),
            key=lambda one: (one in running, (1, served[one]) if one in served else never, waiting[one][0].sequence),
        )
        unclear = any(abs((other.ended_at - row.started_at).total_seconds()) < 0.05 for other in recent)
        wrong += waiting[row.assistant][0].id != row.id or (best != row.assistant and not unclear)
        waiting[row.assistant].remove(row)
        if not waiting[row.assistant]:
            del waiting[row.assistant]
        served[row.assistant] = place
    return wrong


async def idle(database: Database, roles: Roles, maintenance: str) -> None:
    """Statements that a service asks which nobody uses, for each of its consumers."""
    with psycopg.connect(maintenance, autocommit=True) as link:
        link.execute("ALTER ROLE talkwright_app SET log_statement = 'all'")
        log = Path(str((link.execute("SHOW data_directory").fetchone() or ("",))[0])).parent / "postgres.log"
    for role in ROLES:
        roles.start(role)
    wanted = 2 * CONSUMERS
    await until(database, f"SELECT 1 WHERE (SELECT count(*) FROM studio.workers WHERE ended_at IS NULL) = {wanted}")
    await asyncio.sleep(8)
    size, began = log.stat().st_size, time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    with log.open("rb") as file:
        file.seek(size)
        asked = len(_STATEMENT.findall(file.read()))
    elapsed = time.monotonic() - began
    tell("idle-service-queries", asked / elapsed / wanted, "a second", f"{asked} statements in {elapsed:.0f} s")
    await roles.stop()


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
async def consumers(database: Database, url: str, count: int) -> AsyncIterator[None]:
    """Consumers of this process."""
    contexts = [RoleContext(f"consumer {n}") for n in range(count)]
    tasks = [
        asyncio.create_task(
            Consumer(
                database, Listener(url), AtOnce(), ModelServiceSettings(), role="training-consumer", identity=uuid7()
            ).run(context)
        )
        for context in contexts
    ]
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
