"""People who chat over HTTP, and the backend that serves them as a process of its own."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import httpx2
from tests.services.asking import NoAnswerError, RefusedError, needs_an_answer, until_answered
from tests.services.modelservice import Service
from tests.services.studio import PASSWORD, PLAIN, Browser

from talkwright.database.ids import uuid7

START_SECONDS = 120.0
COMMAND = (sys.executable, "-m", "talkwright.cli.main")


class Chatting(Protocol):
    """Whoever begins chats and talks in them, in whichever way."""

    async def begin(self) -> UUID:
        """Begin a chat."""

    async def say(self, chat: UUID, words: str) -> Mapping[str, Any]:
        """One turn."""


@dataclass
class Visit:
    """Chats of one assistant, from a page; one that is not `patient` takes what stands for no answer for a refusal."""

    browser: Browser
    assistant: UUID
    patient: bool = True

    async def begin(self) -> UUID:
        """Begin a chat. Raises RefusedError."""
        chat = uuid7()
        await self._ask(self._chats, {"id": str(chat)})
        return chat

    async def say(self, chat: UUID, words: str) -> Mapping[str, Any]:
        """One turn. Raises RefusedError."""
        return await self._ask(f"{self._chats}/{chat}/messages", {"id": str(uuid7()), "text": words})

    @property
    def _chats(self) -> str:
        return f"/api/assistants/{self.assistant}/chats"

    async def _ask(self, path: str, body: Mapping[str, str]) -> Mapping[str, Any]:
        async def ask() -> Mapping[str, Any]:
            return await asked(self.browser, "POST", path, json=body)

        return await (until_answered(ask) if self.patient else ask())


async def asked(browser: Browser, method: str, path: str, **values: Any) -> Mapping[str, Any]:
    """What one request of a page is answered. Raises RefusedError, and NoAnswerError where the page asks again."""
    try:
        answer = await browser.send(method, path, **values)
    except httpx2.TransportError as error:
        raise NoAnswerError(repr(error)) from error
    if answer.is_success:
        return dict(answer.json())
    needs_an_answer(answer.status_code, answer.json()["code"])
    raise RefusedError(answer.text)


@asynccontextmanager
async def backend_of(service: Service) -> AsyncIterator[Browser]:
    """A backend over a model service's database and folder, and the first person that was let in."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    child = service.start("backend", TALKWRIGHT_PORT=str(port))
    command = (*COMMAND, "users", "add", "ann", "--role", "superuser")
    adding = await asyncio.create_subprocess_exec(
        *command, env=dict(child.program.environment), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await adding.communicate()
    assert adding.returncode == 0
    try:
        address = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=address, verify=PLAIN, trust_env=False, timeout=60) as http:
            await _answers(http)
            browser, form = Browser(http), {"username": "ann", "password": PASSWORD, "again": PASSWORD}
            await browser.follow(await http.post(told.decode().strip(), data=form))
            assert browser.csrf
            yield browser
    finally:
        await service.stop(child)


async def _answers(http: httpx2.AsyncClient) -> None:
    """Wait until a backend answers."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            with suppress(httpx2.TransportError):
                if (await http.get("/api/instance")).is_success:
                    return
            await asyncio.sleep(0.1)
