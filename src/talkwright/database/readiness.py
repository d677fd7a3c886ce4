"""Whether the database answers and its schema is one that this code can use: what `/ready` asks of every role."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.database.outage import trouble_of
from talkwright.database.tables import schema_info

log = structlog.get_logger(__name__)

CODE_GENERATION = 1
"""Raised with a release whose code can't use older schemas; a schema names the oldest generation that may use it."""
PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 1.0
MIGRATE = "Run `talkwright migrate`."


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing in the database for a role to work, and what to do about it."""

    found: str
    mend: str


async def lack_of(database: Database) -> Lack | None:
    """What is missing in the database, or None."""
    try:
        async with database.transaction(seconds=PATIENCE_SECONDS) as session:
            needed = (await session.execute(select(schema_info.c.min_code))).scalar_one_or_none()
    except (DBAPIError, *UNAVAILABLE) as error:
        trouble = trouble_of(error)
        if trouble is None:
            return Lack(f"the database can't be asked ({type(error).__name__})", "The log says more.")
        return Lack(database.outage.found(trouble), database.outage.mend(trouble))
    if needed is None:
        return Lack("the database was not migrated", MIGRATE)
    if needed > CODE_GENERATION:
        return Lack("the database's schema is newer than this release can use", "Install the release that migrated it.")
    return None


async def unready_reason(database: Database) -> str | None:
    """What is missing in the database for a role to work, or None."""
    lack = await lack_of(database)
    return None if lack is None else lack.found


async def until_ready(database: Database) -> None:
    """Wait until a role can work with the database; what it waits for is said once."""
    told = None
    while (lack := await lack_of(database)) is not None:
        if lack != told and not database.outage.lasts:
            log.warning("database.waited_for", cause=lack.found, mend=lack.mend)
        told = lack
        await asyncio.sleep(PAUSE_SECONDS)
