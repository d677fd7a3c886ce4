"""What `up` keeps running: crashed roles come back ever more slowly, and running consumers are as many as needed."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import insert, update
from tests.services.modelservice import Service, project, service_at

from talkwright.cli.supervisor.capacity import Capacity
from talkwright.cli.supervisor.child import Child, Program, stop_all
from talkwright.cli.supervisor.journal import Journal
from talkwright.cli.supervisor.lock import HomeError, HomeLock
from talkwright.database.announcements import Listener, announce
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.tables import attempts, deployments

pytestmark = pytest.mark.anyio

MOST = 3


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "logs", StringIO())
    yield journal
    journal.close()


@pytest.fixture
async def service(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with service_at(fresh_database_url, tmp_path) as service:
        yield service


def program(code: str) -> Program:
    return Program(name="stand", command=(sys.executable, "-I", "-S", "-c", code))


def test_a_data_folder_that_can_not_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="TALKWRIGHT_HOME"):
        HomeLock(tmp_path / "file" / "home").take()


def test_the_terminal_tells_what_up_does_and_what_goes_wrong_while_the_file_has_all(tmp_path: Path) -> None:
    terminal = StringIO()
    journal = Journal(tmp_path / "logs", terminal)
    journal.say("ready")
    journal.line("backend", '{"event": "request.served", "level": "info"}')
    journal.line("backend", '{"event": "request.failed", "level": "error"}')
    journal.close()
    assert [line.split()[-1] for line in terminal.getvalue().splitlines()] == ["ready", "request.failed"]
    assert len(journal.path.read_text().splitlines()) == 3


async def test_what_crashes_again_and_again_starts_after_growing_pauses(journal: Journal) -> None:
    child = Child(program("raise SystemExit(3)"), journal)
    child.start()
    async with asyncio.timeout(30):
        while True:
            said = re.findall(r"\(code 3\); it starts again in ([\d.]+) seconds", journal.path.read_text())
            if len(said) >= 3:
                break
            await asyncio.sleep(0.05)
    await stop_all([child], 5.0, journal)
    assert [float(pause) for pause in said] == [0.5, 1.0, 2.0]


async def test_a_running_consumer_is_started_for_each_assistant_that_is_to_run_and_one_more(
    service: Service, journal: Journal, fresh_database_url: str
) -> None:
    async with keeping(service, journal, fresh_database_url) as capacity:
        await reaches(capacity, 1)
        await deploy(service, "first")
        await reaches(capacity, 2)


async def test_running_consumers_are_no_more_than_the_setting_says(
    service: Service, journal: Journal, fresh_database_url: str
) -> None:
    for number in range(MOST + 1):
        await deploy(service, f"bot-{number}")
    async with keeping(service, journal, fresh_database_url) as capacity:
        await reaches(capacity, MOST)


async def test_consumers_that_nobody_needed_for_a_while_end_but_for_those_that_hold_a_model(
    service: Service, journal: Journal, fresh_database_url: str
) -> None:
    async with keeping(service, journal, fresh_database_url, look=0.05, surplus=0.5) as capacity:
        await deploy(service, "first")
        await deploy(service, "second")
        await reaches(capacity, MOST)
        began, (*_, last) = time.monotonic(), capacity.children
        await _all_stop_but_one_is_still_held(service, last.worker)
        async with asyncio.timeout(20):
            while len(capacity.children) > 1:  # noqa: ASYNC110 - nobody tells of an end
                await asyncio.sleep(0.02)
        assert time.monotonic() - began >= 0.5
        assert [child.worker for child in capacity.children] == [last.worker]
        assert capacity.children[0].pid is not None


async def _all_stop_but_one_is_still_held(service: Service, worker: UUID) -> None:
    """All deployments have stopped, but this worker has not yet ended its attempt."""
    async with service.database.transaction() as session:
        (work,) = (
            await session.execute(update(deployments).values(state="stopped").returning(deployments.c.id))
        ).first()
        await session.execute(
            insert(attempts).values(id=uuid7(), work_kind="deployment", work=work, number=1, worker=worker)
        )


@contextlib.asynccontextmanager
async def keeping(
    service: Service, journal: Journal, url: str, *, look: float = 30.0, surplus: float = 60.0
) -> AsyncIterator[Capacity]:
    """Keep enough consumers, which do nothing here, until the block ends."""

    def idle() -> Child:
        return Child(program("import time; time.sleep(600)"), journal)

    capacity = Capacity(service.database, Listener(url), idle, MOST, look_seconds=look, surplus_seconds=surplus)
    keeping = asyncio.create_task(capacity.run())
    try:
        yield capacity
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await stop_all(capacity.children, 5.0, journal)


async def deploy(service: Service, name: str) -> None:
    """A deployment in the queue, of an assistant of its own."""
    assistant = await service.assistant(name)
    version = await service.version(assistant, project(name))
    async with service.database.transaction() as session:
        row = {"id": uuid7(), "assistant": assistant, "version": version, "created_by": SYSTEM_USER}
        await session.execute(insert(deployments).values(row))
        announce(session, assistant, "deployment")


async def reaches(capacity: Capacity, count: int) -> None:
    """Wait until so many run, each with its id, and see that one look started no more."""
    async with asyncio.timeout(20):
        while True:
            if len(capacity.children) >= count and all(child.pid is not None for child in capacity.children):
                break
            await asyncio.sleep(0.02)
    assert len(capacity.children) == count
