"""`talkwright users` lets the second person in and helps with a lost password, beside a running studio."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.services.commands import Place
from tests.services.studio import RunningStudio, run_studio

pytestmark = pytest.mark.anyio
PASSWORD = "a-second-harbour"
Run = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
async def studio(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with run_studio(fresh_database_url, tmp_path) as running:
        yield running


@pytest.fixture
def run(studio: RunningStudio, fresh_database_url: str, tmp_path: Path) -> Run:
    settings = {"TALKWRIGHT_DATABASE_URL": fresh_database_url, "TALKWRIGHT_PUBLIC_URL": studio.base_url}
    place = Place(tmp_path, more=settings, here=True)

    async def users(*words: str, as_process: bool = False) -> tuple[int, str, str]:
        at = replace(place, here=not as_process)
        done = await asyncio.to_thread(at.command, "users", *words)
        return done.returncode, done.stdout, done.stderr

    return users


async def test_the_second_person_gets_in_by_the_printed_link(studio: RunningStudio, run: Run) -> None:
    await studio.administrator()
    code, out, _ = await run("add", "Grace", "--role", "developer", as_process=True)
    assert code == 0
    browser = studio.browser()
    await browser.follow(await browser.http.post(out.strip(), data={"password": PASSWORD, "again": PASSWORD}))
    assert (await browser.http.get("/api/session")).json()["roles"] == ["developer"]
    assert (await run("grant", "grace", "flow-builder"))[0] == 0
    assert (await run("revoke", "grace", "developer"))[0] == 0
    assert (await browser.http.get("/api/session")).json()["roles"] == ["flow-builder"]
    assert "Grace" in (await run("list"))[1]
    assert (await run("disable", "grace"))[0] == 0
    assert (await browser.http.get("/api/session")).status_code == 401
    assert (await run("enable", "grace"))[0] == 0
    _, link, _ = await run("password", "grace")
    assert (await browser.http.get(link.strip())).status_code == 200
    other = ("--issuer", "https://id.example.com/realms/acme", "--subject", "kc-7")
    assert (await run("link", "grace", *other))[0] == 0
    assert "already" in (await run("link", "admin", *other))[2]


async def test_the_last_administrator_can_not_be_disabled_by_command_either(studio: RunningStudio, run: Run) -> None:
    await studio.administrator()
    for words in (["disable", "admin"], ["revoke", "admin", "superuser"]):
        code, out, err = await run(*words)
        assert (code, out) == (1, "")
        assert "last administrator" in err


def test_a_folder_without_a_studio_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALKWRIGHT_")}
    command = [sys.executable, "-m", "talkwright.cli.main", "users", "list"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"There is no data of a studio in {tmp_path / '.talkwright'}" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


async def test_mistakes_are_named_without_a_stack_trace(run: Run) -> None:
    for words, complaint in (
        (["grant", "nobody", "developer"], "There is nobody called nobody."),
        (["add", "grace", "--role", "emperor"], "There is no role called emperor."),
        (["add", "grace", "--role", "developer", "--assistant", "none"], "There is no assistant called none."),
    ):
        code, _, err = await run(*words)
        assert (code, err.strip()) == (1, complaint)
    assert "grace" not in (await run("list"))[1]
