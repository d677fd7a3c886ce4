"""Controllers that are killed while they create a job or finish a training: one job, one model, one end.

Each dies at a point where a proxy or a lock of the database holds it. Nobody tells of a death: what the dead held is
free when its lease has run out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.modelservice.kubernetes.podded import PATIENCE_SECONDS, Pods, pods_of
from tests.services import faults as on_the_way
from tests.services.faults import MANIFEST, UPLOAD, Passage, cut, faults_before
from tests.services.kubernetes.faults import FaultProxy, fault_proxy, kubeconfig_for
from tests.services.kubernetes.running import HOST, KubernetesCluster
from tests.services.modelservice import locked, project, waits_for
from tests.services.objects import ObjectServer

from talkwright.database.histories import history_of
from talkwright.database.tables import deployments
from talkwright.storage.keys import manifest_key

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(900)]

ROLES = (*["training-orchestrator"] * 2, *["training-consumer"] * 2)
TRIES = 1_000
"""More uploads than any pod tries."""


@dataclass(slots=True)
class UnderWatch:
    """The service, and the proxies through which its roles reach the cluster, and they and its pods the store."""

    pods: Pods
    cluster: FaultProxy
    store: on_the_way.FaultProxy

    def made(self, resource: str) -> list[int]:
        """What the API server said to those who would make one of these, in the order of its answers."""
        return [status for method, path, status in self.cluster.done if method == "POST" and path.endswith(resource)]


@pytest.fixture(scope="module")
async def roles(
    database_url: str,
    kubernetes: KubernetesCluster,
    s3_for_pods: ObjectServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[UnderWatch]:
    """Two of each, for tests that leave nothing running."""
    home = tmp_path_factory.mktemp("controllers")
    with kubernetes.namespace() as namespace:
        async with fault_proxy(namespace.kubeconfig) as cluster, faults_before(s3_for_pods.endpoint, HOST) as store:
            told = {
                "TALKWRIGHT_KUBERNETES_CONFIG": str(
                    kubeconfig_for(cluster, namespace.kubeconfig, home / "proxied.conf")
                ),
                "TALKWRIGHT_STORAGE_ENDPOINT": store.endpoint,
                "TALKWRIGHT_CONSUMER_LEASE_SECONDS": "6",
                "TALKWRIGHT_ORCHESTRATOR_LEASE_SECONDS": "4",
            }
            async with pods_of(database_url, home, namespace, s3_for_pods, ROLES, watched=False, **told) as pods:
                yield UnderWatch(pods, cluster, store)


@dataclass(slots=True)
class Halt:
    """Holds the first request that would make one of these, until it may go on."""

    resource: str
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, method: str, path: str) -> asyncio.Event | None:
        if self.reached.is_set() or method != "POST" or not path.endswith(self.resource):
            return None
        self.reached.set()
        return self.may_go_on


async def begun(roles: UnderWatch, name: str, *, deploy: bool = False) -> tuple[UUID, UUID]:
    """An assistant, and its training that waits for a consumer."""
    service = roles.pods.service
    roles.cluster.done.clear()
    assistant = await service.assistant(name)
    return assistant, await service.train(assistant, project(name), deploy=deploy)


async def killed(roles: UnderWatch, role: str) -> UUID:
    """The one of a role that was at work, and is dead now."""
    worker = await roles.pods.kill_at_work(role)
    assert worker is not None
    return worker


async def ends_once(roles: UnderWatch, assistant: UUID, training: UUID) -> tuple[list[Any], Any]:
    """Wait until a training has succeeded, once, with one model, and nothing is left; gives its attempts and that."""
    service = roles.pods.service
    row = await service.becomes("training", training, "succeeded", "failed", seconds=PATIENCE_SECONDS)
    assert row.state == "succeeded", row.reason
    await roles.pods.nothing_left()
    attempts, (model,) = await service.attempts("training", training), await service.models_of(training)
    assert [one.outcome for one in attempts].count("succeeded") == 1
    async with service.database.transaction() as session:
        history = await history_of(session, "training", training, before=None, limit=100)
    assert [one["target"] for one in history].count("succeeded") == 1
    published = json.loads(await service.store.get(manifest_key(assistant, training)))
    assert published["object"] == model.object
    assert {key for key in await service.store.keys() if key.startswith("models/") and str(training) in key} == {
        model.object,
        manifest_key(assistant, training),
    }
    return attempts, model


@pytest.mark.parametrize(
    ("halt", "resource"),
    [
        pytest.param("keep", "/jobs", id="before-the-job"),
        pytest.param("hold", "/jobs", id="behind-the-job"),
        pytest.param("hold", "/secrets", id="behind-the-secret"),
    ],
)
async def test_a_consumer_that_is_killed_while_it_creates_a_job_is_followed_by_another_with_one_of_its_own(
    roles: UnderWatch, halt: str, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows of the job of the dead: the leader ends it, also where it is made only after its successor's."""
    halted = Halt(resource)
    monkeypatch.setattr(roles.cluster, halt, halted)
    assistant, training = await begun(roles, f"created-{halt}-{resource[1:]}")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await halted.reached.wait()
    dead = await killed(roles, "training-consumer")
    if halt == "keep":
        await roles.pods.hold(f"tw-t-{training}-2")
        halted.may_go_on.set()
    (first, second), model = await ends_once(roles, assistant, training)
    assert (first.worker, first.outcome, first.job) == (dead, "lost_consumer", None)
    assert (second.worker != dead, f"/{second.id}-" in model.object) == (True, True)
    assert roles.made("/jobs") == [201, 201]


