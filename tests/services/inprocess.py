"""The studio's real application without a port: requests are handed to it directly, on the real database.

For suites of very many requests, where sockets and an event loop's other end would cost more than the answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import httpx2
from sqlalchemy import insert

from talkwright.backend.chats.bots import Bots
from talkwright.backend.settings import BackendSettings
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.database.tables import grants
from talkwright.identity.client import Tokens
from talkwright.identity.directory import register
from talkwright.identity.secrets import keyring
from talkwright.identity.settings import IdentitySettings
from talkwright.identity.sign_ins import open_sign_in
from talkwright.identity.tokens import Claims
from talkwright.storage.objects import ObjectStore, open_store
from talkwright.storage.settings import StorageSettings
from talkwright.studio import Studio, open_studio

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """What came back; of an endless stream only its first bytes."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


@dataclass(frozen=True)
class Caller:
    """A signed-in browser, or a stranger where `cookie` is empty."""

    id: UUID | None = None
    cookie: str = ""
    csrf: str = ""


STRANGER = Caller()


@dataclass
class InProcess:
    """A studio to ask."""

    studio: Studio
    home: Path
    store: ObjectStore
    port: int = 8390
    people: int = field(default=0)

    async def ask(
        self,
        caller: Caller,
        method: str,
        path: str,
        *,
        body: Any = None,
        content: bytes = b"",
        headers: Iterable[tuple[str, str]] = (),
    ) -> Answer:
        """Send one request as the page of this caller does."""
        sent = {"host": f"{HOST}:{self.port}", "x-csrf-token": caller.csrf, **dict(headers)}
        if caller.cookie:
            sent["cookie"] = caller.cookie
        if body is not None:
            content, sent["content-type"] = json.dumps(body).encode(), "application/json"
        if content:
            sent["content-length"] = str(len(content))
        return await _ask(self.studio.app, method, path, content, sent)

    async def person(self, roles: Iterable[str] = (), *, here: Mapping[UUID, str] | None = None) -> Caller:
        """Somebody new with these roles everywhere and those `here`, with a sign-in like the one a browser gets."""
        self.people += 1
        name = f"person-{self.people}-{uuid7().hex[-6:]}"
        secret, csrf = f"secret-of-{name}", f"csrf-of-{name}"
        connection = self.studio.connection
        now = datetime.now(UTC)
        claims = Claims(
            subject=name,
            issued_at=now,
            expires_at=now + timedelta(hours=1),
            session=None,
            username=name,
            display=name,
            email=None,
            roles=frozenset(),
        )
        async with self.studio.services.transaction() as session:
            provider = await connection.provider(session)
            user = await register(session, provider, name, username=name, display=name)
            held = [(None, role) for role in roles] + [(assistant, role) for assistant, role in (here or {}).items()]
            for assistant, role in held:
                values = {"id": uuid7(), "user": user, "role": role, "assistant": assistant}
                await session.execute(insert(grants).values(values))
            await open_sign_in(
                session,
                connection.keyring,
                person=user,
                provider=provider,
                secret=secret,
                csrf=csrf,
                tokens=Tokens("access", "refresh", None, 3600),
                claims=claims,
                hours=12,
            )
        instance = self.studio.services.instance.replace("-", "")[-12:]
        return Caller(user, f"talkwright_{instance}={secret}", csrf)


@contextlib.asynccontextmanager
async def studio_in_process(database_url: str, home: Path, **settings: Any) -> AsyncIterator[InProcess]:
    """The application, started as a server starts it, until the block ends."""
    database = Database.at(database_url)
    bots = Bots(keyring(None, home), holder=uuid7())
    store = open_store(StorageSettings(), home)
    apps: list[Any] = []

    async def itself(scope: Any, receive: Any, send: Any) -> None:
        await apps[0](scope, receive, send)

    # The identity provider that the studio asks is its own: no port leads to it here.
    async with (
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=itself)) as http,
        open_studio(
            database=database,
            direct_url=database_url,
            home=home,
            backend=BackendSettings(port=8390, **settings),
            identity=IdentitySettings(),
            extensions={ObjectStore: store, Bots: bots},
            http=http,
        ) as studio,
        studio.app.router.lifespan_context(studio.app),
    ):
        apps.append(studio.app)
        yield InProcess(studio, home, store)
        studio.close_streams()
    await bots.close()
    await database.close()


async def _ask(app: Any, method: str, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
    parts = urlsplit(path)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(parts.path, errors="replace"),
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": (HOST, 50000),
        "server": (HOST, 8390),
    }
    begun: dict[str, Any] = {}
    chunks: list[bytes] = []
    enough = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not begun.get("received"):
            begun["received"] = True
            return {"type": "http.request", "body": content, "more_body": False}
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            begun.update(message)
        else:
            chunks.append(message.get("body", b""))
            is_stream = (b"content-type", b"text/event-stream") in [
                (name.lower(), value.partition(b";")[0]) for name, value in begun["headers"]
            ]
            if is_stream and chunks[-1]:
                enough.set()

    serving = asyncio.ensure_future(app(scope, receive, send))
    await asyncio.wait_for(serving, 60)
    return Answer(
        begun["status"],
        {name.decode().lower(): value.decode() for name, value in begun["headers"]},
        b"".join(chunks),
    )
