"""Bring a database's schemas to what this code needs: repeatable, one at a time, patient with a starting server.

The studio's own schema is one source; others (the identity provider's) bring metadata and scripts of their own, each
with its own version table in its own schema. The work queue's schema is procrastinate's own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, MetaData, create_engine, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema

from talkwright.database.engine import driver_url
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.outage import Outage, trouble_of
from talkwright.database.readiness import CODE_GENERATION
from talkwright.database.settings import DatabaseSettings
from talkwright.database.tables import instance, metadata, schema_info, users
from talkwright.database.tables.base import QUEUE, SCHEMA

MIN_CODE = 1
"""The oldest code generation (`database.readiness`) that may use the schema of these scripts."""
SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 0x7A1C_0001

log = structlog.get_logger(__name__)


class MigrationError(Exception):
    """The schemas could not be brought forward; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """One schema with its tables and the folder of its scripts."""

    schema: str
    metadata: MetaData
    versions: Path


STUDIO = Source(SCHEMA, metadata, SCRIPTS / "versions")


def alembic_config(source: Source, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one source."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(source.versions))
    config.attributes["source"] = source
    config.attributes["connection"] = connection
    return config


def head(source: Source = STUDIO) -> str:
    """The revision that this code's scripts end at."""
    found = ScriptDirectory.from_config(alembic_config(source)).get_current_head()
    if found is None:
        msg = f"The schema {source.schema} has no migrations."
        raise MigrationError(msg)
    return found


def migrate(settings: DatabaseSettings, *, sources: Iterable[Source] = (STUDIO,)) -> str:
    """Bring all schemas forward with the owner's role and let the application's role in; returns the studio's revision.

    A schema of a later release stays as it is where that allows this code. Raises MigrationError where it doesn't,
    where the server does not answer in time or a lock can't be had.
    """
    sources = tuple(sources)
    with _connect(settings) as connection:
        try:
            _set_timeouts(connection, settings)
            _lock(connection, settings.database_migrate_wait)
            if (later := _of_a_later_release(connection)) is not None:
                return later
            for source in sources:
                _bring_forward(connection, source)
            _install_queue(connection)
            revision = _record(connection)
            _let_in(connection, settings, [*(source.schema for source in sources), QUEUE])
        except DBAPIError as error:
            raise MigrationError(
                f"The database could not be migrated: {error.orig}. Mend it and run `talkwright migrate` again."
            ) from error
    return revision


def differences(connection: Connection, source: Source = STUDIO) -> list[object]:
    """What the code's tables have that the database has not, and the other way round (as `alembic check` finds it)."""
    context = MigrationContext.configure(
        connection,
        opts={
            "target_metadata": source.metadata,
            "include_schemas": True,
            "include_name": lambda name, kind, _parents: name == source.schema if kind == "schema" else True,
            "include_object": lambda _object, name, kind, *_rest: not (kind == "table" and name == "alembic_version"),
        },
    )
    return list(compare_metadata(context, source.metadata))


def _connect(settings: DatabaseSettings) -> Connection:
    """A connection of the owner's role; a server that is away is waited for, what only people can mend is not."""
    engine = create_engine(driver_url(settings.owner), poolclass=NullPool, connect_args={"connect_timeout": 5})
    seconds = settings.database_migrate_wait
    goes_on = f"It is waited for, {seconds:g} seconds at most (TALKWRIGHT_DATABASE_MIGRATE_WAIT)."
    outage = Outage(settings.owner, settings.owner_setting, goes_on=goes_on)
    end = time.monotonic() + seconds
    while True:
        try:
            return engine.connect()
        except OperationalError as error:
            trouble = trouble_of(error)
            if time.monotonic() >= end or (trouble is not None and trouble.lasting):
                raise MigrationError(
                    f"{outage.sentences(error)} Then run `talkwright migrate` again; it has changed nothing."
                ) from error
            outage.failed(error)
            time.sleep(0.2)


def _set_timeouts(connection: Connection, settings: DatabaseSettings) -> None:
    for name, seconds in (
        ("lock_timeout", settings.database_migrate_lock_timeout),
        ("statement_timeout", settings.database_migrate_statement_timeout),
    ):
        connection.execute(text(f"SELECT set_config('{name}', :value, false)"), {"value": f"{int(seconds * 1000)}ms"})
    connection.commit()


def _lock(connection: Connection, seconds: float) -> None:
    """Take the lock of this connection under which one migration runs at a time."""
    end = time.monotonic() + seconds
    is_told = False
    while not connection.execute(select(func.pg_try_advisory_lock(LOCK))).scalar_one():
        connection.commit()
        if not is_told:
            log.info("database.migrated_by_another", goes_on=f"Its end is waited for, {seconds:g} seconds at most.")
            is_told = True
        if time.monotonic() >= end:
            raise MigrationError("Another migration of this database is still running. Try again when it has ended.")
        time.sleep(0.1)
    connection.commit()


def _of_a_later_release(connection: Connection) -> str | None:
    """The revision of a schema whose scripts this code does not have, but which it may use; None where it has them.

    Raises MigrationError for one that it may not use.
    """
    if connection.execute(text(f"SELECT to_regclass('{SCHEMA}.schema_info')")).scalar_one() is None:
        return None
    row = connection.execute(select(schema_info.c.revision, schema_info.c.min_code)).first()
    connection.commit()
    if row is None:
        return None
    if row.min_code > CODE_GENERATION:
        raise MigrationError(
            f"The database belongs to a later release (schema {row.revision}), which this one can't use. Install that "
            "release again, or restore a backup that was made before it."
        )
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config(STUDIO)).walk_revisions()}
    return None if row.revision in known else str(row.revision)


