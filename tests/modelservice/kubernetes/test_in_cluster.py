"""The model service as `deploy/kubernetes` has it: roles in pods, with an account's token and the least rights.

The backend is the test itself; it talks to the bots' pods as one in the cluster does.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.modelservice.kubernetes.inside import Inside, inside
from tests.modelservice.kubernetes.podded import PATIENCE_SECONDS, chat_on, deployed
from tests.services.kubernetes.running import KubernetesCluster
from tests.services.modelservice import project, talking, texts
from tests.services.objects import ObjectServer

from talkwright.database.settings import DatabaseSettings
from talkwright.database.tables import workers

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
async def pods(
    database_settings: DatabaseSettings,
    kubernetes: KubernetesCluster,
    s3_for_pods: ObjectServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Inside]:
    """All roles in pods."""
    async with inside(kubernetes, database_settings, tmp_path_factory.mktemp("inside"), s3_for_pods) as pods:
        yield pods


async def holder(pods: Inside, deployment: Any) -> str:
    """The pod of the consumer that holds a running model."""
    attempt = (await pods.service.attempts("deployment", deployment.id))[-1]
    async with pods.service.database.transaction() as session:
        return (await session.execute(select(workers.c.host).where(workers.c.id == attempt.worker))).scalar_one()


async def consumers(pods: Inside) -> set[str]:
    """The pods of running consumers, but for those that end."""
    told = json.loads(await pods.says("get", "pods", "-l", "talkwright/role=running-consumer", "-o", "json"))
    return {one["metadata"]["name"] for one in told["items"] if "deletionTimestamp" not in one["metadata"]}


async def held_by_another(pods: Inside, deployment: Any, before: set[str]) -> None:
    """Wait until another consumer than these goes on with a model."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await holder(pods, deployment) in before:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.2)


async def test_who_trains_and_chats_notices_no_consumer_that_is_deleted_or_rolled_out(pods: Inside) -> None:
    service = pods.service
    assistant, training, bot = await deployed(pods, "inside")
    (attempt,) = await service.attempts("training", training)
    assert (attempt.outcome, len(await service.models_of(training))) == ("succeeded", 1)
    name = f"tw-r-{bot.id}-{bot.attempt}"
    await pods.hold(name)
    uid = await pods.kubectl("get", "pods", "-l", f"talkwright/job={name}", "-o", "jsonpath={.items[*].metadata.uid}")
    over = asyncio.Event()
    async with talking(service, assistant) as talk:
        others = asyncio.create_task(chat_on(talk, over))
        chat = await talk.begin()
        assert texts(await talk.say(chat, "send money")) == ["Who shall get the money?"]

        one = await holder(pods, bot)
        await pods.says("delete", "pod", one, "--wait=false")
        assert texts(await talk.say(chat, "/SetSlots(recipient=Ann)")) == ["How much?"]
        await held_by_another(pods, bot, {one})

        before = await consumers(pods) | {one}
        await pods.says("rollout", "restart", "deployment/running-consumer")
        await pods.rolled_out()
        await held_by_another(pods, bot, before)
        assert not await consumers(pods) & before
        assert texts(await talk.say(chat, "/SetSlots(amount=20)"))[0] == "Sent 20 to Ann."
        over.set()
        assert await others > 10
    assert (await service.row("deployment", bot.id)).attempt == bot.attempt  # nothing was started anew
    again = await pods.kubectl("get", "pods", "-l", f"talkwright/job={name}", "-o", "jsonpath={.items[*].metadata.uid}")
    assert (again, len(uid.split())) == (uid, 1)
    await service.cancel("deployment", bot.id)
    await service.becomes("deployment", bot.id, "stopped", seconds=PATIENCE_SECONDS)
    await pods.hold()


async def test_a_training_goes_on_while_its_consumer_is_deleted_and_is_published_by_the_next_one(pods: Inside) -> None:
    service = pods.service
    training = await service.train(await service.assistant("held-on"), project("held-on"))
    first = await service.stage("training", training, seconds=PATIENCE_SECONDS)  # its pod trains
    await pods.says("delete", "pod", "-l", "talkwright/role=training-consumer", "--wait=false")
    row = await service.becomes("training", training, "succeeded", "failed", seconds=PATIENCE_SECONDS)
    assert row.state == "succeeded", row.reason
    (attempt,) = await service.attempts("training", training)
    assert attempt.worker != first.worker
    assert len(await service.models_of(training)) == 1
    await pods.hold()


async def test_of_the_replicas_of_each_orchestrator_one_leads_and_nobody_was_restarted(pods: Inside) -> None:
    told = json.loads(await pods.says("get", "pods", "-l", "talkwright/part=orchestrators", "-o", "json"))
    leads = []
    async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
        for pod in told["items"]:
            assert pod["status"]["containerStatuses"][0]["restartCount"] == 0
            url = f"http://{pod['status']['podIP']}:8001"
            assert (await client.get(f"{url}/ready")).text == "ready\n"
            lines = (await client.get(f"{url}/metrics")).text.splitlines()
            leads += [line for line in lines if line.startswith("talkwright_leader{") and line.endswith(" 1.0")]
    assert len(told["items"]) == 4
    assert len(leads) == len(set(leads)) == 2


async def test_a_consumer_without_the_role_ends_with_the_rights_that_it_lacks(pods: Inside) -> None:
    consumer = next(one for one in pods.objects("model-service.yaml") if one["metadata"]["name"] == "training-consumer")
    labels = {"app": "poor"}
    pod = {
        "metadata": {"labels": labels},
        "spec": {**consumer["spec"]["template"]["spec"], "serviceAccountName": "default"},
    }
    spec = {**consumer["spec"], "selector": {"matchLabels": labels}, "template": pod}
    await pods.apply([{**consumer, "metadata": {"name": "poor", "namespace": pods.home.name}, "spec": spec}])
    ended = "jsonpath={.items[*].status.containerStatuses[*]['state','lastState'].terminated.message}"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (said := await pods.says("get", "pods", "-l", "app=poor", "-o", ended)):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.5)
    words = said.strip().splitlines()[-1]  # those before it are its log
    assert words.startswith(f"In the namespace {pods.namespace.name} this service may not create jobs, ")
    assert words.endswith("bind its service account to the Role talkwright-jobs.")
    await pods.says("delete", "deployment", "poor", "--wait=false")
