"""Migrations bring the schemas to what the code says, again and again, whoever else does it at the same time."""

from __future__ import annotations

import threading

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from tests.services.postgres import OWNER, TestServer, sources

from talkwright.assistant.items import Kind
from talkwright.database.engine import driver_url
from talkwright.database.migrate import MigrationError, differences, head, migrate
from talkwright.database.readiness import CODE_GENERATION
from talkwright.database.settings import DatabaseSettings
from talkwright.database.tables.content import KINDS


def test_the_migrated_schema_is_what_the_tables_say(postgres: TestServer) -> None:
    with postgres.database() as name:
        engine = create_engine(driver_url(postgres.url(OWNER, name)))
        with engine.connect() as connection:
            for source in sources():
                assert differences(connection, source) == []
        engine.dispose()


def test_two_migrations_at_once_take_turns(postgres: TestServer) -> None:
    with postgres.database(empty=True) as name:
        settings, found = postgres.settings(name), []
        threads = [threading.Thread(target=lambda: found.append(migrate(settings))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [head()] * 3


def test_the_application_may_add_to_the_audit_but_not_change_it(postgres: TestServer, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as link:
        link.execute("INSERT INTO studio.audit (at, via, action, outcome) VALUES (now(), 'system', 'test', 'done')")
        for statement in (
            "UPDATE studio.audit SET action = 'x'",
            "DELETE FROM studio.audit",
            "DROP TABLE studio.audit",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                link.execute(statement)


def test_nothing_stands_in_the_public_schema(postgres: TestServer, database_url: str) -> None:
    with psycopg.connect(database_url) as link:
        assert link.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchone() == (
            0,
        )


def test_a_server_that_does_not_answer_is_said_with_its_address() -> None:
    settings = DatabaseSettings(database_url="postgresql://nobody:secret-word@127.0.0.1:1/x", database_migrate_wait=0)
    with pytest.raises(MigrationError, match=r"127\.0\.0\.1:1") as caught:
        migrate(settings)
    assert "secret-word" not in str(caught.value)


def test_a_lock_held_by_others_ends_the_migration_with_words(postgres: TestServer) -> None:
    with postgres.database(empty=True) as name:
        base = postgres.settings(name)
        migrate(base)
        settings = base.model_copy(update={"database_migrate_wait": 0.2})
        with psycopg.connect(base.owner) as other:
            other.execute("SELECT pg_advisory_lock(2048655361)")
            with pytest.raises(MigrationError, match="still running"):
                migrate(settings)


def test_a_schema_of_a_later_release_stays_as_it_is_where_that_allows_this_code(postgres: TestServer) -> None:
    with postgres.database() as name:
        settings = postgres.settings(name)
        with psycopg.connect(settings.owner) as link:
            link.execute("UPDATE studio.schema_info SET revision = '9999'")
            link.execute("UPDATE studio.alembic_version SET version_num = '9999'")
        assert migrate(settings, sources=sources()) == "9999"
        with psycopg.connect(settings.owner) as link:
            assert link.execute("SELECT revision FROM studio.schema_info").fetchone() == ("9999",)


def test_a_schema_that_refuses_this_code_is_said(postgres: TestServer) -> None:
    with postgres.database() as name:
        settings = postgres.settings(name)
        with psycopg.connect(settings.owner) as link:
            link.execute("UPDATE studio.schema_info SET revision = '9999', min_code = %s", (CODE_GENERATION + 1,))
        with pytest.raises(MigrationError, match="later release"):
            migrate(settings, sources=sources())


def test_the_kinds_of_items_are_those_of_the_assistant_format() -> None:
    assert tuple(KINDS) == tuple(str(kind) for kind in Kind)


def test_the_url_of_another_database_is_refused() -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        driver_url("mysql://localhost/x")
    assert make_url("postgresql://a@b/c").set(drivername="postgresql+psycopg") == driver_url("postgres://a@b/c")
