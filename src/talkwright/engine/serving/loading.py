"""Which model runs: loading another one beside turns, asking a model server now and then, and unloading."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

from talkwright.engine import logs
from talkwright.engine.fetching import ModelServer, fetch
from talkwright.engine.lines import say
from talkwright.engine.model import ModelError
from talkwright.engine.serving.bot import Bot, MakeServed

_FIRST_RETRY, _LAST_RETRY = 1.0, 60.0  # seconds between two questions to a server that has not answered yet


class Loader:
    """Gives the bot its models, one change at a time."""

    def __init__(self, bot: Bot, make: MakeServed, *, folder: Path | None = None) -> None:
        """`folder` is where the operator keeps models, if anywhere."""
        self.folder = folder
        self.trainings = 0
        self._bot = bot
        self._make = make
        self._changing = asyncio.Lock()
        self._asking: asyncio.Task[None] | None = None

    async def load(self, path: Path) -> None:
        """Run the model in a file from now on; what runs goes on until it is there. Raises ModelError."""
        await self._load(path)
        self._stop_asking()

    async def follow(self, server: ModelServer) -> None:
        """Run the model that a server has, and each that it has later. Raises ModelError where the first won't load."""
        version = await self._fetch(server, None)
        self._stop_asking()
        if server.poll is not None:
            self._asking = asyncio.create_task(self._ask(server, version, server.poll))

    def begin(self, server: ModelServer) -> None:
        """As `follow`, but in the background and until it has worked: for the start of a bot."""
        self._asking = asyncio.create_task(self._await_first(server))

    async def unload(self) -> None:
        """Run no model."""
        self._stop_asking()
        async with self._changing:
            await self._bot.replace(None)

    async def close(self) -> None:
        """Ask nobody any more."""
        asking = self._asking
        self._stop_asking()
        if asking is not None:
            with suppress(asyncio.CancelledError):
                await asking

    async def _load(self, path: Path) -> None:
        async with self._changing:
            served = await asyncio.to_thread(self._make, path)
            await asyncio.to_thread(served.prepare)
            await self._bot.replace(served)
        say("loaded", f"The model {served.model.file} answers from now on", model_id=served.model.model_id)

    async def _fetch(self, server: ModelServer, version: str | None) -> str | None:
        """Load the server's model where it is another than `version`; the version that runs now."""
        with tempfile.TemporaryDirectory(prefix="model-") as folder:
            fetched = await fetch(server, Path(folder), version)
            if fetched is None:
                return version
            await self._load(fetched.path)
            return fetched.version

    async def _await_first(self, server: ModelServer) -> None:
        wait, version, told = _FIRST_RETRY, None, False
        while not self._bot.has_model:
            try:
                version = await self._fetch(server, None)
            except ModelError as problem:
                if not told:
                    say("warning", f"{problem} The bot asks again and answers 409 until there is a model.")
                told = True
            if not self._bot.has_model:
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LAST_RETRY)
        if server.poll is not None:
            await self._ask(server, version, server.poll)

    async def _ask(self, server: ModelServer, version: str | None, poll: float) -> None:
        """Ask for ever. A server that fails, or a model that won't load, is said once, until one works again."""
        told = ""
        while True:
            await asyncio.sleep(poll)
            try:
                version = await self._fetch(server, version)
            except ModelError as problem:
                if str(problem) != told:
                    logs.warning("model_not_fetched", address=server.shown, fault=type(problem).__name__)
                    say("warning", f"{problem} The model that runs goes on.")
                told = str(problem)
            else:
                told = ""

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        self._asking = None
