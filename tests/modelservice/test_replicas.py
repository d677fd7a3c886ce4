"""Several orchestrators and consumers as real processes: one acts, another takes over, each writes what is its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.engine import make_url
from tests.services.modelservice import Service, project, service_at
from tests.services.postgres import OWNER, TestServer

from talkwright.cli.supervisor.child import Child
from talkwright.database.attempt_logs import append_log
from talkwright.database.frames import FRAMES_CHANNEL
from talkwright.database.ids import uuid7
from talkwright.database.tables import attempts, leases, transitions

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

BUSY = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
"""By how much everything takes longer on this machine now."""
AS_IN_EARNEST = {"TALKWRIGHT_ORCHESTRATOR_LEASE_SECONDS": "4", "TALKWRIGHT_ORCHESTRATOR_RENEW_SECONDS": "1"}
SLOW = {"TALKWRIGHT_ORCHESTRATOR_LEASE_SECONDS": "60", "TALKWRIGHT_ORCHESTRATOR_RENEW_SECONDS": "20"}


@pytest.fixture
async def service(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with service_at(fresh_database_url, tmp_path) as service:
        yield service


async def leader(service: Service, not_this: UUID | None = None, seconds: float = 30.0) -> tuple[UUID, int]:
    """Who leads trainings, and under which epoch; another than the one that is gone."""
    query = select(leases).where(leases.c.key == "lead:training", leases.c.expires_at > text("clock_timestamp()"))
    async with asyncio.timeout(seconds * BUSY):
        while True:
            async with service.database.transaction() as session:
                row = (await session.execute(query)).first()
            if row is not None and row.holder != not_this:
                return row.holder, row.epoch
            await asyncio.sleep(0.05)


def of(children: list[Child], worker: UUID) -> Child:
    return next(child for child in children if child.worker == worker)


async def moves(service: Service, training: UUID) -> list[Any]:
    query = select(transitions).where(transitions.c.work == training).order_by(transitions.c.sequence)
    async with service.database.transaction() as session:
        return list((await session.execute(query)).all())


async def stopped_one(service: Service) -> UUID:
    """A training that only an orchestrator can end: it waits and is called off."""
    training = await service.train(await service.assistant(f"bot-{uuid7().hex}"), project("stopped"))
    await service.cancel("training", training)
    return training


async def test_when_the_leader_is_killed_another_leads_within_five_seconds(service: Service) -> None:
    replicas = [service.start("training-orchestrator", watched=False, **AS_IN_EARNEST) for _ in range(3)]
    first, epoch = await leader(service)
    earlier = await stopped_one(service)
    await service.becomes("training", earlier, "cancelled")
    pid = of(replicas, first).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    training = await stopped_one(service)
    await service.becomes("training", training, "cancelled")
    took = time.monotonic() - began
    assert took <= 5.0 * BUSY
    second, later = await leader(service, not_this=first)
    assert later == epoch + 1
    (one,), (other,) = await moves(service, earlier), await moves(service, training)
    assert (str(first) in one.who, str(second) in other.who) == (True, True)
    assert (one.source, one.target, one.why) == ("queued", "cancelled", "The training was stopped.")


async def test_a_leader_that_is_stopped_in_order_lets_the_next_lead_at_once(service: Service) -> None:
    replicas = [service.start("training-orchestrator", watched=False, **SLOW) for _ in range(2)]
    first, epoch = await leader(service)
    await service.stop(of(replicas, first))
    _, later = await leader(service, not_this=first, seconds=10)
    assert later == epoch + 1


async def test_work_that_the_database_refuses_to_change_holds_up_no_other(
    service: Service, postgres: TestServer
) -> None:
    refused, other = await stopped_one(service), await stopped_one(service)
    name = make_url(service.environment["TALKWRIGHT_DATABASE_URL"]).database
    with psycopg.connect(postgres.url(OWNER, str(name))) as link:
        link.execute(f"ALTER TABLE studio.trainings ADD CHECK (id <> '{refused}' OR state = 'queued')")
    service.start("training-orchestrator", **AS_IN_EARNEST)
    await service.becomes("training", other, "cancelled")
    with psycopg.connect(postgres.url(OWNER, str(name))) as link:
        link.execute("ALTER TABLE studio.trainings DROP CONSTRAINT trainings_check")
    await service.becomes("training", refused, "cancelled")


async def test_a_leader_that_was_frozen_changes_nothing_when_it_comes_back(service: Service) -> None:
    replicas = [service.start("training-orchestrator", watched=False, **AS_IN_EARNEST) for _ in range(2)]
    first, _ = await leader(service)
    pid = of(replicas, first).pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        second, _ = await leader(service, not_this=first)
    finally:
        os.kill(pid, signal.SIGCONT)
    works = [await stopped_one(service) for _ in range(5)]
    for work in works:
        await service.becomes("training", work, "cancelled")
        (move,) = await moves(service, work)
        assert str(second) in move.who


async def frames(link: psycopg.AsyncConnection[Any], kind: str) -> dict[str, Any]:
    """The next frame of a kind that the pages hear."""
    async for note in link.notifies(timeout=20 * BUSY):
        told: dict[str, Any] = json.loads(note.payload)
        if told["kind"] == kind:
            return told
    raise AssertionError(f"no frame {kind} came")


async def test_whoever_waits_hears_that_the_queue_moved(service: Service) -> None:
    url = service.environment["TALKWRIGHT_DATABASE_URL"]
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as link:
        await link.execute(f"LISTEN {FRAMES_CHANNEL}")
        service.start("training-orchestrator")
        training = await service.train(await service.assistant("waits"), project("waits"))
        assert await frames(link, "queue") == {"scope": "studio", "kind": "queue", "work": "training"}
        service.start("training-consumer")
        await service.becomes("training", training, "running", "succeeded")
        assert (await frames(link, "queue"))["work"] == "training"
        assert (await frames(link, "log"))["training"] == str(training)


async def test_a_log_of_long_lines_is_told_by_its_last_ones(service: Service) -> None:
    url = service.environment["TALKWRIGHT_DATABASE_URL"]
    rows = [
        {"number": n, "at": datetime.now(UTC), "level": "info", "stage": None, "progress": None, "message": "é" * 900}
        for n in range(1, 31)
    ]
    attempt, training = uuid7(), uuid7()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as link:
        await link.execute(f"LISTEN {FRAMES_CHANNEL}")
        async with service.database.transaction() as session:
            await session.execute(insert(attempts).values(id=attempt, work_kind="training", work=training, number=1))
            await append_log(session, attempt, uuid7(), rows, {"training": str(training)})
        shown = (await frames(link, "log"))["lines"]
    assert shown[-1]["number"] == 30
    assert len(shown) < 20
