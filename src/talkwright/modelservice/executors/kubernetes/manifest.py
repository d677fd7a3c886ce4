"""A job as Kubernetes objects: pure functions of the job and the operator's settings.

A training's pod runs `fetch` (our image), `train` (the engine's) and `publish` (ours) one after the other over one
folder; the pod of a job that serves runs `fetch` and then `main`, the engine's.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.executors.wrapper import PARTING_SECONDS
from talkwright.modelservice.jobs import LISTEN, Desk, Job

FOLDER = "/job"
FETCH, TRAIN, PUBLISH, MAIN = "fetch", "train", "publish", "main"
INSTALLATION = "talkwright/installation"
NAME = "talkwright/job"
COMPONENT = "app.kubernetes.io/component"
MANAGED_BY = "app.kubernetes.io/managed-by"
SPEC_HASH = "talkwright/spec"
DEADLINE_RESERVE_SECONDS = 600
"""A training's own clock starts with its program; the Job's starts before its image is there."""
TERM_SECONDS = 30
"""So long a job has after SIGTERM; whoever deletes its pod says less where less is wanted."""
REPORT = "/dev/termination-log"
_DESK_FOLDER = "/desk"
_SECRET_FOLDER = "/secret"  # noqa: S105 - a folder's name
_PATH = "/usr/local/bin:/usr/bin:/bin"
_PACKAGE = Path(__file__).parents[3]
_OTHER_PYTHON = "python3"
"""What an image that is not ours is expected to have on its path, for the wrapper."""
_TRACE = "TRACEPARENT"
_MEMORY_EVENTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/memory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifests:
    """The objects of one job; the secret and the service belong to the Job, and get its uid once it has one."""

    job: Mapping[str, Any]
    secret: Mapping[str, Any]
    service: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """The name of them all."""
        return str(self.job["metadata"]["name"])

    @property
    def spec_hash(self) -> str:
        """What the job is made of, but for its secrets: two with the same hash are the same job."""
        return str(self.job["metadata"]["annotations"][SPEC_HASH])


def manifests(
    job: Job,
    settings: KubernetesSettings,
    *,
    grants: Mapping[str, Mapping[str, Any]],
    passed: Mapping[str, str] | None = None,
    store: Mapping[str, Any] | None = None,
) -> Manifests:
    """The objects of a job. `grants` say where each input (a path) is read, `passed` are the operator's variables.

    `store` describes the object store for pods that reach it with their own credentials (`jobstore.described`).
    """
    spec = _job_spec(job, settings)
    told = {"spec": spec, "command": job.command, "inputs": dict(job.inputs), "outputs": job.outputs}
    told |= {"limits": asdict(job.limits), "environment": sorted(job.environment), "programs": _programs(job)}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
    labels = labels_of(job, settings)
    metadata = {"name": job.name, "namespace": settings.kubernetes_namespace, "labels": labels}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        "stringData": {
            "job.json": json.dumps(_order(job, settings, grants, passed or {}) | {"store": store}),
            "desk.json": desk_text(job.desk),
            **({} if job.serves else {"publish.json": json.dumps(_publication(job) | {"store": store})}),
        },
    }
    whole = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {**metadata, "annotations": {SPEC_HASH: digest}},
        "spec": spec,
    }
    return Manifests(job=whole, secret=secret, service=_service(job, settings, metadata) if job.serves else None)


def labels_of(job: Job, settings: KubernetesSettings) -> dict[str, str]:
    """What every object of a job is found by."""
    return {
        MANAGED_BY: "talkwright",
        COMPONENT: "running" if job.serves else "training",
        INSTALLATION: settings.kubernetes_installation,
        NAME: job.name,
    }


def selector(settings: KubernetesSettings, name: str | None = None) -> str:
    """The label selector of all jobs of an installation, or of one."""
    whole = f"{INSTALLATION}={settings.kubernetes_installation},{MANAGED_BY}=talkwright"
    return f"{whole},{NAME}={name}" if name is not None else whole


def desk_text(desk: Desk | None) -> str:
    """What the secret says of the desk; another holder writes another one there."""
    return json.dumps(asdict(desk) if desk is not None else None)


def _job_spec(job: Job, settings: KubernetesSettings) -> dict[str, Any]:
    limits = job.limits
    deadline = None if limits.seconds is None else math.ceil(limits.seconds) + DEADLINE_RESERVE_SECONDS
    return {
        "backoffLimit": 0,
        "completions": 1,
        "parallelism": 1,
        "podReplacementPolicy": "Failed",
        "podFailurePolicy": {
            "rules": [{"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
        },
        "ttlSecondsAfterFinished": settings.kubernetes_keep_seconds,
        **({"activeDeadlineSeconds": deadline} if deadline is not None else {}),
        "template": {"metadata": _pod_metadata(job, settings), "spec": _pod_spec(job, settings)},
    }


def _pod_metadata(job: Job, settings: KubernetesSettings) -> dict[str, Any]:
    """The pod's labels; where it has credentials of its own, the clouds' admission keeps them from the engine."""
    labels = labels_of(job, settings)
    if settings.kubernetes_storage == "signed":
        return {"labels": labels}
    engine = _program(job, settings)["name"]
    left_out = {f"{cloud}/skip-containers": engine for cloud in ("eks.amazonaws.com", "azure.workload.identity")}
    return {"labels": {**labels, "azure.workload.identity/use": "true"}, "annotations": left_out}


def _pod_spec(job: Job, settings: KubernetesSettings) -> dict[str, Any]:
    away = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": settings.kubernetes_away_seconds}
        for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    ]
    user, fetch, program = settings.kubernetes_user, _fetching(job, settings), _program(job, settings)
    told = ["desk.json"] if job.serves else ["desk.json", "publish.json"]
    optional = {
        "serviceAccountName": settings.kubernetes_service_account,
        "priorityClassName": settings.kubernetes_priority_class,
        "nodeSelector": dict(settings.node_selector),
        "imagePullSecrets": [{"name": name} for name in settings.pull_secrets],
    }
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": TERM_SECONDS + math.ceil(PARTING_SECONDS) + 3,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "tolerations": [*away, *settings.tolerations],
        **{name: value for name, value in optional.items() if value},
        "initContainers": [fetch] if job.serves else [fetch, program],
        "containers": [program] if job.serves else [_publishing(job, settings)],
        "volumes": [
            {"name": "job", "emptyDir": {}},
            _secret_volume("secret", job, ["job.json"]),
            _secret_volume("desk", job, told),
        ],
    }


def _secret_volume(name: str, job: Job, keys: list[str]) -> dict[str, Any]:
    return {"name": name, "secret": {"secretName": job.name, "items": [{"key": key, "path": key} for key in keys]}}


def _fetching(job: Job, settings: KubernetesSettings) -> dict[str, Any]:
    """The container that prepares the folder, in our own image; it alone sees the whole secret."""
    module = "talkwright.modelservice.executors.jobfetch"
    return (
        _container(FETCH, job, settings)
        | _credentials(settings)
        | {
            "command": [settings.kubernetes_python, "-I", "-m", module, _SECRET_FOLDER, FOLDER, REPORT],
            "volumeMounts": [
                {"name": "job", "mountPath": FOLDER},
                {"name": "secret", "mountPath": _SECRET_FOLDER, "readOnly": True},
            ],
        }
    )


def _publishing(job: Job, settings: KubernetesSettings) -> dict[str, Any]:
    """The container that stores what a training left in the folder, in our own image."""
    module = "talkwright.modelservice.executors.jobpublish"
    return (
        _container(PUBLISH, job, settings)
        | _credentials(settings)
        | {
            "command": [settings.kubernetes_python, "-I", "-m", module, FOLDER, _DESK_FOLDER],
            "volumeMounts": [
                {"name": "job", "mountPath": FOLDER},
                {"name": "desk", "mountPath": _DESK_FOLDER, "readOnly": True},
            ],
        }
    )


def _credentials(settings: KubernetesSettings) -> dict[str, Any]:
    """The operator's variables for the object store, where the pods' account gets no credentials of the cloud."""
    secret = settings.kubernetes_storage_secret
    return {"envFrom": [{"secretRef": {"name": secret}}]} if secret else {}


def _program(job: Job, settings: KubernetesSettings) -> dict[str, Any]:
    """The container that the job's own program runs in, of the engine's image."""
    other = job.command[0] if job.programs else _OTHER_PYTHON  # what runs our scripts is a Python
    python = settings.kubernetes_python if job.image is None else other
    return _container(MAIN if job.serves else TRAIN, job, settings) | {
        "image": job.image or settings.kubernetes_image,
        "command": [python, "-I", "-S", f"{FOLDER}/bin/wrapper", "supervisor", FOLDER],
        "workingDir": FOLDER,
        "volumeMounts": [
            {"name": "job", "mountPath": FOLDER},
            {"name": "desk", "mountPath": _DESK_FOLDER, "readOnly": True},
        ],
    }


def _container(name: str, job: Job, settings: KubernetesSettings) -> dict[str, Any]:
    cpu = settings.kubernetes_running_cpu if job.serves else settings.kubernetes_training_cpu
    memory = {"memory": str(job.limits.memory_bytes)} if job.limits.memory_bytes is not None else {}
    return {
        "name": name,
        "image": settings.kubernetes_image,
        "imagePullPolicy": settings.kubernetes_image_pull,
        "terminationMessagePath": REPORT,
        "terminationMessagePolicy": "File",
        "resources": {"requests": {"cpu": cpu, **memory}, **({"limits": memory} if memory else {})},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _order(
    job: Job, settings: KubernetesSettings, grants: Mapping[str, Mapping[str, Any]], passed: Mapping[str, str]
) -> dict[str, Any]:
    """What the wrapper takes, and where the inputs are: an environment of nothing but this."""
    work = f"{FOLDER}/work"
    base = {"PATH": _PATH, "HOME": work, "TMPDIR": f"{work}/.tmp", "LANG": "C.UTF-8", "TZ": "UTC"}
    return {
        "command": [_word(word, job, settings) for word in job.command],
        "programs": _programs(job),
        "environment": {**base, "PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1", **passed, **job.environment},
        "hide": list(job.hide),
        "desk": asdict(job.desk) if job.desk is not None else None,
        "inputs": {path: dict(grants[path]) for path in job.inputs.values()},
        "memory_events": list(_MEMORY_EVENTS),
        "user": None,
        "hands_on": not job.serves,
        **_in_pod(job),
    }


def _publication(job: Job) -> dict[str, Any]:
    """What `jobpublish.py` takes: it stores what there is, and runs no program."""
    trace = {_TRACE: job.environment[_TRACE]} if _TRACE in job.environment else {}
    return {**_in_pod(job), "environment": trace, "hide": [], "seconds": None, "memory_bytes": None}


def _in_pod(job: Job) -> dict[str, Any]:
    """What is told of a job wherever it is in its pod."""
    return {
        "outputs": list(job.outputs),
        "desk_file": f"{_DESK_FOLDER}/desk.json" if job.desk is not None else None,
        "cgroup": None,
        "report": REPORT,
        "is_held": True,
        "term_seconds": TERM_SECONDS,
        **asdict(job.limits),
    }


def _programs(job: Job) -> dict[str, str]:
    """Our scripts that the command names, by their own names: where they are in our package, of any image of ours."""
    return {path.name: str(path.relative_to(_PACKAGE)) for path in job.programs}


def _word(word: str, job: Job, settings: KubernetesSettings) -> str:
    """A word of the command as it is inside of the image."""
    brought = {str(path): f"{FOLDER}/bin/{path.name}" for path in job.programs}
    return {sys.executable: settings.kubernetes_python, LISTEN: "0.0.0.0", **brought}.get(word, word)  # noqa: S104 - a pod's own network; its address is what callers know


def _service(job: Job, settings: KubernetesSettings, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A name for the pod of a running model: it has no port of its own, and no address but the pod's."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": dict(metadata),
        "spec": {"clusterIP": "None", "selector": labels_of(job, settings)},
    }


def owned_by(manifest: Mapping[str, Any], job: Mapping[str, Any]) -> dict[str, Any]:
    """The object as a part of the Job: it ends with it."""
    owner = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": job["metadata"]["name"],
        "uid": job["metadata"]["uid"],
        "controller": False,
        "blockOwnerDeletion": False,
    }
    return {**manifest, "metadata": {**manifest["metadata"], "ownerReferences": [owner]}}


def is_owned_by(found: Mapping[str, Any], job: Mapping[str, Any]) -> bool:
    """Whether an object is a part of this very Job."""
    return any(owner["uid"] == job["metadata"]["uid"] for owner in _owners(found))


def is_left_over(found: Mapping[str, Any], job: Mapping[str, Any]) -> bool:
    """Whether it was a part of a Job that had the name before this one, so that it is being cleared away."""
    return any(
        owner["apiVersion"].startswith("batch/")  # whatever its version
        and (owner["kind"], owner["name"]) == ("Job", job["metadata"]["name"])
        for owner in _owners(found)
    )


def _owners(found: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return found["metadata"].get("ownerReferences") or ()
