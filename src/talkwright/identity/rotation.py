"""Stored secrets brought under the first key of the ring."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Table, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.identity.secrets import Keyring


async def renew(session: AsyncSession, ring: Keyring, column: Column[Any], purpose: str) -> int:
    """Encrypt a column anew where another key than the first did it; gives how many rows that were.

    Raises SecretsError where a row opens with no key of the ring.
    """
    table = column.table
    if not isinstance(table, Table):
        raise TypeError(f"{column} is no column of a table")
    identity = list(table.primary_key.columns)
    rows = await session.execute(select(*identity, column.label("sealed")).where(column.is_not(None)).with_for_update())
    done = 0
    for row in rows.all():
        fresh = ring.renewed(bytes(row.sealed), purpose)
        if fresh is not None:
            same = and_(*(key == value for key, value in zip(identity, row[:-1], strict=True)))
            await session.execute(update(table).where(same).values({column.name: fresh}))
            done += 1
    return done
