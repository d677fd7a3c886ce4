"""Consumers end while they train and while bots talk, in order or with nobody to tell: what they held goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from tests.services.modelservice import Service, locked, project, service_at, talking, texts

from talkwright.cli.supervisor.child import Child
from talkwright.database.leases import of_attempt
from talkwright.database.tables import leases, workers

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

CONSUMERS = ("training-consumer", "running-consumer")
ORCHESTRATORS = ("training-orchestrator", "running-orchestrator")
MISSED_SOON = {"TALKWRIGHT_CONSUMER_LEASE_SECONDS": "10", "TALKWRIGHT_CONSUMER_RENEW_SECONDS": "1"}


async def exchange(service: Service, consumer: Child, end: str) -> UUID:
    """Have another consumer in the place of one that ends in order, or is killed so that nobody tells; gives its id."""
    former = consumer.worker
    if end == "killed":
        assert consumer.pid is not None
        os.kill(consumer.pid, signal.SIGKILL)  # another one is started in its place
    else:
        await service.stop(consumer)
        service.start(consumer.program.name)
    return former


async def taken_over(service: Service, kind: str, work: UUID, former: UUID) -> Any:
    """Wait until another consumer has the only attempt of some work."""
    async with asyncio.timeout(60):
        while True:
            (attempt,) = await service.attempts(kind, work)
            if attempt.worker != former:
                return attempt
            await asyncio.sleep(0.05)


async def is_struck_off(service: Service, worker: UUID) -> bool:
    """Whether somebody has told that a consumer is gone."""
    async with service.database.transaction() as session:
        ended = await session.execute(select(workers.c.ended_at).where(workers.c.id == worker))
        return ended.scalar_one() is not None


@pytest.mark.slow
@pytest.mark.parametrize("end", ["in order", "killed"])
async def test_a_training_a_bot_and_its_chat_go_on_when_their_consumers_are_exchanged(
    fresh_database_url: str, tmp_path: Path, end: str
) -> None:
    settings = {"TALKWRIGHT_ADOPT_SECONDS": "120", **(MISSED_SOON if end == "killed" else {})}
    async with service_at(fresh_database_url, tmp_path, **settings) as service:
        for role in ORCHESTRATORS:
            service.start(role)
        trainer, consumer = [service.start(role, watched=False) for role in CONSUMERS]
        name = f"bot-{uuid4()}"
        assistant = await service.assistant(name)
        training = await service.train(assistant, project(name), deploy=True)
        await service.stage("training", training)
        former = await exchange(service, trainer, end)
        await taken_over(service, "training", training, former)
        assert await is_struck_off(service, former) == (end == "in order")
        await service.becomes("training", training, "succeeded")
        assert [one.outcome for one in await service.attempts("training", training)] == ["succeeded"]

        deployment = await service.active(assistant, training=training)
        engine = service.engine_of(deployment.id)
        async with talking(service, assistant) as talk:
            chat = await talk.begin()
            assert texts(await talk.say(chat, "send money")) == ["Who shall get the money?"]
            former = await exchange(service, consumer, end)
            assert texts(await talk.say(chat, "/SetSlots(recipient=Ann)")) == ["How much?"]  # whoever has the bot now
            attempt = await taken_over(service, "deployment", deployment.id, former)
            assert await is_struck_off(service, former) == (end == "in order")
            assert "Sent 20" in " ".join(texts(await talk.say(chat, "/SetSlots(amount=20)")))
        assert service.engine_of(deployment.id) == engine
        assert (attempt.outcome, attempt.state, attempt.number) == (None, "ready", 1)
        row = await service.row("deployment", deployment.id)
        assert (row.state, row.active, row.ready_at) == ("running", True, deployment.ready_at)
        await service.cancel("deployment", deployment.id)
        await service.becomes("deployment", deployment.id, "stopped", seconds=30)
        assert service.jobs() == []


@pytest.mark.slow
async def test_a_bot_goes_on_with_its_only_consumer_when_nobody_could_renew_its_lease(
    fresh_database_url: str, tmp_path: Path
) -> None:
    short = {"TALKWRIGHT_CONSUMER_LEASE_SECONDS": "4", "TALKWRIGHT_CONSUMER_RENEW_SECONDS": "1"}
    async with service_at(fresh_database_url, tmp_path, TALKWRIGHT_ADOPT_SECONDS="10", **short) as service:
        for role in (*ORCHESTRATORS, *CONSUMERS):
            service.start(role)
        name = f"bot-{uuid4()}"
        assistant = await service.assistant(name)
        training = await service.train(assistant, project(name), deploy=True)
        deployment = await service.active(assistant, training=training)
        engine = service.engine_of(deployment.id)
        (before,) = await service.attempts("deployment", deployment.id)
        key = of_attempt(before.id)
        with locked(service, "leases"):  # as in an outage
            await lease_of(service, key, "expires_at < clock_timestamp() - interval '1 second'")
        await lease_of(service, key, "epoch > 1 AND expires_at > clock_timestamp()")
        await asyncio.sleep(12)  # until its job would have been given up; that it is not shows in nothing else
        (after,) = await service.attempts("deployment", deployment.id)
        assert (after.outcome, after.worker, service.engine_of(deployment.id)) == (None, before.worker, engine)
        async with talking(service, assistant) as talk:
            assert texts(await talk.say(await talk.begin(), "send money")) == ["Who shall get the money?"]


async def lease_of(service: Service, key: str, condition: str) -> None:
    """Wait until a lease is as a condition says."""
    query = select(leases.c.key).where(leases.c.key == key, text(condition))
    async with asyncio.timeout(60):
        while True:
            async with service.database.transaction() as session:
                if (await session.execute(query)).first() is not None:
                    return
            await asyncio.sleep(0.1)
