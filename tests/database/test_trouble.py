"""When the database dies, is overrun or full: a clear answer, nothing half done, and afterwards all is well again."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from tests.backend.content.calls import change, item_named, text_patch
from tests.services.disks import fill, small_disk_at
from tests.services.other_postgres import HOW, OtherServer, found
from tests.services.postgres import FAST, sources
from tests.services.studio import Browser, RunningStudio, run_studio

from talkwright.database.embedded import EmbeddedPostgres, Urls
from talkwright.database.ids import uuid7
from talkwright.database.migrate import migrate
from talkwright.database.settings import DatabaseSettings

pytestmark = pytest.mark.anyio

NAME = "utter_greet"
MOST_CONNECTIONS = 30
FEW_CONNECTIONS = 12
"""Three of them are kept for the server's master."""


@dataclass
class Hurt:
    """A studio on a server of its own, with an assistant, and what it takes to hurt the server."""

    server: EmbeddedPostgres | OtherServer
    urls: Urls
    studio: RunningStudio
    browser: Browser
    assistant: str
    response: str = ""

    async def item(self) -> dict[str, Any]:
        """The response that is edited."""
        return await item_named(self.browser, self.assistant, "response", self.response)

    async def save(self, body: dict[str, Any]) -> httpx2.Response:
        """Save a change."""
        return await self.browser.send("POST", f"/api/assistants/{self.assistant}/changes", json=body)

    def changes(self) -> int:
        """The number of changes so far."""
        with psycopg.connect(self.urls.application) as link:
            (count,) = link.execute("SELECT count(*) FROM studio.changes").fetchone() or (0,)
        return int(count)

    def kill(self) -> None:
        """End the server's main process at once."""
        if isinstance(self.server, OtherServer):
            self.server.kill()
        else:
            pid = int(next(self.server.home.glob("**/postmaster.pid")).read_text().splitlines()[0])
            os.kill(pid, signal.SIGKILL)

    async def saved_at_last(self, body: dict[str, Any]) -> None:
        """Send the change until it is taken, as a page does; it is then there once."""
        async with asyncio.timeout(60):
            while True:
                answer = await self.save(body)
                if answer.status_code == 200:
                    break
                refused_for_now(answer)
                await asyncio.sleep(0.2)
        before = self.changes()
        assert (await self.save(body)).json() == answer.json()
        assert self.changes() == before


def refused_for_now(answer: httpx2.Response) -> None:
    """The answer says when to try again, and to whom wanted to save that nothing was."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert ("Nothing was saved" in answer.json()["detail"]) == (answer.request.method != "GET")


OURS, THEIRS = "ours", "the machine's own"
SERVERS = (OURS, pytest.param(THEIRS, marks=pytest.mark.slow))
"""Which PostgreSQL is hurt."""


def server_of(which: str, home: Path, settings: dict[str, str]) -> EmbeddedPostgres | OtherServer:
    if which == OURS:
        return EmbeddedPostgres(home, with_parent=True, settings=FAST | settings)
    programs = found()
    if programs is None:
        pytest.skip(reason=f"there is no other PostgreSQL here; {HOW}")
    return OtherServer(programs, home / "server", settings)


@contextlib.asynccontextmanager
async def hurt_at(which: str, home: Path, **settings: str) -> AsyncIterator[Hurt]:
    server = server_of(which, home, settings)
    urls = await asyncio.to_thread(server.start)
    given = DatabaseSettings(database_url=urls.application, database_owner_url=urls.owner)  # type: ignore[arg-type]  # pydantic takes texts
    try:
        await asyncio.to_thread(migrate, given, sources=sources())
        async with run_studio(urls.application, home) as studio:
            browser = await studio.administrator()
            row = {"id": str(uuid7()), "name": "bot", "title": "Bot", "language": "en"}
            assert (await browser.send("POST", "/api/assistants", json=row)).status_code == 201
            hurt = Hurt(server, urls, studio, browser, row["id"])
            listed = await browser.send("GET", f"/api/assistants/{row['id']}/items?kind=response")
            hurt.response = listed.json()["items"][0]["name"]
            yield hurt
    finally:
        await asyncio.to_thread(server.stop)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that other accounts may pass: the machine's own server runs as another one."""
    with tempfile.TemporaryDirectory(prefix="talkwright-hurt-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(params=SERVERS)
async def hurt(request: pytest.FixtureRequest, home: Path) -> AsyncIterator[Hurt]:
    async with hurt_at(request.param, home, max_connections=str(MOST_CONNECTIONS)) as hurt:
        yield hurt


@pytest.mark.parametrize("how", ["killed", "restarted"])
async def test_a_server_that_goes_in_the_middle_of_a_save_leaves_nothing_half_done(hurt: Hurt, how: str) -> None:
    before, body = hurt.changes(), change(text_patch(await hurt.item(), "New words"))
    with contextlib.closing(psycopg.connect(hurt.urls.owner)) as link:
        link.execute("LOCK TABLE studio.revisions IN SHARE MODE")  # the change is written, but not all of it
        saving = asyncio.create_task(hurt.save(body))
        with psycopg.connect(hurt.urls.owner, autocommit=True) as looking:
            while looking.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone() is None:
                assert not saving.done()
                await asyncio.sleep(0.01)
        if how == "killed":
            hurt.kill()
        else:
            await asyncio.to_thread(hurt.server.stop)
        refused_for_now(await saving)
    refused_for_now(await hurt.save(body))
    await asyncio.to_thread(hurt.server.start)
    assert hurt.changes() == before
    await hurt.saved_at_last(body)
    assert hurt.changes() == before + 1
    assert (await hurt.item())["body"][0]["text"] == "New words"


async def test_a_server_without_a_free_connection_is_said_and_got_over(hurt: Hurt) -> None:
    before, body = hurt.changes(), change(text_patch(await hurt.item(), "New words"))
    with taken_connections(hurt.urls):
        refused_for_now(await hurt.save(body))
    assert hurt.changes() == before
    await hurt.saved_at_last(body)
    assert hurt.changes() == before + 1


@contextlib.contextmanager
def taken_connections(urls: Urls) -> Iterator[None]:
    """Take every connection that the server gives, those of the studio too, until the block ends."""
    theirs = "SELECT pid FROM pg_stat_activity WHERE usename = 'talkwright_app'"
    with contextlib.ExitStack() as stack, psycopg.connect(urls.maintenance, autocommit=True) as master:
        for (pid,) in master.execute(theirs).fetchall():
            master.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))  # waits for its end
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                stack.enter_context(contextlib.closing(psycopg.connect(urls.application)))
        yield


