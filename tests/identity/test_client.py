"""The studio as a client of providers that are elsewhere, slow, wrong or away."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import func, select, update
from tests.services.studio import PASSWORD, RunningStudio, run_studio, words

from talkwright.database.tables import providers, sign_ins
from talkwright.identity.client import GrantRefusedError, OpenIdClient, Proof, ProviderDownError
from talkwright.identity.settings import IdentitySettings

pytestmark = pytest.mark.anyio
PUBLIC = "https://id.example.com/realms/acme"
INTERNAL = "http://id.internal:8080/realms/acme"
Answer = Callable[[httpx2.Request], httpx2.Response]


def discovery(**changes: str) -> dict[str, str]:
    endpoints = {
        name: f"{PUBLIC}/protocol/openid-connect/{path}"
        for name, path in (
            ("authorization_endpoint", "auth"),
            ("token_endpoint", "token"),
            ("jwks_uri", "certs"),
            ("end_session_endpoint", "logout"),
        )
    }
    return {"issuer": PUBLIC, **endpoints} | changes


def client(answer: Answer, **values: str) -> OpenIdClient:
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return OpenIdClient(http, PUBLIC, "talkwright", **values)  # type: ignore[arg-type] # every value is a text


async def test_this_process_goes_the_internal_way_and_browsers_the_public_one() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        if request.url.path.endswith("openid-configuration"):
            return httpx2.Response(200, json=discovery())
        return httpx2.Response(200, json={"access_token": "a", "expires_in": 60, "keys": []})

    provider = client(answer, internal_url=INTERNAL, client_secret="s")
    proof = Proof.new()
    url = await provider.authorization_url("https://studio.example.com/api/sign-in/callback", proof)
    assert url.startswith(f"{PUBLIC}/protocol/openid-connect/auth?")
    query = parse_qs(urlsplit(url).query)
    assert query["code_challenge"] == [proof.challenge]
    assert query["code_challenge_method"] == ["S256"]
    assert proof.verifier not in url
    await provider.exchange("code", "https://studio.example.com/api/sign-in/callback", proof)
    await provider.keys()
    assert all(each.startswith(INTERNAL) for each in asked)
    assert len(asked) == 3  # the discovery document is read once
    leaving = await provider.end_session_url("id-token", "https://studio.example.com/")
    assert leaving is not None
    assert leaving.startswith(f"{PUBLIC}/protocol/openid-connect/logout?")


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, json=discovery(issuer=PUBLIC + "/")),
        httpx2.Response(200, json=discovery(issuer="https://evil.example")),
        httpx2.Response(200, json={"issuer": PUBLIC}),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, text="<html>"),
        httpx2.Response(503, json=discovery()),
        httpx2.Response(302, headers={"Location": "https://evil.example"}),
    ],
    ids=["slash", "other", "bare", "list", "html", "down", "redirect"],
)
async def test_a_provider_that_is_not_the_one_we_know_is_not_used(answer: httpx2.Response) -> None:
    with pytest.raises(ProviderDownError):
        await client(lambda _request: answer).authorization_url("https://studio.example.com/back", Proof.new())


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": "invalid_grant"}, GrantRefusedError),
        (401, {"error": "invalid_client"}, GrantRefusedError),
        (500, {"error": "server_error"}, ProviderDownError),
        (429, {}, ProviderDownError),
        (200, {"token": "none"}, ProviderDownError),
        (200, [], ProviderDownError),
    ],
)
async def test_a_refusal_is_told_from_a_failure(status: int, body: object, error: type[Exception]) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(200, json=discovery())
        return httpx2.Response(status, json=body)

    with pytest.raises(error):
        await client(answer).refresh("token")


async def test_a_dead_address_is_a_provider_that_is_down() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    with pytest.raises(ProviderDownError):
        await client(answer).refresh("token")
    assert await client(answer).end_session_url(None, "https://studio.example.com/") is None


@pytest.fixture
async def studio(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with run_studio(fresh_database_url, tmp_path) as running:
        yield running


async def test_a_sign_in_works_on_while_the_provider_is_away_but_not_for_ever(studio: RunningStudio) -> None:
    browser = await studio.administrator()
    provider = studio.studio.connection.client

    async def away(_token: str | None) -> None:
        raise ProviderDownError("away")

    provider.refresh = away  # type: ignore[assignment,method-assign] # the one call that fails while all else lives

    async def age(seconds: int) -> None:
        async with studio.studio.services.transaction() as session:
            old = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
            await session.execute(update(sign_ins).values(access_expires_at=old))

    await age(60)
    assert (await browser.http.get("/api/session")).status_code == 200
    await age(4000)
    for _ in range(2):  # the one that asks the provider, and the one that doesn't while it is asked
        answer = await browser.http.get("/api/session")
        assert (answer.status_code, answer.json()["code"]) == (503, "identity-provider-unavailable")


async def test_a_provider_whose_row_was_rolled_back_is_made_again(studio: RunningStudio) -> None:
    elsewhere = replace(studio.studio.connection, kind="openid", client=client(lambda _: httpx2.Response(404)))
    with contextlib.suppress(ZeroDivisionError):
        async with studio.studio.services.transaction() as session:
            await elsewhere.provider(session)
            raise ZeroDivisionError
    async with studio.studio.services.transaction() as session:
        there = await elsewhere.provider(session)
        found = await session.execute(select(providers.c.id).where(providers.c.kind == "openid"))
        assert found.scalar_one() == there


async def test_the_sign_in_page_says_so_when_the_provider_is_away(fresh_database_url: str, tmp_path: Path) -> None:
    identity = IdentitySettings(identity_provider="openid", oidc_issuer="http://127.0.0.1:1/realms/none")
    async with run_studio(fresh_database_url, tmp_path, identity=identity) as studio:
        answer = await studio.browser().http.get("/api/sign-in")
        assert answer.status_code == 503
        assert "doesn’t answer" in words(answer.text) or "doesn't answer" in answer.text.replace("&#39;", "'")
        assert await studio.studio.first_administrator_link() is None
        assert (await studio.browser().http.get("/api/instance")).json()["first_administrator_needed"] is False
        assert (
            await studio.browser().http.get("/auth/realms/talkwright/protocol/openid-connect/auth")
        ).status_code == 404


async def test_behind_a_proxy_the_whole_sign_in_speaks_of_the_public_address(
    fresh_database_url: str, tmp_path: Path
) -> None:
    public = "https://studio.example.com"
    async with run_studio(fresh_database_url, tmp_path, public_url=public) as studio:
        jar: dict[str, str] = {}

        async def go(method: str, url: str, **form: str) -> httpx2.Response:
            """What the proxy passes on, and what a browser keeps of the answer."""
            headers = {
                "Host": "studio.example.com",
                "Cookie": "; ".join(f"{key}={value}" for key, value in jar.items()),
            }
            path = url.removeprefix(public)
            answer = await studio.browser().http.request(method, path, headers=headers, data=form or None)
            for header in answer.headers.get_list("set-cookie"):
                assert "Secure" in header
                jar.update({name: morsel.value for name, morsel in SimpleCookie(header).items()})
            return answer

        link = await studio.studio.first_administrator_link()
        assert link is not None
        assert link.startswith(f"{public}/auth/first-administrator?token=")
        answer = await go("POST", link, username="admin", password=PASSWORD, again=PASSWORD)
        while answer.is_redirect:
            answer = await go("GET", answer.headers["location"])
        session = await go("GET", "/api/session")
        assert session.json()["roles"] == ["superuser"]
