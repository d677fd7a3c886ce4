"""The places where jobs run, for tests that hold for each of them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.services.kubernetes.running import HOST, cluster
from tests.services.objects import s3_server

from talkwright.modelservice.desk import Ask, RefusedError, serve_desk
from talkwright.modelservice.executors.base import Executor, RunningJob
from talkwright.modelservice.executors.identity import identity_of
from talkwright.modelservice.executors.kubernetes.cluster import open_cluster
from talkwright.modelservice.executors.kubernetes.executor import KubernetesExecutor
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.executors.process import ProcessExecutor
from talkwright.modelservice.jobs import Desk, Ended, LogLine
from talkwright.storage.objects import ObjectStore

TOKEN = "the job's token"
PLACES = ("process",)
"""Every executor runs the same tests: what is added here must pass them as they are."""


@dataclass
class Clerk:
    """Grants whoever has the token what it asks for, below `made/`, and remembers what was asked."""

    store: ObjectStore
    asked: list[Ask] = field(default_factory=list)
    fails: int = 0
    """So many answers send the job to a store that isn't there."""

    async def answer(self, token: str, ask: Ask) -> Mapping[str, Any]:
        self.asked.append(ask)
        if token != TOKEN:
            raise RefusedError("This is no token of a job.")
        if self.fails:
            self.fails -= 1
            nowhere = {"key": "k", "url": "http://127.0.0.1:9/k", "headers": {}}
            return {"outputs": dict.fromkeys(ask.outputs, nowhere), "log": nowhere}
        outputs = {
            path: (await self.store.grant_put(f"made/{fact.sha256[:8]}/{path}")).told()
            for path, fact in ask.outputs.items()
        }
        return {"outputs": outputs, "log": (await self.store.grant_put("logs/whole.jsonl")).told()}


@dataclass
class Place:
    """An executor with its store and a desk."""

    executor: Executor
    store: ObjectStore
    clerk: Clerk
    desk: Desk


@asynccontextmanager
async def kubernetes_place(folder: Path) -> AsyncIterator[Place]:
    """A namespace of the cluster; its pods read and store at an S3 server, as they can reach no folder."""
    (folder / "s3").mkdir()
    with cluster() as whole, whole.namespace() as namespace, s3_server(folder / "s3", host=HOST) as server:
        options = {name.lower(): value for name, value in server.variables.items()}
        client = {"client_options": {"allow_http": True}, "virtual_hosted_style_request": False}
        store = ObjectStore(server.url, endpoint=server.endpoint, **options, **client)
        clerk = Clerk(store)
        settings = KubernetesSettings(**namespace.settings())
        async with serve_desk(clerk, HOST) as url, open_cluster(settings) as api:
            executor = KubernetesExecutor(api, store, settings, {"LISTED_BY_OPERATOR": "yes"}, _all_open)
            await executor.check()
            yield Place(executor, store, clerk, Desk(url=url, token=TOKEN))


async def _all_open(names: Collection[str]) -> Collection[str]:
    return names


@asynccontextmanager
async def place_of(kind: str, folder: Path) -> AsyncIterator[Place]:
    """A fresh place of a kind of executor."""
    if kind == "kubernetes":
        async with kubernetes_place(folder) as place:
            yield place
        return
    store = ObjectStore((folder / "objects").as_uri())
    clerk = Clerk(store)
    async with serve_desk(clerk) as url:
        executor = ProcessExecutor(folder / "jobs", store, {"LISTED_BY_OPERATOR": "yes"})
        yield Place(executor, store, clerk, Desk(url=url, token=TOKEN))


def python(source: str, *words: str) -> tuple[str, ...]:
    """The command that runs a little program of the standard library."""
    return (sys.executable, "-u", "-I", "-S", "-c", source, *words)


async def read(job: RunningJob) -> tuple[list[LogLine], Ended]:
    """The whole log and the end."""
    async with asyncio.timeout(30):
        return [line async for line in job.lines()], await job.ended()


async def first_line(job: RunningJob) -> LogLine:
    """The first line of the log."""
    async with asyncio.timeout(30):
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
