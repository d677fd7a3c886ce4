"""What the cluster says of a job, as an outcome and in words: pure functions of Job, pods and events."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from talkwright.modelservice.executors.kubernetes.manifest import FETCH, MAIN, PUBLISH, TRAIN
from talkwright.modelservice.jobs import Ended, ended_from

Phase = Literal["waiting", "running", "over"]
Object = Mapping[str, Any]
_SIGNAL = 128
_NEVER = frozenset({"ErrImageNeverPull", "InvalidImageName"})
"""Waiting for these doesn't help."""
_IMAGE = _NEVER | {"ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable"}
_BY_TAINT = "DeletionByTaintManager"
_SPEAKING = (TRAIN, PUBLISH, MAIN)
"""The containers whose log is the job's, in the order in which they run."""
_SETTING_UP = frozenset({"ContainerCreating", "PodInitializing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a job stands: what it waits for in words, its pod and address, how it ended.

    `is_stuck` where it waits for what will not come; `logs` are the containers that have begun to write its log.
    """

    phase: Phase
    words: str | None = None
    is_stuck: bool = False
    pod: str | None = None
    address: str | None = None
    logs: tuple[str, ...] = ()
    ended: Ended | None = None


def look(job: Object | None, pods: Sequence[Object], events: Sequence[Object] = ()) -> Seen:
    """How a job stands, by the objects of the cluster; `events` tell why it has no pod."""
    pod = max(pods, key=_made_at, default=None)
    if pod is None:
        return _without_pod(job, events)
    told = _told_end(pod)
    running = [name for name in _SPEAKING if _state(pod, name, "running") is not None]
    logs = tuple(name for name in _SPEAKING if name in running or _state(pod, name, "terminated") is not None)
    seen = Seen(phase="over", pod=str(pod["metadata"]["name"]), logs=logs)
    if told is not None:
        return replace(seen, ended=_why_stopped(told, job, pod))
    failed = _failure(job, pod) or _lost_with_node(pod)
    if failed is not None:
        return replace(seen, ended=failed)
    if running:
        return replace(seen, phase="running", address=_status(pod).get("podIP"))
    words, is_stuck = _waiting(pod)
    return replace(seen, phase="waiting", words=words, is_stuck=is_stuck)


def _without_pod(job: Object | None, events: Sequence[Object]) -> Seen:
    if job is None:
        return Seen(phase="over", ended=Ended(code=None, why="its Job was deleted"))
    failed = _condition(job, "Failed")
    if failed is not None:
        return Seen(phase="over", ended=_of_job(failed))
    if _condition(job, "Complete") is not None:
        return Seen(phase="over", ended=Ended(code=None, why="its pod was deleted before it could be asked"))
    refused = max((event for event in events if event.get("reason") == "FailedCreate"), key=_told_at, default=None)
    if refused is None:
        return Seen(phase="waiting", words="The cluster has made no pod yet.")
    message = str(refused.get("message", ""))
    if "exceeded quota" in message:
        return Seen(phase="waiting", words=f"The namespace's quota is used up: {message}")
    return Seen(phase="waiting", words=f"The cluster refuses the pod: {message}")


def _told_end(pod: Object) -> Ended | None:
    """The end as the wrapper told it; a training's own container does where it left nothing to be published."""
    for name in _SPEAKING:
        ended = _state(pod, name, "terminated")
        with contextlib.suppress(ValueError, KeyError, TypeError):
            if ended is not None:
                return ended_from(json.loads(ended["message"])["ended"])
    return None


def _last(pod: Object) -> Object | None:
    """The end of the container with which the job is over: the one that failed, or the last one."""
    train = _state(pod, TRAIN, "terminated")
    return (
        train
        if train and train.get("exitCode")
        else _state(pod, PUBLISH, "terminated") or _state(pod, MAIN, "terminated")
    )


def _why_stopped(told: Ended, job: Object | None, pod: Object) -> Ended:
    """The wrapper knows only that it was told to stop, or to store no more; the cluster says who wanted it."""
    is_cut = told.why == "stopped" or (told.code == 0 and told.problem is not None)
    wanted = _ended_by_cluster(job, pod) if is_cut else None
    return replace(told, code=told.code or None, why=wanted.why) if wanted is not None else told


def _lost_with_node(pod: Object) -> Ended | None:
    """The end of a pod whose node says nothing any more: nobody there tells that it has ended."""
    disrupted = _condition(pod, "DisruptionTarget")
    if disrupted is None or disrupted.get("reason") != _BY_TAINT or _condition(pod, "Ready", "False") is None:
        return None
    return Ended(code=None, why=_disruption(disrupted))


def _failure(job: Object | None, pod: Object) -> Ended | None:
    """The end that the wrapper could not tell, or None while there is none."""
    status, last = _status(pod), _last(pod)
    if status.get("phase") not in ("Succeeded", "Failed") and last is None:
        return None
    if last is not None and last.get("reason") == "OOMKilled" and _state(pod, PUBLISH, "terminated") is None:
        return Ended(code=-9, why="out of memory")
    return _ended_by_cluster(job, pod) or _ended_by_itself(pod, last)


def _ended_by_cluster(job: Object | None, pod: Object) -> Ended | None:
    status = _status(pod)
    disrupted = _condition(pod, "DisruptionTarget")
    if disrupted is not None:
        return Ended(code=None, why=_disruption(disrupted))
    of_job = _condition(job, "Failed") or _condition(job, "FailureTarget") or {}
    if "DeadlineExceeded" in (status.get("reason"), of_job.get("reason")):
        return Ended(code=None, why="time limit")
    if status.get("reason") is not None:
        return Ended(code=None, why=_sentence(f"the cluster ended its pod ({status['reason']})", status.get("message")))
    return None


def _ended_by_itself(pod: Object, last: Object | None) -> Ended:
    fetching = _state(pod, FETCH, "terminated") or {}
    if fetching.get("reason") == "OOMKilled":
        return Ended(code=-9, why="out of memory")
    if fetching.get("exitCode"):
        return Ended(code=None, why=str(fetching.get("message") or "its inputs could not be fetched").strip())
    is_trained = _state(pod, TRAIN, "terminated") is not None
    if "deletionTimestamp" in pod["metadata"] and (is_trained or last is not None):
        return Ended(code=-9, why="stopped")
    if last is None:
        done = "what it made was stored" if is_trained else "its program began"
        return Ended(code=None, why=f"its pod ended before {done}")
    code = int(last.get("exitCode", 1))
    if code > _SIGNAL:
        return Ended(code=_SIGNAL - code, why="its supervisor was killed")
    return Ended(code=None, why=_sentence("its container failed", last.get("message") or last.get("reason")))


def _disruption(condition: Object) -> str:
    words = {
        "PreemptionByScheduler": "its pod gave way to one of higher priority",
        "EvictionByEvictionAPI": "its pod was evicted",
        _BY_TAINT: "its node was lost or is being emptied",
        "DeletionByPodGC": "its node is gone",
        "TerminationByKubelet": "its node ran short of resources or was shut down and ended its pod",
    }
    reason = str(condition.get("reason"))
    return _sentence(words.get(reason, f"its pod was ended ({reason})"), condition.get("message"))


def _of_job(condition: Object) -> Ended:
    reason = condition.get("reason")
    if reason == "DeadlineExceeded":
        return Ended(code=None, why="time limit")
    return Ended(code=None, why=_sentence(f"its Job failed ({reason})", condition.get("message")))


def _waiting(pod: Object) -> tuple[str, bool]:
    """What a pod waits for, and whether it will not come."""
    scheduled = _condition(pod, "PodScheduled", "False")
    if scheduled is not None and scheduled.get("reason") == "Unschedulable":
        return f"No node has room for the job: {scheduled.get('message', '')}".rstrip(": "), False
    for name in (FETCH, *_SPEAKING):
        waiting = _state(pod, name, "waiting")
        reason = waiting.get("reason") if waiting is not None else None
        if waiting is None or reason is None or reason in _SETTING_UP:
            continue
        words = "The image can't be pulled" if reason in _IMAGE else f"The container can't start ({reason})"
        return _sentence(words, waiting.get("message")), reason in _NEVER
    return "The pod is being set up.", False


def _state(pod: Object, container: str, state: str) -> Object | None:
    status = _status(pod)
    for one in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        if one["name"] == container:
            found = (one.get("state") or {}).get(state)
            return dict(found) if found is not None else None
    return None


def _status(whole: Object) -> Object:
    return dict(whole.get("status") or {})


def _condition(whole: Object | None, kind: str, status: str = "True") -> Object | None:
    conditions = _status(whole or {}).get("conditions") or ()
    return next((one for one in conditions if one["type"] == kind and one["status"] == status), None)


def _made_at(whole: Object) -> str:
    return str(whole["metadata"].get("creationTimestamp", ""))


def _told_at(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")


def _sentence(words: str, message: object) -> str:
    return f"{words}: {message}" if message else words
