"""All rows of the studio out of one moment of a database, and into another one: by COPY, which any server understands.

What lives only as long as a process or a browser session is left out: leases, consumers, sign-ins, throttles, keys;
and what only the old studio's keys open, assistants' secrets. A restored studio therefore needs no secret of the old
one; people sign in again, set the secrets of their assistants again, and what ran is started anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import psycopg
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema

from talkwright.database.engine import driver_url, plain_url
from talkwright.database.migrate import Source, alembic_config, migrate
from talkwright.database.outage import Outage
from talkwright.database.settings import DatabaseSettings
from talkwright.database.tables.base import QUEUE

PASSING = frozenset(
    {
        "studio.assistant_secrets",
        "studio.leases",
        "studio.workers",
        "studio.sign_ins",
        "studio.sign_in_attempts",
        "studio.schema_info",
        "idp.keys",
        "idp.throttles",
        "idp.codes",
        "idp.links",
        "idp.sessions",
        "idp.refresh_tokens",
    }
)
"""Tables whose rows are not worth keeping, or are made anew by `migrate`."""
BEFORE = "_before_restore"
RUNS = "A studio runs on this database"

_COLUMNS = (
    "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
    "AND is_generated = 'NEVER' ORDER BY ordinal_position"
)
_IDENTITIES = (
    "SELECT table_schema, table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = ANY(%s) AND is_identity = 'YES'"
)
_BUSY = "SELECT 1 FROM studio.workers WHERE ended_at IS NULL AND heartbeat_at > clock_timestamp() - interval '1 minute'"
"""By a time that suits all leases but very long ones: the schema of an older release does not know theirs."""
_SETTLE = (
    (
        "INSERT INTO studio.leases (key, holder, epoch, expires_at) "
        "SELECT 'attempt:' || id, worker, epoch, clock_timestamp() FROM studio.attempts WHERE outcome IS NULL"
    ),
    "UPDATE studio.attempts SET address = NULL, secret = NULL WHERE outcome IS NULL",
)
"""Attempts under way get a lease that has run out, by which their orchestrator finds them and starts them again."""


class DumpError(Exception):
    """A database can't be dumped or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class TableDump:
    """The rows of one table: where they come from, in which columns, and how to write them to a file."""

    name: str
    columns: tuple[str, ...]
    write: Callable[[IO[bytes]], int]
    """Writes them in COPY's text form; gives their number."""


def tables(sources: Iterable[Source]) -> list[str]:
    """The names of all tables that are dumped, each after those that it refers to."""
    every = (str(table.fullname) for source in sources for table in source.metadata.sorted_tables)
    return [name for name in every if name not in PASSING]


@contextmanager
def snapshot(settings: DatabaseSettings, sources: Sequence[Source]) -> Iterator[tuple[dict[str, str], list[TableDump]]]:
    """All rows as of one moment, with the revision of each schema.

    Raises DumpError where there is no studio, or one of a later release: it has tables that this one does not know.
    """
    with _link(settings) as link:
        link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        link.execute("SET LOCAL statement_timeout = 0")
        revisions = _revisions(link, sources)
        if len(revisions) < len(sources):
            raise DumpError("There is no studio in this database yet; `talkwright migrate` makes one.")
        if (schema := _unknown(revisions, sources)) is not None:
            raise DumpError(
                f"The database belongs to a later release: this one does not know its schema {schema} "
                f"{revisions[schema]}, so that a backup would not be whole. Make it with the release that migrated it."
            )
        every = [_dump(link, name) for name in tables(sources)]
        yield revisions, [dump for dump in every if dump.columns]  # a schema that is still to be migrated lacks some


def _dump(link: psycopg.Connection[Any], name: str) -> TableDump:
    schema, _, table = name.partition(".")
    columns = tuple(row[0] for row in link.execute(_COLUMNS, (schema, table)))

    def write(out: IO[bytes]) -> int:
        with link.cursor() as cursor:
            with cursor.copy(_copy("COPY {} ({}) TO STDOUT", name, columns)) as rows:
                for data in rows:
                    out.write(data)
            return cursor.rowcount

    return TableDump(name, columns, write)


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of one table as a dump has them."""

    name: str
    columns: tuple[str, ...]
    open: Callable[[], IO[bytes]]


def state_of(settings: DatabaseSettings, sources: Sequence[Source]) -> str | None:
    """Why a database is no empty place for a restore, or None."""
    with _link(settings) as link:
        if _revisions(link, sources).keys() != {source.schema for source in sources}:
            return None
        if link.execute(_BUSY).fetchone() is not None:
            return RUNS
        for table in ("assistants", "identities", "grants"):
            if link.execute(sql.SQL("SELECT 1 FROM studio.{} LIMIT 1").format(sql.Identifier(table))).fetchone():
                return "The database holds a studio already"
    return None


def check_revisions(revisions: Mapping[str, str], sources: Sequence[Source]) -> None:
    """Raise DumpError where a dump comes from a schema that this release doesn't know."""
    if (schema := _unknown(revisions, sources)) is not None:
        raise DumpError(
            f"The backup was made by another release: this one does not know its schema {schema} "
            f"{revisions.get(schema, '')}. Restore it with the release that made it, or a newer one."
        )


