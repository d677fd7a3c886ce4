"""Whether the database answers and its schema is one that this code can use: what `/ready` asks of every role."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.database.outage import REMIND_SECONDS, said_by, trouble_of
from talkwright.database.tables import schema_info

log = structlog.get_logger(__name__)

CODE_GENERATION = 1
"""Raised with a release whose code can't use older schemas; a schema names the oldest generation that may use it."""
REVISION = "0012"
"""The schema that this code's statements are written for: the last of its migrations, whose names grow."""
PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 1.0
MIGRATE = "Run `talkwright migrate`."


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing in the database for a role to work, and what to do about it; an outage tells its own."""

    found: str
    mend: str
    is_outage: bool = False


async def lack_of(database: Database) -> Lack | None:
    """What is missing in the database, or None."""
    query = select(schema_info.c.min_code, schema_info.c.revision)
    try:
        async with database.transaction(seconds=PATIENCE_SECONDS) as session:
            row = (await session.execute(query)).one_or_none()
    except (DBAPIError, *UNAVAILABLE) as error:
        trouble = trouble_of(error)
        if trouble is None:
            return Lack(f"the database can't be asked: {said_by(error)}", "Look at the server's own log.")
        return Lack(database.outage.found(trouble), database.outage.mend(trouble), is_outage=True)
    if row is None:
        return Lack("the database was not migrated", MIGRATE)
    if row.min_code > CODE_GENERATION:
        return Lack("the database's schema is newer than this release can use", "Install the release that migrated it.")
    if row.revision < REVISION:
        return Lack("the database was not migrated for this release", MIGRATE)
    return None


async def unready_reason(database: Database) -> str | None:
    """What is missing in the database for a role to work, or None."""
    lack = await lack_of(database)
    return None if lack is None else lack.found


async def until_ready(database: Database) -> None:
    """Wait until a role can work with the database; what it waits for is said at once and each minute."""
    told: Lack | None = None
    told_at = 0.0
    while (lack := await lack_of(database)) is not None:
        if not lack.is_outage and (lack != told or monotonic() - told_at >= REMIND_SECONDS):
            log.warning("database.waited_for", cause=lack.found, mend=lack.mend)
            told, told_at = lack, monotonic()
        await asyncio.sleep(PAUSE_SECONDS)
