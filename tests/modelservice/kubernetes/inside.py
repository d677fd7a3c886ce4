"""The whole studio inside of the cluster: the files of `deploy/kubernetes`, in namespaces of their own.

PostgreSQL and the object store run on this machine; pods reach them, and the API server, at addresses of the bridge.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import yaml
from sqlalchemy.engine import make_url
from tests.modelservice.kubernetes import manifests
from tests.modelservice.kubernetes.podded import PATIENCE_SECONDS, Pods
from tests.modelservice.places import store_at
from tests.services.forwarding import forwarded
from tests.services.kubernetes.running import HOST, KubernetesCluster, KubernetesNamespace, moved
from tests.services.kubernetes.service_image import SERVICE, bring_service_image
from tests.services.modelservice import service_at
from tests.services.objects import ObjectServer

from talkwright.database.settings import DatabaseSettings
from talkwright.identity.secrets import keyring

API_HOST, API_PORT = "10.96.0.1", 443
"""Where pods look for the API server: on this network nobody but the test hands that on."""
_WITH_VARIABLES = """
import json, os, sys
from talkwright.cli.main import main

os.environ.update(json.loads(sys.argv[1]))
main(sys.argv[2:])
"""
ROLES = ("jobs.yaml", "migrate.yaml", "model-service.yaml", "studio.yaml", "backup.yaml", "tools.yaml")


@dataclass
class Inside(Pods):
    """The service, the namespace of its jobs, and that of its roles."""

    home: KubernetesNamespace
    backups: Path
    """The folder that lies behind the volume of backups."""

    database_port: int
    """Where pods reach this machine's PostgreSQL."""

    async def says(self, *words: str) -> str:
        """What kubectl says of the namespace of the roles."""
        return await asyncio.to_thread(self.home.kubectl, *words)

    async def kill(self, pod: str) -> None:
        """Kill the process of a role, which tells nobody; its container starts again."""
        words = ("get", "pod", pod, "-o", "jsonpath={.status.containerStatuses[0].containerID}")
        await asyncio.to_thread(self.home.cluster.kill_container, (await self.says(*words)).rpartition("/")[2])

    async def tool(self, *words: str, **variables: str) -> str:
        """What `talkwright` says in the pod for an operator's commands, with further variables."""
        program = ["python3", "-c", _WITH_VARIABLES, json.dumps(variables)] if variables else ["talkwright"]
        return await self.says("exec", "talkwright-tools", "--", *program, *words)

    def there(self, url: str) -> str:
        """The address of a database of this machine's server, as pods reach it."""
        return make_url(url).set(host=HOST, port=self.database_port).render_as_string(hide_password=False)

    async def apply(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Apply objects, each in its own namespace."""
        told = yaml.safe_dump_all(objects)
        await asyncio.to_thread(self.namespace.cluster.kubectl, "apply", "-f", "-", told=told)

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Those of a file of `deploy/kubernetes`, in the namespaces and with the image that they have here."""
        found = [moved(one, self.namespace.name, self.home.name) for one in manifests.objects(name)]
        for one in found:
            if manifests.template_of(one) is not None:
                manifests.container_of(one)["image"] = SERVICE
        return found

    async def rolled_out(self) -> None:
        """Wait until each Deployment has all its replicas as they were wanted last, ready, and no others."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self._are_rolled_out():  # noqa: ASYNC110 - the cluster tells nobody
                await asyncio.sleep(0.5)

    async def _are_rolled_out(self) -> bool:
        told = json.loads(await self.says("get", "deployments", "-l", "talkwright/part", "-o", "json"))["items"]
        return all(map(_is_rolled_out, told))


def _is_rolled_out(deployment: Mapping[str, Any]) -> bool:
    status, wanted = deployment["status"], deployment["spec"]["replicas"]
    if status.get("observedGeneration") != deployment["metadata"]["generation"]:
        return False
    return {status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")} == {wanted}


@asynccontextmanager
async def inside(
    cluster: KubernetesCluster, database: DatabaseSettings, home: Path, server: ObjectServer
) -> AsyncIterator[Inside]:
    """All roles as their Deployments, ready for work."""
    await asyncio.to_thread(bring_service_image, cluster)
    behind = make_url(database.application)
    assert behind.host is not None
    assert behind.port is not None
    api = urlsplit(yaml.safe_load(cluster.admin.read_text("utf-8"))["clusters"][0]["cluster"]["server"])
    assert api.hostname is not None
    assert api.port is not None
    roles = KubernetesNamespace(cluster, f"service-{uuid4().hex[:12]}", cluster.admin)
    local = {"TALKWRIGHT_DRAIN_LEAST_SECONDS": "0"}
    with cluster.namespace() as jobs:
        async with (
            forwarded(API_HOST, (api.hostname, api.port), API_PORT),
            forwarded(HOST, (behind.host, behind.port)) as port,
            service_at(database.application, home, **local) as service,
        ):
            service.store = store_at(server, jobs.name)
            pods = Inside(service, jobs, {}, roles, home / "backups", port)
            try:
                await _set_up(pods, database, server)
                yield pods
            finally:
                for kind in ("namespace", "persistentvolume"):
                    await asyncio.to_thread(cluster.kubectl, "delete", kind, roles.name, "--wait=false")


async def _set_up(pods: Inside, database: DatabaseSettings, server: ObjectServer) -> None:
    namespace, settings = pods.objects("settings.yaml")
    await pods.apply([namespace, {**settings, "data": _settings(pods, server, settings["data"])}])
    keys = pods.service.home / "secret-keys"
    keyring(None, pods.service.home)
    secrets = {
        "talkwright-database": {"TALKWRIGHT_DATABASE_URL": pods.there(database.application)},
        "talkwright-owner": {"TALKWRIGHT_DATABASE_OWNER_URL": pods.there(database.owner)},
        "talkwright-keys": {"TALKWRIGHT_SECRET_KEYS": keys.read_text("ascii")},
        "talkwright-store": server.variables,
    }
    for name, values in secrets.items():
        literals = [f"--from-literal={key}={value}" for key, value in values.items()]
        await pods.says("create", "secret", "generic", name, *literals)
    await pods.apply([_volume(pods)])
    for name in ROLES:
        await pods.apply(pods.objects(name))
    await pods.rolled_out()
    await pods.says("wait", "--for=condition=Complete", "job/talkwright-migrate", "--timeout=100s")
    await pods.says("wait", "--for=condition=Ready", "pod/talkwright-tools", "--timeout=100s")


def _volume(pods: Inside) -> dict[str, Any]:
    """A folder of this machine as the volume that the claim of backups takes."""
    pods.backups.mkdir()
    pods.backups.chmod(0o777)
    (claim,) = manifests.kind_of("backup.yaml", "PersistentVolumeClaim")
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": pods.home.name},
        "spec": {
            "capacity": claim["spec"]["resources"]["requests"],
            "accessModes": claim["spec"]["accessModes"],
            "claimRef": {"name": claim["metadata"]["name"], "namespace": pods.home.name},
            "hostPath": {"path": str(pods.backups)},
        },
    }


def _settings(pods: Inside, server: ObjectServer, told: Mapping[str, str]) -> dict[str, str]:
    """What an operator would write into the file, and the patience of tests."""
    jobs = pods.namespace.settings()
    del jobs["kubernetes_config"]
    return {
        **told,
        **{f"TALKWRIGHT_{name.upper()}": str(value) for name, value in jobs.items()},
        "TALKWRIGHT_STORAGE_URL": f"{server.url}/{pods.namespace.name}",
        "TALKWRIGHT_STORAGE_ENDPOINT": server.endpoint,
        "TALKWRIGHT_STORAGE_ALLOW_HTTP": "true",
        "TALKWRIGHT_START_SECONDS": str(PATIENCE_SECONDS),
        "TALKWRIGHT_REPLACE_AFTER_SECONDS": "60",
        "TALKWRIGHT_DRAIN_LEAST_SECONDS": "0",
        "TALKWRIGHT_TRAINING_MEMORY": str(1024**3),
        "TALKWRIGHT_RUNNING_MEMORY": str(1024**3),
    }
