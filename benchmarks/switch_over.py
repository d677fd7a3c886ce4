"""Talk that goes from one bot to the next: what fails and waits while people talk, and how long a sleeping one takes.

    python benchmarks/switch_over.py

Twenty chats talk over HTTP through ten switches of their assistant, as fast as people press buttons, and ask nothing
twice; then one that was stopped for want of talk is woken by a message. Backend, roles, engines and database are
processes; for the message that wakes, this one stands for the backend.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from pathlib import Path
from uuid import UUID

import structlog
from _database import migrated
from _figures import tell
from _processes import load

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.services.asking import RefusedError
from tests.services.modelservice import Service, Talk, project, service_at, talking
from tests.services.visiting import Visit, backend_of

CHATS, SWITCHES = 20, 10
PAUSE_SECONDS = 0.2
WORDS = ("send money", "/SetSlots(recipient=Ann)", "/SetSlots(amount=20)")
ROLES = ("training-orchestrator", "running-orchestrator", "training-consumer", *["running-consumer"] * 3)
SETTINGS = {"TALKWRIGHT_DRAIN_LEAST_SECONDS": "1", "TALKWRIGHT_DRAIN_SECONDS": "60"}


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with migrated() as (home, urls):
        service = home / "service"
        service.mkdir()
        asyncio.run(measure(urls.application, service))


async def measure(url: str, home: Path) -> None:
    """All figures, one after the other."""
    async with service_at(url, home, **SETTINGS) as service:
        for role in ROLES:
            service.start(role)
        assistant = await service.assistant("mover")
        training = await service.train(assistant, project("mover"), deploy=True)
        await service.active(assistant, training=training)
        async with backend_of(service) as browser:
            failed, took = await through_switches(service, Visit(browser, assistant, patient=False), training)
        tell("switch-failed", failed, "messages", f"of {len(took) + failed} in {SWITCHES} switches")
        tell("switch-slowest-turn", max(took), "s", f"the median is {sorted(took)[len(took) // 2]:.3f} s; {load()}")
        await service.stop(service.children[1])
        service.start("running-orchestrator", TALKWRIGHT_IDLE_STOP_SECONDS="1")
        deployment = (await service.active(assistant)).id
        async with talking(service, assistant) as talk:
            tell("wake", await woken(service, talk, deployment), "s", load())


async def through_switches(service: Service, visit: Visit, training: UUID) -> tuple[int, list[float]]:
    """Messages that failed, and the seconds that each of the others took."""
    over, failed, took = asyncio.Event(), list[RefusedError](), list[float]()

    async def talks() -> None:
        chat = await visit.begin()
        while not over.is_set():
            for words in WORDS:
                began = time.monotonic()
                try:
                    await visit.say(chat, words)
                    took.append(time.monotonic() - began)
                except RefusedError as error:
                    failed.append(error)
                await asyncio.sleep(PAUSE_SECONDS)

    async with asyncio.TaskGroup() as group:
        for _ in range(CHATS):
            group.create_task(talks())
        for _ in range(SWITCHES):
            await service.becomes("deployment", await service.deploy(visit.assistant, training), "running")
            await asyncio.sleep(1)  # some turns with this one
        over.set()
    return len(failed), took


async def woken(service: Service, talk: Talk, deployment: UUID) -> float:
    """Seconds from a message to its answer, where the assistant slept; the slowest of three."""
    chat, took = await talk.begin(), []
    for _ in range(3):
        await service.becomes("deployment", deployment, "stopped")
        began = time.monotonic()
        await talk.say(chat, "send money")
        took.append(time.monotonic() - began)
    return max(took)


if __name__ == "__main__":
    main()
