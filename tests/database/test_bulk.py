"""Many rows are written as one by one, whatever their texts hold."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.bulk import insert_rows
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio

ROWS = Table(
    "rows_for_bulk",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text),
    Column("text", Text),
    Column("place", BigInteger),
    Column("line", Integer),
    Column("told", Boolean),
    Column("hash", LargeBinary),
    Column("at", DateTime(timezone=True)),
    prefixes=["TEMPORARY"],
)
TEXTS = ("", "'; --", '"quoted" \\ \n\t', "ünï 🏦", ":rows %s {x}", "[1, 2]", "null")


async def kept(session: AsyncSession, count: int) -> None:
    rows = [
        {
            "id": uuid7(),
            "name": TEXTS[number % len(TEXTS)],
            "text": None if number % 3 else str(number),
            "place": number - 2**40,
            "line": None if number % 2 else number,
            "told": number % 2 == 0,
            "hash": None if number % 5 == 0 else bytes([number % 256, 0, 92]),
            "at": datetime(2026, 1, 2, 3, 4, 5, number, tzinfo=UTC),
        }
        for number in range(count)
    ]
    await insert_rows(session, ROWS, rows)
    assert await read(session) == rows
    await insert_rows(session, ROWS, [row | {"text": "another"} for row in rows], keep=True)
    assert await read(session) == rows
    await insert_rows(session, ROWS, [row | {"text": "another", "line": 7} for row in rows], update=("text",))
    assert await read(session) == [row | {"text": "another"} for row in rows]


async def read(session: AsyncSession) -> list[dict[str, Any]]:
    found = await session.execute(select(ROWS).order_by(ROWS.c.place))
    return [dict(row) for row in found.mappings()]


@pytest.mark.parametrize("count", [0, 1, 20, 21, 500])
async def test_rows_come_back_as_they_were(database: Database, count: int) -> None:
    async with database.transaction() as session:
        await (await session.connection()).run_sync(ROWS.create)
        await kept(session, count)
        await (await session.connection()).run_sync(ROWS.drop)


async def test_very_many_rows_are_written_in_few_statements_of_bounded_size(
    database: Database, statements: Callable[[Database], AbstractContextManager[list[str]]]
) -> None:
    rows = [{"id": uuid7(), "name": "x" * 2_000} for _ in range(10_000)]
    async with database.transaction() as session:
        await (await session.connection()).run_sync(ROWS.create)
        with statements(database) as seen:
            await insert_rows(session, ROWS, rows)
        assert len(seen) == 3
        assert len(await read(session)) == len(rows)
        await (await session.connection()).run_sync(ROWS.drop)
