"""Many rows in one statement: an import writes tens of thousands, and one for each would take most of its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Integer, SmallInteger, Table, Uuid, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

_FEW = 20
_TYPES = (
    (Uuid, "uuid"),
    (Boolean, "boolean"),
    (BigInteger, "bigint"),
    (SmallInteger, "smallint"),
    (Integer, "integer"),
)


async def insert_rows(session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns, of uuids, numbers, bools and texts."""
    if not rows:
        return
    if len(rows) <= _FEW:
        await session.execute(insert(table), list(rows))
        return
    names = list(rows[0])
    typed = ", ".join(f'"{name}" {_type(table.c[name])}' for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    statement = (
        f"INSERT INTO {table.fullname} ({columns}) SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS x({typed})"  # noqa: S608 - names of our own tables
    )
    await session.execute(text(statement), {"rows": msgspec.json.encode(rows).decode()})


def _type(column: Column[Any]) -> str:
    return next((name for kind, name in _TYPES if isinstance(column.type, kind)), "text")
