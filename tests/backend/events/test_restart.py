"""Two hundred changes while the page's connection is cut, again and again, and the server itself dies once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select
from tests.backend.content.calls import change, imported
from tests.services.running import environment
from tests.services.studio import PLAIN, Browser, run_studio

from talkwright.backend.events.stream import encode_position
from talkwright.database.announcements import STUDIO
from talkwright.database.engine import Database
from talkwright.database.frames import send_frame
from talkwright.database.ids import uuid7
from talkwright.database.tables import announcements

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]

CHANGES = 200
STALLS_SECONDS = 120.0
"""So long nothing new takes to come, however busy the machine; how long all of them take is not what is tested."""
FACTS_PER_CONNECTION = 18
FILES = {"config.yml": b"language: en\npolicies: []\n"}
COMMAND = (sys.executable, "-m", "talkwright.cli.main", "backend")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


async def start(home: Path, url: str, port: int) -> asyncio.subprocess.Process:
    """The backend as a process of its own."""
    settings = {"TALKWRIGHT_DATABASE_URL": url, "TALKWRIGHT_LOG_LEVEL": "error"}
    return await asyncio.create_subprocess_exec(
        *COMMAND, env=environment(home, **settings) | {"TALKWRIGHT_PORT": str(port)}, stdin=asyncio.subprocess.DEVNULL
    )


class Server:
    """The backend's process, which dies and comes back on the same port."""

    def __init__(self, home: Path, url: str, port: int) -> None:
        self._start: Callable[[], Any] = lambda: start(home, url, port)
        self.process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Server:
        self.process = await self._start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.kill()

    async def kill(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def die_and_come_back(self) -> None:
        await self.kill()
        self.process = await self._start()


async def written(browser: Browser, assistant: str, sent: list[str]) -> None:
    """Make one change after the other; one that got no answer is sent again under its id until it has one."""
    for number in range(CHANGES):
        made = {"op": "create", "item": str(uuid7()), "kind": "response", "name": f"utter_{number}"}
        body = change({**made, "body": [{"text": "x"}]})
        sent.append(body["id"])
        while True:
            with contextlib.suppress(httpx2.TransportError):
                answer = await browser.send("POST", f"/api/assistants/{assistant}/changes", json=body)
                if answer.status_code != 503:
                    assert answer.status_code == 200, answer.text
                    break
            await asyncio.sleep(0.05)


async def events(browser: Browser, assistant: str, position: str) -> AsyncIterator[tuple[str, str, dict[str, Any]]]:
    """Name, position and data of what one connection brings, until it ends."""
    query = {"assistant": assistant, "since": position}
    async with browser.http.stream("GET", "/api/events", params=query) as response:
        assert response.status_code == 200
        name = at = ""
        async for line in response.aiter_lines():
            key, _, value = line.partition(": ")
            if key == "event":
                name, at = value, ""
            elif key == "id":
                at = value
            elif key == "data":
                yield name, at, json.loads(value)


@pytest.mark.slow
async def test_what_is_received_is_what_was_written_though_line_and_server_fail(
    fresh_database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    async with run_studio(fresh_database_url, tmp_path, port=port) as studio:
        signed_in = await studio.administrator()
        assistant = (await imported(signed_in, FILES))["assistant"]["id"]
        cookies, csrf, base_url = signed_in.http.cookies, signed_in.csrf, studio.base_url
    database = Database.at(fresh_database_url)
    sent: list[str] = []
    received: list[str] = []
    cuts = frames = 0

    async def chatter() -> None:
        """Another role, whose job writes log lines all the time."""
        while True:
            async with database.transaction() as session:
                for number in range(5):
                    await send_frame(session, UUID(assistant), "log", {"lines": [str(number)]})
            await asyncio.sleep(0.1)

    http = httpx2.AsyncClient(base_url=base_url, timeout=20, verify=PLAIN, cookies=cookies)
    async with http, Server(tmp_path, fresh_database_url, port) as server:
        browser = Browser(http, csrf)
        tasks = [asyncio.create_task(written(browser, assistant, sent)), asyncio.create_task(chatter())]
        position = encode_position({STUDIO: 0, assistant: 1})
        has_died = False
        async with asyncio.timeout(STALLS_SECONDS) as patience:
            while len(received) < CHANGES:
                cuts += 1
                facts = 0
                with contextlib.suppress(httpx2.TransportError):
                    async with contextlib.aclosing(events(browser, assistant, position)) as stream:
                        async for name, at, data in stream:
                            assert name != "reset"
                            position = at or position
                            frames += name == "frame"
                            if name == "fact" and data["kind"] == "change":
                                received.append(data["change_id"])
                                facts += 1
                                patience.reschedule(asyncio.get_running_loop().time() + STALLS_SECONDS)
                            if facts == FACTS_PER_CONNECTION or len(received) == CHANGES:
                                break
                if len(received) >= CHANGES // 2 and not has_died:
                    has_died = True
                    await server.die_and_come_back()
                if tasks[0].done():
                    tasks[0].result()
                await asyncio.sleep(0.02)
            await tasks[0]
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with database.transaction() as session:
        query = select(announcements.c.change_id).where(
            announcements.c.scope == assistant, announcements.c.kind == "change", announcements.c.id > 1
        )
        rows = [str(row.change_id) for row in await session.execute(query.order_by(announcements.c.id))]
    await database.close()
    assert received == sent == rows
    assert cuts > 10
    assert frames > 0
