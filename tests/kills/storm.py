"""A storm over one real studio: people train and chat while its processes are killed and frozen, by a seed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from tests.kills.records import record_faults
from tests.kills.stage import Stage, database_url, environment_of, kill, name_of, signed_in
from tests.services.modelservice import project
from tests.services.studio import PLAIN
from tests.services.up import Up, studio

from talkwright.assistant.project import to_zip
from talkwright.cli.supervisor.child import Child, Program, stop_all
from talkwright.cli.supervisor.journal import Journal
from talkwright.database.ids import uuid7

SETTINGS = {
    "TALKWRIGHT_EXAMPLE": "none",
    "TALKWRIGHT_TRAINING_CONSUMERS": "2",
    "TALKWRIGHT_ORCHESTRATOR_LEASE_SECONDS": "4",
    "TALKWRIGHT_ORCHESTRATOR_RENEW_SECONDS": "1",
    "TALKWRIGHT_CONSUMER_LEASE_SECONDS": "2",
    "TALKWRIGHT_CONSUMER_RENEW_SECONDS": "0.5",
    "TALKWRIGHT_DRAIN_LEAST_SECONDS": "0.2",
    "TALKWRIGHT_DRAIN_SECONDS": "5",
}
ORCHESTRATORS = ("training-orchestrator", "running-orchestrator")
VERBS = ("Sent", "Posted", "Wired")
"""One assistant each: its answers tell it from the others."""
CHATS = 3
STEPS = (
    ("send money", "Who shall get the money?"),
    ("/SetSlots(recipient=Ann)", "How much?"),
    ("/SetSlots(amount=20)", "{verb} 20"),
)
WEIGHTS = {
    "backend": 4,
    "training-orchestrator": 6,
    "running-orchestrator": 6,
    "periodic": 8,
    "training-consumer": 14,
    "running-consumer": 20,
    "wrapper": 12,
    "job": 12,
    "postgres": 2,
}
"""How often each kind is struck, to one another."""
FROZEN_SHARE = 0.2
FROZEN_SECONDS = (0.3, 5.0)
KILL_SECONDS = (0.3, 1.9)
PAUSE_SECONDS = 0.4
ENDED = ("succeeded", "failed", "cancelled")


@dataclass
class Storm:
    """What happens in one storm, and what came of it; `over` ends what people begin anew, not what they are at.

    Only what happened before it was over is counted. With a `slack` of 2 it strikes half as often, for twice as long.
    """

    stage: Stage
    seed: int
    slack: float = 1.0
    assistants: dict[str, str] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    kills: Counter[str] = field(default_factory=Counter)
    freezes: Counter[str] = field(default_factory=Counter)
    trainings: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    turns: int = 0
    began: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        return (
            f"seed {self.seed}, slack {self.slack:.2f}, {time.monotonic() - self.began:.0f} s: "
            f"{self.kills.total()} kills {dict(self.kills)}, {self.freezes.total()} freezes, "
            f"trainings {dict(self.trainings)}, {self.turns} turns, refusals {dict(self.refusals)}"
        )

    async def insist(self, method: str, path: str, body: object) -> dict[str, Any]:
        """Send a request until it is answered, as a page does that loses its server, and as long as that takes."""
        while True:
            try:
                answer = await self.stage.browser.send(method, path, json=body)
            except httpx2.HTTPError as error:
                self.refusals[type(error).__name__] += 1
            else:
                if answer.is_success:
                    return dict(answer.json())
                assert answer.status_code >= 500 or answer.status_code == 409, answer.text
                self.refusals[str(answer.json()["type"]).rpartition(":")[2]] += 1
            await asyncio.sleep(0.2)

    async def makes(self) -> None:
        """Make the assistants, and have each of them run."""
        for verb in VERBS:
            name, new = f"{verb.lower()}-bot", str(uuid7())
            answer = await self.stage.browser.send(
                "POST",
                f"/api/assistants/import?id={new}&name={name}&title={verb}",
                content=to_zip(project(name, verb=verb)),
                headers={"Content-Type": "application/zip"},
            )
            assert answer.is_success, answer.text
            self.assistants[verb] = new
        async with asyncio.TaskGroup() as group:
            for assistant in self.assistants.values():
                group.create_task(self._train(assistant))

    async def trains(self, assistant: str) -> None:
        """Train an assistant again and again; each model is to run."""
        while not self.over.is_set():
            state = await self._train(assistant)
            if not self.over.is_set():
                self.trainings[state] += 1

    async def _train(self, assistant: str) -> str:
        training = str(uuid7())
        await self.insist("POST", f"/api/assistants/{assistant}/trainings", {"id": training, "deploy": True})
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                state = self.stage.one("SELECT state FROM studio.trainings WHERE id = %s", training)
                if state in ENDED:
                    return str(state)
            await asyncio.sleep(0.2)

    async def talks(self, assistant: str, verb: str) -> None:
        """Chat with an assistant; each message has one id, however often it has to be sent."""
        while not self.over.is_set():
            chat = str(uuid7())
            await self.insist("POST", f"/api/assistants/{assistant}/chats", {"id": chat, "language": "en"})
            for text, expected in STEPS:
                body = {"id": str(uuid7()), "text": text}
                answer = await self.insist("POST", f"/api/assistants/{assistant}/chats/{chat}/messages", body)
                said = " ".join(str(entry.get("text")) for entry in answer["turn"]["entries"] if entry["kind"] == "bot")
                assert expected.format(verb=verb) in said, (verb, text, said)
                self.turns += not self.over.is_set()
                await asyncio.sleep(PAUSE_SECONDS)

    async def strikes(self) -> None:
        """Kill and freeze processes until it is over: one of every kind at first, then as the weights say."""
        dice = random.Random(self.seed)
        unhurt = dice.sample([*WEIGHTS], len(WEIGHTS))
        thawing: set[asyncio.Task[None]] = set()
        while True:
            await asyncio.sleep(dice.uniform(*KILL_SECONDS) * self.slack)
            if self.over.is_set():
                break
            here = self._processes()
            kinds = [kind for kind in unhurt or WEIGHTS if here.get(kind)]
            if not kinds:
                continue
            kind = dice.choices(kinds, [WEIGHTS[kind] for kind in kinds])[0]
            pid = dice.choice(here[kind])
            if kind not in (*unhurt, "postgres") and dice.random() < FROZEN_SHARE:
                thawing.add(asyncio.create_task(self._freeze(kind, pid, dice.uniform(*FROZEN_SECONDS))))
                continue
            with contextlib.suppress(ProcessLookupError):
                kill(pid)
                self.kills[kind] += 1
                unhurt = [one for one in unhurt if one != kind]
        await asyncio.gather(*thawing)

    async def _freeze(self, kind: str, pid: int, seconds: float) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            self.freezes[kind] += 1
            await asyncio.sleep(seconds)
            os.kill(pid, signal.SIGCONT)

    def _processes(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for pid, command in self.stage.up.processes().items():
            found.setdefault(str(name_of(command)), []).append(pid)
        with contextlib.suppress(OSError, StopIteration, ValueError, IndexError):
            found["postgres"] = [self.stage.postmaster()]
        return {kind: sorted(pids) for kind, pids in found.items()}

    def faults(self) -> list[str]:
        """What the rows tell that may not be, of what people did: trainings given up too soon, turns of two models."""
        return record_faults(self.stage.query, self.assistants.values())


@contextlib.asynccontextmanager
async def second_orchestrators(up: Up) -> AsyncIterator[None]:
    """A replica of each orchestrator beside those of `up`, as an operator may have them.

    They start again when they die as others do, but nobody tells of their deaths: their leases run out.
    """
    journal = Journal(up.home.parent / "replicas", StringIO())
    environment = environment_of(up.role("running-orchestrator"))
    children = [Child(Program.role(role, environment), journal) for role in ORCHESTRATORS]
    try:
        for child in children:
            child.start()
        yield
    finally:
        await stop_all(children, 5.0, journal)
        journal.close()


@contextlib.asynccontextmanager
async def storm_at(home: Path, seed: int, slack: float = 1.0, **settings: str) -> AsyncIterator[Storm]:
    """A studio whose assistants all run, before the storm."""
    async with (
        studio(home, **{**SETTINGS, **settings}) as up,
        httpx2.AsyncClient(base_url=up.address, timeout=60, verify=PLAIN) as http,
    ):
        browser = await signed_in(up, http)
        await up.row("SELECT 1 FROM studio.leases WHERE key = 'lead:deployment'")
        async with second_orchestrators(up):
            stage = Stage(up, database_url(up), browser, "", bots=len(VERBS), trainers=2, orchestrators=2)
            storm = Storm(stage, seed, slack)
            try:
                await storm.makes()
                await stage.heals(120 * slack)
                storm.began = time.monotonic()
                yield storm
            finally:
                stage.close()
