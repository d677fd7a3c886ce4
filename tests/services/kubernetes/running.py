"""A real Kubernetes cluster for the tests: one for all processes of a run, a namespace for each test.

`cluster()` starts it with the first that wants it and ends it with the last. It needs root, the daemons that
`scripts/kubernetes-daemons` builds once, and Debian's etcd-server, containerd, containernetworking-plugins and kubectl.
Pods reach this machine at `HOST`, the address of their bridge.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import yaml
from tests.services.kubernetes.images import JOBS, ROOT, USER, jobs_image, pause_image

HOST = "10.244.0.1"
_HERE = Path(__file__).parent
_PROGRAMS = ("etcd", "containerd", "ctr", "runc", "kubectl", "openssl", "ip", "iptables", "gcc")
_START_SECONDS = 300
_STATE = Path(tempfile.gettempdir()) / "talkwright-kubernetes"


@dataclass(frozen=True)
class KubernetesCluster:
    """A running cluster: its folder, with the administrator's kubeconfig in it."""

    folder: Path

    @property
    def admin(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "admin.conf"

    def kubectl(self, *words: str, told: str | None = None) -> str:
        """What kubectl answers: the second opinion."""
        command = ["kubectl", f"--kubeconfig={self.admin}", *words]
        return subprocess.run(command, input=told, check=True, capture_output=True, text=True, timeout=120).stdout

    @contextlib.contextmanager
    def namespace(self) -> Iterator[KubernetesNamespace]:
        """A namespace of its own with the Role of `deploy/kubernetes`, as a service account that has that alone."""
        name = f"jobs-{uuid4().hex[:12]}"
        text = (ROOT / "deploy" / "kubernetes" / "jobs.yaml").read_text("utf-8")
        wanted = [_moved(one, name) for one in yaml.safe_load_all(text)]
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "talkwright", "namespace": name}}
        self.kubectl("apply", "-f", "-", told=yaml.safe_dump_all([*wanted, account]))
        try:
            token = self.kubectl("create", "token", "talkwright", "-n", name, "--duration=2h").strip()
            told = yaml.safe_load(self.admin.read_text("utf-8"))
            told["users"] = [{"name": "u", "user": {"token": token}}]
            path = self.folder / f"{name}.conf"
            path.touch(0o600)
            path.write_text(yaml.safe_dump(told), "utf-8")
            yield KubernetesNamespace(self, name, path)
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false")


@dataclass(frozen=True)
class KubernetesNamespace:
    """A namespace, and the kubeconfig of the account that runs jobs there."""

    cluster: KubernetesCluster
    name: str
    kubeconfig: Path

    def kubectl(self, *words: str) -> str:
        """kubectl in this namespace, as the administrator."""
        return self.cluster.kubectl("-n", self.name, *words)

    def settings(self, **more: object) -> dict[str, object]:
        """The executor's settings for it."""
        told: dict[str, object] = {
            "kubernetes_namespace": self.name,
            "kubernetes_config": str(self.kubeconfig),
            "kubernetes_image": JOBS,
            "kubernetes_image_pull": "Never",
            "kubernetes_python": "python3",
            "kubernetes_user": USER,
            "kubernetes_training_cpu": "10m",
            "kubernetes_running_cpu": "10m",
        }
        return told | more


def kubernetes_missing() -> str | None:
    """Why there can be no cluster here, or None."""
    if os.geteuid() != 0:
        return "A Kubernetes cluster with real containers needs root."
    absent = [program for program in _PROGRAMS if shutil.which(program) is None]
    if not Path("/usr/lib/cni/bridge").exists():
        absent.append("containernetworking-plugins")
    if absent:
        return f"A Kubernetes cluster needs {', '.join(absent)}."
    try:
        _daemons()
    except subprocess.CalledProcessError as error:
        return str(error.stderr).strip()
    return None


def _daemons() -> str:
    command = [str(ROOT / "scripts" / "kubernetes-daemons"), "--built"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def cluster() -> Iterator[KubernetesCluster]:
    """The cluster of this machine, shared by all that use it at the same time."""
    folder = _STATE / "run"
    with _users() as users:
        if not users:
            shutil.rmtree(folder, ignore_errors=True)
            _start(folder)
        users.append(os.getpid())
    try:
        yield KubernetesCluster(folder)
    finally:
        with _users() as users:
            users.remove(os.getpid())
            if not users:
                _command("down", folder)


@contextlib.contextmanager
def _users() -> Iterator[list[int]]:
    """The processes that use the cluster; those that died are taken off, the rest is written back."""
    _STATE.mkdir(mode=0o700, exist_ok=True)
    with (_STATE / "users").open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        users = [pid for pid in json.loads(file.read() or "[]") if Path(f"/proc/{pid}").exists()]
        yield users
        file.truncate(0)
        file.write(json.dumps(users))


def _start(folder: Path) -> None:
    _command("down", folder)  # of a run that was killed
    folder.mkdir(parents=True)
    cache = Path(os.environ.get("TALKWRIGHT_CACHE") or Path.home() / ".cache" / "talkwright")
    images = [pause_image(folder), jobs_image(folder, cache)]
    try:
        _command("up", folder, IMAGES=" ".join(map(str, images)))
    except BaseException:
        _command("down", folder)
        raise


def _command(word: str, folder: Path, **more: str) -> None:
    variables = {**os.environ, "RUN": str(folder), "DAEMONS": _daemons(), **more}
    with (_STATE / f"{word}.log").open("wb") as log:
        subprocess.run(
            [str(_HERE / "cluster"), word],
            env=variables,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=_START_SECONDS,
        )


def _moved(manifest: dict[str, dict[str, object]], namespace: str) -> dict[str, dict[str, object]]:
    """An object of `deploy/kubernetes` for another namespace."""
    if manifest["kind"] == "Namespace":
        return {**manifest, "metadata": {**manifest["metadata"], "name": namespace}}
    moved = {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}
    if "subjects" in moved:
        moved["subjects"] = [{"kind": "ServiceAccount", "name": "talkwright", "namespace": namespace}]  # type: ignore[assignment]  # the one list among the objects
    return moved
