"""What people bring to the door: forged tokens, other sites' requests, old cookies, links that were meant to be lost.

Over HTTP, with the keys of the running provider. ASVS 5.0: 9.1.1 to 9.1.3 and 9.2.1 to 9.2.3 (tokens), 3.5.1 and 3.5.3
(requests of other sites), 7.2.4 (a new sign-in has a new secret), 6.4.1 and 6.4.3 (one-time links), 7.4.2 (disabled
people), 16.2.1 (what the audit holds).
"""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import func, select, text, update
from tests.services.studio import Browser, RunningStudio, run_studio, words

from talkwright.database.tables import audit, sign_ins
from talkwright.identity.provider.administration import BuiltInAccounts
from talkwright.identity.provider.tables import links

pytestmark = pytest.mark.anyio
CERTS = "/auth/realms/talkwright/protocol/openid-connect/certs"
SECOND = "a-second-harbour"
FOREIGN = "https://evil.example"


@pytest.fixture
async def studio(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with run_studio(fresh_database_url, tmp_path) as running:
        yield running


@pytest.fixture
async def administrator(studio: RunningStudio) -> Browser:
    return await studio.administrator()


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


async def forgeries(studio: RunningStudio, administrator: Browser) -> dict[str, str]:
    """Tokens that say what a good one says, but for one thing each."""
    good = await studio.token()
    head, body, signature = good.split(".")
    header, claims = decoded(head), decoded(body)
    (public,) = (await administrator.http.get(CERTS)).json()["keys"]
    own = RSAKey.generate_key(2048, {"kid": header["kid"]})
    pem = RSAKey.import_key(public).as_pem(private=False)
    now = int(time.time())
    later = {**claims, "exp": now + 86_400}

    def signed(changes: dict[str, Any], **headers: Any) -> str:
        return jwt.encode({"alg": "RS256", "kid": header["kid"], **headers}, {**claims, **changes}, own)

    hmac_text = f"{encoded({**header, 'alg': 'HS256'})}.{body}"
    return {
        "no signature": f"{encoded({**header, 'alg': 'none'})}.{body}.",
        "the public key as a shared secret": f"{hmac_text}.{encoded(hmac.digest(pem, hmac_text.encode(), 'sha256'))}",
        "another key under the known id": signed({}),
        "a key that the token brings along": signed({}, jwk=own.as_dict(private=False)),
        "an address where its key would be": signed({}, jku=f"{FOREIGN}/keys"),
        "an unknown key": signed({}, kid="unknown"),
        "claims changed under the old signature": f"{head}.{encoded(later)}.{signature}",
        "another kind of token": (await studio.token(client="admin-cli")) + ".",
        "nothing": "x",
    }


async def test_forged_tokens_open_nothing_and_the_answer_names_no_secret(
    studio: RunningStudio, administrator: Browser
) -> None:
    stranger = studio.browser().http
    for what, token in (await forgeries(studio, administrator)).items():
        for method, path in (("GET", "/api/session"), ("GET", "/api/events"), ("POST", "/api/assistants")):
            answer = await stranger.request(method, path, headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token"), what
            assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
            assert token not in answer.text
    basic = await stranger.get("/api/session", headers={"Authorization": "Basic YWRtaW46YWRtaW4="})
    assert basic.status_code == 401


async def test_a_bad_token_is_not_made_good_by_a_cookie(administrator: Browser) -> None:
    answer = await administrator.http.get("/api/session", headers={"Authorization": "Bearer x.y.z"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": FOREIGN},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
async def test_another_sites_page_can_not_act_even_with_the_pages_token(
    administrator: Browser, headers: dict[str, str]
) -> None:
    for method, path in (("POST", "/api/assistants"), ("POST", "/api/users"), ("POST", "/api/sign-out")):
        answer = await administrator.send(method, path, json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign-origin"), path
    assert (await administrator.http.get("/api/session")).status_code == 200


async def test_the_studios_own_pages_act(studio: RunningStudio, administrator: Browser) -> None:
    headers = {"Origin": studio.base_url, "Sec-Fetch-Site": "same-origin"}
    answer = await administrator.send("POST", "/api/users", json={"username": "grace"}, headers=headers)
    assert answer.status_code == 201


async def test_no_other_site_is_ever_allowed_to_read_answers(administrator: Browser) -> None:
    for method in ("GET", "OPTIONS"):
        headers = {"Origin": FOREIGN, "Access-Control-Request-Method": "POST"}
        answer = await administrator.http.request(method, "/api/session", headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_new_sign_in_has_a_new_secret_and_ends_the_one_before(
    studio: RunningStudio, administrator: Browser
) -> None:
    before = httpx2.Cookies(administrator.http.cookies)
    await administrator.sign_in()
    assert administrator.csrf
    assert dict(administrator.http.cookies) != dict(before)
    old = studio.browser()
    old.http.cookies = before
    assert (await old.http.get("/api/session")).status_code == 401


async def test_a_cookie_that_somebody_planted_does_not_become_a_sign_in(
    studio: RunningStudio, administrator: Browser
) -> None:
    browser = studio.browser()
    (name,) = (name for name in administrator.http.cookies if not name.endswith("_begun"))
    browser.http.cookies.set(name, "planted")
    await browser.sign_in()
    assert browser.csrf
    planted = await studio.browser().http.get("/api/session", headers={"Cookie": f"{name}=planted"})
    assert planted.status_code == 401


async def test_a_link_that_is_too_old_sets_no_password(studio: RunningStudio, administrator: Browser) -> None:
    link = (await administrator.send("POST", "/api/users", json={"username": "grace"})).json()["link"]
    async with studio.studio.services.transaction() as session:
        await session.execute(update(links).values(expires_at=func.now()))
    for answer in (await administrator.http.get(link), await administrator.http.post(link, data={})):
        assert answer.status_code == 410
        assert "ask" in words(answer.text).casefold()


async def test_a_new_password_or_a_disabled_account_ends_all_other_links(
    studio: RunningStudio, administrator: Browser
) -> None:
    invited = (await administrator.send("POST", "/api/users", json={"username": "grace"})).json()
    path = f"/api/users/{invited['id']}"
    other = (await administrator.send("POST", f"{path}/password-link")).json()["link"]
    form = {"password": SECOND, "again": SECOND}
    assert (await studio.browser().http.post(other, data=form)).status_code == 303
    assert (await studio.browser().http.post(invited["link"], data=form)).status_code == 410
    third = (await administrator.send("POST", f"{path}/password-link")).json()["link"]
    for deed in ("disable", "enable"):
        assert (await administrator.send("POST", f"{path}/{deed}")).status_code == 204
    assert (await studio.browser().http.post(third, data=form)).status_code == 410


async def rows(studio: RunningStudio, action: str) -> list[Any]:
    async with studio.studio.services.transaction() as session:
        return list((await session.execute(select(audit).where(audit.c.action == action))).all())


async def test_somebody_whose_first_request_is_a_programs_is_in_the_audit_once(studio: RunningStudio) -> None:
    async with studio.studio.services.transaction() as session:
        _, link = await BuiltInAccounts(studio.base_url).make(session, "program")
    await studio.browser().http.post(link, data={"password": SECOND, "again": SECOND})
    headers = {"Authorization": f"Bearer {await studio.token('program', SECOND)}"}
    http = studio.browser().http
    first, _ = [await http.get("/api/session", headers=headers) for _ in range(2)]
    me = first.json()["person"]["id"]
    (row,) = await rows(studio, "admit")
    assert (row.via, str(row.actor), row.target, row.outcome) == ("bearer", me, me, "done")
    assert row.address == "127.0.0.1"
    assert row.request_id == first.headers["x-request-id"]
    assert "program" not in str(row)


async def test_a_sign_in_that_the_provider_refuses_to_renew_is_in_the_audit(
    studio: RunningStudio, administrator: Browser
) -> None:
    me = (await administrator.http.get("/api/session")).json()["person"]["id"]
    async with studio.studio.services.transaction() as session:
        await session.execute(text("UPDATE idp.sessions SET ended_at = now()"))
        await session.execute(update(sign_ins).values(access_expires_at=func.now()))
    refused = await administrator.http.get("/api/session")
    assert refused.status_code == 401
    (row,) = await rows(studio, "sign-in-ended")
    assert (row.via, str(row.actor), row.outcome) == ("browser", me, "refused")
    assert row.target == str(row.sign_in)
    assert row.request_id == refused.headers["x-request-id"]
    assert json.loads(row.details) == {"reason": "GrantRefusedError"}
