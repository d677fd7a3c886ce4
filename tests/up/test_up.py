"""`talkwright up` from outside: one link, one log, roles that come back, nothing left when it ends, however it ends."""

import asyncio
import os
import signal
import socket
import stat
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from tests.services.studio import PASSWORD
from tests.services.up import Up, busy, launch, stopped, studio

pytestmark = pytest.mark.anyio

BARE = {"TALKWRIGHT_EXAMPLE": "none"}
STOP_SECONDS = 5.0
"""How long an end may take on a machine that does nothing else."""
ACTIVE = "SELECT id FROM studio.deployments WHERE active AND state = 'running'"


class House:
    """A data folder without an example that several tests use one after the other: a first start takes longest.

    The port that its studio is told to take is somebody else's.
    """

    def __init__(self, home: Path, port: int) -> None:
        self.port = port
        self._home = home
        self._up: Up | None = None
        self._stack = AsyncExitStack()

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[Up]:
        """The studio that a test before left running, or a new one; ended where the block fails or ends it."""
        if self._up is None:
            self._up = await self._stack.enter_async_context(studio(self._home, **BARE, TALKWRIGHT_PORT=str(self.port)))
        try:
            yield self._up
        except BaseException:
            await self.close()
            raise
        if self._up.process.returncode is not None:
            await self.close()

    async def close(self) -> None:
        """End it, if it runs."""
        self._up = None
        await self._stack.aclose()


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        house = House(tmp_path_factory.mktemp("house") / "home", taken.getsockname()[1])
        yield house
        await house.close()


async def test_an_empty_folder_becomes_a_studio_whose_example_talks_and_each_start_and_end_is_whole(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    async with studio(home) as up:
        assert up.link.startswith("http://127.0.0.1:")
        assert "/auth/first-administrator?token=" in up.link
        assert await up.page() == 200
        before = "\n".join(up.lines)
        assert "127.0.0.1" not in before
        await up.row(ACTIVE, seconds=120)
        before_stop = len(up.log())
        await ends_in_time(up, signal.SIGINT)
        said = up.log()[before_stop:]
        assert [record["outcome"] for record in said if record["event"] == "attempt.ended"] == ["released"]
        assert {record["level"] for record in said} == {"info"}
        assert await up.process.stdout.read() == b""  # type: ignore[union-attr]  # it was opened as a pipe
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    roles = {record["role"] for record in up.log()}
    assert {"up", "backend", "training-consumer", "running-consumer", "training-orchestrator"} <= roles
    # The next start brings the same model back, by itself, and another link, as nobody used the first.
    async with studio(home) as again:
        assert "/auth/first-administrator?token=" in again.link
        assert again.link.rpartition("=")[2] != up.link.rpartition("=")[2]
        await again.row(ACTIVE)
        with again.database() as link:
            assert link.execute("SELECT count(*) FROM studio.trainings").fetchone() == (1,)
            assert link.execute("SELECT count(*) FROM studio.assistants").fetchone() == (1,)
        form = {"username": "admin", "password": PASSWORD, "again": PASSWORD}
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.post(again.link, data=form)).is_redirect
        (kept,) = await again.row("SELECT password FROM idp.accounts")
        assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "RFC 9106, 4: the second recommended choice"
        await ends_in_time(again, signal.SIGTERM)
    async with studio(home) as last:
        assert "token=" not in last.link
        assert await last.page() == 200
        await ends_in_time(last, signal.SIGHUP)


async def ends_in_time(up: Up, number: signal.Signals) -> None:
    """A signal stops all within five seconds, though a stream is open."""
    host, port = up.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST /api/sign-out HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 99\r\n\r\n".encode())
    await writer.drain()
    began, longest = time.monotonic(), STOP_SECONDS * busy()
    assert await stopped(up, number) == 0
    assert time.monotonic() - began < longest
    await up.none_left(1)
    writer.close()
    del reader


@pytest.mark.slow
async def test_the_death_of_up_itself_leaves_nothing_behind(house: House) -> None:
    async with house.runs() as up:
        assert len(up.processes()) > 5
        up.process.kill()
        await up.process.wait()
        await up.none_left(15)
    async with house.runs() as again:
        assert again is not up
        assert await again.page() == 200


async def test_a_signal_during_the_start_leaves_nothing_behind(tmp_path: Path) -> None:
    up = await launch(tmp_path / "home", **BARE)
    try:
        await _first_child(up)
        assert await stopped(up) == 0
    except BaseException:
        up.process.kill()
        raise
    await up.none_left()


async def _first_child(up: Up) -> None:
    """Wait until it prepares its database, or is further: a look can come too late."""
    async with asyncio.timeout(30 * busy()):
        while True:
            if any("talkwright.cli.main" in command for command in up.processes().values()):
                return
            await asyncio.sleep(0.05)


async def test_a_second_one_on_the_same_folder_names_the_first(house: House) -> None:
    async with house.runs() as up:
        second = await launch(up.home, **BARE)
        out, err = await second.process.communicate()
        assert second.process.returncode == 1
        assert out == b""
        assert str(up.process.pid) in err.decode()
        assert up.address in err.decode()
        assert await up.page() == 200


async def test_beside_whoever_has_its_port_it_takes_another_and_says_so(house: House) -> None:
    async with house.runs() as up:
        assert not up.address.endswith(f":{house.port}")
        assert await up.page() == 200
        assert any(f"Port {house.port} is taken" in line for line in up.lines)


@pytest.mark.slow
async def test_a_killed_role_comes_back_and_the_port_stays(house: House) -> None:
    async with house.runs() as up:
        for role in ("backend", "training-orchestrator", "running-consumer"):
            pid = await _role(up, role)
            os.kill(pid, signal.SIGKILL)
            await _other(up, role, pid)
        await up.answers()
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{up.address}/api/instance")).json()["first_administrator_needed"] is True


async def _role(up: Up, role: str) -> int:
    async with asyncio.timeout(30 * busy()):
        while True:
            try:
                return up.role(role)
            except StopIteration:
                await asyncio.sleep(0.2)


async def _other(up: Up, role: str, old: int) -> None:
    async with asyncio.timeout(30 * busy()):
        while True:
            if await _role(up, role) != old:
                return
            await asyncio.sleep(0.2)


async def test_a_killed_database_server_comes_back(house: House) -> None:
    async with house.runs() as up:
        seen = len(up.lines)
        lock = next(up.home.glob("**/postmaster.pid"))
        os.kill(int(lock.read_text().splitlines()[0]), signal.SIGKILL)
        await _said(up, "starts again", seen)
        await up.answers(60)
        assert await up.row("SELECT 1") == (1,)


async def _said(up: Up, words: str, seen: int) -> None:
    async with asyncio.timeout(30 * busy()):
        while True:
            if any(words in line for line in up.lines[seen:]):
                return
            await asyncio.sleep(0.1)
