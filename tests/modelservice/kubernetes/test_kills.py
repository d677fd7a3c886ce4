"""Twenty kills, of roles and of pods, while people train and chat: every training succeeds, every turn is answered.

Nobody tells of a death: what a dead role held is free when its lease has run out.
"""

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

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
KILLS = {
    "training-orchestrator": 3,
    "running-orchestrator": 3,
    "training-consumer": 4,
    "running-consumer": 4,
    "training": 3,
    "bot": 3,
}
TRAININGS = 6
PAUSE_SECONDS = 1.5


def targets() -> Iterator[str]:
    """What dies, in which order: the same in every run."""
    wanted = [target for target, times in KILLS.items() for _ in range(times)]
    assert len(wanted) == 20
    random.Random(SEED).shuffle(wanted)
    yield from wanted


async def kill(pods: Pods, target: str, bot: UUID) -> bool:
    """Kill whoever of a role is at work, the pod of a training, or that of the bot; False where none is there now."""
    if target == "bot":
        attempt = (await pods.service.attempts("deployment", bot))[-1]
        return attempt.state == "ready" and await pods.lose(f"tw-r-{bot}-{attempt.number}")
    if target == "training":
        labels = "app.kubernetes.io/component=training"
        there = json.loads(await pods.kubectl("get", "pods", "-l", labels, "-o", "json"))["items"]
        jobs = [pod["metadata"]["labels"]["talkwright/job"] for pod in there if look({}, [pod]).phase == "running"]
        return bool(jobs) and await pods.lose(jobs[0])
    return await pods.kill_at_work(target) is not None


async def test_nobody_who_trains_and_chats_notices_twenty_kills(
    fresh_database_url: str, kubernetes: KubernetesCluster, s3_for_pods: ObjectServer, tmp_path: Path
) -> None:
    patience = {"TALKWRIGHT_CONSUMER_LEASE_SECONDS": "6", "TALKWRIGHT_ORCHESTRATOR_LEASE_SECONDS": "4"}
    with kubernetes.namespace() as namespace:
        async with pods_of(
            fresh_database_url, tmp_path, namespace, s3_for_pods, ROLES, watched=False, **patience
        ) as pods:
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
                        while not await kill(pods, target, bot.id):  # until there is one to die
                            if target in ("training", "training-consumer"):
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
            *before, last = await service.attempts("deployment", bot.id)
            answering = [one.outcome for one in before if one.ready_at is not None]
            assert answering == ["lost_job"] * KILLS["bot"]  # no other death ended a bot that answered
            await pods.hold(f"tw-r-{bot.id}-{last.number}")
            published = [key for key in await service.store.keys() if key.endswith("published.json")]
            assert len(published) == len(trainings) + 1
            await service.cancel("deployment", bot.id)
            await service.becomes("deployment", bot.id, "stopped", seconds=PATIENCE_SECONDS)
            await pods.hold()
