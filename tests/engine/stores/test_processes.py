"""Bots in processes of their own on one conversation: both at work, one killed, one stopped, the server restarted."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import psycopg
import pytest
from tests.engine.stores.conftest import MakeStore
from tests.engine.stores.conversations import SLOTS, someone, take_turn, turn_events, turn_in
from tests.services.postgres import FAST

from talkwright.conversation import events as ev
from talkwright.database.embedded import EmbeddedPostgres
from talkwright.engine.stores.migrate import migrate
from talkwright.engine.stores.postgres import PostgresStore

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
BOT = Path(__file__).with_name("bot.py")
SHORT = 1.0  # seconds that a ticket lives without a sign of life


@contextmanager
def bot(
    url: str, sender: str, *, turns: int = 1, waits: bool = True, ticket: float = SHORT
) -> Iterator[subprocess.Popen[str]]:
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(BOT), url, sender, str(turns), str(ticket), "waits" if waits else "runs"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


async def numbers(store: PostgresStore, sender: str) -> list[int]:
    """The numbers of the turns that the conversation holds, in order."""
    tracker = await store.read(sender, SLOTS)
    assert tracker is not None
    return [event.get("value") for event in tracker.events if event.type == ev.SLOT]


async def test_two_processes_share_a_conversation_turn_by_turn(store: PostgresStore, store_url: str) -> None:
    ann, turns = someone(), 30
    with ExitStack() as stack:
        bots = [stack.enter_context(bot(store_url, ann, turns=turns, waits=False, ticket=30)) for _ in range(2)]
        said = [[line(one) for _ in range(turns)] for one in bots]
    saved = sorted(int(words.removeprefix("saved ")) for words in chain.from_iterable(said))
    assert saved == list(range(1, 2 * turns + 1))
    assert await numbers(store, ann) == saved


async def test_a_killed_holder_holds_up_the_conversation_no_longer_than_its_ticket(
    store: PostgresStore, store_url: str
) -> None:
    ann = someone()
    with bot(store_url, ann) as holder:
        assert line(holder) == "holding"
        holder.kill()
        assert await take_turn(store, ann) == 1
    assert await numbers(store, ann) == [1]


async def test_a_stopped_holder_that_comes_back_can_write_nothing(store: PostgresStore, store_url: str) -> None:
    ann = someone()
    with bot(store_url, ann, turns=2) as holder:
        assert line(holder) == "holding"
        holder.send_signal(signal.SIGSTOP)
        assert await take_turn(store, ann) == 1
        holder.send_signal(signal.SIGCONT)
        go_on(holder)
        assert line(holder) == "TurnLost"
        assert line(holder) == "holding"
        go_on(holder)
        assert line(holder) == "saved 2"
    assert await numbers(store, ann) == [1, 2]


async def test_a_turn_outlives_a_restart_of_the_server(make_store: MakeStore) -> None:
    with tempfile.TemporaryDirectory() as home:
        server = EmbeddedPostgres(Path(home), with_parent=True, settings=FAST)
        try:
            url = await asyncio.to_thread(started, server)
            store = await make_store(url, ticket_seconds=30)
            assert await take_turn(store, "ann") == 1
            async with store.holding("ann") as held:
                await asyncio.to_thread(server.stop)
                coming = asyncio.create_task(take_turn(store, "bob"))
                saving = asyncio.create_task(turn_in(held, "ann"))
                await asyncio.to_thread(server.start)
                assert await saving == 2
                assert await coming == 1
            assert await numbers(store, "ann") == [1, 2]
            await store.close()
        finally:
            server.stop()


def started(server: EmbeddedPostgres) -> str:
    url = server.start().maintenance
    migrate(url)
    return url


async def test_a_write_whose_answer_was_lost_is_known_again(store: PostgresStore, store_url: str) -> None:
    """The server commits and the connection breaks before the answer comes: the second try must not fail or add."""
    ann = someone()
    async with store.holding(ann) as held:
        execute, broken = psycopg.AsyncConnection.execute, list[bool]()

        async def breaking(connection: psycopg.AsyncConnection[object], query: bytes, *rest: object) -> object:
            done = await execute(connection, query, *rest)  # type: ignore[arg-type] - handed on as it came
            if b"INSERT INTO talkwright_engine.events" in query and not broken:
                broken.append(True)
                raise psycopg.OperationalError("the connection broke after the commit")
            return done

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(psycopg.AsyncConnection, "execute", breaking)
            assert await turn_in(held, ann) == 1
    assert broken
    tracker = await store.read(ann, SLOTS)
    assert tracker is not None
    assert len(tracker.events) == len(turn_events(1))
