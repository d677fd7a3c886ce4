"""PostgreSQL for the tests: one server per run, shared by all xdist workers, and a fresh database per module or test.

The run's own process starts the embedded server and hands its address to the workers. `TEST_POSTGRES_URL` names another
server instead, by its superuser (Debian's, say). Databases are copied from a template that is migrated once.

Fixtures: `database_url`, `database_settings` (per module), `fresh_database_url` (per test), `database` (a pool on the
module's database), `statements` (counts statements).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url
from tests.services import memory

from talkwright.database.embedded import EmbeddedPostgres
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.database.migrate import STUDIO, Source, migrate
from talkwright.database.settings import DatabaseSettings
from talkwright.identity.provider.source import SOURCE as PROVIDER

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # it would visit hundreds of databases that live for seconds
    "max_connections": "300",
}
COPIES_FILES = 150_000
"""From this version on a server copies a template through its log, which takes twice the work, unless told."""
OWNER, APPLICATION, PASSWORD = "talkwright_test_owner", "talkwright_test_app", "test"
_KEY = "talkwright_postgres"


@dataclass(frozen=True)
class TestServer:
    """The run's server: `maintenance` is its superuser's URL; the template is made once."""

    __test__ = False
    maintenance: str

    def url(self, role: str, database: str) -> str:
        """The URL of one role and database."""
        password = PASSWORD if role in (OWNER, APPLICATION) else make_url(self.maintenance).password
        url = make_url(self.maintenance).set(username=role, password=password, database=database)
        return url.render_as_string(hide_password=False)

    def settings(self, database: str) -> DatabaseSettings:
        """Settings for one database."""
        return DatabaseSettings(
            database_url=self.url(APPLICATION, database), database_owner_url=self.url(OWNER, database)
        )

    @contextlib.contextmanager
    def database(self, *, empty: bool = False, like: str = "") -> Iterator[str]:
        """A database of its own: a copy of the migrated template or of one that is `like` it, or an empty one.

        Yields its name.
        """
        name = f"test_{uuid7().hex}"
        with self.connection() as link:
            template = like or self.template(link)
            if empty:
                template = "template0"
            how = "STRATEGY FILE_COPY" if link.info.server_version >= COPIES_FILES else ""
            link.execute(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template} {how}")
        try:
            yield name
        finally:
            with self.connection() as link:
                link.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection as superuser, outside transactions."""
        with psycopg.connect(self.maintenance, autocommit=True) as link:
            yield link

    def template(self, link: psycopg.Connection[Any]) -> str:
        """The name of the migrated template; made by whoever comes first, while the others wait."""
        name = f"template_{_fingerprint()}"
        link.execute("SELECT pg_advisory_lock(20261125)")
        try:
            if link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                self._make_template(link, name)
        finally:
            link.execute("SELECT pg_advisory_unlock(20261125)")
        return name

    def _make_template(self, link: psycopg.Connection[Any], name: str) -> None:
        for role in (OWNER, APPLICATION):
            if link.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                link.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
                link.execute(f"ALTER ROLE {role} SET statement_timeout = '60s'")
                link.execute(f"ALTER ROLE {role} SET idle_in_transaction_session_timeout = '60s'")
        link.execute(f"DROP DATABASE IF EXISTS {name}_new")
        link.execute(f"CREATE DATABASE {name}_new OWNER {OWNER} TEMPLATE template0")
        migrate(self.settings(f"{name}_new"), sources=sources())
        link.execute(f"ALTER DATABASE {name}_new RENAME TO {name}")


def sources() -> tuple[Source, ...]:
    """All schemas that the product migrates."""
    return (STUDIO, PROVIDER)


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for source in sources():
        for path in sorted(source.versions.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@dataclass
class _Run:
    server: TestServer | None = None
    embedded: EmbeddedPostgres | None = None
    home: Path | None = None

    def get(self) -> TestServer:
        """Start the server when it is first needed."""
        if self.server is None:
            given = os.environ.get("TEST_POSTGRES_URL")
            self.server = TestServer(given or self._start())
        return self.server

    def _start(self) -> str:
        self.home = memory.folder(memory.DATABASE) or Path(tempfile.mkdtemp(prefix="talkwright-tests-"))
        self.embedded = EmbeddedPostgres(self.home, with_parent=True, settings=FAST)
        return self.embedded.start().maintenance

    def end(self) -> None:
        """Stop the server and remove its data."""
        if self.embedded is not None:
            self.embedded.stop()
        if self.home is not None:
            shutil.rmtree(self.home, ignore_errors=True)


_RUN = pytest.StashKey[_Run]()


def pytest_configure(config: pytest.Config) -> None:
    """Remember this process's server: a worker's is the one of its run."""
    run = config.stash[_RUN] = _Run()
    given = getattr(config, "workerinput", {}).get(_KEY)
    if given is not None:
        run.server = TestServer(**json.loads(given))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the run's server to an xdist worker."""
    node.workerinput[_KEY] = json.dumps(asdict(node.config.stash[_RUN].get()))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that this process started."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.end()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> TestServer:
    """The run's server."""
    return request.config.stash[_RUN].get()


@pytest.fixture(scope="module")
def database_settings(postgres: TestServer) -> Iterator[DatabaseSettings]:
    """Settings of a migrated database that the module's tests share."""
    with postgres.database() as name:
        yield postgres.settings(name)


@pytest.fixture(scope="module")
def database_url(database_settings: DatabaseSettings) -> str:
    """The application's URL of the module's database."""
    return database_settings.application


@pytest.fixture
def fresh_database_url(postgres: TestServer) -> Iterator[str]:
    """The application's URL of a migrated database for one test alone."""
    with postgres.database() as name:
        yield postgres.settings(name).application


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on the module's database, for async tests."""
    opened = Database.at(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def fresh_database(fresh_database_url: str) -> AsyncIterator[Database]:
    """A pool on a database for one test alone."""
    opened = Database.at(fresh_database_url)
    yield opened
    await opened.close()


@pytest.fixture
def statements() -> Callable[[Database], contextlib.AbstractContextManager[list[str]]]:
    """`with statements(database) as seen:` gathers the statements that its pool sends."""

    @contextlib.contextmanager
    def gather(database: Database) -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(database.engine.sync_engine, "before_cursor_execute", note)

    return gather
