"""Whatever is killed during a training, a start or a chat: all of it ends once, and nothing is left over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from tests.kills.rows import SEED, Row, rows
from tests.kills.stage import Stage, frozen, kill, stage_at

from talkwright.database.ids import uuid7

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]

SETTINGS = {"TALKWRIGHT_DRAIN_LEAST_SECONDS": "0", "TALKWRIGHT_DRAIN_SECONDS": "0.2"}
ASKS_AGAIN = ["utter_ask_confirm_transfer"]


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    # The old model's time for turns under way would only make each row longer.
    async with stage_at(tmp_path_factory.mktemp("kills") / "home", **SETTINGS) as stage:
        await stage.heals(60)
        yield stage


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row} (seed {SEED})")
async def test_all_goes_on_after_a_kill(stage: Stage, row: Row) -> None:
    match row.scene:
        case "training":
            await _training(stage, row)
        case "deployment":
            await _deployment(stage, row)
        case "chat":
            await _chat(stage, row)
    await stage.heals()


async def _training(stage: Stage, row: Row) -> None:
    """A training of the example, whose model then runs; a chat that was open before goes on."""
    chat, training = await stage.chat_at_a_question(), str(uuid7())
    if row.victim in ("wrapper", "job"):
        await stage.train(training)
        await _kill_training_job(stage, training, row)
    elif row.moment == "before the start":
        with _lock(stage, "SELECT 1 FROM studio.leases WHERE key = 'lead:training' FOR UPDATE") as held:
            await stage.train(training)
            await held.awaited("leases")
            await _strike(stage, row, training)
    elif row.moment == "at work":
        await stage.train(training)
        job = await stage.until(lambda: stage.job("training", training), "the training's job")
        with frozen(job["job"]):
            await _strike(stage, row, training)
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


async def _kill_training_job(stage: Stage, training: str, row: Row) -> None:
    """Kill a job at once, at work, or when the model is written and nobody knows of it yet."""
    job = await stage.until(lambda: stage.job("training", training), "the training's job")
    if row.moment == "at work":
        await asyncio.sleep(row.delay)
    elif row.moment == "before the last commit":
        with frozen(job["wrapper"]):
            folder = stage.up.home / "jobs" / "training"
            await stage.until(lambda: list(folder.glob(f"tw-t-{training}-*/*/model.tar.gz")), "the written model")
            kill(job[row.victim])
        return
    kill(job[row.victim])


async def _deployment(stage: Stage, row: Row) -> None:
    """The running version is started once more and takes over."""
    chat, deployment = await stage.chat_at_a_question(), str(uuid7())
    if row.moment == "before the start" and row.victim not in ("wrapper", "job"):
        with _lock(stage, "SELECT 1 FROM studio.leases WHERE key = 'lead:deployment' FOR UPDATE") as held:
            await stage.deploy(deployment)
            await held.awaited("leases")
            await _strike(stage, row, deployment)
    elif row.moment == "before the last commit" and row.victim == "running-orchestrator":
        await stage.deploy(deployment)
        await stage.until(lambda: stage.job("running", deployment), "the new engine")
        with _lock(stage, "LOCK TABLE studio.deployments IN SHARE MODE") as held:
            await held.awaited("deployments")
            await _strike(stage, row, deployment)
    elif row.moment == "before the last commit":
        await stage.deploy(deployment)
        await stage.until(lambda: stage.job("running", deployment), "the new engine")
        locked = f"SELECT 1 FROM studio.attempts WHERE work = '{deployment}' FOR UPDATE"
        with _lock(stage, locked) as held:
            await held.awaited("attempts")
            await _strike(stage, row, deployment)
    else:
        await stage.deploy(deployment)
        job = await stage.until(lambda: stage.job("running", deployment), "the new engine")
        with frozen(job["job"]):
            await _strike(stage, row, deployment)
    await stage.until(
        lambda: stage.one(
            "SELECT 1 FROM studio.deployments WHERE id = %s AND active AND state = 'running'", deployment
        ),
        "the new deployment having the talk",
    )
    assert await stage.say(chat, "/SetSlots(amount=20)") == ASKS_AGAIN


async def _chat(stage: Stage, row: Row) -> None:
    """The bot has asked something and the person answers, once, however often the page has to send it."""
    if row.victim in ("wrapper", "job"):
        await _unhurt(stage)
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
    if row.victim not in ("wrapper", "job"):  # the bot itself goes on, whoever dies beside it
        assert stage.one("SELECT count(*) FROM studio.attempts WHERE work = %s", deployment) == attempts
    count = "SELECT count(*) FROM studio.chat_messages WHERE chat = %s AND message = %s"
    assert stage.one(count, chat, message) == 1
    heard = "SELECT count(*) FROM studio.chat_events WHERE chat = %s AND type = 'user' AND body LIKE %s"
    assert stage.one(heard, chat, f"%{message}%") == 1


async def _unhurt(stage: Stage) -> None:
    """Have a deployment that may lose a job: one that lost several soon after its start would be given up, rightly."""
    deployment = str(uuid7())
    await stage.deploy(deployment)
    await stage.until(
        lambda: stage.one(
            "SELECT 1 FROM studio.deployments WHERE id = %s AND active AND state = 'running'", deployment
        ),
        "the new deployment having the talk",
    )


async def _strike(stage: Stage, row: Row, work: str) -> None:
    """Kill the row's victim, a moment after all is in place."""
    if row.moment != "before the start":
        await asyncio.sleep(row.delay)
    kill(_victim(stage, row, work))


def _victim(stage: Stage, row: Row, work: str) -> int:
    match row.victim:
        case "postgres":
            return stage.postmaster()
        case "training-consumer" | "running-consumer" if row.scene != "chat" and row.moment != "before the start":
            return stage.holder(work)
        case "running-consumer":
            return stage.holder(str(stage.one("SELECT id FROM studio.deployments WHERE active")))
        case "wrapper" | "job":
            job = stage.job("running", work)
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
    """Hold a lock until the block ends; the database's own death ends it too."""
    link = psycopg.connect(stage.url)
    try:
        link.execute(statement)  # type: ignore[arg-type]  # the tests' own words
        yield _Held(stage)
    finally:
        with contextlib.suppress(psycopg.Error):
            link.rollback()
        link.close()