def _bring_forward(connection: Connection, source: Source) -> None:
    connection.execute(CreateSchema(source.schema, if_not_exists=True))
    connection.commit()
    before = MigrationContext.configure(connection, opts={"version_table_schema": source.schema}).get_current_revision()
    connection.commit()
    if before == head(source):
        return
    command.upgrade(alembic_config(source, connection), "head")
    connection.commit()
    log.info("database.migrated", schema=source.schema, revision=head(source))


def _install_queue(connection: Connection) -> None:
    """Install procrastinate's own tables in a schema of their own; who uses them sets `search_path` to it."""
    connection.execute(CreateSchema(QUEUE, if_not_exists=True))
    if connection.execute(text(f"SELECT to_regclass('{QUEUE}.procrastinate_jobs')")).scalar_one() is None:
        connection.execute(text(f"SET LOCAL search_path TO {QUEUE}"))
        connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    connection.commit()


def _record(connection: Connection) -> str:
    """Say which schema this is, and make the two rows that must exist: the instance and the system's user."""
    revision = head()
    row = {"single": True, "revision": revision, "min_code": MIN_CODE}
    connection.execute(upsert(schema_info).values(row).on_conflict_do_update(index_elements=["single"], set_=row))
    connection.execute(upsert(instance).values(id=uuid7(), single=True).on_conflict_do_nothing())
    system = {"id": SYSTEM_USER, "kind": "system", "display": "Talkwright"}
    connection.execute(upsert(users).values(system).on_conflict_do_nothing())
    connection.commit()
    return revision


def _let_in(connection: Connection, settings: DatabaseSettings, schemas: list[str]) -> None:
    """Give the application's role what it needs and no more: rows of all tables, but of the audit only new ones."""
    role = make_url(settings.application).username
    milliseconds = int(settings.database_statement_timeout * 1000)
    if role is None or role == connection.execute(text("SELECT current_user")).scalar_one():
        return
    quoted = connection.dialect.identifier_preparer.quote(role)
    for schema in schemas:
        for grant in (
            f"GRANT USAGE ON SCHEMA {schema} TO {quoted}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {quoted}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {quoted}",
        ):
            connection.execute(text(grant))
    connection.execute(text(f"REVOKE UPDATE, DELETE ON {SCHEMA}.audit FROM {quoted}"))
    connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON {SCHEMA}.schema_info FROM {quoted}"))
    connection.commit()
    _limit(connection, role, milliseconds)


def _limit(connection: Connection, role: str, milliseconds: int) -> None:
    """Give the application's role the time limits that it lacks, where the owner may; elsewhere the operator does."""
    database = connection.execute(text("SELECT quote_ident(current_database())")).scalar_one()
    quoted_role = connection.dialect.identifier_preparer.quote(role)
    query = (
        "SELECT unnest(setconfig) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole WHERE rolname = :role"
    )
    known = {line.partition("=")[0] for line in connection.execute(text(query), {"role": role}).scalars()}
    limits = {"statement_timeout": milliseconds, "idle_in_transaction_session_timeout": 60_000}
    for name, value in limits.items():
        if name in known:
            continue
        try:
            connection.execute(text(f"ALTER ROLE {quoted_role} IN DATABASE {database} SET {name} = {value}"))
            connection.commit()
        except ProgrammingError:
            connection.rollback()
            log.warning("database.limit_not_set", setting=name)
