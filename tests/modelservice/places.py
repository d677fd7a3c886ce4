"""The places where jobs run, for tests that hold for each of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.services.kubernetes.running import HOST, KubernetesCluster, KubernetesNamespace
from tests.services.objects import ObjectServer

from talkwright.modelservice.desk import Ask, RefusedError, StaleError, serve_desk
from talkwright.modelservice.executors.base import Executor, RunningJob
from talkwright.modelservice.executors.identity import identity_of
from talkwright.modelservice.executors.kubernetes.cluster import Cluster, open_cluster
from talkwright.modelservice.executors.kubernetes.executor import KubernetesExecutor
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.executors.process import ProcessExecutor
from talkwright.modelservice.jobs import Desk, Ended, LogLine
from talkwright.storage.objects import ObjectStore

TOKEN = "the job's token"
PUBLISHING = "What the job made is being stored."
STALE = "what it showed to its holder before"
PLACES = ("process", pytest.param("kubernetes", marks=pytest.mark.slow))
"""Every executor runs the same tests: what is added here must pass them as they are."""

SECONDS = 120
"""A pod on a busy machine takes its time."""
_RUNNING = "jsonpath={.items[*].status['initContainerStatuses','containerStatuses'][?(@.state.running)].name}"


@dataclass
class Clerk:
    """Grants whoever has the token what it asks for, below `in/` and `made/`, and remembers what was asked."""

    store: ObjectStore
    asked: list[Ask] = field(default_factory=list)
    fails: int = 0
    """So many answers send the job to a store that isn't there."""
    hesitates: float = 0
    """Each answer takes so many seconds."""

    async def answer(self, token: str, ask: Ask) -> Mapping[str, Any]:
        self.asked.append(ask)
        await asyncio.sleep(self.hesitates)
        if token == STALE:
            raise StaleError("This job's attempt was taken over.")
        if token != TOKEN:
            raise RefusedError("This is no token of a job.")
        if self.fails:
            self.fails -= 1
            nowhere = {"key": "k", "url": "http://127.0.0.1:9/k", "headers": {}}
            return {"outputs": dict.fromkeys(ask.outputs, nowhere), "log": nowhere}
        outputs = {path: await self._place(ask, f"made/{fact.sha256[:8]}/{path}") for path, fact in ask.outputs.items()}
        inputs = {path: (await self.store.grant_get(f"in/{path}")).told() for path in ask.inputs}
        return {"inputs": inputs, "outputs": outputs, "log": await self._place(ask, "logs/whole.jsonl")}

    async def _place(self, ask: Ask, key: str) -> Mapping[str, Any]:
        return {"key": key} if ask.own else (await self.store.grant_put(key)).told()


@dataclass
class Place(ABC):
    """An executor with its store and a desk, and what is known of where its jobs run."""

    executor: Executor
    store: ObjectStore
    clerk: Clerk
    desk: Desk

    @abstractmethod
    def elsewhere(self, handle: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Handles of the same job as if it ran where this executor sees nothing."""

    @abstractmethod
    async def gone(self, job: RunningJob, pid: int) -> None:
        """Wait until a process of a job has ended, by the number that it has for the job itself."""

    @abstractmethod
    async def given_up(self, job: RunningJob) -> None:
        """Wait until a job that nobody holds, for an attempt that nobody goes on with, has come to its end."""


class ProcessPlace(Place):
    """Processes of this machine."""

    def elsewhere(self, handle: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return [{**handle, "boot": "another"}, {**handle, "folder": "/elsewhere/jobs/mine"}]

    async def gone(self, job: RunningJob, pid: int) -> None:
        await gone(pid)

    async def given_up(self, job: RunningJob) -> None:
        await gone(int(job.handle["pid"]))


@dataclass
class KubernetesPlace(Place):
    """Pods of a cluster, in a namespace of their own."""

    namespace: KubernetesNamespace
    closed: set[str]
    """The jobs whose attempts don't go on."""
    api: Cluster
    settings: KubernetesSettings

    def elsewhere(self, handle: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return [{**handle, "namespace": "another"}, {**handle, "uid": "another"}]

    async def gone(self, job: RunningJob, pid: int) -> None:
        assert pid
        selector = f"talkwright/job={job.name}"
        async with asyncio.timeout(SECONDS):
            while await self.kubectl("get", "pods", "-l", selector, "-o", _RUNNING):  # noqa: ASYNC110 - another program is asked
                await asyncio.sleep(0.2)

    async def given_up(self, job: RunningJob) -> None:
        self.closed.add(job.name)
        assert await self.executor.end_orphans() == [job.name]
        await self.nothing_left()

    async def kubectl(self, *words: str) -> str:
        """What kubectl says of this namespace: the second opinion."""
        return await asyncio.to_thread(self.namespace.kubectl, *words)

    async def says(self, expected: str, *words: str) -> str:
        """Wait until kubectl says something that holds this."""
        assert expected  # which everything would hold
        async with asyncio.timeout(SECONDS):
            while expected not in (told := await self.kubectl(*words)):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.3)
        return told

    async def nothing_left(self, resources: str = "jobs,pods,secrets,services") -> None:
        """Wait until there are none of these in the namespace, as kubectl says."""
        async with asyncio.timeout(SECONDS):
            while await self.kubectl("get", resources, "-o", "name"):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.2)

    @asynccontextmanager
    async def other_holder(self, **settings: object) -> AsyncIterator[KubernetesExecutor]:
        """Another executor of the same installation, as another consumer has it."""
        told = self.settings.model_copy(update=settings)
        async with open_cluster(told) as api:
            yield KubernetesExecutor(api, self.store, told, {"LISTED_BY_OPERATOR": "yes"}, _all_open)


