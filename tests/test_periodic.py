"""The role that clears away what is kept for a time only."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from structlog.testing import capture_logs
from tests.services.postgres import TestServer

from talkwright import periodic as role
from talkwright.operations.config import load
from talkwright.operations.role import RoleContext
from talkwright.periodic import SECTIONS, periodic

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKWRIGHT_HOME", str(tmp_path))
    monkeypatch.setattr(role, "PAUSE_SECONDS", 0.3)


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[RoleContext]:
    """The role, which must live until the block ends and end then."""
    context = RoleContext("periodic", load(*SECTIONS))
    task = asyncio.create_task(periodic(context))
    async with asyncio.timeout(20):
        yield context
        assert not task.done()
        context.stopping.set()
        await task


def causes(lines: list[Any]) -> list[str]:
    """What was told of the database, each time that it was."""
    return [f"{line['cause']} {line['mend']}" for line in lines if line["event"] == "database.unavailable"]


async def test_the_role_starts_and_stops(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", database_url)
    async with running() as context:
        await context.started.wait()


async def test_where_nothing_can_be_changed_it_says_so_and_starts_when_it_can(
    postgres: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.database() as name, postgres.connection() as master, capture_logs() as lines:
        monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", postgres.settings(name).application)
        master.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        async with running() as context:
            await asyncio.sleep(1.5)
            assert await context.unready_reason() == "starting"
            (told,) = causes(lines)
            assert "takes no changes" in told
            master.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
            await context.started.wait()


async def test_what_keeps_the_worker_alone_from_the_database_is_said_with_its_setting(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", database_url)
    direct = make_url(database_url).set(port=1).render_as_string(hide_password=False)
    monkeypatch.setenv("TALKWRIGHT_DATABASE_DIRECT_URL", direct)
    with capture_logs() as lines:
        async with running() as context:
            await asyncio.sleep(1)
            assert not context.started.is_set()
    (told,) = causes(lines)
    assert "the connection is refused" in told
    assert "TALKWRIGHT_DATABASE_DIRECT_URL" in told


async def test_a_worker_that_ends_is_exchanged_and_the_role_is_not_ready_meanwhile(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", database_url)
    ended = asyncio.Event()

    async def end(*_given: object) -> None:
        if not ended.is_set():
            ended.set()
            return
        await asyncio.Event().wait()

    monkeypatch.setattr(role, "_work", end)
    async with running() as context:
        await ended.wait()
        while context.started.is_set():  # noqa: ASYNC110 - nobody tells that it is cleared
            await asyncio.sleep(0.01)
        await context.started.wait()
