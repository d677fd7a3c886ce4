"""A real Kubernetes cluster for the tests: one for all processes of a run, a namespace for each test.

`cluster()` starts it with the first that wants it and ends it with the last. It needs root, the program that
`scripts/kubernetes-daemons` builds once, and what `scripts/debian-packages` installs.
Pods reach this machine at `HOST`, the address of their bridge.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import yaml
from tests.services.kubernetes.images import JOBS, ROOT, USER, base_image, base_key, jobs_image, pause_image

HOST = "10.244.0.1"
_HERE = Path(__file__).parent
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
        command = [_daemons(), "kubectl", f"--kubeconfig={self.admin}", *words]
        return subprocess.run(command, input=told, check=True, capture_output=True, text=True, timeout=120).stdout

    def bring_image(self, archive: Path) -> None:
        """Lay one more image into the node."""
        self._ctr("images", "import", str(archive))

    def kill_container(self, container: str) -> None:
        """Kill a container's first process, as nobody but its node can: it and the API server are told of nothing."""
        self._ctr("tasks", "kill", "--signal=SIGKILL", container)

    def _ctr(self, *words: str) -> None:
        command = ["ctr", "-a", str(self.folder / "containerd.sock"), "-n", "k8s.io", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    @contextlib.contextmanager
    def silent_node(self) -> Iterator[None]:
        """While the block runs the node says nothing; then it is waited for until it is ready again.

        Where all nodes are silent at once, Kubernetes gives up none of them: another one, which runs nothing, is well.
        """
        pid = int((self.folder / "kubelet.pid").read_text("ascii"))
        with self._other_node("node2"):
            os.kill(pid, signal.SIGSTOP)
            try:
                yield
            finally:
                os.kill(pid, signal.SIGCONT)
                self.kubectl("wait", "--for=condition=Ready", "node/node1", "--timeout=90s")

    @contextlib.contextmanager
    def played_node(self) -> Iterator[dict[str, str]]:
        """A node whose kubelet the test plays: it says itself what becomes of pods. Gives the labels of such a node.

        Only pods that tolerate a taint of the same name come there.
        """
        labels = {"played": "yes"}
        with self._other_node("played", labels):
            yield labels

    @contextlib.contextmanager
    def _other_node(self, name: str, labels: dict[str, str] | None = None) -> Iterator[None]:
        """A node that is kept alive as a kubelet would do it; without labels it takes no pods."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(3):
                self.kubectl("apply", "-f", "-", told=json.dumps(_lease(name)))

        metadata = {"name": name, "labels": labels or {}}
        taints = [{"key": key, "effect": "NoSchedule"} for key in labels or {}]
        spec = {"unschedulable": not labels, "taints": taints}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec}
        self.kubectl("apply", "-f", "-", told=yaml.safe_dump_all([node, _lease(name)]))
        well = {"type": "Ready", "status": "True", "reason": "Told", "message": "It is well."}
        room = {"cpu": "8", "memory": "16Gi", "pods": "100"}
        change = json.dumps({"status": {"conditions": [well], "capacity": room, "allocatable": room}})
        self.kubectl("patch", "node", name, "--subresource=status", "--type=merge", "-p", change)
        renewing = threading.Thread(target=renew)
        renewing.start()
        try:
            yield
        finally:
            over.set()
            renewing.join()
            self.kubectl("delete", "node", name)
            self.kubectl("delete", "lease", name, "-n", "kube-node-lease", "--ignore-not-found")

    @contextlib.contextmanager
    def namespace(self) -> Iterator[KubernetesNamespace]:
        """A namespace of its own with the Role of `deploy/kubernetes`, as a service account that has that alone."""
        name = f"jobs-{uuid4().hex[:12]}"
        text = (ROOT / "deploy" / "kubernetes" / "jobs.yaml").read_text("utf-8")
        wanted = [moved(one, name) for one in yaml.safe_load_all(text)]
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


def _lease(node: str) -> dict[str, object]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": now}
    metadata = {"name": node, "namespace": "kube-node-lease"}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


def kubernetes_missing() -> str | None:
    """Why there can be no cluster here, or None."""
    if os.geteuid() != 0:
        return "A Kubernetes cluster with real containers needs root."
    try:
        subprocess.run([ROOT / "scripts" / "debian-packages", "--check"], check=True, capture_output=True, text=True)
        _daemons()
    except subprocess.CalledProcessError as error:
        return str(error.stderr).strip()
    return None


@functools.cache
def _daemons() -> str:
    command = [str(ROOT / "scripts" / "kubernetes-daemons"), "--built"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def cluster() -> Iterator[KubernetesCluster]:
    """The cluster of this machine, shared by all that use it at the same time; another clone's is waited for."""
    folder = _STATE / "run"
    while not _joined(folder):
        time.sleep(1)
    try:
        yield KubernetesCluster(folder)
    finally:
        with _users() as users:
            users.remove(_myself())
            if not users:
                _end(folder)


def _joined(folder: Path) -> bool:
    """Become a user of the cluster, and start it as the first; False while it is another clone's, with other images."""
    with _users() as users:
        if any(user[0] != str(ROOT) for user in users):
            return False
        if not users:
            _start(folder)
        users.append(_myself())
    return True


@contextlib.contextmanager
def _users() -> Iterator[list[tuple[str, int, str]]]:
    """Who uses the cluster: clone, process, its start; those that died are taken off, the rest is written back."""
    _STATE.mkdir(mode=0o700, exist_ok=True)
    with (_STATE / "users.json").open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        told = [tuple(user) for user in json.loads(file.read() or "[]")]
        users = [user for user in told if _started_at(user[1]) == user[2]]
        yield users
        file.truncate(0)
        file.write(json.dumps(users))


def _myself() -> tuple[str, int, str]:
    return str(ROOT), os.getpid(), _started_at(os.getpid())


def _started_at(pid: int) -> str:
    """When a process began, in ticks: with it, its number is nobody else's."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _start(folder: Path) -> None:
    _end(folder)  # of a run that was killed
    kept = _kept_images()
    folder.mkdir(parents=True)
    # files that never change are shared with what is kept, databases are not
    command = ["cp", "-a", *(["-l"] if kept.stat().st_dev == folder.stat().st_dev else []), str(kept)]
    subprocess.run([*command, str(folder / "containerd")], check=True)
    for database in kept.glob("*/*.db"):
        own = folder / "containerd" / database.relative_to(kept)
        own.unlink()
        shutil.copy2(database, own)
    image = jobs_image(folder, json.loads((kept / "base.json").read_text("utf-8")))
    try:
        ports = dict(zip(("PORT", "ETCD", "PEER"), map(str, _free_ports(3)), strict=True))
        _command("up", folder, IMAGES=str(image), **ports)
    except BaseException:
        _end(folder)
        raise


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _end(folder: Path) -> None:
    _command("down", folder)
    if folder.exists():
        shutil.rmtree(folder)


def cache_folder() -> Path:
    """Where things lie that are made once, outside of the clone."""
    return Path(os.environ.get("TALKWRIGHT_CACHE") or Path.home() / ".cache" / "talkwright")


def _kept_images() -> Path:
    """What containerd keeps of the images that don't change with the repository, made once."""
    cache = cache_folder()
    kept = cache / f"images-{base_key()}"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as name:
            folder = Path(name)
            base, layer = base_image(folder)
            _command("images", folder, IMAGES=f"{pause_image(folder)} {base}")
            (folder / "containerd" / "base.json").write_text(json.dumps(layer), "utf-8")
            (folder / "containerd").replace(kept)
    return kept


def _command(word: str, folder: Path, **more: str) -> None:
    variables = {
        **os.environ,
        "RUN": str(folder),
        "DAEMONS": _daemons(),
        "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
        **more,
    }
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


def moved(
    manifest: dict[str, dict[str, object]], namespace: str, service: str | None = None
) -> dict[str, dict[str, object]]:
    """An object of `deploy/kubernetes` for another namespace; for another one yet where it is the model `service`'s."""
    names = {"talkwright-jobs": namespace, "talkwright": service or namespace}
    place = "name" if manifest["kind"] == "Namespace" else "namespace"
    moved = {**manifest, "metadata": {**manifest["metadata"], place: names[str(manifest["metadata"][place])]}}
    if "subjects" in moved:
        account = {"kind": "ServiceAccount", "name": "talkwright", "namespace": names["talkwright"]}
        moved["subjects"] = [account]  # type: ignore[assignment]  # the one list among the objects
    return moved
