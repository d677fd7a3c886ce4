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
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from tests.kills.stage import Stage, database_url, kill, name_of, signed_in
from tests.services.modelservice import project
from tests.services.studio import PLAIN
from tests.services.up import busy, studio

from talkwright.assistant.project import to_zip
from talkwright.database.ids import uuid7

SETTINGS = {
    "TALKWRIGHT_EXAMPLE": "none",
    "TALKWRIGHT_TRAINING_CONSUMERS": "2",
    "TALKWRIGHT_CONSUMER_LEASE_SECONDS": "2",
    "TALKWRIGHT_CONSUMER_RENEW_SECONDS": "0.5",
    "TALKWRIGHT_DRAIN_LEAST_SECONDS": "0.2",
    "TALKWRIGHT_DRAIN_SECONDS": "5",
}
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
    """What happens in one storm, and what came of it; `over` ends what people begin anew, not what they are at."""

    stage: Stage
    seed: int
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
            f"seed {self.seed}, {time.monotonic() - self.began:.0f} s: {self.kills.total()} kills {dict(self.kills)}, "
            f"{self.freezes.total()} freezes, trainings {dict(self.trainings)}, {self.turns} turns, "
            f"refusals {dict(self.refusals)}"
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
            self.trainings[await self._train(assistant)] += 1

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
                self.turns += 1
                await asyncio.sleep(PAUSE_SECONDS)

    async def strikes(self) -> None:
        """Kill and freeze processes until it is over."""
        dice = random.Random(self.seed)
        thawing: set[asyncio.Task[None]] = set()
        while not self.over.is_set():
            # A machine that others use as well is struck less often, for as much longer.
            await asyncio.sleep(dice.uniform(*KILL_SECONDS) * min(busy(), 3.0))
            here = self._processes()
            kind = dice.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
            is_freeze, place = dice.random() < FROZEN_SHARE, dice.random()
            seconds = dice.uniform(*FROZEN_SECONDS)
            if not (pids := here.get(kind)):
                continue
            pid = pids[int(place * len(pids))]
            with contextlib.suppress(ProcessLookupError):
                if is_freeze and kind != "postgres":
                    thawing.add(asyncio.create_task(self._freeze(kind, pid, seconds)))
                else:
                    kill(pid)
                    self.kills[kind] += 1
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
        return [
            f"{what}: {row}"
            for what, query in FAULTS.items()
            for row in self.stage.query(query, [*map(str, self.assistants.values())])
        ]


FAULTS = {
    "a training failed that was not lost four times": """
        SELECT id, state, reason FROM studio.trainings t WHERE state <> 'succeeded' AND assistant::text = ANY(%s)
        AND (SELECT count(*) FROM studio.attempts a WHERE a.work = t.id AND a.outcome = 'lost_job') < 4""",
    "two models answered one message": """
        SELECT e.chat, e.turn, array_agg(DISTINCT e.model) FROM studio.chat_events e
        JOIN studio.chats c ON c.id = e.chat WHERE c.assistant::text = ANY(%s) AND e.model IS NOT NULL
        GROUP BY e.chat, e.turn HAVING count(DISTINCT e.model) > 1""",
    "a model answered that is not the message's": """
        SELECT m.chat, m.turn, m.model, e.model FROM studio.chat_messages m
        JOIN studio.chats c ON c.id = m.chat JOIN studio.chat_events e ON e.chat = m.chat AND e.turn = m.turn
        WHERE c.assistant::text = ANY(%s) AND m.model <> e.model""",
    "another assistant's model answered": """
        SELECT m.chat, m.turn, d.assistant FROM studio.chat_messages m JOIN studio.chats c ON c.id = m.chat
        JOIN studio.deployments d ON d.id = m.deployment
        WHERE c.assistant::text = ANY(%s) AND d.assistant <> c.assistant""",
    "a message was not heard once": """
        SELECT m.chat, m.turn, m.state, count(e.seq) FROM studio.chat_messages m
        JOIN studio.chats c ON c.id = m.chat LEFT JOIN studio.chat_events e ON e.chat = m.chat AND e.turn = m.turn
        AND e.type = 'user' WHERE c.assistant::text = ANY(%s) AND m.kind = 'message'
        GROUP BY m.chat, m.turn, m.state HAVING count(e.seq) <> 1 OR m.state <> 'answered'""",
}


@contextlib.asynccontextmanager
async def storm_at(home: Path, seed: int, **settings: str) -> AsyncIterator[Storm]:
    """A studio whose assistants all run, before the storm."""
    async with (
        studio(home, **{**SETTINGS, **settings}) as up,
        httpx2.AsyncClient(base_url=up.address, timeout=60, verify=PLAIN) as http,
    ):
        stage = Stage(up, database_url(up), await signed_in(up, http), "", bots=len(VERBS), trainers=2)
        storm = Storm(stage, seed)
        try:
            await storm.makes()
            await stage.heals(120)
            yield storm
        finally:
            stage.close()
