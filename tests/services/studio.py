"""A whole studio server for tests: its real application over HTTP, with people who really sign in."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from talkwright.backend.chats.bots import Bots
from talkwright.backend.settings import BackendSettings
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.identity.secrets import keyring
from talkwright.identity.settings import IdentitySettings
from talkwright.storage.objects import ObjectStore, open_store
from talkwright.storage.settings import StorageSettings
from talkwright.studio import Studio, open_studio

PASSWORD = "a-quiet-harbour-9"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Without the machine's certificates: loading them takes longer than most tests, and nothing here speaks TLS."""


@dataclass
class Browser:
    """A browser without a screen: keeps cookies, follows the sign-in, sends the page's token."""

    http: httpx2.AsyncClient
    csrf: str = ""

    async def sign_in(self, username: str = "admin", password: str = PASSWORD) -> httpx2.Response:
        """Go through the provider's page as a person does."""
        page = await self.http.get("/api/sign-in", params={"next": "/"}, follow_redirects=True)
        answer = await self.http.post(str(page.url), data={"username": username, "password": password})
        return await self.follow(answer)

    async def follow(self, answer: httpx2.Response) -> httpx2.Response:
        """Follow redirects to the end, then read the session."""
        while answer.is_redirect:
            answer = await self.http.get(str(answer.next_request.url if answer.next_request else "/"))
        session = await self.http.get("/api/session")
        self.csrf = session.json()["csrf"] if session.status_code == 200 else ""
        return answer

    async def send(self, method: str, path: str, **values: Any) -> httpx2.Response:
        """An unsafe request of the page."""
        headers = {"X-CSRF-Token": self.csrf, **values.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **values)


@dataclass
class RunningStudio:
    """A studio that listens on a port of its own."""

    studio: Studio
    base_url: str
    browsers: list[Browser] = field(default_factory=list)

    def browser(self) -> Browser:
        """A new browser, without any cookie."""
        browser = Browser(httpx2.AsyncClient(base_url=self.base_url, timeout=60, verify=PLAIN))
        self.browsers.append(browser)
        return browser

    async def administrator(self) -> Browser:
        """A browser in which the first administrator has just been made."""
        browser = self.browser()
        link = await self.studio.first_administrator_link()
        if link is None:
            await browser.sign_in()
            return browser
        form = {"username": "admin", "password": PASSWORD, "again": PASSWORD}
        await browser.follow(await browser.http.post(link, data=form))
        return browser

    async def token(self, username: str = "admin", password: str = PASSWORD, client: str = "admin-cli") -> str:
        """An access token as a command line gets it."""
        async with httpx2.AsyncClient(base_url=self.base_url, timeout=60, verify=PLAIN) as http:
            answer = await http.post(
                "/auth/realms/rasa-studio/protocol/openid-connect/token",
                data={"grant_type": "password", "client_id": client, "username": username, "password": password}
                | {"scope": "openid", "code": "", "redirect_uri": ""},
            )
        return str(answer.json()["access_token"])


@contextlib.asynccontextmanager
async def run_studio(
    database_url: str, home: Path, *, identity: IdentitySettings | None = None, port: int = 0, **settings: Any
) -> AsyncIterator[RunningStudio]:
    """Serve a studio until the block ends."""
    sock = socket.create_server(("127.0.0.1", port))
    port = sock.getsockname()[1]
    database = Database.at(database_url)
    bots = Bots(keyring(None, home), holder=uuid7())
    async with (
        httpx2.AsyncClient(verify=PLAIN, follow_redirects=False) as to_itself,
        open_studio(
            database=database,
            direct_url=database_url,
            home=home,
            backend=BackendSettings(port=port, **settings),
            identity=identity or IdentitySettings(),
            extensions={ObjectStore: open_store(StorageSettings(), home), Bots: bots},
            http=to_itself if identity is None else None,
        ) as studio,
    ):
        config = uvicorn.Config(studio.app, log_level="warning", timeout_graceful_shutdown=3, proxy_headers=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        running = RunningStudio(studio, f"http://127.0.0.1:{port}")
        try:
            while not server.started:
                if serving.done():
                    serving.result()
                await asyncio.sleep(0.01)
            yield running
        finally:
            for browser in running.browsers:
                await browser.http.aclose()
            studio.close_streams()
            server.should_exit = True
            await serving
            await bots.close()
            await database.close()


def words(html: str) -> str:
    """The text of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
