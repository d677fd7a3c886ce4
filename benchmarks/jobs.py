"""The jobs of the model service as processes: how soon one begins, how soon it is gone, and who goes on with it.

    python benchmarks/jobs.py

Orchestrators and consumers run as an operator would run them, with the times that are set by default: nobody tells of a
death. This program serves the studio, and a person clicks in it over HTTP.
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
from _person import Person, person_at
from _processes import load
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.services.modelservice import Service, project, service_at

from talkwright.cli.supervisor.child import Child

ROLES = ("training-orchestrator", "running-orchestrator", "training-consumer", *["running-consumer"] * 2)
SETTINGS = {
    "TALKWRIGHT_ORCHESTRATOR_LEASE_SECONDS": "4",
    "TALKWRIGHT_ORCHESTRATOR_RENEW_SECONDS": "1",
    "TALKWRIGHT_CONSUMER_LEASE_SECONDS": "15",
    "TALKWRIGHT_CONSUMER_RENEW_SECONDS": "4",
}
TRAININGS, CANCELLATIONS, ADOPTIONS = 20, 5, 2
LOOK_SECONDS = 0.02
"""What is looked at more often takes the processor from those who are measured."""


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with migrated() as (home, urls):
        service = home / "service"
        service.mkdir()
        asyncio.run(measure(urls.application, service))


async def measure(url: str, home: Path) -> None:
    """All figures, one after the other."""
    async with service_at(url, home, **SETTINGS) as service, person_at(service) as person:
        children = {service.start(role, watched=False) for role in ROLES}
        assistant = await person.imports("jobs", project("jobs"))
        first = await person.trains(assistant, deploy=True)
        deployment = (await service.active(assistant, training=first)).id
        took = sorted([await first_line(service, person, assistant) for _ in range(TRAININGS)])
        note = f"the median is {took[len(took) // 2]:.0f} ms; {load()}"
        tell("first-log-line", took[int(len(took) * 0.95) - 1], "ms", note)
        tell("cancel", max([await cancelled(service, person, assistant) for _ in range(CANCELLATIONS)]), "s", load())
        took = [await adopted(service, deployment, children) for _ in range(ADOPTIONS)]
        tell("adoption", max(took), "s", f"{service.engine_of(deployment)} goes on; {load()}")


async def first_line(service: Service, person: Person, assistant: UUID) -> float:
    """Milliseconds from a click on Train to the first line of the training's log."""
    began = time.monotonic()
    training = await person.trains(assistant)
    await seen(service, training)
    took = time.monotonic() - began
    await service.becomes("training", training, "succeeded")
    return took * 1000


async def cancelled(service: Service, person: Person, assistant: UUID) -> float:
    """Seconds from a click on Stop, the training at work, until it is cancelled and none of its processes is left."""
    training = await person.trains(assistant)
    await seen(service, training)
    began = time.monotonic()
    await person.stops(assistant, training)
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
