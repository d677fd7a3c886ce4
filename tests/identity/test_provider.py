"""The built-in provider as clients of the ecosystem meet it (wire-protocols 1.1–1.3, 1.12).

ASVS 5.0: 10.4.1 (exact ways back), 10.4.2 (codes count once), 10.4.4 (which client may use which grant), 10.4.5
(refresh tokens rotate, reuse ends the session), 10.4.6 (PKCE with S256), 6.2 (passwords), 6.3.1 (guessing is slow).
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import func, text, update
from tests.services.studio import PASSWORD, RunningStudio, run_studio, words

from talkwright.identity.client import Proof
from talkwright.identity.provider.tables import throttles

pytestmark = pytest.mark.anyio
REALM = "/auth/realms/rasa-studio"
OPENID = f"{REALM}/protocol/openid-connect"


@pytest.fixture(scope="module")
async def studio(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningStudio]:
    async with run_studio(database_url, tmp_path_factory.mktemp("home")) as running:
        await running.administrator()
        yield running


@pytest.fixture
async def http(studio: RunningStudio) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=studio.base_url, timeout=60) as client:
        yield client


async def login(http: httpx2.AsyncClient, username: str = "admin", password: str = PASSWORD) -> httpx2.Response:
    """The command line's login, field by field as it sends them."""
    form = {"username": username, "password": password, "client_id": "admin-cli", "grant_type": "password"}
    return await http.post(f"{OPENID}/token", data=form | {"code": "", "redirect_uri": "", "scope": "openid"})


async def refresh(http: httpx2.AsyncClient, token: str, client: str = "admin-cli") -> httpx2.Response:
    form = {"client_id": client, "grant_type": "refresh_token", "refresh_token": token}
    return await http.post(f"{OPENID}/token", data=form)


def payload(token: str) -> dict[str, Any]:
    """A token's claims, read as the command line reads them: without its signature."""
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


class Flow:
    """One authorization code flow of the studio's own client, by hand."""

    def __init__(self, studio: RunningStudio, http: httpx2.AsyncClient) -> None:
        self.http = http
        self.proof = Proof.new()
        self.redirect_uri = f"{studio.base_url}/api/sign-in/callback"

    def query(self, **changes: str) -> dict[str, str]:
        values = {
            "response_type": "code",
            "client_id": "talkwright",
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile",
            "state": self.proof.state,
            "nonce": self.proof.nonce,
            "code_challenge": self.proof.challenge,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (values | changes).items() if value}

    async def authorize(self, **changes: str) -> httpx2.Response:
        form = {"username": "admin", "password": PASSWORD}
        return await self.http.post(f"{OPENID}/auth", params=self.query(**changes), data=form)

    async def code(self) -> str:
        answer = await self.authorize()
        assert answer.status_code == 303, answer.text
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert query["state"] == [self.proof.state]
        return query["code"][0]

    async def trade(self, code: str, /, **changes: str) -> httpx2.Response:
        form = {
            "grant_type": "authorization_code",
            "client_id": "talkwright",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.proof.verifier,
        }
        return await self.http.post(f"{OPENID}/token", data=form | changes)


@pytest.mark.parametrize("realm", ["talkwright", "rasa-studio"])
async def test_both_realm_names_have_a_discovery_document(http: httpx2.AsyncClient, realm: str) -> None:
    answer = await http.get(f"/auth/realms/{realm}/.well-known/openid-configuration")
    document = answer.json()
    assert answer.status_code == 200
    assert document["issuer"].endswith("/auth/realms/talkwright")
    keys = (await http.get(document["jwks_uri"])).json()["keys"]
    assert keys
    assert not any({"d", "p", "q"} & set(key) for key in keys)


