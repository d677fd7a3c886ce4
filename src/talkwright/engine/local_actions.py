"""Runs a project's custom actions in a process beside the bot, without an action server, where that is allowed."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from talkwright.engine.actions import DEFAULT_TIMEOUT, MAX_ANSWER, Actions, Answer, EndpointError

_HOST = Path(__file__).with_name("action_host.py")
_LENGTH = struct.Struct(">I")
_START_SECONDS = 60.0
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_SECRETS = ("AUTH_TOKEN", "JWT_SECRET", "JWT_METHOD", "JWT_PRIVATE_KEY")
_INSTALL = "`pip install rasa-sdk` installs it; TALKWRIGHT_ENGINE_ACTIONS_PYTHON names another Python that has it"


@dataclass(frozen=True, kw_only=True)
class ActionModule:
    """The Python module with a project's actions, the folder that it is found in, and the Python that runs it."""

    module: str
    folder: Path
    python: str = sys.executable


def read_module(written: Any, folder: Path, python: str | None) -> ActionModule:
    """The module that `action_endpoint.actions_module` names; raises EndpointError."""
    if not isinstance(written, str) or not _MODULE.fullmatch(written):
        raise EndpointError(f"`action_endpoint.actions_module` must be a module's name such as `actions`: {written!r}.")
    if not (os.path.isdir(folder) and os.access(folder, os.R_OK | os.X_OK)):
        raise EndpointError(
            f"There is no folder {folder} here that the bot may read, for the module {written}. Whoever runs the bot"
            " names it by TALKWRIGHT_ENGINE_ACTIONS_FOLDER, a studio's operator by TALKWRIGHT_JOB_PROJECT_CODE."
        )
    return ActionModule(module=written, folder=folder.resolve(), python=python or sys.executable)


class LocalActions(Actions):
    """An ActionRunner with a process of its own: what actions do to themselves, they don't do to the bot."""

    def __init__(self, module: ActionModule, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """`timeout` in seconds, for the whole of one action."""
        super().__init__()
        self._module = module
        self._timeout = timeout
        self._starting = asyncio.Lock()
        self._running: _Running | None = None

    async def close(self) -> None:
        """End the process."""
        if self._running is not None:
            await self._running.end()
        self._running = None

    async def post(self, name: str, request: Mapping[str, Any]) -> Answer:
        """Ask the process, which is started for the first action and again after one that hung."""
        running = await self._ready(name)
        try:
            async with asyncio.timeout(self._timeout):
                return await running.ask(request)
        except TimeoutError as problem:
            self._running = None if self._running is running else self._running
            running.retire()
            raise self.failure(name, f"it did not answer within {self._timeout:g} seconds") from problem
        except _TooLarge as problem:
            raise self.failure(name, f"its answer is larger than {MAX_ANSWER >> 20} MiB") from problem
        except _Gone as problem:
            raise self.failure(name, "its process ended") from problem

    @property
    def where(self) -> str:
        """The module, for people."""
        return f"the module {self._module.module}"

    async def _ready(self, name: str) -> _Running:
        async with self._starting:
            if self._running is None or self._running.is_over:
                self._running = await self._start(name)
            return self._running

    async def _start(self, name: str) -> _Running:
        module = self._module
        if not _HOST.is_file():
            raise self.failure(name, "the program that runs actions is missing; install Talkwright again")
        try:
            process = await asyncio.create_subprocess_exec(
                *(module.python, "-c", _HOST.read_text(encoding="utf-8"), module.module),
                stdin=PIPE,
                stdout=PIPE,
                cwd=module.folder,
                env={**_environment(), "PYTHONPATH": str(module.folder)},
            )
        except OSError as problem:
            raise self.failure(name, f"{module.python} can't be run: {problem.strerror}") from problem
        running = _Running(process)
        try:
            async with asyncio.timeout(_START_SECONDS):
                said = json.loads(await running.first())
        except (TimeoutError, _Gone, _TooLarge, ValueError) as problem:
            await running.end()
            raise self.failure(name, "its process did not start") from problem
        if "ready" not in said:
            await running.end()
            raise self.failure(name, self._why(said))
        running.listen()
        return running

    def _why(self, said: Mapping[str, Any]) -> str:
        module = self._module
        if said.get("refused") == "sdk":
            return f"the package rasa-sdk is not installed for {module.python}; {_INSTALL}"
        return f"it can't be loaded from {module.folder} ({said.get('why')}); the bot's standard error says more"


class _Gone(Exception):  # noqa: N818 - the name says what happened
    """The process ended, or broke the protocol."""


class _TooLarge(Exception):  # noqa: N818 - as above
    """An answer is larger than it may be."""


class _Running:
    """A process that runs actions, and who waits for its answers."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._retired = False

    @property
    def is_over(self) -> bool:
        """Whether nobody can be asked here any more."""
        return self._retired or self._listening is None or self._listening.done()

    async def first(self) -> bytes:
        """What it says of itself."""
        return await self._read()

    def listen(self) -> None:
        """Hand out answers from now on."""
        self._listening = asyncio.create_task(self._hand_out())

    async def ask(self, request: Mapping[str, Any]) -> Answer:
        """One action; raises _Gone, _TooLarge."""
        number = next(self._numbers)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        data = msgspec.json.encode({"id": number, "call": request}, enc_hook=str)
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - it was asked for; the type checker can't know
        try:
            stdin.write(_LENGTH.pack(len(data)) + data)
            await stdin.drain()
            return await answered
        except OSError as problem:
            raise _Gone from problem
        finally:
            self._waiting.pop(number, None)
            if self._retired and not self._waiting:
                self._kill()

    def retire(self) -> None:
        """Take no more requests, and end once the others under way are answered."""
        self._retired = True
        if not self._waiting:
            self._kill()

    async def end(self) -> None:
        """End now."""
        self._kill()
        if self._listening is not None:
            with suppress(asyncio.CancelledError):
                await self._listening
        await self._process.wait()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    async def _read(self) -> bytes:
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - as above
        try:
            (length,) = _LENGTH.unpack(await stdout.readexactly(_LENGTH.size))
            if length > MAX_ANSWER:
                raise _TooLarge
            return await stdout.readexactly(length)
        except (asyncio.IncompleteReadError, OSError) as problem:
            raise _Gone from problem

    async def _hand_out(self) -> None:
        """Until the process ends, or says what nobody can follow: then all who wait are told."""
        fault: Exception = _Gone()
        try:
            while True:
                said = msgspec.json.decode(await self._read(), type=_Said)
                answered = self._waiting.get(said.id)
                if answered is not None and not answered.done():
                    answered.set_result(Answer(said.status, bytes(said.body)))
        except (_Gone, _TooLarge) as problem:
            fault = problem
        except msgspec.DecodeError:
            pass
        self._kill()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(fault)


class _Said(msgspec.Struct):
    """One answer of the process."""

    id: int
    status: int
    body: msgspec.Raw


def _environment() -> dict[str, str]:
    """The bot's own without what is the bot's alone: its keys and the address of its database."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("TALKWRIGHT_") and name not in _SECRETS
    }
