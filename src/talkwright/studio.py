"""The studio in one process: the backend, the built-in provider where it is used, and the web client's files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from talkwright.backend.app import create_app
from talkwright.backend.context import Services
from talkwright.backend.events.bus import Bus
from talkwright.backend.quotas.settings import QuotaSettings
from talkwright.backend.secrets.given import GivenNames
from talkwright.backend.settings import BackendSettings
from talkwright.backend.sign_in.authenticator import OpenIdAuthenticator
from talkwright.backend.sign_in.service import SignIns
from talkwright.backend.static import WebClient, default_root
from talkwright.database.announcements import Listener
from talkwright.database.engine import Database
from talkwright.database.tables import instance
from talkwright.identity.accounts import AccountMaker
from talkwright.identity.audit import Origin, record
from talkwright.identity.connection import Connection, connect
from talkwright.identity.directory import person_by_subject
from talkwright.identity.people import administrator_exists, end_everything, register_administrator
from talkwright.identity.provider.accounts import Account
from talkwright.identity.provider.administration import BuiltInAccounts
from talkwright.identity.provider.app import Provider, administrator_link, create_provider, issuer_of
from talkwright.identity.provider.forms import Directory
from talkwright.identity.provider.pages import BASE
from talkwright.identity.secrets import Keyring, keyring
from talkwright.identity.settings import IdentitySettings
from talkwright.operations.config import reveal


@dataclass(frozen=True)
class Studio:
    """The running studio: serve `app`, and call `close_streams` when the server begins to stop."""

    app: FastAPI
    services: Services
    connection: Connection
    provider: Provider | None

    def close_streams(self) -> None:
        """End the open event streams, so that none delays the server's end."""
        self.services.get(Bus).close_streams()

    async def first_administrator_link(self) -> str | None:
        """A fresh one-time link while there is no administrator; None afterwards and with another provider."""
        if self.connection.kind != "builtin":
            return None
        async with self.services.database.transaction() as session:
            return await first_administrator_link(session, self.services.settings.base_url)


async def first_administrator_link(session: AsyncSession, base_url: str) -> str | None:
    """A fresh one-time link that makes the first administrator, or None where there is one."""
    return None if await administrator_exists(session) else await administrator_link(session, base_url)


@asynccontextmanager
async def open_studio(
    *,
    database: Database,
    direct_url: str,
    home: Path,
    backend: BackendSettings,
    identity: IdentitySettings,
    extensions: Mapping[type[Any], Any] | None = None,
    http: httpx2.AsyncClient | None = None,
) -> AsyncIterator[Studio]:
    """Put the studio together. `direct_url` is for notifications; `extensions` are further services of features.

    `backend.port` must be the one that is really listened on: the public address and the provider's issuer follow it.
    """
    keys = keyring(reveal(identity.secret_keys), home)
    async with database.transaction() as session:
        instance_id = str((await session.execute(select(instance.c.id))).scalar_one())
    client = WebClient(backend.web_root or default_root())
    own_http = http or httpx2.AsyncClient(follow_redirects=False)
    connection = connect(
        identity,
        keys,
        own_http,
        builtin_issuer=issuer_of(backend.base_url),
        builtin_internal_url=issuer_of(f"http://127.0.0.1:{backend.port}"),
    )
    listener = Listener(direct_url)
    services = Services(
        settings=backend,
        database=database,
        authenticator=OpenIdAuthenticator(database, connection),
        instance=instance_id,
        extensions={
            GivenNames: GivenNames(),
            QuotaSettings: QuotaSettings(),
            Keyring: keys,
            Listener: listener,
            Bus: Bus(direct_url, listener),
            SignIns: SignIns(database, connection, backend.base_url),
            **_accounts(connection, backend.base_url),
            **(extensions or {}),
        },
    )
    app = create_app(services)
    provider = None
    if connection.kind == "builtin":
        provider = create_provider(
            database,
            keys,
            _directory(connection),
            base_url=backend.base_url,
            audience=connection.verifier.audience,
            sign_in_hours=identity.sign_in_hours,
            font_url=client.font_url,
        )
        app.mount(BASE, provider.routes)
    app.router.default = client
    try:
        yield Studio(app, services, connection, provider)
    finally:
        if http is None:
            await own_http.aclose()


def _accounts(connection: Connection, base_url: str) -> dict[type[Any], Any]:
    if connection.kind != "builtin":
        return {}
    maker: AccountMaker = BuiltInAccounts(base_url)
    return {AccountMaker: maker}


def _directory(connection: Connection) -> Directory:
    """How the provider's accounts become the studio's people, in the provider's transaction."""

    async def register(session: AsyncSession, account: Account) -> None:
        provider = await connection.provider(session)
        await register_administrator(session, provider, str(account.id), account.display)

    async def password_changed(session: AsyncSession, account: Account) -> None:
        person = await person_by_subject(session, await connection.provider(session), str(account.id))
        if person is not None:
            await end_everything(session, person.id)

    async def note(session: AsyncSession, request: Request, action: str, account: UUID | None, done: bool) -> None:
        person = None
        if account is not None:
            person = await person_by_subject(session, await connection.provider(session), str(account))
        origin = Origin(
            via="browser",
            actor=person.id if person else None,
            address=request.client.host if request.client else None,
            request_id=getattr(request.state, "request_id", None),
        )
        await record(session, origin, f"account:{action}", outcome="done" if done else "refused", target=account)

    return Directory(administrator_exists, register, password_changed, note)
