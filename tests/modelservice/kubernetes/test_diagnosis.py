"""What the cluster says of a job, in words."""

import json
from typing import Any

import pytest

from talkwright.modelservice.executors.kubernetes.diagnosis import look
from talkwright.modelservice.jobs import Ended, Output

DONE = {"terminated": {"exitCode": 0, "reason": "Completed"}}


def pod(phase: str = "Pending", *, main: Any = None, fetch: Any = None, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "status": {
            "phase": phase,
            "podIP": "10.0.0.7",
            "initContainerStatuses": [{"name": "fetch", "state": fetch or {}}],
            "containerStatuses": [{"name": "main", "state": main or {}}],
            **status,
        },
    }


def training(
    phase: str = "Pending", *, train: Any = None, publish: Any = None, fetch: Any = DONE, **status: Any
) -> dict[str, Any]:
    """The pod of a training: it trains before it publishes."""
    whole = pod(phase, **status)
    containers = {"fetch": fetch, "train": train or {}}
    whole["status"]["initContainerStatuses"] = [{"name": name, "state": state} for name, state in containers.items()]
    whole["status"]["containerStatuses"] = [{"name": "publish", "state": publish or {}}]
    return whole


def condition(kind: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status, **more}]}


def test_a_running_pod_is_running_and_has_an_address() -> None:
    seen = look({}, [pod("Running", main={"running": {"startedAt": "now"}})])
    assert (seen.phase, seen.pod, seen.address, seen.ended) == ("running", "p", "10.0.0.7", None)


def test_the_end_is_what_the_wrapper_told() -> None:
    told = {"code": 0, "why": None, "lines": 3, "log": "l", "outputs": {"m": {"size": 1, "sha256": "ab", "key": "k"}}}
    seen = look({}, [pod("Succeeded", main={"terminated": {"exitCode": 0, "message": json.dumps({"ended": told})}})])
    output = Output(size=1, sha256="ab", key="k")
    assert seen.ended == Ended(code=0, lines=3, log="l", outputs={"m": output})


def told(code: int) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "message": json.dumps({"ended": {"code": code, "why": None, "lines": 3}})}}


@pytest.mark.parametrize(
    ("whole", "phase", "logs"),
    [
        (training(), "waiting", ()),
        (training(train={"running": {}}), "running", ("train",)),
        (training(train=DONE), "waiting", ("train",)),
        (training("Running", train=DONE, publish={"running": {}}), "running", ("train", "publish")),
        (training("Failed", train=told(3)), "over", ("train",)),
        (training(train=told(3)), "over", ("train",)),
        (training("Succeeded", train=DONE, publish=told(0)), "over", ("train", "publish")),
    ],
)
def test_a_training_goes_through_its_stages(whole: Any, phase: str, logs: tuple[str, ...]) -> None:
    seen = look({}, [whole])
    assert (seen.phase, seen.logs) == (phase, logs)
    assert (seen.ended is not None) == (phase == "over")


def test_the_end_of_a_training_that_failed_is_what_its_own_container_told() -> None:
    assert look({}, [training("Failed", train=told(3))]).ended == Ended(code=3, lines=3)


def test_a_training_whose_publication_waits_for_its_image_says_so() -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "away"}}
    seen = look({}, [training(train=DONE, publish=waiting)])
    assert (seen.phase, seen.words) == ("waiting", "The image can't be pulled: away")


@pytest.mark.parametrize("state", [{"train": {"running": {}}}, {"train": DONE, "publish": {"running": {}}}])
def test_a_training_whose_pod_was_evicted_says_so_in_each_stage(state: Any) -> None:
    evicted = condition("DisruptionTarget", reason="EvictionByEvictionAPI")
    ended = look({}, [training("Failed", **state, **evicted)]).ended
    assert ended == Ended(code=None, why="its pod was evicted")


def test_a_publication_that_the_cluster_cut_off_says_why_and_did_not_succeed() -> None:
    cut = told(0)
    cut["terminated"]["message"] = json.dumps({"ended": {"code": 0, "why": None, "lines": 3, "problem": "not stored"}})
    whole = training("Failed", train=DONE, publish=cut)
    late = {"status": condition("Failed", reason="DeadlineExceeded")}
    assert look(late, [whole]).ended == Ended(code=None, why="time limit", lines=3, problem="not stored")
    itself = look({}, [whole]).ended
    assert itself == Ended(code=0, lines=3, problem="not stored")


