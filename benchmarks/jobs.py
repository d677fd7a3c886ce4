"""The jobs of the model service as processes: how soon one begins, how soon it is gone, and who goes on with it.

    python benchmarks/jobs.py

Orchestrators and consumers run as an operator would run them, with the times that are set by default: nobody tells of a
death. This program stands for the backend.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from pathlib import Path
from uuid import UUID

import structlog
from _database import migrated
from _figures import tell
from _processes import load
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.services.modelservice import Service, project, service_at

from talkwright.cli.supervisor.child import Child
from talkwright.database.announcements import announce
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.trainings import insert_training

ROLES = ("training-orchestrator", "running-orchestrator", "training-consumer", *["running-consumer"] * 2)
SETTINGS = {
    "TALKWRIGHT_ORCHESTRATOR_LEASE_SECONDS": "4",
    "TALKWRIGHT_ORCHESTRATOR_RENEW_SECONDS": "1",
    "TALKWRIGHT_CONSUMER_LEASE_SECONDS": "15",
    "TALKWRIGHT_CONSUMER_RENEW_SECONDS": "4",
}
TRAININGS, CANCELLATIONS, ADOPTIONS = 20, 5, 2
LOOK_SECONDS = 0.005


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with migrated() as (home, urls):
        service = home / "service"
        service.mkdir()
        asyncio.run(measure(urls.application, service))


async def measure(url: str, home: Path) -> None:
    """All figures, one after the other."""
    async with service_at(url, home, **SETTINGS) as service:
        children = {service.start(role, watched=False) for role in ROLES}
        assistant = await service.assistant("jobs")
        first = await service.train(assistant, project("jobs"), deploy=True)
        deployment = (await service.active(assistant, training=first)).id
        version = await service.version(assistant, project("jobs"))
        took = sorted([await first_line(service, assistant, version) for _ in range(TRAININGS)])
        note = f"the median is {took[len(took) // 2]:.0f} ms; {load()}"
        tell("first-log-line", took[int(len(took) * 0.95) - 1], "ms", note)
        tell("cancel", max([await cancelled(service, assistant, version) for _ in range(CANCELLATIONS)]), "s", load())
        took = [await adopted(service, deployment, children) for _ in range(ADOPTIONS)]
        tell("adoption", max(took), "s", f"{service.engine_of(deployment)} goes on; {load()}")


async def asked(service: Service, assistant: UUID, version: UUID) -> UUID:
    """A training that was asked for just now."""
    training = uuid7()
    async with service.database.transaction() as session:
        await insert_training(session, training, assistant=assistant, version=version, by=SYSTEM_USER, deploy=False)
        announce(session, assistant, "training", {"training": str(training)})
    return training


async def first_line(service: Service, assistant: UUID, version: UUID) -> float:
    """Milliseconds from the wish for a training to the first line of its log."""
    began = time.monotonic()
    training = await asked(service, assistant, version)
    await seen(service, training)
    took = time.monotonic() - began
    await service.becomes("training", training, "succeeded")
    return took * 1000


async def cancelled(service: Service, assistant: UUID, version: UUID) -> float:
    """Seconds from the wish that a training at work shall stop until it has, and none of its processes is left."""
    training = await asked(service, assistant, version)
    await seen(service, training)
    began = time.monotonic()
    await service.cancel("training", training)
    row = await service.becomes("training", training, "cancelled", "succeeded")
    while any(f"tw-t-{training}" in folder for folder in map(where, service.jobs())):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(LOOK_SECONDS)
    assert row.state == "cancelled", "it was ready before the wish came"
    return time.monotonic() - began


async def adopted(service: Service, deployment: UUID, children: set[Child]) -> float:
    """Seconds from the death of a bot's consumer until another one holds the bot, which goes on."""
    (before,) = await service.attempts("deployment", deployment)
    engine = service.engine_of(deployment)
    holder = next(child for child in children if child.worker == before.worker)
    assert holder.pid is not None
    began = time.monotonic()
    os.kill(holder.pid, signal.SIGKILL)
    while (await service.attempts("deployment", deployment))[0].epoch == before.epoch:  # noqa: ASYNC110 - as above
        await asyncio.sleep(LOOK_SECONDS)
    took = time.monotonic() - began
    (after,) = await service.attempts("deployment", deployment)
    assert (after.state, service.engine_of(deployment)) == ("ready", engine)
    return took


async def seen(service: Service, training: UUID) -> None:
    """Wait for the first line of a training's log."""
    query = text(
        "SELECT 1 FROM studio.attempt_logs l JOIN studio.attempts a ON a.id = l.attempt WHERE a.work = :work LIMIT 1"
    )
    while True:
        async with service.database.transaction() as session:
            if (await session.execute(query, {"work": training})).first() is not None:
                return
        await asyncio.sleep(LOOK_SECONDS)


def where(pid: int) -> str:
    """The folder in which a process works."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


if __name__ == "__main__":
    main()
