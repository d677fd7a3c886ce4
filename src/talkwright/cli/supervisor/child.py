"""One role as a process: started again with growing pauses when it crashes, stopped when asked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from talkwright.cli.supervisor.journal import Journal
from talkwright.database.ids import uuid7

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 15.0
"""Who ran for so long did not fail at its start: the next pause is the first again."""
LINE_BYTES = 1 << 20

Gone = Callable[[UUID], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run: `name` in the log, its command, its environment, the descriptors and `sockets` that it inherits.

    The sockets stay open as long as this lives: the next run listens where the first did.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()
    sockets: tuple[socket.socket, ...] = ()

    @classmethod
    def role(
        cls,
        name: str,
        environment: Mapping[str, str],
        descriptors: tuple[int, ...] = (),
        sockets: tuple[socket.socket, ...] = (),
    ) -> Program:
        """One of our own roles."""
        command = (sys.executable, "-m", "talkwright.cli.main", name)
        return cls(name=name, command=command, environment=environment, descriptors=descriptors, sockets=sockets)

    @property
    def inherited(self) -> tuple[int, ...]:
        """All descriptors that it inherits."""
        return (*self.descriptors, *(one.fileno() for one in self.sockets))


class Child:
    """Keeps one program running. `gone` is told the id of each run that ended, which is proof of its death."""

    def __init__(self, program: Program, journal: Journal, gone: Gone | None = None) -> None:
        self.program = program
        self.worker = uuid7()
        self._journal = journal
        self._gone = gone
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    def start(self) -> None:
        """Start and keep running."""
        self._task = asyncio.create_task(self._keep(), name=self.program.name)

    async def once(self) -> int:
        """Run the program to its end, once; gives its exit code. Called off, it leaves nothing running."""
        try:
            return await self._run()
        finally:
            if self.pid is not None and self._process is not None:
                self._process.kill()  # its transaction is undone, and the next start begins anew
                await self._process.wait()

    def ask_to_stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask for the end; it is not started again."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def stopped(self) -> None:
        """Wait until it runs no more."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._run()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            self._journal.say(
                f"{self.program.name} ended unexpectedly ({_words(code)}); it starts again in {pause:g} seconds.",
                level="warning",
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):  # wait_for of 3.11 may swallow a cancellation
                    await self._stopping.wait()
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _run(self) -> int:
        self.worker = uuid7()
        environment = {
            **self.program.environment,
            "TALKWRIGHT_SUPERVISOR": str(os.getpid()),
            "TALKWRIGHT_WORKER_ID": str(self.worker),
        }
        self._process = await asyncio.create_subprocess_exec(
            *self.program.command,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=self.program.inherited,
            start_new_session=True,  # a Ctrl-C of the terminal reaches `up` alone, which stops all in order
            limit=LINE_BYTES,
        )
        if self._stopping.is_set():
            self._process.terminate()
        reading = asyncio.create_task(self._read(self._process))
        code = await self._process.wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reading, 0.5)  # a grandchild may hold the pipe
        if self._gone is not None and not self._stopping.is_set():
            await self._gone(self.worker)
        return code

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - asked for as a pipe above
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                continue  # longer than any line of ours; the reader has dropped it
            if not line:
                return
            self._journal.line(self.program.name, line.decode("utf-8", "replace"))


def _words(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"


async def stop_all(children: list[Child], seconds: float, journal: Journal) -> None:
    """Ask all to stop at once and wait; what does not is killed."""
    for child in children:
        child.ask_to_stop()
    waits = [asyncio.ensure_future(child.stopped()) for child in children]
    if waits:
        _, late = await asyncio.wait(waits, timeout=seconds)
        if late:
            for child in children:
                if child.pid is not None:
                    journal.say(f"{child.program.name} did not stop in time and is ended.", level="warning")
                    child.ask_to_stop(signal.SIGKILL)
            await asyncio.wait(waits, timeout=1.0)
