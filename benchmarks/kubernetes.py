"""Jobs as pods of a real cluster of one node: how soon a training speaks, how soon it is gone, how soon a bot wakes.

    python benchmarks/kubernetes.py

As root, with what `scripts/debian-packages` installs and `scripts/kubernetes-daemons` builds; without them it says that
it can't measure. The image is there already. Roles, store, database and the studio, in which a person clicks over HTTP,
are processes of this machine, the cluster's own daemons too: they share its processors with the pods.
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
from _figures import tell, tell_missing
from _person import Person, person_at
from _processes import load

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.modelservice.kubernetes.podded import PATIENCE_SECONDS, Pods, deployed, pods_of
from tests.services.kubernetes.running import HOST, KubernetesNamespace, cluster, kubernetes_missing
from tests.services.modelservice import Talk, project, talking
from tests.services.objects import ObjectServer, s3_missing, s3_server

TRAININGS, CANCELS, WAKES = 10, 5, 3
ROLES = ("training-orchestrator", "running-orchestrator", "training-consumer", "running-consumer")


def main() -> None:
    missing = kubernetes_missing() or s3_missing()
    if missing is not None:
        tell_missing(missing)
        return
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with migrated() as (home, urls):
        (home / "s3").mkdir()
        (home / "service").mkdir()
        with cluster() as running, running.namespace() as namespace, s3_server(home / "s3", host=HOST) as server:
            asyncio.run(measure(urls.application, home / "service", namespace, server))


async def measure(url: str, home: Path, namespace: KubernetesNamespace, server: ObjectServer) -> None:
    """All figures, one after the other."""
    async with pods_of(url, home, namespace, server, ROLES) as pods:
        async with person_at(pods.service) as person:
            assistant = await person.imports("measured", project("measured"))
            first = sorted([await first_line(pods, person, assistant) for _ in range(TRAININGS)])
            note = f"the worst of {TRAININGS}; the median is {first[len(first) // 2]:.2f} s; {load()}"
            tell("kubernetes-first-line", first[-1], "s", note)
            gone = [await cancelled(pods, person, assistant) for _ in range(CANCELS)]
            tell("kubernetes-cancel", max(gone), "s", f"the worst of {CANCELS}; {load()}")
        sleeper, _, deployment = await deployed(pods, "sleeper")
        await pods.service.stop(*pods.roles["running-orchestrator"])
        pods.service.start("running-orchestrator", TALKWRIGHT_IDLE_STOP_SECONDS="1")
        async with talking(pods.service, sleeper) as talk:
            took = [await woken(pods, talk, deployment.id) for _ in range(WAKES)]
        each = ", ".join(f"{one:.2f}" for one in took)
        tell("kubernetes-wake", max(took), "s", f"the worst of {each}; {load()}")


async def first_line(pods: Pods, person: Person, assistant: UUID) -> float:
    """Seconds from a click on Train to the first line of the log."""
    began = time.monotonic()
    training = await person.trains(assistant)
    await pods.service.stage("training", training, PATIENCE_SECONDS)
    took = time.monotonic() - began
    await pods.service.becomes("training", training, "succeeded", seconds=PATIENCE_SECONDS)
    return took


async def cancelled(pods: Pods, person: Person, assistant: UUID) -> float:
    """Seconds from a click on Stop, the training at work, to the end of its pod."""
    training = await person.trains(assistant)
    await pods.service.stage("training", training, PATIENCE_SECONDS)
    began = time.monotonic()
    await person.stops(assistant, training)
    while await pods.kubectl("get", "pods", "-l", f"talkwright/job=tw-t-{training}-1", "-o", "name"):  # noqa: ASYNC110 - another program is asked
        await asyncio.sleep(0.05)
    took = time.monotonic() - began
    row = await pods.service.becomes("training", training, "cancelled", "succeeded", seconds=PATIENCE_SECONDS)
    assert row.state == "cancelled", "it was ready before the wish came"
    return took


async def woken(pods: Pods, talk: Talk, deployment: UUID) -> float:
    """Seconds from a message to a bot that sleeps to its answer."""
    await pods.service.becomes("deployment", deployment, "stopped", seconds=PATIENCE_SECONDS)
    await pods.hold()
    chat = await talk.begin()
    began = time.monotonic()
    await talk.say(chat, "send money")
    return time.monotonic() - began


if __name__ == "__main__":
    main()
