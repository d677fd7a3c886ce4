"""Twenty kills, of roles and of pods, while people train and chat: every training succeeds, every turn is answered."""

import asyncio
import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.modelservice.kubernetes.podded import PATIENCE_SECONDS, Pods, chat_on, deployed, pods_of
from tests.services.kubernetes.running import KubernetesCluster
from tests.services.modelservice import project, talking
from tests.services.objects import ObjectServer

from talkwright.modelservice.executors.kubernetes.diagnosis import look

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(900)]

ROLES = (
    *["training-orchestrator"] * 2, *["running-orchestrator"] * 2, *["training-consumer"] * 2, *["running-consumer"] * 2
)  # fmt: skip
SEED = 20
KILLS, OF_PODS = 20, 4
TRAININGS = 6
PAUSE_SECONDS = 1.5


def targets() -> Iterator[str]:
    """What dies, in which order: the same in every run."""
    wanted = ["pod"] * OF_PODS + [role for _ in range(4) for role in sorted(set(ROLES))]
    assert len(wanted) == KILLS
    random.Random(SEED).shuffle(wanted)
    yield from wanted


async def kill(pods: Pods, target: str) -> bool:
    """Kill one replica of a role, or a pod; False where none runs now."""
    if target != "pod":
        running = [child.pid for child in pods.roles[target] if child.pid is not None]
        if running:
            os.kill(running[0], signal.SIGKILL)
        return bool(running)
    labels = "app.kubernetes.io/component=training"
    there = json.loads(await pods.kubectl("get", "pods", "-l", labels, "-o", "json"))["items"]
    names = [pod["metadata"]["name"] for pod in there if look({}, [pod]).phase == "running"]
    if not names:
        return False
    words = ("--grace-period=0", "--force", "--wait=false", "--ignore-not-found")
    return bool(await pods.kubectl("delete", "pod", names[0], *words))


async def test_nobody_who_trains_and_chats_notices_twenty_kills(
    fresh_database_url: str, kubernetes: KubernetesCluster, s3_for_pods: ObjectServer, tmp_path: Path
) -> None:
    patience = {"TALKWRIGHT_CONSUMER_LEASE_SECONDS": "6", "TALKWRIGHT_ORCHESTRATOR_LEASE_SECONDS": "4"}
    with kubernetes.namespace() as namespace:
        async with pods_of(fresh_database_url, tmp_path, namespace, s3_for_pods, ROLES, **patience) as pods:
            service = pods.service
            assistant, _, bot = await deployed(pods, "steady")
            over = asyncio.Event()
            async with talking(service, assistant) as talk:
                chatting = [asyncio.create_task(chat_on(talk, over)) for _ in range(3)]
                trainings = [
                    await service.train(await service.assistant(f"busy-{number}"), project(f"busy-{number}"))
                    for number in range(TRAININGS)
                ]
                for target in targets():
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        while not await kill(pods, target):  # until there is one to die
                            if target == "pod":
                                name = f"more-{len(trainings)}"
                                trainings.append(await service.train(await service.assistant(name), project(name)))
                            await asyncio.sleep(PAUSE_SECONDS)
                    await asyncio.sleep(PAUSE_SECONDS)
                for training in trainings:
                    row = await service.becomes("training", training, "succeeded", "failed", seconds=PATIENCE_SECONDS)
                    assert row.state == "succeeded", row.reason
                over.set()
                answered = await asyncio.gather(*chatting)
            assert all(count > 10 for count in answered), answered
            for training in trainings:
                assert len(await service.models_of(training)) == 1
                assert [one.outcome for one in await service.attempts("training", training)].count("succeeded") == 1
            assert (await service.row("deployment", bot.id)).attempt == bot.attempt  # its pod was never lost
            await pods.hold(f"tw-r-{bot.id}-{bot.attempt}")
            published = [key for key in await service.store.keys() if key.endswith("published.json")]
            assert len(published) == len(trainings) + 1
            await service.cancel("deployment", bot.id)
            await service.becomes("deployment", bot.id, "stopped", seconds=PATIENCE_SECONDS)
            await pods.hold()
