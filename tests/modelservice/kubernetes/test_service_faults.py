"""What goes wrong around a service whose jobs are pods: uploads, a full store, wrong clocks, assistants that vanish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from tests.modelservice.kubernetes.podded import PATIENCE_SECONDS, Pods, deployed, pods_of
from tests.services.faketime import faketime_missing, wrong_by
from tests.services.faults import FaultProxy, faults_before, trains_once
from tests.services.kubernetes.running import HOST, KubernetesCluster
from tests.services.modelservice import project, talking, texts
from tests.services.objects import ObjectServer

from talkwright.database import assistants as assistant_rows
from talkwright.database.announcements import wake

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(900)]

ROLES = ("training-orchestrator", "running-orchestrator", "training-consumer", "running-consumer")
OBJECTS = "jobs,pods,secrets,services"


@dataclass
class Beset:
    """The service, and the proxy through which it and its pods reach the store."""

    pods: Pods
    proxy: FaultProxy

    async def left(self) -> str:
        """What there is of jobs."""
        return await self.pods.kubectl("get", OBJECTS, "-l", "app.kubernetes.io/managed-by=talkwright", "-o", "name")

    async def nothing_left(self) -> None:
        """Wait until nothing of any job is there."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.left():  # noqa: ASYNC110 - the cluster tells nobody
                await asyncio.sleep(0.3)


@pytest.fixture(scope="module")
async def beset(
    database_url: str,
    kubernetes: KubernetesCluster,
    s3_for_pods: ObjectServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Beset]:
    """All roles, for tests that leave nothing running."""
    home = tmp_path_factory.mktemp("beset")
    with kubernetes.namespace() as namespace:
        async with faults_before(s3_for_pods.endpoint, HOST) as proxy:
            away = {"TALKWRIGHT_STORAGE_ENDPOINT": proxy.endpoint}
            async with pods_of(database_url, home, namespace, s3_for_pods, ROLES, **away) as pods:
                yield Beset(pods, proxy)


async def test_an_upload_that_is_cut_or_finds_no_room_is_sent_again_by_its_pod_and_published_once(beset: Beset) -> None:
    await trains_once(beset.pods.service, beset.proxy, PATIENCE_SECONDS)
    await beset.nothing_left()


async def test_an_assistant_that_is_deleted_while_its_pod_trains_leaves_nothing(beset: Beset) -> None:
    service, proxy = beset.pods.service, beset.proxy
    proxy.cuts = tries = 1_000  # its pod can't end before the assistant does
    assistant = await service.assistant("gone")
    training = await service.train(assistant, project("gone"), deploy=True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while proxy.cuts == tries:  # noqa: ASYNC110 - the proxy tells nobody
            await asyncio.sleep(0.05)
    there = await beset.left()
    name = f"tw-t-{training}-1"
    assert {f"job.batch/{name}", f"secret/{name}"} < set(there.split())
    assert f"pod/{name}" in there
    async with service.database.transaction() as session:
        await assistant_rows.delete(session, assistant)
        await wake(session)
    await service.becomes("training", training, "cancelled", seconds=PATIENCE_SECONDS)
    proxy.cuts = 0
    await beset.nothing_left()
    assert await service.models_of(training) == []
    assert [key for key in await service.store.keys() if str(training) in key] == []


@pytest.mark.skipif(faketime_missing() is not None, reason=str(faketime_missing()))
async def test_roles_whose_clocks_are_wrong_work_as_any_other(beset: Beset) -> None:
    pods, service = beset.pods, beset.pods.service
    # an S3 server takes what was signed at most a quarter of an hour from now
    shifts = {"training-consumer": "+10m", "running-orchestrator": "+2h"}
    await service.stop(*(child for role in shifts for child in pods.roles[role]))
    wrong = [service.start(role, **wrong_by(shift)) for role, shift in shifts.items()]
    assistant, training, deployment = await deployed(pods, "clock")
    async with talking(service, assistant) as talk:
        assert texts(await talk.say(await talk.begin(), "send money")) == ["Who shall get the money?"]
    trained = await service.row("training", training)
    ((one,), (other,)) = [await service.attempts(*of) for of in (("training", training), ("deployment", deployment.id))]
    now = datetime.now(UTC)
    for moment in (trained.started_at, trained.ended_at, one.started_at, one.ended_at, other.ready_at):
        assert timedelta(0) <= now - moment < timedelta(minutes=9)
    assert (one.outcome, other.state) == ("succeeded", "ready")
    await service.cancel("deployment", deployment.id)
    await service.becomes("deployment", deployment.id, "stopped", seconds=PATIENCE_SECONDS)
    await beset.nothing_left()
    await service.stop(*wrong)
    for role in shifts:
        pods.roles[role] = [service.start(role)]