@pytest.mark.parametrize("is_there", [True, False], ids=["and-its-job-is-there", "and-its-job-is-gone"])
async def test_a_consumer_that_is_killed_at_its_last_commit_leaves_a_model_that_another_enters(
    roles: UnderWatch, is_there: bool
) -> None:
    service = roles.pods.service
    with locked(service, "models"):
        assistant, training = await begun(roles, f"committed-{is_there}")
        await waits_for(service, "models")
        before = await service.store.get(manifest_key(assistant, training))
        if not is_there:
            await roles.pods.kubectl("delete", "job", f"tw-t-{training}-1")
        dead = await killed(roles, "training-consumer")
    (attempt,), model = await ends_once(roles, assistant, training)
    assert attempt.worker != dead
    assert json.loads(before)["object"] == model.object
    assert roles.made("/jobs") == [201]


async def test_a_consumer_that_is_killed_between_model_and_manifest_leaves_an_archive_that_another_publishes(
    roles: UnderWatch,
) -> None:
    reached = asyncio.Event()

    async def swallowed(request: Passage) -> None:
        reached.set()
        while await request.reader.read(65_536):  # until whoever sent it is gone
            pass

    roles.store.faults = [(MANIFEST, swallowed)]
    assistant, training = await begun(roles, "archived")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await reached.wait()
    await roles.pods.kubectl("delete", "job", f"tw-t-{training}-1")
    dead = await killed(roles, "training-consumer")
    assert manifest_key(assistant, training) not in await roles.pods.service.store.keys()
    (attempt,), model = await ends_once(roles, assistant, training)
    assert attempt.worker != dead
    assert f"/{attempt.id}-" in model.object
    assert roles.made("/jobs") == [201]


async def test_a_training_of_which_a_killed_consumer_left_neither_is_trained_once_more(roles: UnderWatch) -> None:
    roles.store.faults = [(UPLOAD, cut)] * TRIES
    assistant, training = await begun(roles, "neither")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(roles.store.faults) == TRIES:  # noqa: ASYNC110 - the proxy tells nobody
            await asyncio.sleep(0.05)
    dead = await killed(roles, "training-consumer")
    await roles.pods.kubectl("delete", "job", f"tw-t-{training}-1", "--cascade=foreground")
    roles.store.faults = []
    (lost, again), model = await ends_once(roles, assistant, training)
    assert (lost.outcome, lost.worker != dead) == ("lost_job", True)
    assert f"/{again.id}-" in model.object
    assert roles.made("/jobs") == [201, 201]


async def test_a_leader_that_is_killed_while_it_finishes_a_training_is_followed_by_one_that_does_it_once(
    roles: UnderWatch,
) -> None:
    service = roles.pods.service
    with locked(service, "deployments"):
        assistant, training = await begun(roles, "finished", deploy=True)
        await waits_for(service, "deployments")
        dead = await killed(roles, "training-orchestrator")
    await ends_once(roles, assistant, training)
    async with service.database.transaction() as session:
        history = await history_of(session, "training", training, before=None, limit=100)
        made = (await session.execute(select(deployments.c.id).where(deployments.c.training == training))).all()
    (last,) = (one["who"] for one in history if one["target"] == "succeeded")
    assert str(dead) not in last
    assert len(made) == 1
