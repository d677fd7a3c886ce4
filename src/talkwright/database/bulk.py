"""Many rows in few statements: an import writes tens of thousands, and one for each would take most of its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Uuid,
    any_,
    literal,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

Row: TypeAlias = Mapping[str, Any]
_FEW = 20
_BYTES_PER_STATEMENT = 8_000_000
_TYPES = (
    (Uuid, "uuid"),
    (Boolean, "boolean"),
    (BigInteger, "bigint"),
    (SmallInteger, "smallint"),
    (Integer, "integer"),
    (DateTime, "timestamptz"),
    (LargeBinary, "bytea"),
)


async def insert_rows(
    session: AsyncSession,
    table: Table,
    rows: Sequence[Row],
    *,
    keep: bool = False,
    update: Collection[str] = (),
) -> None:
    """Insert rows that all name the same columns.

    A row that is there already is an error, or it stays with `keep`, or takes over the columns of `update`. Many rows
    are packed beside the event loop, as JSON.
    """
    if not rows:
        return
    if len(rows) <= _FEW:
        await session.execute(_plain(table, keep=keep, update=update), list(rows))
        return
    statement = text(_packed(table, list(rows[0]), keep=keep, update=update))
    chunks = await asyncio.to_thread(lambda: list(_chunks(rows)))
    for chunk in chunks:
        await session.execute(statement, {"rows": chunk})


def among(column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """That a column has one of these values: one parameter, however many there are."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def _plain(table: Table, *, keep: bool, update: Collection[str]) -> Any:
    statement = insert(table)
    if update:
        taken = {name: statement.excluded[name] for name in update}
        return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=taken)
    return statement.on_conflict_do_nothing() if keep else statement


def _packed(table: Table, names: Sequence[str], *, keep: bool, update: Collection[str]) -> str:
    typed = ", ".join(f'"{name}" {_type(table.c[name])}' for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    conflict = " ON CONFLICT DO NOTHING" if keep else ""
    if update:
        key = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
        taken = ", ".join(f'"{name}" = excluded."{name}"' for name in update)
        conflict = f" ON CONFLICT ({key}) DO UPDATE SET {taken}"
    return (
        f"INSERT INTO {table.fullname} ({columns}) "  # noqa: S608 - names of our own tables
        f"SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS x({typed}){conflict}"
    )


def _chunks(rows: Sequence[Row]) -> Iterator[str]:
    """The rows as JSON lists, none much larger than a statement should be."""
    encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
    pieces: list[bytes] = []
    size = 0
    for row in rows:
        pieces.append(encode({name: _value(value) for name, value in row.items()}))
        size += len(pieces[-1])
        if size > _BYTES_PER_STATEMENT:
            yield _listed(pieces)
            pieces, size = [], 0
    if pieces:
        yield _listed(pieces)


def _listed(pieces: Sequence[bytes]) -> str:
    return f"[{b','.join(pieces).decode()}]"


def _value(value: Any) -> Any:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value


def _type(column: Column[Any]) -> str:
    return next((name for kind, name in _TYPES if isinstance(column.type, kind)), "text")
