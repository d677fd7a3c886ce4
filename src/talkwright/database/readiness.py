"""Whether the database answers and its schema is one that this code can use: what `/ready` asks of every role."""

from __future__ import annotations

import asyncio

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from talkwright.database.engine import Database
from talkwright.database.tables import schema_info

CODE_GENERATION = 1
"""Raised with a release whose code can't use older schemas; a schema names the oldest generation that may use it."""
PATIENCE_SECONDS = 3.0


async def unready_reason(database: Database) -> str | None:
    """What is missing in the database for a role to work, or None."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), database.transaction() as session:
            needed = (await session.execute(select(schema_info.c.min_code))).scalar_one_or_none()
    except (DBAPIError, PoolTimeoutError, OSError) as error:  # asyncio's TimeoutError is an OSError
        return f"the database does not answer, or was not migrated ({type(error).__name__})"
    if needed is None:
        return "the database was not migrated"
    if needed > CODE_GENERATION:
        return "the database's schema is newer than this release can use"
    return None