def _unknown(revisions: Mapping[str, str], sources: Iterable[Source]) -> str | None:
    """A schema of whose revision this release has no script, or None."""
    for source in sources:
        try:
            known = ScriptDirectory.from_config(alembic_config(source)).get_revision(revisions.get(source.schema, ""))
        except CommandError:
            known = None
        if known is None:
            return source.schema
    return None


def load(
    settings: DatabaseSettings, sources: Sequence[Source], revisions: Mapping[str, str], rows: Iterable[TableRows]
) -> None:
    """Put a dump's rows in place of what is there: all of them, or what was there stays.

    The old schemas step aside until all is loaded and brought forward. Raises DumpError.
    """
    check_revisions(revisions, sources)
    names = [*(source.schema for source in sources), QUEUE]
    _put_back(settings, names)  # what a restore that was cut has left aside
    _set_aside(settings, names)
    try:
        _make(settings, sources, revisions)
        with _link(settings) as link:
            link.execute("SET LOCAL statement_timeout = 0")
            _fill(link, sources, rows)
        migrate(settings, sources=sources)
    except psycopg.Error as error:
        _put_back(settings, names)
        raise DumpError(
            f"The rows could not be restored: {str(error).splitlines()[0]}. Nothing was changed."
        ) from error
    except BaseException:
        _put_back(settings, names)
        raise
    with _link(settings) as link:
        for name in names:
            link.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name + BEFORE)))


def _make(settings: DatabaseSettings, sources: Sequence[Source], revisions: Mapping[str, str]) -> None:
    """Empty tables as they were when the dump was made."""
    engine = create_engine(driver_url(settings.owner), poolclass=NullPool)
    with engine.connect() as connection:
        for source in sources:
            _upgrade(connection, source, revisions[source.schema])


def _upgrade(connection: Connection, source: Source, revision: str) -> None:
    connection.execute(CreateSchema(source.schema, if_not_exists=True))
    connection.commit()
    command.upgrade(alembic_config(source, connection), revision)
    connection.commit()


def _fill(link: psycopg.Connection[Any], sources: Sequence[Source], rows: Iterable[TableRows]) -> None:
    known = set(tables(sources))
    for table in rows:
        if table.name not in known:
            raise DumpError(f"The backup holds a table {table.name} that a studio does not have. Nothing was changed.")
        statement = _copy("COPY {} ({}) FROM STDIN", table.name, table.columns)
        with table.open() as source, link.cursor() as cursor, cursor.copy(statement) as copy:
            while data := source.read(1 << 16):
                copy.write(data)
    for settling in _SETTLE:
        link.execute(settling)
    for schema, table_name, column in link.execute(_IDENTITIES, ([source.schema for source in sources],)).fetchall():
        link.execute(
            sql.SQL(
                "SELECT setval(pg_get_serial_sequence({}, {}), coalesce(max({}), 1), max({}) IS NOT NULL) FROM {}"
            ).format(
                sql.Literal(f"{schema}.{table_name}"),
                sql.Literal(column),
                sql.Identifier(column),
                sql.Identifier(column),
                sql.Identifier(schema, table_name),
            )
        )


def _copy(form: str, name: str, columns: Sequence[str]) -> sql.Composed:
    schema, _, table = name.partition(".")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL(form).format(sql.Identifier(schema, table), names)


def _set_aside(settings: DatabaseSettings, names: Sequence[str]) -> None:
    with _link(settings) as link:
        for name in names:
            if _exists(link, name):
                _rename(link, name, name + BEFORE)


def _put_back(settings: DatabaseSettings, names: Sequence[str]) -> None:
    """Undo a restore that did not come to its end; where none was begun, nothing is done."""
    with _link(settings) as link:
        aside = [name for name in names if _exists(link, name + BEFORE)]
        for name in aside:
            link.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))
            _rename(link, name + BEFORE, name)


def _rename(link: psycopg.Connection[Any], old: str, new: str) -> None:
    link.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


def _exists(link: psycopg.Connection[Any], schema: str) -> bool:
    return link.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is not None


def _revisions(link: psycopg.Connection[Any], sources: Iterable[Source]) -> dict[str, str]:
    """The revision of each schema that is there."""
    found = {}
    for source in sources:
        table = f"{source.schema}.alembic_version"
        if link.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,):
            query = sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(source.schema, "alembic_version"))
            if (row := link.execute(query).fetchone()) is not None:
                found[source.schema] = str(row[0])
    return found


@contextmanager
def _link(settings: DatabaseSettings) -> Iterator[psycopg.Connection[Any]]:
    """One transaction of the owner's role. Raises DumpError where the server can't be reached."""
    try:
        link = psycopg.connect(plain_url(settings.owner), connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DumpError(Outage(settings.owner, settings.owner_setting).sentences(error)) from error
    with link:
        yield link
