"""Jobs on a Kubernetes cluster; see `Executor`."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import math
from collections.abc import AsyncIterator, Mapping
from typing import Any

from talkwright.modelservice.executors.base import JobError, PlaceAwayError
from talkwright.modelservice.executors.jobstore import described
from talkwright.modelservice.executors.kubernetes.cluster import Cluster, ClusterError
from talkwright.modelservice.executors.kubernetes.comparing import IsOpen, end_orphans
from talkwright.modelservice.executors.kubernetes.following import CUT_SECONDS, Following
from talkwright.modelservice.executors.kubernetes.manifest import (
    NAME,
    SPEC_HASH,
    Manifests,
    desk_text,
    is_left_over,
    is_owned_by,
    manifests,
    owned_by,
    selector,
)
from talkwright.modelservice.executors.kubernetes.rights import require_rights
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.executors.wrapper import GRACE_SECONDS, PARTING_SECONDS
from talkwright.modelservice.jobs import Cause, Desk, Ended, Job, LogLine, parse_line
from talkwright.operations.logs import get_logger
from talkwright.storage.objects import Grant, ObjectNotFoundError, ObjectStore

log = get_logger(__name__)

KIND = "kubernetes"
WAIT_SECONDS = 10.0
"""What a stop waits for beyond its grace: the cluster tells of an end a little after it."""


class KubernetesJob:
    """A job that runs as a Kubernetes Job; see `RunningJob`."""

    def __init__(self, cluster: Cluster, settings: KubernetesSettings, name: str, uid: str) -> None:
        self._cluster = cluster
        self._settings = settings
        self._name = name
        self._uid = uid
        self._last = 0
        self._lines: asyncio.Queue[LogLine | None] = asyncio.Queue()
        self._is_stopped = False
        self._following = Following(cluster, settings, name, uid)
        self._over: asyncio.Future[Ended] = asyncio.ensure_future(self._following.until_over())
        self._reading = asyncio.create_task(self._read(), name=f"log of {name}")
        self._end: asyncio.Future[Ended] = asyncio.ensure_future(self._finish())

    @property
    def name(self) -> str:
        """The Job's name."""
        return self._name

    @property
    def handle(self) -> Mapping[str, Any]:
        """Where the Job is: any holder of the same installation finds it again."""
        return {"name": self._name, "uid": self._uid, "namespace": self._cluster.namespace}

    async def lines(self) -> AsyncIterator[LogLine]:
        """The log as it comes, until the job has ended."""
        while (line := await self._lines.get()) is not None:
            yield line

    async def ended(self) -> Ended:
        """Wait for the end."""
        return await asyncio.shield(self._end)

    def address(self, port: int) -> str:
        """The pod's own address: no other pod answers there while it is its."""
        host = self._following.seen.address or "127.0.0.1"
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def stop(self, grace: float | None = None) -> Ended:
        """Delete the pod with that grace, or the Job where it has none yet, and wait for what is told of the end."""
        grace = GRACE_SECONDS if grace is None else grace
        whole = math.ceil(grace)
        if grace >= GRACE_SECONDS:  # else nobody waits for the log to be stored
            whole += math.ceil(PARTING_SECONDS) + 1
        self._is_stopped = True
        try:
            async with asyncio.timeout(whole + WAIT_SECONDS):
                while not self._over.done():
                    await self._end_pods(max(whole, 1))
                    await asyncio.wait({self._over}, timeout=2)
                return await self.ended()
        except (TimeoutError, ClusterError) as error:
            log.warning("job.stop_unseen", job=self._name, reason=type(error).__name__)
            with contextlib.suppress(ClusterError):
                await self._end_pods(0)
                await self._cluster.delete("jobs", self._name, self._uid)
            await self._drop()
            return Ended(code=None, why="stopped", lines=self._last)

    async def leave(self) -> None:
        """Follow it no more; it goes on."""
        await self._drop()

    async def discard(self) -> None:
        """Delete the Job, and with it what is its."""
        await self._drop()
        with contextlib.suppress(ClusterError):  # else its time to live does, and whoever compares jobs with work
            await self._cluster.delete("jobs", self._name, self._uid)

    async def _end_pods(self, grace: int) -> None:
        found, _ = await self._cluster.listed("pods", labels=selector(self._settings, self._name))
        if not found:
            await self._cluster.delete("jobs", self._name, self._uid)
        for pod in found:
            has = pod["metadata"].get("deletionGracePeriodSeconds")
            if has is None or has > grace:
                name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
                await self._cluster.delete("pods", name, uid, grace=grace)

    async def _read(self) -> None:
        async for record in self._following.records(self._over):
            self._last = max(self._last, record["number"])
            self._lines.put_nowait(parse_line(record["number"], record["at"], record["text"]))

    async def _finish(self) -> Ended:
        ended = await asyncio.shield(self._over)
        await asyncio.wait({self._reading}, timeout=CUT_SECONDS)  # a node that is lost leaves streams that never end
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._lines.put_nowait(None)
        if self._is_stopped and ended.why not in ("stopped", None):
            ended = dataclasses.replace(ended, why="stopped")
        if ended.code is None:  # its wrapper told nothing: so the cluster has ended it
            ended = dataclasses.replace(ended, blamed=Cause.CLUSTER)
        return ended if ended.lines else dataclasses.replace(ended, lines=self._last)

    async def _drop(self) -> None:
        tasks = [task for task in (self._end, self._reading, self._over) if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._lines.put_nowait(None)


class KubernetesExecutor:
    """Starts jobs on a cluster; see `Executor`.

    `passed` are variables the operator hands to jobs; `is_open` says which jobs' attempts still go on.
    """

    def __init__(
        self,
        cluster: Cluster,
        store: ObjectStore,
        settings: KubernetesSettings,
        passed: Mapping[str, str],
        is_open: IsOpen,
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._settings = settings
        self._passed = dict(passed)
        self._is_open = is_open
        is_own = settings.kubernetes_storage == "workload"
        self._described = described(store, settings.kubernetes_storage_part_bytes) if is_own else None

    @property
    def site(self) -> str:
        """This installation's namespace."""
        return f"{KIND}:{self._settings.kubernetes_namespace}/{self._settings.kubernetes_installation}"

    async def check(self) -> None:
        """Ask for every right that is needed. Raises JobError, with those that are missing."""
        if self._described is not None and self._store.url.startswith("file:"):
            raise JobError(
                "With TALKWRIGHT_KUBERNETES_STORAGE=workload pods read and write the object store themselves: "
                "TALKWRIGHT_STORAGE_URL must name one, and no folder."
            )
        try:
            await require_rights(self._cluster)
        except ClusterError as error:
            raise JobError(f"The cluster can't be asked for the rights of this service: {error}") from error

    async def start(self, job: Job) -> KubernetesJob:
        """Create Secret, Job and Service; the same Job is taken where it is there. Raises JobError, StorageError."""
        try:
            grants = {path: await self._grant(key) for key, path in job.inputs.items()}
            made = manifests(job, self._settings, grants=grants, passed=self._passed, store=self._described)
            whole = await self._job(made)
            await self._belongings(made, whole)
        except ObjectNotFoundError as error:
            raise JobError(f"The job could not be started: {error}", Cause.STORAGE) from error
        except ClusterError as error:
            raise _told(error, "started") from error
        return KubernetesJob(self._cluster, self._settings, job.name, whole["metadata"]["uid"])

    async def adopt(self, handle: Mapping[str, Any], desk: Desk | None) -> KubernetesJob | None:
        """Take a Job of this namespace over, and tell its pod who holds it now."""
        if handle.get("namespace") != self._cluster.namespace:
            return None
        name, uid = str(handle["name"]), str(handle["uid"])
        try:
            found = await self._cluster.get("jobs", name)
            if found is None or found["metadata"]["uid"] != uid or "deletionTimestamp" in found["metadata"]:
                return None
            secret = await self._cluster.get("secrets", name)
            if secret is None or not is_owned_by(secret, found):  # without its own, its pod hears of nobody
                return None
            await self._cluster.patch("secrets", name, {"stringData": {"desk.json": desk_text(desk)}})
        except ClusterError as error:
            if error.status == 404:
                return None
            raise _told(error, "taken over") from error
        log.info("job.adopted", job=name)
        return KubernetesJob(self._cluster, self._settings, name, uid)

    async def end_orphans(self) -> list[str]:
        """Delete the Jobs of this installation that no open attempt stands behind."""
        return await end_orphans(self._cluster, self._settings, self._is_open)

    async def _grant(self, key: str) -> Mapping[str, Any]:
        if not await self._store.exists(key):
            raise ObjectNotFoundError(f"There is no object {key}.")
        return (Grant(key=key) if self._described else await self._store.grant_get(key)).told()

    async def _job(self, made: Manifests) -> dict[str, Any]:
        """The Job, new or of the same attempt and content. Raises ClusterError."""
        try:
            return await self._cluster.create("jobs", made.job)
        except ClusterError as error:
            if error.status != 409:
                raise
        found = await self._cluster.get("jobs", made.name)
        if found is None:
            return await self._cluster.create("jobs", made.job)
        metadata = found["metadata"]
        is_same = (metadata.get("annotations") or {}).get(SPEC_HASH) == made.spec_hash
        if not is_same or (metadata.get("labels") or {}).get(NAME) != made.name or "deletionTimestamp" in metadata:
            raise ClusterError(409, f"There is another Job {made.name}.")
        log.info("job.found_again", job=made.name)
        return found

    async def _belongings(self, made: Manifests, job: Mapping[str, Any]) -> None:
        """The Job's Secret and Service; without them it is deleted again, for its pod would wait for ever."""
        try:
            for resource, manifest in (("secrets", made.secret), ("services", made.service)):
                if manifest is not None:
                    await self._belonging(resource, manifest, job)
        except (ClusterError, asyncio.CancelledError):
            with contextlib.suppress(ClusterError):
                await self._cluster.delete("jobs", made.name, job["metadata"]["uid"])
            raise

    async def _belonging(self, resource: str, manifest: Mapping[str, Any], job: Mapping[str, Any]) -> None:
        """One of them, new or found again. Raises ClusterError."""
        try:
            await self._cluster.create(resource, owned_by(manifest, job))
        except ClusterError as error:
            if error.status != 409:
                raise
            await self._found(resource, manifest, job)

    async def _found(self, resource: str, manifest: Mapping[str, Any], job: Mapping[str, Any]) -> None:
        """What has the name already: taken where it is this Job's own. Raises ClusterError where it is another's."""
        name = str(manifest["metadata"]["name"])
        found = await self._cluster.get(resource, name)
        if found is not None and is_owned_by(found, job):
            if resource == "secrets":  # a holder before wrote its own desk there
                change = {"stringData": {"desk.json": manifest["stringData"]["desk.json"]}}
                await self._cluster.patch(resource, name, change)
            return
        if found is not None:
            if not is_left_over(found, job):
                raise ClusterError(409, f"There is another {manifest['kind']} {name}.")
            await self._cluster.delete(resource, name, found["metadata"]["uid"])
        await self._cluster.create(resource, owned_by(manifest, job))


def _told(error: ClusterError, what: str) -> JobError:
    kind = PlaceAwayError if error.is_away else JobError
    return kind(f"The job could not be {what}: {error}", Cause.CLUSTER)
