"""What goes wrong around a service whose jobs are pods: uploads, cut logs, wrong clocks, assistants that vanish."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.modelservice.kubernetes.podded import PATIENCE_SECONDS, Pods, deployed, pods_of
from tests.services.faketime import faketime_missing, wrong_by
from tests.services.faults import UPLOAD, FaultProxy, cut, faults_before, trains_once
from tests.services.kubernetes.faults import Fault, fault_proxy, kubeconfig_for
from tests.services.kubernetes.running import HOST, KubernetesCluster
from tests.services.modelservice import project, talking, texts
from tests.services.objects import ObjectServer

from talkwright.database import assistants as assistant_rows
from talkwright.database.announcements import wake
from talkwright.database.attempt_logs import read_log
from talkwright.storage.keys import log_key

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(900)]

ROLES = ("training-orchestrator", "running-orchestrator", "training-consumer", "running-consumer")
TRIES = 1_000
"""More uploads than any pod tries."""
STREAM_BYTES = 400
"""So much of a log comes by its stream where that is cut: a few lines."""


@dataclass(slots=True)
class Beset:
    """The service, and the proxy through which it and its pods reach the store."""

    pods: Pods
    proxy: FaultProxy


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
    await beset.pods.nothing_left()


async def test_an_assistant_that_is_deleted_while_its_pod_trains_leaves_nothing(beset: Beset) -> None:
    service, proxy = beset.pods.service, beset.proxy
    proxy.faults = [(UPLOAD, cut)] * TRIES  # its pod can't end before the assistant does
    try:
        assistant = await service.assistant("gone")
        training = await service.train(assistant, project("gone"), deploy=True)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(proxy.faults) == TRIES:  # noqa: ASYNC110 - the proxy tells nobody
                await asyncio.sleep(0.05)
        there = await beset.pods.left()
        name = f"tw-t-{training}-1"
        assert {f"job.batch/{name}", f"secret/{name}"} < set(there.split())
        assert f"pod/{name}" in there
        async with service.database.transaction() as session:
            await assistant_rows.delete(session, assistant)
            await wake(session)
        await service.becomes("training", training, "cancelled", seconds=PATIENCE_SECONDS)
    finally:
        proxy.faults = []
    await beset.pods.nothing_left()
    assert await service.models_of(training) == []
    assert [key for key in await service.store.keys() if str(training) in key] == []


@pytest.mark.skipif(faketime_missing() is not None, reason=str(faketime_missing()))
async def test_roles_whose_clocks_are_wrong_work_as_any_other(beset: Beset) -> None:
    pods, service = beset.pods, beset.pods.service
    # an S3 server takes what was signed at most a quarter of an hour from now
    consumer = pods.replaced("training-consumer", **wrong_by("+10m"))
    orchestrator = pods.replaced("running-orchestrator", **wrong_by("+2h"))
    async with consumer, orchestrator:
        assistant, training, deployment = await deployed(pods, "clock")
        async with talking(service, assistant) as talk:
            assert texts(await talk.say(await talk.begin(), "send money")) == ["Who shall get the money?"]
        trained = await service.row("training", training)
        ((one,), (other,)) = [
            await service.attempts(*of) for of in (("training", training), ("deployment", deployment.id))
        ]
        now = datetime.now(UTC)
        for moment in (trained.started_at, trained.ended_at, one.started_at, one.ended_at, other.ready_at):
            assert timedelta(0) <= now - moment < timedelta(minutes=9)
        assert (one.outcome, other.state) == ("succeeded", "ready")
        await service.cancel("deployment", deployment.id)
        await service.becomes("deployment", deployment.id, "stopped", seconds=PATIENCE_SECONDS)
        await pods.nothing_left()


async def test_a_log_whose_stream_stays_cut_is_whole_by_what_the_pod_stored(beset: Beset, tmp_path: Path) -> None:
    pods, service = beset.pods, beset.pods.service
    async with fault_proxy(pods.namespace.kubeconfig) as cluster:
        cluster.faults = [Fault("GET", "/log?", times=1_000, most=STREAM_BYTES)]
        config = kubeconfig_for(cluster, pods.namespace.kubeconfig, tmp_path / "proxied.conf")
        async with pods.replaced("training-consumer", TALKWRIGHT_KUBERNETES_CONFIG=str(config)):
            training = await service.train(await service.assistant("unheard"), project("unheard"))
            streamed = await service.stage("training", training, seconds=PATIENCE_SECONDS)
            row = await service.becomes("training", training, "succeeded", "failed", seconds=PATIENCE_SECONDS)
    assert row.state == "succeeded", row.reason
    (attempt,) = await service.attempts("training", training)
    stored = [json.loads(line)["number"] for line in (await service.store.get(log_key(attempt.id))).splitlines()]
    async with service.database.transaction() as session:
        shown = [number for number, _ in await read_log(session, "training", training, 0, 10_000)]
    assert shown == stored == list(range(1, attempt.log_position + 1))
    assert 0 < streamed.log_position < attempt.log_position
    await pods.nothing_left()
