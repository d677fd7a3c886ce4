"""Consumers of the release before, by their very statements: they work for the orchestrators of today."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select
from tests.services.modelservice import Service, project, service_at

from talkwright.backend.deployments.schemas import MADE_ROOM, Deployment
from talkwright.backend.deployments.service import one_deployment
from talkwright.database.deployments import talk_of
from talkwright.database.ids import uuid7
from talkwright.database.tables import transitions
from talkwright.modelservice.running.orchestrator import COMES_BACK, IN_PLACE

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

HANGS_SECONDS = 120
"""So long nothing takes, however busy the machine."""


@pytest.fixture
async def service(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with service_at(fresh_database_url, tmp_path) as service:
        yield service


class OldConsumer:
    """A consumer of protocol 1: the statements of the release before, as they stood, over a connection of its own."""

    def __init__(self, link: psycopg.AsyncConnection[Any], role: str) -> None:
        self._link, self._role, self.id = link, role, uuid7()

    async def register(self) -> None:
        await self._link.execute(
            "INSERT INTO studio.workers (id, role, host, process, engines, started_at, heartbeat_at) "
            "VALUES (%s, %s, 'old', 1, '[\"talkwright\"]', clock_timestamp(), clock_timestamp())",
            (self.id, self._role),
        )
        await self._link.execute("SELECT pg_notify('talkwright', 'work 0')")

    async def beat(self) -> int:
        """Renew by holder alone; gives how many leases."""
        rows = await self._link.execute(
            "WITH alive AS (UPDATE studio.workers SET heartbeat_at = clock_timestamp() "
            "WHERE id = %(worker)s AND ended_at IS NULL RETURNING id), "
            "renewed AS (UPDATE studio.leases SET expires_at = clock_timestamp() + make_interval(secs => 30) "
            "WHERE holder = %(worker)s AND expires_at > clock_timestamp() RETURNING key, epoch) "
            "SELECT NULL AS key, 0 AS epoch FROM alive UNION ALL SELECT key, epoch FROM renewed",
            {"worker": self.id},
        )
        return len(await rows.fetchall()) - 1

    async def held(self, *, stop: bool = False) -> tuple[UUID, UUID, bool]:
        """The attempt that it was given, once it is (or is to stop): its id, its work, whether it is to stop."""
        async with asyncio.timeout(HANGS_SECONDS):
            while True:
                rows = await self._link.execute(
                    "SELECT a.id, a.work, a.stop_requested_at IS NOT NULL AS stop FROM studio.attempts a "
                    "WHERE a.worker = %s AND a.ended_at IS NULL",
                    (self.id,),
                )
                if (row := await rows.fetchone()) is not None and row[2] >= stop:
                    return row[0], row[1], row[2]
                await self.beat()
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def fenced(self, attempt: UUID) -> AsyncIterator[None]:
        """A transaction under the attempt's lease of epoch 1, which wakes the orchestrator."""
        async with self._link.transaction():
            fence = await self._link.execute(
                "SELECT epoch FROM studio.leases WHERE key = %s AND holder = %s AND epoch = 1 "
                "AND expires_at > clock_timestamp() FOR UPDATE",
                (f"attempt:{attempt}", self.id),
            )
            assert await fence.fetchone() is not None
            yield
            await self._link.execute("SELECT pg_notify('talkwright', 'work 0')")

    async def write(self, attempt: UUID, **values: Any) -> None:
        """Write columns of the attempt, with the hour of its end or readiness."""
        hour = {"ended": ", ended_at = clock_timestamp()", "ready": ", ready_at = clock_timestamp()"}
        columns = ", ".join(f"{name} = %({name})s" for name in values) + hour.get(values.get("state", ""), "")
        async with self.fenced(attempt):
            statement = f"UPDATE studio.attempts SET {columns} WHERE id = %(id)s AND outcome IS NULL"
            await self._link.execute(statement, {**values, "id": attempt})

    async def answer(self, attempt: UUID) -> None:
        """Start the attempt's model and say where it answers."""
        await self.write(attempt, state="running")
        await self.write(attempt, state="ready", address="http://127.0.0.1:9", secret=b"sealed", problems="[]")

    async def log(self, attempt: UUID, number: int, message: str) -> None:
        """Store a line of the job's log."""
        async with self.fenced(attempt):
            await self._link.execute(
                "UPDATE studio.attempts SET log_position = %s, stage = 'learning', progress = 0.5 "
                "WHERE id = %s AND outcome IS NULL",
                (number, attempt),
            )
            await self._link.execute(
                "INSERT INTO studio.attempt_logs (attempt, number, at, level, stage, progress, message) "
                "VALUES (%s, %s, clock_timestamp(), 'info', 'learning', 0.5, %s) ON CONFLICT DO NOTHING",
                (attempt, number, message),
            )

    async def enter_model(self, attempt: UUID, training: Any, model_id: str) -> str:
        """Enter the model of a training's row, before the outcome; gives its id."""
        async with self.fenced(attempt):
            kept = await self._link.execute(
                "INSERT INTO studio.models (id, model_id, assistant, version, training, engine, object, bytes, sha256) "
                "VALUES (%s, %s, %s, %s, %s, 'talkwright', %s, 1, '') "
                "ON CONFLICT (model_id) DO UPDATE SET model_id = excluded.model_id RETURNING id",
                (uuid7(), model_id, training.assistant, training.version, training.id, f"models/{model_id}"),
            )
            found = await kept.fetchone()
        assert found is not None
        return str(found[0])