@pytest.mark.parametrize("state", [{}, {"publish": {"terminated": {"exitCode": 137}}}])
def test_a_training_that_was_deleted_before_it_was_published_was_stopped(state: Any) -> None:
    whole = training("Failed", train=DONE, **state)
    whole["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert look({}, [whole]).ended == Ended(code=-9, why="stopped")


@pytest.mark.parametrize(
    ("whole", "code", "why"),
    [
        (training("Failed", train={"terminated": {"exitCode": 137, "reason": "OOMKilled"}}), -9, "out of memory"),
        (training("Failed", train={"terminated": {"exitCode": 137}}), -9, "its supervisor was killed"),
        (
            training(
                "Failed", train={"terminated": {"exitCode": 128, "reason": "StartError", "message": "no python3"}}
            ),
            None,
            "its container failed: no python3",
        ),
        (training("Failed", train={"running": {}}, reason="DeadlineExceeded"), None, "time limit"),
        (training("Failed", train=DONE), None, "its pod ended before what it made was stored"),
        (
            training("Failed", train=DONE, publish={"terminated": {"exitCode": 1, "reason": "Error"}}),
            None,
            "its container failed: Error",
        ),
        (pod("Failed", main={"terminated": {"exitCode": 137, "reason": "OOMKilled"}}), -9, "out of memory"),
        (pod("Failed", fetch={"terminated": {"exitCode": 137, "reason": "OOMKilled"}}), -9, "out of memory"),
        (pod("Failed", reason="DeadlineExceeded"), None, "time limit"),
        (
            pod("Failed", reason="Evicted", message="The node was low on memory."),
            None,
            "the cluster ended its pod (Evicted): The node was low on memory.",
        ),
        (
            pod("Failed", **condition("DisruptionTarget", reason="EvictionByEvictionAPI", message="by an API call")),
            None,
            "its pod was evicted: by an API call",
        ),
        (
            pod("Failed", **condition("DisruptionTarget", reason="DeletionByTaintManager")),
            None,
            "its node was lost or is being emptied",
        ),
        (
            pod("Failed", fetch={"terminated": {"exitCode": 1, "message": "The input x came cut short.\n"}}),
            None,
            "The input x came cut short.",
        ),
        (pod("Failed", fetch={"terminated": {"exitCode": 1}}), None, "its inputs could not be fetched"),
        (pod("Failed"), None, "its pod ended before its program began"),
        (pod("Failed", main={"terminated": {"exitCode": 137}}), -9, "its supervisor was killed"),
        (
            pod("Failed", main={"terminated": {"exitCode": 128, "reason": "StartError", "message": "no python3"}}),
            None,
            "its container failed: no python3",
        ),
    ],
)
def test_an_end_that_the_wrapper_could_not_tell_has_words(whole: Any, code: int | None, why: str) -> None:
    seen = look({}, [whole])
    assert seen.ended == Ended(code=code, why=why)


def test_a_pod_that_was_deleted_was_stopped() -> None:
    whole = pod("Failed", main={"terminated": {"exitCode": 137}})
    whole["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert look({}, [whole]).ended == Ended(code=-9, why="stopped")


@pytest.mark.parametrize(
    ("whole", "words", "is_stuck"),
    [
        (
            pod(**condition("PodScheduled", "False", reason="Unschedulable", message="0/1 nodes: not enough memory")),
            "No node has room for the job: 0/1 nodes: not enough memory",
            False,
        ),
        (
            pod(fetch={"waiting": {"reason": "ImagePullBackOff", "message": "back-off"}}),
            "The image can't be pulled: back-off",
            False,
        ),
        (
            pod(fetch={"waiting": {"reason": "ErrImageNeverPull", "message": "not present"}}),
            "The image can't be pulled: not present",
            True,
        ),
        (
            pod(main={"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "x" not found'}}),
            'The container can\'t start (CreateContainerConfigError): secret "x" not found',
            False,
        ),
        (pod(main={"waiting": {"reason": "PodInitializing"}}), "The pod is being set up.", False),
    ],
)
def test_a_waiting_pod_says_what_for(whole: Any, words: str, is_stuck: bool) -> None:
    seen = look({}, [whole])
    assert (seen.phase, seen.words, seen.is_stuck) == ("waiting", words, is_stuck)


def test_a_job_without_a_pod_says_that_the_quota_is_used_up() -> None:
    events = [
        {"reason": "SuccessfulCreate", "lastTimestamp": "2", "message": "no"},
        {"reason": "FailedCreate", "lastTimestamp": "1", "message": 'pods "x" is forbidden: exceeded quota: small'},
    ]
    seen = look({}, [], events)
    assert (seen.phase, seen.words) == (
        "waiting",
        'The namespace\'s quota is used up: pods "x" is forbidden: exceeded quota: small',
    )


@pytest.mark.parametrize(
    ("job", "why"),
    [
        (None, "its Job was deleted"),
        ({"status": condition("Failed", reason="DeadlineExceeded")}, "time limit"),
        (
            {"status": condition("Failed", reason="BackoffLimitExceeded", message="no more")},
            "its Job failed (BackoffLimitExceeded): no more",
        ),
        ({"status": condition("Complete")}, "its pod was deleted before it could be asked"),
    ],
)
def test_a_job_that_is_over_without_a_pod_says_why(job: Any, why: str) -> None:
    assert look(job, []).ended == Ended(code=None, why=why)


def test_of_several_pods_the_newest_counts() -> None:
    old, new = pod("Failed"), pod("Running", main={"running": {}})
    new["metadata"] = {"name": "new", "creationTimestamp": "2026-01-02T00:00:00Z"}
    assert look({}, [new, old]).pod == "new"
