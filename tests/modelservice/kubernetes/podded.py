"""The whole model service with its jobs in pods: orchestrators and consumers as processes, objects on an S3 server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.modelservice.places import gone, store_at
from tests.services.kubernetes.running import HOST, KubernetesNamespace
from tests.services.modelservice import Service, project, service_at, texts
from tests.services.objects import ObjectServer
from tests.services.up import busy
from tests.services.visiting import Chatting

from talkwright.cli.supervisor.child import Child

PATIENCE_SECONDS = 240.0
"""A pod loads Python anew, beside everything else that runs here."""
UNNOTICED_SECONDS = 60.0
"""So long people wait at most for what goes unnoticed, on a machine that does nothing else."""


@dataclass
class Pods:
    """The service, the namespace of its pods, and its roles by name."""

    service: Service
    namespace: KubernetesNamespace
    roles: dict[str, list[Child]]

    async def kubectl(self, *words: str) -> str:
        """What kubectl says: the second opinion."""
        return await asyncio.to_thread(self.namespace.kubectl, *words)

    async def jobs(self) -> set[str]:
        """The names of the Jobs that are there."""
        return set((await self.kubectl("get", "jobs", "-o", "jsonpath={.items[*].metadata.name}")).split())

    async def hold(self, *names: str) -> None:
        """Wait until exactly these Jobs are there."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.jobs() != set(names):  # noqa: ASYNC110 - the cluster tells nobody
                await asyncio.sleep(0.5)

    async def left(self) -> str:
        """What there is of jobs."""
        resources = "jobs,pods,secrets,services"
        return await self.kubectl("get", resources, "-l", "app.kubernetes.io/managed-by=talkwright", "-o", "name")

    async def nothing_left(self) -> None:
        """Wait until nothing of any job is there."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.left():  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.3)

    async def lose(self, job: str) -> bool:
        """Take a job's pod away at once, as where its node is given up; False where it has none that is not ending."""
        there = json.loads(await self.kubectl("get", "pods", "-l", f"talkwright/job={job}", "-o", "json"))["items"]
        names = [pod["metadata"]["name"] for pod in there if "deletionTimestamp" not in pod["metadata"]]
        words = ("--grace-period=0", "--force", "--wait=false", "--ignore-not-found")
        return bool(names and await self.kubectl("delete", "pod", *names, *words))

    async def at_work(self, role: str) -> list[UUID]:
        """Who of a role has something to lose: who leads, or holds an attempt."""
        kind = "training" if role.startswith("training") else "deployment"
        led = "SELECT holder FROM studio.leases WHERE key = :lead AND expires_at > clock_timestamp()"
        held = "SELECT worker FROM studio.attempts WHERE work_kind = :kind AND ended_at IS NULL ORDER BY started_at"
        query, values = (led, {"lead": f"lead:{kind}"}) if role.endswith("orchestrator") else (held, {"kind": kind})
        async with self.service.database.transaction() as session:
            return list((await session.execute(text(query), values)).scalars())

    async def kill_at_work(self, role: str) -> UUID | None:
        """Kill one of those, which tells nobody; gives which one it was, None where there is none now."""
        workers = await self.at_work(role)
        for child in self.roles[role]:
            if (pid := child.pid) is not None and (worker := child.worker) in workers:
                os.kill(pid, signal.SIGKILL)
                await gone(pid)
                return worker
        return None

    @asynccontextmanager
    async def replaced(self, role: str, **settings: str) -> AsyncIterator[None]:
        """While the block runs, one replica with other settings takes the place of all of a role."""
        service, before = self.service, self.roles[role]
        await service.stop(*before)
        other = service.start(role, **settings)
        try:
            yield
        finally:
            await service.stop(other)
            self.roles[role] = [service.start(role) for _ in before]


@asynccontextmanager
async def pods_of(
    url: str,
    home: Path,
    namespace: KubernetesNamespace,
    server: ObjectServer,
    roles: Iterable[str],
    *,
    watched: bool = True,
    **settings: str,
) -> AsyncIterator[Pods]:
    """These roles over a database, a home, a namespace and a store; unless `watched`, nobody tells of their deaths."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.variables.items():
            patch.setenv(name, value)
        told = {f"TALKWRIGHT_{name.upper()}": str(value) for name, value in namespace.settings().items()}
        told |= server.settings(TALKWRIGHT_STORAGE_URL=f"{server.url}/{namespace.name}")
        told |= {
            "TALKWRIGHT_JOB_EXECUTOR": "kubernetes",
            "TALKWRIGHT_JOB_DESK_HOST": HOST,
            "TALKWRIGHT_START_SECONDS": str(PATIENCE_SECONDS),
            "TALKWRIGHT_REPLACE_AFTER_SECONDS": "60",
            "TALKWRIGHT_TRAINING_MEMORY": str(1024**3),
            "TALKWRIGHT_RUNNING_MEMORY": str(1024**3),
            **settings,
        }
        async with service_at(url, home, **told) as service:
            service.store = store_at(server, namespace.name)
            children: dict[str, list[Child]] = {}
            for role in roles:
                children.setdefault(role, []).append(service.start(role, watched=watched))
            yield Pods(service, namespace, children)


async def deployed(pods: Pods, name: str, **changes: Any) -> tuple[Any, Any, Any]:
    """An assistant, its first training, and the deployment that answers."""
    service = pods.service
    assistant = await service.assistant(name)
    training = await service.train(assistant, project(name, **changes), deploy=True)
    row = await service.becomes("training", training, "succeeded", "failed", seconds=PATIENCE_SECONDS)
    assert row.state == "succeeded", (row.reason, await service.log("training", training))
    return assistant, training, await service.active(assistant, training=training, seconds=PATIENCE_SECONDS)


@asynccontextmanager
async def unnoticed() -> AsyncIterator[None]:
    """Let the block take no longer than goes unnoticed, by the load while it ran.

    A turn that is asked for in vain ends before the block is ended, with its own words on why.
    """
    began = monotonic()
    async with asyncio.timeout(PATIENCE_SECONDS + UNNOTICED_SECONDS * busy()):
        yield
    took, most = monotonic() - began, UNNOTICED_SECONDS * busy()
    assert took < most, f"It took {took:.1f} s, which people notice after {most:.1f} s."


async def chat_on(talk: Chatting, over: asyncio.Event) -> int:
    """One conversation after the other until the end, none of which waits long; gives how many were answered."""
    answered = 0
    while not over.is_set():
        chat = await talk.begin()
        for words, answer in (("send money", "Who shall get the money?"), ("/SetSlots(recipient=Ann)", "How much?")):
            async with unnoticed():
                assert texts(await talk.say(chat, words)) == [answer]
            answered += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await over.wait()
    return answered