async def changes_at_last(hurt: Hurt) -> int:
    """The number of changes, once a connection is free to ask for it: those that were closed end a little later."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                return hurt.changes()
            await asyncio.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("which", SERVERS)
async def test_a_flood_of_requests_is_answered_each_and_over_when_it_is_over(which: str, home: Path) -> None:
    """The server gives fewer connections than one studio opens under load, so that some requests get none."""
    async with hurt_at(which, home, max_connections=str(FEW_CONNECTIONS)) as hurt:
        before, item = hurt.changes(), await hurt.item()
        bodies = [change(text_patch(item, f"Words {number}")) for number in range(20)]
        path = f"/api/assistants/{hurt.assistant}/items?kind=response"
        asked = [hurt.browser.send("GET", path) for _ in range(150)] + [hurt.save(body) for body in bodies]
        answers = await asyncio.gather(*asked)
        assert {answer.status_code for answer in answers} <= {200, 409, 503}
        without = [answer for answer in answers if answer.status_code == 503]
        assert without, "nobody had to go without a connection"
        for answer in without:
            refused_for_now(answer)
        won = [answer for answer in answers[150:] if answer.status_code == 200]
        assert await changes_at_last(hurt) == before + len(won)
        await hurt.saved_at_last(change(text_patch(await hurt.item(), "Calm again")))
        calm = await asyncio.gather(*[hurt.browser.send("GET", path) for _ in range(3)])
        assert [answer.status_code for answer in calm] == [200] * 3


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    with small_disk_at(home / "disk", megabytes=160) as disk:
        yield disk


@pytest.mark.parametrize("which", SERVERS)
async def test_a_full_disk_is_said_and_got_over(which: str, small_disk: Path) -> None:
    filler = small_disk / "filler"
    async with hurt_at(which, small_disk / "home", max_wal_size="32MB", min_wal_size="32MB") as hurt:
        fill(filler)
        async with asyncio.timeout(120):
            while True:  # what compresses badly needs new room, at the latest after some changes
                before, words = hurt.changes(), base64.b64encode(os.urandom(700_000)).decode()
                body = change(text_patch(await hurt.item(), words))
                answer = await hurt.save(body)
                if answer.status_code != 200:
                    break
        refused_for_now(answer)
        filler.unlink()
        if not hurt.server.running:
            await asyncio.to_thread(hurt.server.start)
        await hurt.saved_at_last(body)
        assert hurt.changes() == before + 1
        assert (await hurt.item())["body"][0]["text"] == words
