"""From an empty studio to a signed-in administrator, over HTTP, with the built-in provider (ASVS 5.0: 6.4.1, 7.4.1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.services.studio import PASSWORD, RunningStudio, run_studio, words

pytestmark = pytest.mark.anyio


@pytest.fixture
async def studio(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with run_studio(fresh_database_url, tmp_path) as running:
        yield running


async def test_the_link_makes_the_first_administrator_and_lets_him_straight_in(studio: RunningStudio) -> None:
    browser = studio.browser()
    assert (await browser.http.get("/api/instance")).json()["first_administrator_needed"] is True
    link = await studio.studio.first_administrator_link()
    assert link is not None
    assert link.startswith(studio.base_url)
    for _ in range(2):
        page = await browser.http.get(link)
        assert page.status_code == 200
        assert "Create the first administrator" in words(page.text)
    form = {"username": "Ada", "password": PASSWORD, "again": PASSWORD}
    await browser.follow(await browser.http.post(link, data=form))
    session = (await browser.http.get("/api/session")).json()
    assert session["person"]["name"] == "Ada"
    assert session["roles"] == ["superuser"]
    assert "users:manage" in session["permissions"]
    assert (await browser.http.get("/api/instance")).json()["first_administrator_needed"] is False
    assert await studio.studio.first_administrator_link() is None
    assert (await studio.browser().http.get(link)).status_code == 410
    assert (await studio.browser().http.post(link, data=form)).status_code == 410


async def test_a_person_signs_in_with_name_and_password_and_out_again(studio: RunningStudio) -> None:
    await studio.administrator()
    browser = studio.browser()
    assert (await browser.http.get("/api/session")).status_code == 401
    wrong = await browser.sign_in(password="not-the-right-one")
    assert wrong.status_code == 401
    assert "The name or the password is wrong." in words(wrong.text)
    await browser.sign_in("ADMIN")
    assert browser.csrf
    answer = await browser.send("POST", "/api/sign-out")
    assert answer.status_code == 200
    assert "/protocol/openid-connect/logout" in answer.json()["redirect"]
    assert (await browser.http.get("/api/session")).status_code == 401
    assert (await browser.http.get(answer.json()["redirect"])).headers["location"] == f"{studio.base_url}/"


async def test_of_two_links_used_at_once_one_makes_the_administrator(studio: RunningStudio) -> None:
    links = [str(await studio.studio.first_administrator_link()) for _ in range(3)]
    names = [f"rival-{'abc'[number]}" for number in range(3)]
    forms = [{"username": name, "password": PASSWORD, "again": PASSWORD} for name in names]
    posts = [studio.browser().http.post(link, data=form) for link, form in zip(links, forms, strict=True)]
    answers = await asyncio.gather(*posts)
    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert all(answer.status_code in (410, 422) for answer in answers if answer.status_code != 303)
    async with studio.studio.services.transaction() as session:
        assert (await session.execute(text("SELECT count(*) FROM idp.accounts"))).scalar_one() == 1
        assert (await session.execute(text("SELECT count(*) FROM studio.grants"))).scalar_one() == 1


async def test_one_link_posted_many_times_at_once_makes_one_administrator(studio: RunningStudio) -> None:
    link = str(await studio.studio.first_administrator_link())
    form = {"username": "ada", "password": PASSWORD, "again": PASSWORD}
    answers = await asyncio.gather(*(studio.browser().http.post(link, data=form) for _ in range(5)))
    assert [answer.status_code for answer in answers].count(303) == 1
    async with studio.studio.services.transaction() as session:
        assert (await session.execute(text("SELECT count(*) FROM idp.accounts"))).scalar_one() == 1
