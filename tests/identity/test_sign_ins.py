"""Sign-ins of browsers: refreshing, ending, keeping the person, and what strangers can't do with them.

ASVS 5.0: 10.1.1 (tokens stay on the server), 10.1.2 and 10.2.1 (an answer counts only in the browser that asked),
10.5.1 (nonce), 10.5.3 (exact issuer), 3.3.1 to 3.3.4 (cookies), 7.3.2 (absolute end), 7.4.1 and 7.4.2 (ended is ended).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import func, select, text, update
from tests.services.studio import PASSWORD, RunningStudio, run_studio, words

from talkwright.database.tables import audit, sign_ins, users

pytestmark = pytest.mark.anyio


@pytest.fixture
async def studio(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with run_studio(fresh_database_url, tmp_path) as running:
        yield running


async def age(studio: RunningStudio) -> None:
    """Let all access tokens have just expired."""
    async with studio.studio.services.transaction() as session:
        await session.execute(update(sign_ins).values(access_expires_at=func.now() - timedelta(seconds=1)))


async def count(studio: RunningStudio, query: str) -> int:
    async with studio.studio.services.transaction() as session:
        return int((await session.execute(text(query))).scalar_one())


async def test_many_tabs_that_find_the_token_expired_refresh_it_once(studio: RunningStudio) -> None:
    browser = await studio.administrator()
    before = await count(studio, "SELECT count(*) FROM idp.refresh_tokens")
    await age(studio)
    answers = await asyncio.gather(*(browser.http.get("/api/session") for _ in range(10)))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert await count(studio, "SELECT count(*) FROM idp.refresh_tokens") == before + 1
    await age(studio)
    assert (await browser.http.get("/api/session")).status_code == 200


async def test_a_sign_in_that_the_provider_ended_ends_here_at_the_next_refresh(studio: RunningStudio) -> None:
    browser = await studio.administrator()
    async with studio.studio.services.transaction() as session:
        await session.execute(text("UPDATE idp.sessions SET ended_at = now()"))
    assert (await browser.http.get("/api/session")).status_code == 200
    await age(studio)
    assert (await browser.http.get("/api/session")).status_code == 401


async def test_the_same_person_comes_back_when_the_studio_moved_to_another_port(
    fresh_database_url: str, tmp_path: Path
) -> None:
    async with run_studio(fresh_database_url, tmp_path) as first:
        before = await (await first.administrator()).http.get("/api/session")
    async with run_studio(fresh_database_url, tmp_path) as second:
        assert second.base_url != first.base_url
        browser = second.browser()
        await browser.sign_in()
        after = await browser.http.get("/api/session")
        assert after.json()["person"] == before.json()["person"]
        assert after.json()["roles"] == ["superuser"]
        assert await count(second, "SELECT count(*) FROM studio.providers") == 1


async def test_a_browser_stays_signed_in_over_a_restart_on_another_port(
    fresh_database_url: str, tmp_path: Path
) -> None:
    async with run_studio(fresh_database_url, tmp_path) as first:
        administrator = await first.administrator()
        cookies = dict(administrator.http.cookies)
    async with run_studio(fresh_database_url, tmp_path) as second:
        await age(second)
        async with httpx2.AsyncClient(base_url=second.base_url, cookies=cookies) as http:
            assert (await http.get("/api/session")).status_code == 200


async def test_a_deleted_or_expired_sign_in_is_worth_nothing(studio: RunningStudio) -> None:
    browser = await studio.administrator()
    async with studio.studio.services.transaction() as session:
        await session.execute(update(sign_ins).values(expires_at=func.now()))
    assert (await browser.http.get("/api/session")).status_code == 401
    async with studio.studio.services.transaction() as session:
        await session.execute(sign_ins.delete())
    assert (await browser.http.get("/api/session")).status_code == 401


async def test_tokens_from_before_a_reset_are_refused(studio: RunningStudio) -> None:
    browser = await studio.administrator()
    token = await studio.token()
    async with studio.studio.services.transaction() as session:
        await session.execute(update(users).values(tokens_not_before=func.now() + timedelta(seconds=2)))
    assert (await browser.http.get("/api/session")).status_code == 401
    answer = await browser.http.get("/api/session", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def test_an_answer_of_the_provider_counts_only_in_the_browser_that_asked(studio: RunningStudio) -> None:
    await studio.administrator()
    victim, attacker = studio.browser(), studio.browser()
    page = await attacker.http.get("/api/sign-in", follow_redirects=True)
    answer = await attacker.http.post(str(page.url), data={"username": "admin", "password": PASSWORD})
    refused = await victim.http.get(answer.headers["location"])
    assert refused.status_code == 403
    assert "begun in another browser" in words(refused.text)
    assert (await victim.http.get("/api/session")).status_code == 401


async def test_an_answer_is_taken_once_and_only_with_its_state(studio: RunningStudio) -> None:
    await studio.administrator()
    browser = studio.browser()
    page = await browser.http.get("/api/sign-in", follow_redirects=True)
    answer = await browser.http.post(str(page.url), data={"username": "admin", "password": PASSWORD})
    callback = answer.headers["location"]
    query = parse_qs(urlsplit(callback).query)
    forged = callback.replace(query["state"][0], "another")
    assert (await browser.http.get(forged)).status_code == 403
    assert (await browser.http.get(callback)).status_code == 302
    assert (await browser.http.get(callback)).status_code == 403


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_a_sign_in_never_leads_to_another_site(studio: RunningStudio, wanted: str) -> None:
    await studio.administrator()
    browser = studio.browser()
    page = await browser.http.get("/api/sign-in", params={"next": wanted}, follow_redirects=True)
    answer = await browser.http.post(str(page.url), data={"username": "admin", "password": PASSWORD})
    landed = await browser.http.get(answer.headers["location"])
    assert landed.headers["location"] == "/"


async def test_a_sign_in_leads_to_the_page_that_was_wanted(studio: RunningStudio) -> None:
    await studio.administrator()
    browser = studio.browser()
    page = await browser.http.get("/api/sign-in", params={"next": "/assistants/7?tab=a%2Fb"}, follow_redirects=True)
    answer = await browser.http.post(str(page.url), data={"username": "admin", "password": PASSWORD})
    landed = await browser.http.get(answer.headers["location"])
    assert landed.headers["location"] == "/assistants/7?tab=a%2Fb"


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(studio: RunningStudio) -> None:
    browser = await studio.administrator()
    page = await studio.browser().http.get("/api/sign-in")
    cookie = page.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    instance = (await browser.http.get("/api/instance")).json()["instance"]
    assert any(instance.replace("-", "")[-12:] in name for name in browser.http.cookies)


async def test_over_tls_the_cookie_is_secure_and_bound_to_the_host(fresh_database_url: str, tmp_path: Path) -> None:
    async with run_studio(fresh_database_url, tmp_path, public_url="https://studio.example.com") as studio:
        answer = await studio.browser().http.get("/api/sign-in", headers={"Host": "studio.example.com"})
        assert answer.headers["location"].startswith("https://studio.example.com/auth/realms/talkwright/")
        assert answer.headers["set-cookie"].startswith("__Host-talkwright_")
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age" in answer.headers["strict-transport-security"]


async def test_who_comes_by_another_name_of_the_machine_begins_at_the_public_address(studio: RunningStudio) -> None:
    port = studio.base_url.rpartition(":")[2]
    answer = await studio.browser().http.get("/api/sign-in?next=/a", headers={"Host": f"localhost:{port}"})
    assert answer.headers["location"] == f"{studio.base_url}/api/sign-in?next=%2Fa&moved=true"
    again = await studio.browser().http.get("/api/sign-in?next=/a&moved=true", headers={"Host": f"localhost:{port}"})
    assert "/protocol/openid-connect/auth" in again.headers["location"], "once: a proxy may pass on its own Host"
    assert "set-cookie" not in answer.headers


async def test_the_audit_knows_who_signed_in_and_who_was_refused_without_a_name(studio: RunningStudio) -> None:
    await studio.administrator()
    browser = studio.browser()
    await browser.sign_in(password="some-wrong-password")
    await browser.sign_in()
    await browser.http.post("/api/users", json={})
    async with studio.studio.services.transaction() as session:
        rows = (await session.execute(select(audit).order_by(audit.c.id))).all()
    actions = [(row.action, row.outcome) for row in rows]
    assert ("account:first-administrator", "done") in actions
    assert ("account:sign-in", "refused") in actions
    assert ("sign-in", "done") in actions
    assert ("POST /api/users", "refused") in actions
    assert all(row.address == "127.0.0.1" for row in rows)
    assert "some-wrong-password" not in str(rows)
