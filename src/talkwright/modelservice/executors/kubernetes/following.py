"""Follows one job: what the cluster shows of it until it is over, and its log without a line twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from talkwright.modelservice.executors.kubernetes.cluster import Cluster, ClusterError
from talkwright.modelservice.executors.kubernetes.diagnosis import Seen, look
from talkwright.modelservice.executors.kubernetes.manifest import selector
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.jobs import Ended
from talkwright.operations.logs import get_logger

log = get_logger(__name__)

LOOK_SECONDS = 5.0
"""So often a job is looked at where no change is heard of; its Job and its events are not watched."""
PAUSE_SECONDS = 0.5
_NO_LOG = (400, 404)
"""Its container never ran, or its pod is gone."""
CUT_SECONDS = 20.0
"""So long a log that can't be read is tried again after its job is over; the upload fills what is missing then."""


class Following:
    """The sight of one job, kept up to date by a watch of its pods."""

    def __init__(self, cluster: Cluster, settings: KubernetesSettings, name: str, uid: str) -> None:
        self._cluster = cluster
        self._settings = settings
        self._name = name
        self._uid = uid
        self._changed = asyncio.Event()
        self.seen = Seen(phase="waiting")

    async def until_over(self) -> Ended:
        """Look again at every change until the job is over; one that waits too long for a start is over too."""
        waits_since: float | None = None
        version = None
        pods: dict[str, dict[str, Any]] = {}
        while True:
            try:
                if version is None:
                    pods, version = await self._listed()
                await self._judge(list(pods.values()))
                if self.seen.ended is not None:
                    return self.seen.ended
                is_waiting = self.seen.phase == "waiting"  # for its program, or for what publishes what that made
                waits_since = (waits_since or time.monotonic()) if is_waiting else None
                if waits_since is not None and self._is_late(waits_since):
                    return Ended(code=None, why=self.seen.words or "its pod did not start")
                version = await self._wait_for_change(pods, version)
            except ClusterError as error:
                if error.status != 410:
                    log.warning("job.watch_cut", job=self._name, status=error.status)
                    await asyncio.sleep(PAUSE_SECONDS)
                version = None

    async def changed(self) -> None:
        """Wait for another sight."""
        self._changed.clear()
        await self._changed.wait()

    def _is_late(self, since: float) -> bool:
        return self.seen.is_stuck or time.monotonic() - since > self._settings.kubernetes_start_seconds

    async def _listed(self) -> tuple[dict[str, dict[str, Any]], str]:
        found, version = await self._cluster.listed("pods", labels=selector(self._settings, self._name))
        return {pod["metadata"]["uid"]: pod for pod in found if self._is_ours(pod)}, version

    def _is_ours(self, pod: Mapping[str, Any]) -> bool:
        return any(owner["uid"] == self._uid for owner in pod["metadata"].get("ownerReferences") or ())

    async def _wait_for_change(self, pods: dict[str, dict[str, Any]], version: str) -> str | None:
        """Take changes of the pods in; gives the version to go on from, None where they must be listed anew."""
        labels = selector(self._settings, self._name)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS), contextlib.aclosing(
                self._cluster.watch("pods", labels=labels, version=version)
            ) as changes:  # fmt: skip
                async for kind, pod in changes:
                    version = str(pod["metadata"]["resourceVersion"])
                    if kind != "BOOKMARK" and self._is_ours(pod):
                        # one that is gone is kept as it was at its end: that is all there is to judge it by
                        pods[pod["metadata"]["uid"]] = pod
                        return version
        return version

    async def _judge(self, pods: list[dict[str, Any]]) -> None:
        before = self.seen
        seen = look({}, pods)
        if not pods or seen.phase == "over":
            job = await self._cluster.get("jobs", self._name)
            job = job if job is not None and job["metadata"]["uid"] == self._uid else None
            seen = look(job, pods, await self._events() if job is not None and not pods else ())
        self.seen = seen
        if seen != before:
            self._changed.set()

    async def _events(self) -> list[dict[str, Any]]:
        found, _ = await self._cluster.listed("events", fields=f"involvedObject.uid={self._uid}")
        return found

    async def records(self, over: asyncio.Future[Ended]) -> AsyncIterator[dict[str, Any]]:
        """The numbered lines of the job's log as they come, each once, whatever is cut between."""
        last, until, turn = 0, None, 0
        while True:
            was_over, begun = over.done(), len(self.seen.logs)
            if was_over:
                until = until or time.monotonic() + CUT_SECONDS
            try:
                async for record in self._records_so_far(turn):
                    if "ended" in record:
                        return
                    if record["number"] > last:
                        last = record["number"]
                        yield record
                if turn + 1 < begun:  # what had ended before it was read was read to its end
                    turn += 1
                    continue
                is_all = was_over
            except ClusterError as error:
                log.info("job.log_cut", job=self._name, status=error.status)
                is_all = was_over and error.status in _NO_LOG
            if is_all or (until is not None and time.monotonic() > until):
                return
            await self._pause(over)

    async def _records_so_far(self, turn: int) -> AsyncIterator[dict[str, Any]]:
        """What one of the containers that write the log has written, by its turn, and writes until it ends."""
        if self.seen.pod is not None and turn < len(self.seen.logs):
            async for record in self._records_of(self.seen.pod, self.seen.logs[turn]):
                yield record

    async def _records_of(self, pod: str, container: str) -> AsyncIterator[dict[str, Any]]:
        async with contextlib.aclosing(self._cluster.log(pod, container)) as lines:
            async for raw in lines:
                with contextlib.suppress(ValueError):
                    record = json.loads(raw)
                    if isinstance(record, dict) and ("ended" in record or isinstance(record.get("number"), int)):
                        yield record

    async def _pause(self, over: asyncio.Future[Ended]) -> None:
        """Wait for another sight of the job, but not long."""
        changed = asyncio.ensure_future(self.changed())
        waiting: set[asyncio.Future[Any]] = {changed, over}
        await asyncio.wait(waiting, timeout=PAUSE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        changed.cancel()
        if over.done():
            await asyncio.sleep(PAUSE_SECONDS / 5)
