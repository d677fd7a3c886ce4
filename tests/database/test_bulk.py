"""Many rows are written as one by one, whatever their texts hold."""

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.bulk import insert_rows
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio

ROWS = Table(
    "rows_for_bulk",
    MetaData(),
    Column("id", Uuid),
    Column("name", Text),
    Column("text", Text),
    Column("place", BigInteger),
    Column("line", Integer),
    Column("told", Boolean),
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
        }
        for number in range(count)
    ]
    await insert_rows(session, ROWS, rows)
    found = await session.execute(select(ROWS).order_by(ROWS.c.place))
    assert [dict(row) for row in found.mappings()] == rows


@pytest.mark.parametrize("count", [0, 1, 20, 21, 500])
async def test_rows_come_back_as_they_were(database: Database, count: int) -> None:
    async with database.transaction() as session:
        await (await session.connection()).run_sync(ROWS.create)
        await kept(session, count)
        await (await session.connection()).run_sync(ROWS.drop)
