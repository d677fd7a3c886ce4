"""What the cluster says of a job, as an outcome and in words: pure functions of Job, pods and events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from talkwright.modelservice.executors.kubernetes.manifest import FETCH, MAIN
from talkwright.modelservice.jobs import Ended, ended_from

Phase = Literal["waiting", "running", "over"]
Object = Mapping[str, Any]
_SIGNAL = 128
_NEVER = frozenset({"ErrImageNeverPull", "InvalidImageName"})
"""Waiting for these doesn't help."""
_IMAGE = _NEVER | {"ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable"}
_BY_TAINT = "DeletionByTaintManager"
_SETTING_UP = frozenset({"ContainerCreating", "PodInitializing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a job stands: what it waits for in words, its pod and address, how it ended.

    `is_stuck` where it waits for what will not come.
    """

    phase: Phase
    words: str | None = None
    is_stuck: bool = False
    pod: str | None = None
    address: str | None = None
    ended: Ended | None = None


def look(job: Object | None, pods: Sequence[Object], events: Sequence[Object] = ()) -> Seen:
    """How a job stands, by the objects of the cluster; `events` tell why it has no pod."""
    pod = max(pods, key=_made_at, default=None)
    if pod is None:
        return _without_pod(job, events)
    told = _told_end(pod)
    name = str(pod["metadata"]["name"])
    if told is not None:
        return Seen(phase="over", pod=name, ended=_why_stopped(told, job, pod))
    failed = _failure(job, pod) or _lost_with_node(pod)
    if failed is not None:
        return Seen(phase="over", pod=name, ended=failed)
    if _state(pod, MAIN, "running") is not None:
        return Seen(phase="running", pod=name, address=_status(pod).get("podIP"))
    words, is_stuck = _waiting(pod)
    return Seen(phase="waiting", pod=name, words=words, is_stuck=is_stuck)


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
    """The end as the wrapper told it."""
    ended = _state(pod, MAIN, "terminated")
    try:
        return ended_from(json.loads(ended["message"])["ended"]) if ended is not None else None
    except (ValueError, KeyError, TypeError):
        return None


def _why_stopped(told: Ended, job: Object | None, pod: Object) -> Ended:
    """The wrapper knows only that it was told to stop; the cluster says who wanted it."""
    wanted = _ended_by_cluster(job, pod) if told.why == "stopped" else None
    return replace(told, why=wanted.why) if wanted is not None else told


def _lost_with_node(pod: Object) -> Ended | None:
    """The end of a pod whose node says nothing any more: nobody there tells that it has ended."""
    disrupted = _condition(pod, "DisruptionTarget")
    if disrupted is None or disrupted.get("reason") != _BY_TAINT or _condition(pod, "Ready", "False") is None:
        return None
    return Ended(code=None, why=_disruption(disrupted))


def _failure(job: Object | None, pod: Object) -> Ended | None:
    """The end that the wrapper could not tell, or None while there is none."""
    status, main = _status(pod), _state(pod, MAIN, "terminated")
    if status.get("phase") not in ("Succeeded", "Failed") and main is None:
        return None
    if main is not None and main.get("reason") == "OOMKilled":
        return Ended(code=-9, why="out of memory")
    return _ended_by_cluster(job, pod) or _ended_by_itself(pod, main)


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


def _ended_by_itself(pod: Object, main: Object | None) -> Ended:
    fetching = _state(pod, FETCH, "terminated") or {}
    if fetching.get("reason") == "OOMKilled":
        return Ended(code=-9, why="out of memory")
    if fetching.get("exitCode"):
        return Ended(code=None, why=str(fetching.get("message") or "its inputs could not be fetched").strip())
    if main is None:
        return Ended(code=None, why="its pod ended before its program began")
    if "deletionTimestamp" in pod["metadata"]:
        return Ended(code=-9, why="stopped")
    code = int(main.get("exitCode", 1))
    if code > _SIGNAL:
        return Ended(code=_SIGNAL - code, why="its supervisor was killed")
    return Ended(code=None, why=_sentence("its container failed", main.get("message") or main.get("reason")))


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
    for name in (FETCH, MAIN):
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
