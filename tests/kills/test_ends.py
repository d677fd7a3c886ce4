"""However `up` itself ends in the middle of work, nothing of it lives on, and the next start ends what was left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tests.kills.rows import ROUNDS, SEED
from tests.kills.stage import HEALED_SECONDS, Stage, environment_of, kill, stage_at
from tests.services.up import Up, busy, launch, studio

from talkwright.database.ids import uuid7

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(900)]

SETTINGS = {"TALKWRIGHT_DRAIN_LEAST_SECONDS": "0", "TALKWRIGHT_DRAIN_SECONDS": "0.2"}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LEFT_ALONE = "kill -9 but of the database"
ENDS = ("kill -9", "kill -9 of all", LEFT_ALONE, *(number.name for number in SIGNALS))
QUICK = (LEFT_ALONE, "kill -9 of all", SIGNALS[SEED % len(SIGNALS)].name)
"""The other ends are tried by `tests/up` without work under way, and by a full run here."""
ALONE = {"TALKWRIGHT_EXAMPLE": "none"}
WRITES = "SELECT 1 FROM pg_stat_activity WHERE usename = 'talkwright_owner' AND backend_xid IS NOT NULL"


async def test_up_ends_in_any_way_and_the_next_start_goes_on(tmp_path: Path) -> None:
    home, training, chat, before = tmp_path / "home", "", "", ""
    log = home / "logs" / "talkwright.log"
    async with contextlib.AsyncExitStack() as stack:  # one that has ended is looked at again when all have
        for end in (*(ENDS if ROUNDS else QUICK), None):
            seen = len(log.read_text().splitlines()) if log.exists() else 0
            stage = await stack.enter_async_context(stage_at(home, **SETTINGS))
            stage.adopts = any(record["event"] == "database.adopted" for record in stage.up.log()[seen:])
            if training:
                assert stage.adopts == (before == LEFT_ALONE)
                await _goes_on(stage, training, chat)
            if end is not None:
                chat, training = await stage.chat_at_a_question(), str(uuid7())
                await stage.train(training)
                await stage.until(partial(stage.job, "training", training), "the training's job")
                await _end(stage, end)
                before = end


async def test_the_next_start_goes_on_after_a_killed_migration(tmp_path: Path) -> None:
    home = tmp_path / "home"
    up = await launch(home, **ALONE)
    try:
        async with asyncio.timeout(HEALED_SECONDS * busy()):
            await _kill_migration(up)
            assert await up.process.wait() == 1
    except BaseException:
        up.process.kill()
        raise
    assert up.process.stderr is not None
    assert b"The database could not be prepared" in await up.process.stderr.read()
    await up.none_left()
    async with studio(home, **ALONE) as again:
        await again.answers()


async def _kill_migration(up: Up) -> None:
    """Kill the process that prepares the database once it has written something."""
    while True:
        with contextlib.suppress(StopIteration, OSError, KeyError, psycopg.OperationalError):
            pid = up.role("migrate")
            with psycopg.connect(environment_of(pid)["TALKWRIGHT_DATABASE_OWNER_URL"], autocommit=True) as link:
                if link.execute(WRITES).fetchone() is not None:
                    kill(pid)
                    return
        await asyncio.sleep(0.01)


async def _goes_on(stage: Stage, training: str, chat: str) -> None:
    """The training that was cut ends well, once, and the chat answers at the same question, in time from the start."""
    stage.hurt()
    await stage.until(
        lambda: stage.one("SELECT 1 FROM studio.deployments WHERE training = %s AND active", training),
        "the cut training's model having the talk",
    )
    assert await stage.say(chat, "/SetSlots(amount=20)") == ["utter_ask_confirm_transfer"]
    await stage.heals()


async def _end(stage: Stage, end: str) -> None:
    """End `up`, and with `of all` its roles and the database in the same moment."""
    up, server = stage.up.process, stage.postmaster()
    match end:
        case "kill -9":
            up.kill()
        case "kill -9 of all":
            up.kill()
            for pid in {*stage.up.processes(), server}:
                with contextlib.suppress(ProcessLookupError):  # the first deaths end others
                    os.kill(pid, signal.SIGKILL)  # without waiting for one before the next
        case end if end == LEFT_ALONE:
            guard = next(pid for pid, words in stage.up.processes().items() if words.startswith("/bin/sh"))
            kill(guard)  # who would have ended the database
            up.kill()
        case name:
            up.send_signal(signal.Signals[name])
    stage.hurt()
    async with asyncio.timeout(stage.patience):
        code = await up.wait()
    assert code == (-signal.SIGKILL if end.startswith("kill") else 0)
    if end == LEFT_ALONE:
        os.kill(server, 0)
        await stage.until(
            lambda: not any("postgres" not in words for words in stage.up.processes().values()), "the end"
        )
    else:
        await stage.until(lambda: not stage.up.processes(), "the end")