async def test_a_command_line_logs_in_and_gets_the_five_values_it_needs(http: httpx2.AsyncClient) -> None:
    answer = await login(http)
    tokens = answer.json()
    assert answer.status_code == 200
    assert isinstance(tokens["expires_in"], int)
    assert isinstance(tokens["refresh_expires_in"], int)
    assert tokens["token_type"] == "Bearer"
    for name in ("access_token", "refresh_token"):
        assert payload(tokens[name])["exp"] > time.time() + 3600
    session = await http.get("/api/session", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert session.json()["roles"] == ["superuser"]
    renewed = await refresh(http, tokens["refresh_token"])
    assert renewed.status_code == 200
    assert (await refresh(http, tokens["refresh_token"])).status_code == 200  # a client that kept the older one


@pytest.mark.parametrize(("username", "password"), [("admin", "wrong"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_password_is_401_with_a_message(http: httpx2.AsyncClient, username: str, password: str) -> None:
    answer = await login(http, username, password)
    assert answer.status_code == 401
    assert answer.json()["message"] == "The name or the password is wrong."


async def test_the_studios_own_client_can_not_use_the_password_grant(http: httpx2.AsyncClient) -> None:
    form = {"username": "admin", "password": PASSWORD, "client_id": "talkwright", "grant_type": "password"}
    answer = await http.post(f"{OPENID}/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
    assert isinstance(answer.json()["message"], str)


async def test_unknown_clients_are_refused(http: httpx2.AsyncClient) -> None:
    answer = await refresh(http, "x", client="somebody")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_code_is_traded_once_and_shown_again_ends_what_it_gave(
    studio: RunningStudio, http: httpx2.AsyncClient
) -> None:
    flow = Flow(studio, http)
    code = await flow.code()
    first = await flow.trade(code)
    assert first.status_code == 200
    claims = payload(first.json()["id_token"])
    assert (claims["nonce"], claims["aud"]) == (flow.proof.nonce, "talkwright")
    assert (await flow.trade(code)).json()["error"] == "invalid_grant"
    assert (await refresh(http, first.json()["refresh_token"], "talkwright")).status_code == 400


async def test_of_two_trades_at_once_one_succeeds_at_most(studio: RunningStudio, http: httpx2.AsyncClient) -> None:
    flow = Flow(studio, http)
    code = await flow.code()
    answers = await asyncio.gather(*(flow.trade(code) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]


@pytest.mark.parametrize(
    "changes",
    [{"code_verifier": "x" * 64}, {"redirect_uri": "http://127.0.0.1:1/api/sign-in/callback"}, {"code": "unknown"}],
    ids=str,
)
async def test_a_code_needs_its_verifier_and_its_way_back(
    studio: RunningStudio, http: httpx2.AsyncClient, changes: dict[str, str]
) -> None:
    flow = Flow(studio, http)
    answer = await flow.trade(await flow.code(), **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": ""},
        {"client_id": "admin-cli"},
        {"client_id": "x"},
    ],
    ids=str,
)
async def test_a_foreign_way_back_is_never_followed(
    studio: RunningStudio, http: httpx2.AsyncClient, changes: dict[str, str]
) -> None:
    answer = await Flow(studio, http).authorize(**changes)
    assert answer.status_code == 400
    assert "not asked for by the studio" in words(answer.text)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
    ],
    ids=str,
)
async def test_sign_in_without_proof_is_refused(
    studio: RunningStudio, http: httpx2.AsyncClient, changes: dict[str, str], error: str
) -> None:
    answer = await Flow(studio, http).authorize(**changes)
    assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [error]


async def test_a_browsers_refresh_token_is_rotated_and_its_reuse_ends_the_session(
    studio: RunningStudio, http: httpx2.AsyncClient
) -> None:
    flow = Flow(studio, http)
    first = (await flow.trade(await flow.code())).json()
    second = (await refresh(http, first["refresh_token"], "talkwright")).json()
    assert second["refresh_token"] != first["refresh_token"]
    third = (await refresh(http, second["refresh_token"], "talkwright")).json()
    assert (await refresh(http, first["refresh_token"], "talkwright")).status_code == 400
    assert (await refresh(http, third["refresh_token"], "talkwright")).status_code == 400


async def test_who_lost_the_answer_may_show_the_refresh_token_again_and_what_was_lost_ends_the_session(
    studio: RunningStudio, http: httpx2.AsyncClient
) -> None:
    flow = Flow(studio, http)
    first = (await flow.trade(await flow.code())).json()
    lost = (await refresh(http, first["refresh_token"], "talkwright")).json()
    second = (await refresh(http, first["refresh_token"], "talkwright")).json()
    third = (await refresh(http, second["refresh_token"], "talkwright")).json()
    assert (await refresh(http, lost["refresh_token"], "talkwright")).status_code == 400
    assert (await refresh(http, third["refresh_token"], "talkwright")).status_code == 400


async def test_tokens_serve_only_as_what_they_are(studio: RunningStudio, http: httpx2.AsyncClient) -> None:
    flow = Flow(studio, http)
    tokens = (await flow.trade(await flow.code())).json()
    assert (await refresh(http, tokens["access_token"], "talkwright")).status_code == 400
    assert (await refresh(http, tokens["refresh_token"], "admin-cli")).status_code == 400
    for name in ("refresh_token", "id_token"):
        answer = await http.get("/api/session", headers={"Authorization": f"Bearer {tokens[name]}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token")
    info = await http.get(f"{OPENID}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert info.json()["preferred_username"] == "admin"
    assert (await http.get(f"{OPENID}/userinfo")).status_code == 401


async def test_guessing_is_slowed_down_for_that_name_and_address_only(http: httpx2.AsyncClient) -> None:
    name = "victim"
    statuses = [(await login(http, name, f"guess-{number}")).status_code for number in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    blocked = await login(http, name, "guess")
    assert 0 < int(blocked.headers["retry-after"]) <= 60
    assert "Too many wrong passwords" in blocked.json()["message"]
    assert (await login(http)).status_code == 200


async def test_whoever_waits_as_long_as_was_said_gets_in(studio: RunningStudio, http: httpx2.AsyncClient) -> None:
    administrator = await studio.administrator()
    name = "forgetful"
    invited = await administrator.send("POST", "/api/users", json={"username": name, "roles": ["business-user"]})
    form = {"password": PASSWORD, "again": PASSWORD}
    assert (await studio.browser().http.post(invited.json()["link"], data=form)).status_code in (302, 303)
    for number in range(9):
        await login(http, name, f"guess-{number}")
    async with studio.studio.services.transaction() as session:
        over = func.clock_timestamp()
        await session.execute(update(throttles).values(blocked_until=over))
    assert (await login(http, name, "guess")).status_code == 401
    again = await login(http, name)
    assert again.status_code == 429
    assert 60 < int(again.headers["retry-after"]) <= 120, "each wrong one waits twice as long"
    async with studio.studio.services.transaction() as session:
        await session.execute(update(throttles).values(blocked_until=over))
    assert (await login(http, name)).status_code == 200
    assert (await login(http, name, "guess")).status_code == 401, "and all is forgiven"


async def test_guesses_made_at_the_same_moment_do_not_slip_through(http: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(login(http, "victim-two", f"guess-{number}") for number in range(12)))
    assert [answer.status_code for answer in answers].count(401) == 5


async def test_a_new_key_signs_while_tokens_of_the_old_one_stay_good(
    studio: RunningStudio, http: httpx2.AsyncClient
) -> None:
    before = await studio.token()
    old = {key["kid"] for key in (await http.get(f"{OPENID}/certs")).json()["keys"]}
    assert studio.studio.provider is not None
    await studio.studio.provider.signer.rotate()
    new = {key["kid"] for key in (await http.get(f"{OPENID}/certs")).json()["keys"]}
    assert old < new
    for token in (before, await studio.token()):
        answer = await http.get("/api/session", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("password", "again", "complaint"),
    [
        ("short", "short", "at least 12"),
        ("password1234", "password1234", "commonly used"),
        ("abababababab", "abababababab", "commonly used"),
        ("qwertyuiopas", "qwertyuiopas", "commonly used"),
        ("my-name-is-second", "my-name-is-second", "contains the name"),
        ("a-quiet-harbour-9", "a-quiet-harbour-8", "not the same"),
    ],
)
async def test_a_weak_password_is_refused_with_the_reason(
    studio: RunningStudio, http: httpx2.AsyncClient, password: str, again: str, complaint: str
) -> None:
    administrator = await studio.administrator()
    name = f"second-{abs(hash((password, again)))}" if "second" not in password else "second"
    invited = await administrator.send("POST", "/api/users", json={"username": name})
    link = invited.json()["link"]
    page = await http.post(link, data={"password": password, "again": again})
    assert page.status_code == 422
    assert complaint in words(page.text)
    assert password not in page.text
    assert (await http.get(link)).status_code == 200  # nothing was used up


async def test_pages_load_nothing_from_elsewhere_and_run_nothing_of_others(
    studio: RunningStudio, http: httpx2.AsyncClient
) -> None:
    page = await http.get(f"{OPENID}/auth", params=Flow(studio, http).query(login_hint="<script>alert(1)</script>"))
    policy = page.headers["content-security-policy"]
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
    assert nonce is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>alert" not in page.text
    assert "style=" not in page.text
    for tag in re.findall(r"<(?:script|style|link)[^>]*>", page.text):
        assert f'nonce="{nonce.group(1)}"' in tag
    assert all(url.startswith("/auth/") for url in re.findall(r'(?:src|href)="([^"]+)"', page.text))


async def test_the_choice_of_light_or_dark_is_kept_and_leads_back(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/auth/theme", params={"to": "dark", "next": "/auth/first-administrator?token=x"})
    assert answer.headers["location"] == "/auth/first-administrator?token=x"
    assert 'data-theme="dark"' in (await http.get("/auth/first-administrator")).text
    for target in ("https://evil.example/", "//evil.example/auth/", "/\\evil.example", "javascript:alert(1)"):
        answer = await http.get("/auth/theme", params={"to": "dark", "next": target})
        assert answer.headers["location"] == "/"


async def test_logging_out_ends_the_session_and_never_leads_elsewhere(
    studio: RunningStudio, http: httpx2.AsyncClient
) -> None:
    flow = Flow(studio, http)
    tokens = (await flow.trade(await flow.code())).json()
    query = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://evil.example/"}
    answer = await http.get(f"{OPENID}/logout", params=query)
    assert answer.status_code == 200
    assert "You are signed out" in words(answer.text)
    assert (await refresh(http, tokens["refresh_token"], "talkwright")).status_code == 400


async def test_the_providers_tables_hold_no_readable_secret(studio: RunningStudio, http: httpx2.AsyncClient) -> None:
    token = (await login(http)).json()["refresh_token"]
    async with studio.studio.services.transaction() as session:
        for table in ("accounts", "keys", "refresh_tokens", "codes", "links"):
            rows = await session.execute(text(f"SELECT t::text FROM idp.{table} t"))
            stored = str(list(rows.scalars()))
            assert PASSWORD not in stored
            assert payload(token)["jti"] not in stored
            assert '"d":' not in stored
