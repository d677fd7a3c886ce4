"""What the control plane and a kubelet may say of a pod, with the real control plane: the test plays the kubelet."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.modelservice.places import SECONDS, KubernetesPlace, python
from tests.services.kubernetes.running import KubernetesCluster

from talkwright.modelservice.executors.kubernetes import executor, following
from talkwright.modelservice.jobs import Cause, Ended, Job, Output

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
def labels(kubernetes: KubernetesCluster) -> Iterator[dict[str, str]]:
    with kubernetes.played_node() as labels:
        yield labels


@pytest.fixture(autouse=True)
def _no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """No kubelet gives a log: nobody waits for it."""
    for module in (executor, following):
        monkeypatch.setattr(module, "CUT_SECONDS", 0.1)


def container(name: str, **state: Any) -> dict[str, Any]:
    """A container as a kubelet tells of it."""
    return {"name": name, "image": "i", "imageID": "i", "ready": False, "restartCount": 0, "state": state}


DONE = {"terminated": {"exitCode": 0, "reason": "Completed"}}


def fetching(**state: Any) -> dict[str, Any]:
    return {"initContainerStatuses": [container("fetch", **state)]}


def training(**state: Any) -> dict[str, Any]:
    return {"initContainerStatuses": [container("fetch", **DONE), container("train", **state)]}


def publishing(**state: Any) -> dict[str, Any]:
    return {**training(**DONE), "containerStatuses": [container("publish", **state)]}


def killed_by(reason: str) -> dict[str, Any]:
    return {"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "so it was"}]}


REPORT = {
    "ended": {
        "code": 0, "why": None, "lines": 7, "log": "logs/x", "problem": None,
        "outputs": {"model": {"size": 1, "sha256": "a" * 64, "key": "k"}},
    }
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What is told of a pod, and what becomes of the job."""

    told: dict[str, Any]
    ended: Ended
    phase: str = "Failed"


CASES = {
    "an image that no registry gives": Case(
        fetching(waiting={"reason": "ImagePullBackOff", "message": "denied"}),
        Ended(code=None, why="The image can't be pulled: denied"),
        phase="Pending",
    ),
    "a secret that is missing": Case(
        fetching(waiting={"reason": "CreateContainerConfigError", "message": 'secret "x" not found'}),
        Ended(code=None, why='The container can\'t start (CreateContainerConfigError): secret "x" not found'),
        phase="Pending",
    ),
    "a node that ran short": Case(
        {**training(terminated={"exitCode": 137, "reason": "Error"}), "reason": "Evicted", "message": "low on memory",
         **killed_by("TerminationByKubelet")},
        Ended(code=None, why="its node ran short of resources or was shut down and ended its pod: so it was"),
    ),
    "a pod that gave way": Case(
        {**training(terminated={"exitCode": 137, "reason": "Error"}), **killed_by("PreemptionByScheduler")},
        Ended(code=None, why="its pod gave way to one of higher priority: so it was"),
    ),
    "inputs that can't be had": Case(
        fetching(terminated={"exitCode": 1, "reason": "Error", "message": "The input a came cut short."}),
        Ended(code=None, why="The input a came cut short."),
    ),
    "a program that is not in the image": Case(
        training(terminated={"exitCode": 128, "reason": "StartError", "message": "python3: not found"}),
        Ended(code=None, why="its container failed: python3: not found"),
    ),
    "a killed wrapper": Case(
        training(terminated={"exitCode": 137, "reason": "Error"}), Ended(code=-9, why="its supervisor was killed")
    ),
    "too much memory": Case(
        training(terminated={"exitCode": 137, "reason": "OOMKilled"}), Ended(code=-9, why="out of memory")
    ),
    "a publication that was killed": Case(
        publishing(terminated={"exitCode": 137, "reason": "Error"}), Ended(code=-9, why="its supervisor was killed")
    ),
    "an engine's image that no registry gives": Case(
        training(waiting={"reason": "ErrImagePull", "message": "denied"}),
        Ended(code=None, why="The image can't be pulled: denied"),
        phase="Pending",
    ),
    "a good end": Case(
        publishing(terminated={"exitCode": 0, "reason": "Completed", "message": json.dumps(REPORT)}),
        Ended(code=0, lines=7, log="logs/x", outputs={"model": Output(size=1, sha256="a" * 64, key="k")}),
        phase="Succeeded",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_what_is_told_of_a_pod_becomes_the_end_of_its_job(
    place: KubernetesPlace, labels: dict[str, str], name: str
) -> None:
    case = CASES[name]
    tolerated = [{"key": key, "operator": "Exists"} for key in labels]
    settings = {"kubernetes_node_selector": json.dumps(labels), "kubernetes_tolerations": json.dumps(tolerated)}
    async with place.other_holder(**settings) as first:
        job = await first.start(Job(name="played", command=python("print(1)"), desk=place.desk))
        pod = (await place.says("pod/", "get", "pods", "-o", "name")).strip()
        change = json.dumps({"status": {"phase": case.phase, **case.told}})
        await place.kubectl("patch", pod, "--subresource=status", "--type=merge", "-p", change)
        await job.leave()
    async with place.other_holder(kubernetes_start_seconds=0.001) as second:  # one without patience
        taken = await second.adopt(job.handle, place.desk)
        assert taken is not None
        async with asyncio.timeout(SECONDS):
            ended = await taken.ended()
        assert replace(ended, blamed=None) == case.ended
        assert (ended.blamed is Cause.CLUSTER) == (case.ended.code is None)
        await taken.discard()
    await place.kubectl("delete", "pods", "--all", "--force", "--grace-period=0", "--wait=false")
