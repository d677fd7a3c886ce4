"""A database that can't be used is named with address, cause and mend: once, rarely again, and when it is back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from tests.services.forwarding import forwarded
from tests.services.modelservice import Service, service_at
from tests.services.postgres import APPLICATION, OWNER, PASSWORD, TestServer
from tests.services.scraping import Scraped, scraped

from talkwright.database import outage as outages
from talkwright.database.engine import Database
from talkwright.database.outage import trouble_of
from talkwright.database.readiness import Lack, lack_of

pytestmark = pytest.mark.anyio

SECRET = "secret-word"
ROLES = (
    "training-orchestrator",
    "running-orchestrator",
    "training-consumer",
    "running-consumer",
    "backend",
    "periodic",
)
UNAVAILABLE, AVAILABLE = "database.unavailable", "database.available"


def url_of(postgres: TestServer, name: str, **other: Any) -> str:
    """The application's URL with something else in it."""
    url = make_url(postgres.settings(name).application)
    return url.set(**other).render_as_string(hide_password=False)


@contextlib.contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    """A server that answers each connection so and ends it, or never says a word; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    link, _ = server.accept()
                    with link:
                        link.recv(1024)
                        link.sendall(answer or b"")

        if answer is not None:
            threading.Thread(target=serve, daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


async def lack_at(url: str) -> Lack:
    """What is missing at an address."""
    database = Database.at(url)
    try:
        lack = await lack_of(database)
    finally:
        await database.close()
    assert lack is not None
    assert SECRET not in lack.found + lack.mend
    return lack


@pytest.mark.parametrize(
    ("other", "words", "mend"),
    [
        ({"port": 1}, "does not answer: the connection is refused", "host and port in TALKWRIGHT_DATABASE_URL"),
        ({"host": "nowhere.invalid"}, "the name of its host is not known", "Correct the host in TALKWRIGHT_DATABASE_U"),
        ({"password": SECRET}, "refuses the user or the password", "user and password in TALKWRIGHT_DATABASE_URL"),
        ({"username": "stranger"}, "refuses the user or the password", "user and password in TALKWRIGHT_DATABASE_URL"),
        ({"database": "absent"}, "the server has no database of this name", "its name in TALKWRIGHT_DATABASE_URL"),
        ({"database": "template0"}, "does not let this user in from here", "TALKWRIGHT_DATABASE_URL"),
        ({"database": "postgres"}, "was not migrated", "Run `talkwright migrate`"),
    ],
)
async def test_what_is_wrong_with_an_address_is_said_in_words(
    postgres: TestServer, other: dict[str, Any], words: str, mend: str
) -> None:
    with postgres.database() as name:
        lack = await lack_at(url_of(postgres, name, **other))
    assert words in lack.found
    assert mend in lack.mend
    assert re.search(r"the database \S+:\d+/\w+ ", lack.found)


@pytest.mark.parametrize(
    ("answer", "query", "words"),
    [
        (None, "", "does not answer in time"),
        (b"N", "?sslmode=require", "can't agree on TLS"),
        (b"", "", "ends each connection at once"),
        (b"HTTP/1.1 400 Bad Request", "", "answers as no PostgreSQL server does"),
        (b"E\0\0\0\x1dSFATAL\0C53300\0Mno rhyme\0\0", "?sslmode=disable", "gives no connection: FATAL:  no rhyme"),
    ],
)
async def test_what_else_answers_there_is_said_in_words(answer: bytes | None, query: str, words: str) -> None:
    with answering(answer) as port:
        lack = await lack_at(f"postgresql://me:{SECRET}@127.0.0.1:{port}/db{query}")
    assert words in lack.found


async def test_a_server_without_a_free_connection_is_said(postgres: TestServer) -> None:
    with postgres.database() as name, postgres.connection() as master:
        master.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        lack = await lack_at(url_of(postgres, name))
    assert "has no free connection" in lack.found
    assert "TALKWRIGHT_DATABASE_POOL_SIZE" in lack.mend


async def test_an_application_without_its_rights_is_said(postgres: TestServer) -> None:
    with postgres.database() as name:
        with psycopg.connect(postgres.url(OWNER, name)) as owner:
            owner.execute(f"REVOKE USAGE ON SCHEMA studio FROM {APPLICATION}")
        lack = await lack_at(url_of(postgres, name))
    assert "lacks rights for this user" in lack.found
    assert "TALKWRIGHT_DATABASE_URL and TALKWRIGHT_DATABASE_OWNER_URL" in lack.mend


@pytest.mark.parametrize("statement", ["SELECT 1 / 0", "SELECT nothing", "SELECT pg_sleep(5)"])
async def test_what_was_asked_wrongly_is_no_trouble_of_the_database(database: Database, statement: str) -> None:
    async def ask() -> None:
        async with database.transaction() as session:
            await session.execute(text("SET LOCAL statement_timeout = 20"))
            await session.execute(text(statement))

    with capture_logs() as lines, pytest.raises(DBAPIError) as caught:
        await ask()
    assert trouble_of(caught.value) is None
    assert lines == []


async def test_a_server_that_can_not_do_what_was_asked_is_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "CALM_SECONDS", 0.0)
    with capture_logs() as lines:
        database.outage.failed(psycopg.OperationalError("connection failed: … failed: Connection refused"))
        with pytest.raises(DBAPIError):
            async with database.transaction() as session:
                await session.execute(text("SELECT 1 / 0"))
        await asyncio.sleep(0.01)
    assert [line["event"] for line in lines] == [UNAVAILABLE, AVAILABLE]


@pytest.fixture
async def service(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with service_at(fresh_database_url, tmp_path) as service:
        yield service


def told_by(service: Service, role: str) -> list[dict[str, Any]]:
    """The lines of a role that are more than news, and that the database is back."""
    lines = [json.loads(line) for line in service.journal.path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line["role"] == role and (line["level"] != "info" or line["event"] == AVAILABLE)]


def phases(service: Service, role: str) -> list[str]:
    """What a role has told in turn; of one outage it tells each cause once, whatever it met while that began."""
    found = []
    for event, lines in groupby(told_by(service, role), lambda line: line["event"]):
        causes = [line.get("cause") for line in lines]
        assert len(causes) == len(set(causes)), causes
        found.append(str(event))
    return found


async def until_told(service: Service, *events: str) -> None:
    """Wait until each role has told just that."""
    async with asyncio.timeout(60):
        while any(len(phases(service, role)) < len(events) for role in ROLES):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    for role in ROLES:
        assert phases(service, role) == list(events), told_by(service, role)


async def until_ready(roles: list[Scraped]) -> None:
    """Wait until each role takes work."""
    async with asyncio.timeout(60):
        for role in roles:
            while (await role.get("/ready")).status_code != 200:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)


@pytest.mark.slow
async def test_each_role_names_a_database_that_is_away_and_goes_on_when_it_is_back(
    service: Service, fresh_database_url: str
) -> None:
    url = make_url(fresh_database_url)
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as pages:
        port, served = int(taken.getsockname()[1]), pages.getsockname()
    service.environment["TALKWRIGHT_DATABASE_URL"] = url.set(host="127.0.0.1", port=port).render_as_string(False)
    roles = [await scraped(service, role, TALKWRIGHT_PORT=str(served[1])) for role in ROLES]
    await until_told(service, UNAVAILABLE)
    for role in roles:
        ready = await role.get("/ready")
        assert (ready.status_code, "the connection is refused" in ready.text) == (503, True)
    with pytest.raises(ConnectionRefusedError):  # so that nobody's request waits for an answer
        socket.create_connection(served)
    target = (str(url.host), int(url.port or 5432))
    async with forwarded("127.0.0.1", target, port):
        await until_ready(roles)
        await until_told(service, UNAVAILABLE, AVAILABLE)
    # Nobody asks it for a role that has nothing to do, but whether it is ready is asked again and again.
    async with asyncio.timeout(60):
        while any(len(phases(service, role)) < 3 for role in ROLES):
            for one in roles:
                await one.get("/ready")
            await asyncio.sleep(0.2)
    await asyncio.sleep(3)  # so many seconds of new tries are told by no further line
    async with forwarded("127.0.0.1", target, port):
        await until_ready(roles)
        await until_told(service, UNAVAILABLE, AVAILABLE, UNAVAILABLE)  # of one that came back so soon it is told later
    told = [line for role in ROLES for line in told_by(service, role) if line["event"] == UNAVAILABLE]
    assert {(line["host"], line["port"], line["database"]) for line in told} == {("127.0.0.1", port, url.database)}
    refused = [line for line in told if line["cause"] == "does not answer: the connection is refused"]
    assert len(refused) == 2 * len(ROLES)
    assert all("TALKWRIGHT_DATABASE_URL" in line["mend"] and "asked again" in line["goes_on"] for line in refused)
    assert f":{PASSWORD}@" not in service.journal.path.read_text(encoding="utf-8")


class TestMigrate:
    def run(self, url: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "TALKWRIGHT_DATABASE_OWNER_URL": url,
            "TALKWRIGHT_DATABASE_URL": "postgresql://app:other-word@127.0.0.1/db",
            "TALKWRIGHT_DATABASE_MIGRATE_WAIT": str(seconds),
        }
        command = [sys.executable, "-m", "talkwright.cli.main", "migrate"]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
        assert SECRET not in ended.stderr
        return ended

    def test_it_says_at_once_what_it_waits_for_and_ends_with_what_to_do(self) -> None:
        ended = self.run(f"postgresql://me:{SECRET}@127.0.0.1:1/db", 1.5)
        first, *others = ended.stderr.splitlines()
        told = json.loads(first)
        assert (told["event"], told["host"], told["port"], told["database"]) == (UNAVAILABLE, "127.0.0.1", 1, "db")
        assert "1.5 seconds at most (TALKWRIGHT_DATABASE_MIGRATE_WAIT)" in told["goes_on"]
        (last,) = others
        assert last == (
            "The database 127.0.0.1:1/db does not answer: the connection is refused. Start the server, or correct host "
            "and port in TALKWRIGHT_DATABASE_OWNER_URL. Then run `talkwright migrate` again; it has changed nothing."
        )
        assert ended.returncode == 1

    def test_what_waiting_can_not_mend_is_said_at_once(self, postgres: TestServer) -> None:
        with postgres.database() as name:
            ended = self.run(url_of(postgres, name, password=SECRET))
        assert "refuses the user or the password. Correct user and password in TALKWRIGHT_DATABASE_OWNER_URL" in (
            ended.stderr
        )
        assert ended.returncode == 1