@pytest.fixture
async def link(service: Service) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A connection of its own."""
    url = service.environment["TALKWRIGHT_DATABASE_URL"]
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as link:
        yield link


async def test_a_consumer_of_the_release_before_trains_and_runs_for_the_orchestrators_of_today(
    service: Service, link: psycopg.AsyncConnection[Any]
) -> None:
    service.start("training-orchestrator")
    service.start("running-orchestrator")
    trainer, runner = OldConsumer(link, "training-consumer"), OldConsumer(link, "running-consumer")
    await trainer.register()
    await runner.register()
    assistant = await service.assistant("old")

    failing = await service.train(assistant, project("old"), deploy=True)
    attempt, work, _ = await trainer.held()
    assert work == failing
    assert await trainer.beat() == 1
    await trainer.write(attempt, state="running")
    await trainer.write(attempt, state="ended", outcome="failed", reason="It broke.")
    assert (await service.becomes("training", failing, "failed")).reason == "It broke."

    stopped = await service.train(assistant, project("old"), deploy=True)
    attempt, work, is_to_stop = await trainer.held()
    assert (work, is_to_stop) == (stopped, False)
    await service.cancel("training", stopped)
    assert (await trainer.held(stop=True))[2]
    await trainer.write(attempt, state="ended", outcome="cancelled")
    await service.becomes("training", stopped, "cancelled")

    training = await service.train(assistant, project("old"), deploy=True)
    attempt, _, _ = await trainer.held()
    await trainer.write(attempt, state="running")
    await trainer.log(attempt, 1, "It learns.")
    model = await trainer.enter_model(attempt, await service.row("training", training), "of-old")
    await trainer.write(attempt, state="ended", outcome="succeeded", result=json.dumps({"model": model}), progress=1.0)
    await service.becomes("training", training, "succeeded")
    assert await service.log("training", training) == ["It learns."]

    attempt, work, _ = await runner.held()
    await runner.answer(attempt)
    deployment = await service.active(assistant, training=training)
    assert (deployment.id, str(deployment.model)) == (work, model)
    async with service.database.transaction() as session:
        talk = await talk_of(session, assistant, "try")
    assert talk.bot is not None
    assert (talk.bot.attempt, talk.bot.address, talk.bot.model_id) == (attempt, "http://127.0.0.1:9", "of-old")
    await service.cancel("deployment", work)
    assert (await runner.held(stop=True))[0] == attempt
    await runner.write(attempt, state="ended", outcome="stopped", address=None)
    await service.becomes("deployment", work, "stopped")


async def test_an_old_model_that_made_room_comes_back_between_the_tries_of_the_new_one_and_after_the_last(
    service: Service, link: psycopg.AsyncConnection[Any]
) -> None:
    service.start("training-orchestrator")
    service.start("running-orchestrator", TALKWRIGHT_REPLACE_AFTER_SECONDS="0")
    trainer, runner = OldConsumer(link, "training-consumer"), OldConsumer(link, "running-consumer")
    await trainer.register()
    await runner.register()
    assistant = await service.assistant("room")
    training = await service.train(assistant, project("room"))
    attempt, _, _ = await trainer.held()
    model = await trainer.enter_model(attempt, await service.row("training", training), "of-room")
    await trainer.write(attempt, state="ended", outcome="succeeded", result=json.dumps({"model": model}))
    await service.becomes("training", training, "succeeded")

    async def runs(deployment: UUID) -> UUID:
        attempt, work, _ = await runner.held()
        assert work == deployment
        return attempt

    async def shown(deployment: UUID) -> Deployment:
        async with service.database.transaction() as session:
            return await one_deployment(session, assistant, deployment)

    old = await service.deploy(assistant, training)
    new = None
    for ends in ({"outcome": "lost_job", "reason": "no disk"}, {"outcome": "content", "reason": "no model"}):
        await runner.answer(await runs(old))
        assert (await service.active(assistant)).id == old
        new = new or await service.deploy(assistant, training)
        attempt, _, _ = await runner.held(stop=True)
        await runner.write(attempt, state="ended", outcome="stopped", address=None)
        attempt = await runs(new)
        assert ((await shown(old)).asleep, (await shown(old)).reason) == (True, MADE_ROOM)
        await runner.write(attempt, state="ended", **ends)
    await runner.answer(await runs(old))
    assert (await service.active(assistant)).id == old
    assert new is not None
    assert ((await shown(new)).state, (await shown(new)).reason) == ("failed", "no model")
    query = select(transitions.c.why).where(transitions.c.work == old, transitions.c.target != "starting")
    async with service.database.transaction() as session:
        told = list((await session.execute(query.order_by(transitions.c.sequence))).scalars())
    assert told == ["It answers.", *[IN_PLACE, IN_PLACE, COMES_BACK, "It answers."] * 2]
