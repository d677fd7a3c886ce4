"""One `talkwright up` for tests, watched from outside by its processes, its lines and its port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from tests.services.running import COMMAND, environment, origin

START_SECONDS = 90


def busy() -> float:
    """By how much longer than a machine that does nothing else this one takes at the moment, at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass
class Up:
    """A running `up`."""

    home: Path
    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    link: str = ""

    @property
    def address(self) -> str:
        """The studio's base URL."""
        return origin(self.link)

    def log(self) -> list[dict[str, Any]]:
        """The log file's records."""
        path = self.home / "logs" / "talkwright.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def processes(self) -> dict[int, str]:
        """All processes that belong to this home, by their environment, folder or command line."""
        mark = str(self.home).encode()
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if int(pid) in (os.getpid(), self.process.pid):
                continue
            if not (command := _read(f"/proc/{pid}/cmdline")):  # the kernel's own, and what has ended
                continue
            text = b" ".join((command, _read(f"/proc/{pid}/environ"), _cwd(pid)))
            if mark in text and _state(pid) not in ("Z", ""):
                found[int(pid)] = command.replace(b"\0", b" ").decode(errors="replace")
        return found

    def role(self, name: str) -> int:
        """The process of a role."""
        return next(pid for pid, command in self.processes().items() if command.rstrip().endswith(name))

    async def none_left(self, seconds: float = 10.0) -> None:
        """Wait until nothing of this home runs any more; the seconds are those of a machine that does nothing else."""
        try:
            async with asyncio.timeout(seconds * busy()):
                while True:
                    if not self.processes():
                        return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"left over: {self.processes()}") from None

    def database(self) -> psycopg.Connection[Any]:
        """A connection to its database, with what the roles were given."""
        given = _read(f"/proc/{self.role('backend')}/environ").decode()
        url = next(text.partition("=")[2] for text in given.split("\0") if text.startswith("TALKWRIGHT_DATABASE_URL="))
        return psycopg.connect(url, autocommit=True)

    async def row(self, query: str, seconds: float = 60.0) -> Any:
        """Wait until a query gives a row."""
        async with asyncio.timeout(seconds):
            while True:
                with contextlib.suppress(psycopg.OperationalError), self.database() as link:
                    if (row := link.execute(query).fetchone()) is not None:
                        return row
                await asyncio.sleep(0.1)

    async def page(self) -> int:
        """The status of the studio's public answer; 0 while nobody answers."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            try:
                return (await client.get(f"{self.address}/api/instance")).status_code
            except httpx2.HTTPError:
                return 0

    async def answers(self, seconds: float = 30.0) -> None:
        """Wait until the page answers."""
        async with asyncio.timeout(seconds):
            while True:
                if await self.page() == 200:
                    return
                await asyncio.sleep(0.1)


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _cwd(pid: str) -> bytes:
    try:
        return os.readlink(f"/proc/{pid}/cwd").encode()
    except OSError:
        return b""


def _state(pid: str) -> str:
    return _read(f"/proc/{pid}/stat").decode(errors="replace").rpartition(")")[2].strip()[:1]


async def launch(home: Path, **settings: str) -> Up:
    """Start `up` without waiting for it."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        env=environment(home, **settings),
        cwd=home.parent,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return Up(home, process)


async def stopped(up: Up, number: signal.Signals = signal.SIGTERM) -> int:
    """Signal it and wait; gives the exit code."""
    up.process.send_signal(number)
    return await up.process.wait()


@asynccontextmanager
async def studio(home: Path, **settings: str) -> AsyncIterator[Up]:
    """A studio whose link was printed; ended with all its processes afterwards."""
    up = await launch(home, **settings)
    draining = asyncio.create_task(_drain(up))
    try:
        assert up.process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            up.link = (await up.process.stdout.readline()).decode().strip()
        assert up.link, "\n".join(up.lines)
        yield up
    finally:
        if up.process.returncode is None:
            up.process.kill()
            await up.process.wait()
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
        await up.none_left()


async def _drain(up: Up) -> None:
    assert up.process.stderr is not None
    while line := await up.process.stderr.readline():
        up.lines.append(line.decode(errors="replace").rstrip())
