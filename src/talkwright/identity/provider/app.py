"""The provider put together: its routes, to be mounted under `/auth`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import Route, Router

from talkwright.database.engine import Database
from talkwright.identity.provider import accounts
from talkwright.identity.provider.clients import known_clients
from talkwright.identity.provider.endpoints import REALMS, Endpoints
from talkwright.identity.provider.forms import Directory, Forms
from talkwright.identity.provider.issuing import Issuer
from talkwright.identity.provider.keys import Signer
from talkwright.identity.provider.pages import BASE, Pages, asset
from talkwright.identity.secrets import Keyring

LINK_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider's routes, and its signer for whoever rotates keys."""

    routes: Router
    signer: Signer


def issuer_of(base_url: str) -> str:
    """The issuer's name under a public URL."""
    return f"{base_url}{BASE}/realms/{REALMS[0]}"


def create_provider(
    database: Database,
    keyring: Keyring,
    directory: Directory,
    *,
    base_url: str,
    audience: str,
    sign_in_hours: int,
    font_url: str | None = None,
) -> Provider:
    """The provider of a studio that people reach under `base_url`."""
    pages = Pages(secure=base_url.startswith("https://"), font_url=font_url)
    signer = Signer(database, keyring)
    forms = Forms(database, pages, directory, home=f"{base_url}/api/sign-in")
    endpoints = Endpoints(
        database=database,
        issuer=Issuer(database, signer, issuer_of(base_url), audience),
        signer=signer,
        clients=known_clients([f"{base_url}/api/sign-in/callback"], sign_in_hours * 3600),
        forms=forms,
        pages=pages,
        logout_uris=frozenset({f"{base_url}/", base_url}),
    )
    routes = [
        Route("/first-administrator", forms.first_administrator, methods=["GET", "POST"]),
        Route("/password", forms.new_password, methods=["GET", "POST"]),
        Route("/theme", pages.theme),
        Route("/assets/{name}", asset),
    ]
    for realm in REALMS:
        openid = f"/realms/{realm}/protocol/openid-connect"
        routes += [
            Route(f"/realms/{realm}/.well-known/openid-configuration", endpoints.discovery),
            Route(f"{openid}/certs", endpoints.certs),
            Route(f"{openid}/auth", endpoints.authorize, methods=["GET", "POST"]),
            Route(f"{openid}/token", endpoints.token, methods=["POST"]),
            Route(f"{openid}/userinfo", endpoints.userinfo, methods=["GET", "POST"]),
            Route(f"{openid}/logout", endpoints.logout, methods=["GET", "POST"]),
        ]
    return Provider(Router(routes, redirect_slashes=False), signer)


async def administrator_link(session: AsyncSession, base_url: str) -> str:
    """A new one-time link to the page that makes the first administrator."""
    token = await accounts.make_link(session, "first-administrator", LINK_LIFETIME)
    return f"{base_url}{BASE}/first-administrator?token={token}"
