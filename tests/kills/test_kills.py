"""Whatever is killed during a training, a start or a chat: all of it ends once, and nothing is left over."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from tests.kills.rows import SEED, Row, rows
from tests.kills.stage import Stage, frozen, stage_at
from tests.services.locks import holding

from talkwright.database.ids import uuid7

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]

SETTINGS = {"TALKWRIGHT_DRAIN_LEAST_SECONDS": "0", "TALKWRIGHT_DRAIN_SECONDS": "0.2"}
ASKS_AGAIN = ["utter_ask_confirm_transfer"]
JOBS = ("wrapper", "job")
FIRST_STAGES = {"training": "reading", "running": "loading"}
"""What a job says when it is at work."""


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    # The old model's time for turns under way would only make each row longer.
    async with stage_at(tmp_path_factory.mktemp("kills") / "home", **SETTINGS) as stage:
        await stage.heals(60)
        yield stage
        sys.stdout.write(f"{len(stage.healings)} healings, the longest of {max(stage.healings, default=0):.1f} s\n")


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row} (seed {SEED})")
async def test_all_goes_on_after_a_kill(stage: Stage, row: Row) -> None:
    stage.rest()
    match row.scene:
        case "training":
            await _training(stage, row)
        case "deployment":
            await _deployment(stage, row)
        case "chat":
            await _chat(stage, row)
    await stage.heals()
    sys.stdout.write(f"all was well after {stage.healings[-1]:.1f} s\n")


async def _training(stage: Stage, row: Row) -> None:
    """A training of the example, whose model then runs; a chat that was open before goes on."""
    chat, training = await stage.chat_at_a_question(), str(uuid7())
    if row.moment != "before the last commit":
        await _early(stage, row, training, lambda: stage.train(training))
    elif row.victim in JOBS:
        await stage.train(training)
        job = await stage.until(lambda: stage.job("training", training), "the training's job")
        with frozen(job["wrapper"]):
            folder = stage.up.home / "jobs" / "training"
            await stage.until(lambda: list(folder.glob(f"tw-t-{training}-*/*/model.tar.gz")), "the written model")
            stage.strike(job[row.victim])
    else:
        table = "deployments" if row.victim == "training-orchestrator" else "models"
        with _lock(stage, f"LOCK TABLE studio.{table} IN SHARE MODE") as held:
            await stage.train(training)
            await held.awaited(table)
            await _strike(stage, row, training)
    await stage.until(
        lambda: stage.one("SELECT 1 FROM studio.deployments WHERE training = %s AND active", training),
        "the new model having the talk",
    )
    assert stage.one("SELECT state FROM studio.trainings WHERE id = %s", training) == "succeeded"
    assert await stage.say(chat, "/SetSlots(amount=20)") == ASKS_AGAIN


async def _deployment(stage: Stage, row: Row) -> None:
    """The running version is started once more and takes over."""
    chat, deployment = await stage.chat_at_a_question(), str(uuid7())
    if row.moment != "before the last commit":
        await _early(stage, row, deployment, lambda: stage.deploy(deployment))
    else:
        await stage.deploy(deployment)
        await stage.until(lambda: stage.job("running", deployment), "the new engine")
        locked, table = f"SELECT 1 FROM studio.attempts WHERE work = '{deployment}' FOR UPDATE", "attempts"
        if row.victim in (*JOBS, "running-orchestrator"):  # who are still needed when it is known to be ready
            locked, table = "LOCK TABLE studio.deployments IN SHARE MODE", "deployments"
        with _lock(stage, locked) as held:
            await held.awaited(table)
            await stage.until(lambda: stage.job("running", deployment, "ready"), "the engine that listens")
            await _strike(stage, row, deployment)
    await _runs(stage, deployment)
    assert await stage.say(chat, "/SetSlots(amount=20)") == ASKS_AGAIN


async def _early(stage: Stage, row: Row, work: str, begin: Callable[[], Awaitable[None]]) -> None:
    """Begin some work, and strike before anything of it starts or while its job is at work.

    Before the start is, for those who give the work out, when they are about to; for its job, when that has just become
    a process and said nothing yet.
    """
    kind = "training" if row.scene == "training" else "running"
    if row.moment == "before the start" and row.victim not in JOBS:
        with _lock(stage, f"SELECT 1 FROM studio.leases WHERE key = 'lead:{row.scene}' FOR UPDATE") as held:
            await begin()
            await held.awaited("leases")
            await _strike(stage, row, work)
        return
    await begin()
    said = FIRST_STAGES[kind] if row.moment == "at work" else ""
    job = await stage.until(lambda: stage.job(kind, work, said), f"the job, {row.moment}")
    with frozen(job["job"]):
        await _strike(stage, row, work)


async def _runs(stage: Stage, deployment: str) -> None:
    await stage.until(
        lambda: stage.one(
            "SELECT 1 FROM studio.deployments WHERE id = %s AND active AND state = 'running'", deployment
        ),
        "the new deployment having the talk",
    )


async def _chat(stage: Stage, row: Row) -> None:
    """The bot has asked something and the person answers, once, however often the page has to send it."""
    if row.victim in JOBS:
        # One that lost several jobs soon after its start would be given up, rightly.
        await stage.deploy(fresh := str(uuid7()))
        await _runs(stage, fresh)
    chat, message = await stage.chat_at_a_question(), str(uuid7())
    deployment = str(stage.one("SELECT id FROM studio.deployments WHERE active"))
    attempts, answer = stage.one("SELECT count(*) FROM studio.attempts WHERE work = %s", deployment), None
    if row.moment == "before the start":
        await _strike(stage, row, deployment)
    elif row.moment == "at work":
        engine = await stage.until(lambda: stage.job("running", deployment), "the engine")
        with frozen(engine["job"]):
            answer = asyncio.create_task(stage.say(chat, "/SetSlots(amount=20)", message))
            await stage.until(lambda: stage.one("SELECT 1 FROM studio.leases WHERE key = %s", f"chat:{chat}"), "a turn")
            await _strike(stage, row, deployment)
    else:
        with _lock(stage, "LOCK TABLE studio.chat_events IN SHARE MODE") as held:
            answer = asyncio.create_task(stage.say(chat, "/SetSlots(amount=20)", message))
            await held.awaited("chat_events")
            await _strike(stage, row, deployment)
    said = await (answer or stage.say(chat, "/SetSlots(amount=20)", message))
    assert said == ASKS_AGAIN
    if row.victim not in JOBS:  # the bot itself goes on, whoever dies beside it
        assert stage.one("SELECT count(*) FROM studio.attempts WHERE work = %s", deployment) == attempts
    count = "SELECT count(*) FROM studio.chat_messages WHERE chat = %s AND message = %s"
    assert stage.one(count, chat, message) == 1
    heard = "SELECT count(*) FROM studio.chat_events WHERE chat = %s AND type = 'user' AND body LIKE %s"
    assert stage.one(heard, chat, f"%{message}%") == 1


async def _strike(stage: Stage, row: Row, work: str) -> None:
    """Kill the row's victim, a moment after all is in place."""
    if row.moment != "before the start":
        await asyncio.sleep(row.delay)
    stage.strike(_victim(stage, row, work))


def _victim(stage: Stage, row: Row, work: str) -> int:
    match row.victim:
        case "postgres":
            return stage.postmaster()
        case "actions":
            return stage.actions()
        case "training-consumer" | "running-consumer" if row.scene != "chat" and row.moment != "before the start":
            return stage.holder(work)
        case "running-consumer":
            return stage.holder(str(stage.one("SELECT id FROM studio.deployments WHERE active")))
        case "wrapper" | "job":
            job = stage.job("training" if row.scene == "training" else "running", work)
            assert job is not None
            return job[row.victim]
        case role:
            return stage.up.role(role)


class _Held:
    """A lock of the database, held by the test."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def awaited(self, table: str) -> None:
        """Wait until somebody waits for it with a statement about the table."""
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
        await self._stage.until(lambda: self._stage.one(waiting, f"%studio.{table}%"), f"a wait for {table}")


@contextlib.contextmanager
def _lock(stage: Stage, statement: str) -> Iterator[_Held]:
    """Hold a lock until the block ends."""
    with holding(stage.url, statement):
        yield _Held(stage)