async def _all_open(names: Collection[str]) -> Collection[str]:
    return names


@asynccontextmanager
async def kubernetes_place(
    cluster: KubernetesCluster, server: ObjectServer, **settings: object
) -> AsyncIterator[KubernetesPlace]:
    """A namespace of the cluster; its pods read and store at an S3 server, as they can reach no folder."""
    with cluster.namespace() as namespace:
        store = store_at(server, namespace.name)
        clerk, closed = Clerk(store), set[str]()

        async def is_open(names: Collection[str]) -> Collection[str]:
            return set(names) - closed

        told = KubernetesSettings(**namespace.settings(**settings))
        async with serve_desk(clerk, HOST) as url, open_cluster(told) as api:
            executor = KubernetesExecutor(api, store, told, {"LISTED_BY_OPERATOR": "yes"}, is_open)
            await executor.check()
            desk = Desk(url=url, token=TOKEN)
            yield KubernetesPlace(
                executor, store, clerk, desk, namespace=namespace, closed=closed, api=api, settings=told
            )


def store_at(server: ObjectServer, prefix: str) -> ObjectStore:
    """A part of a server's bucket, as a store of its own."""
    options = {name.lower(): value for name, value in server.variables.items()}
    client = {"client_options": {"allow_http": True}, "virtual_hosted_style_request": False}
    return ObjectStore(f"{server.url}/{prefix}", endpoint=server.endpoint, **options, **client)


@asynccontextmanager
async def place_of(kind: str, folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """A fresh place of a kind of executor."""
    if kind == "kubernetes":
        cluster, server = request.getfixturevalue("kubernetes"), request.getfixturevalue("s3_for_pods")
        async with kubernetes_place(cluster, server) as pods:
            yield pods
        return
    store = ObjectStore((folder / "objects").as_uri())
    clerk = Clerk(store)
    async with serve_desk(clerk) as url:
        executor = ProcessExecutor(folder / "jobs", store, {"LISTED_BY_OPERATOR": "yes"})
        yield ProcessPlace(executor, store, clerk, Desk(url=url, token=TOKEN))


def python(source: str, *words: str) -> tuple[str, ...]:
    """The command that runs a little program of the standard library."""
    return (sys.executable, "-u", "-I", "-S", "-c", source, *words)


async def read(job: RunningJob) -> tuple[list[LogLine], Ended]:
    """The whole log and the end."""
    async with asyncio.timeout(SECONDS):
        return [line async for line in job.lines()], await job.ended()


async def first_line(job: RunningJob) -> LogLine:
    """The first line of the log."""
    async with asyncio.timeout(SECONDS):
        return await anext(aiter(job.lines()))


async def gone(pid: int) -> None:
    """Wait until a process has ended."""
    async with asyncio.timeout(30):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            if identity_of(pid).started is None:  # a zombie, which its parent will bury
                return
            await asyncio.sleep(0.02)


def in_another_namespace() -> tuple[str, ...]:
    """What stands before a command that is to have a namespace of processes of its own; skips where nobody may."""
    command = ("unshare", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child")
    is_there = shutil.which(command[0]) is not None
    if not is_there or subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip(reason="this machine lets nobody make a namespace of processes")
    return command
