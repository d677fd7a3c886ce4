"""How a command reaches the studio's database, whether the studio runs or not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from talkwright.cli.supervisor.lock import AlreadyRunningError, HomeLock
from talkwright.database.embedded import EmbeddedPostgres
from talkwright.database.engine import Database
from talkwright.database.settings import DatabaseSettings


@contextlib.asynccontextmanager
async def command_database(home: Path, settings: DatabaseSettings) -> AsyncIterator[Database]:
    """The database of the settings, or the embedded one: of the studio that runs, or started for the command."""
    if settings.database_url is not None:
        database = Database.at(settings.application, settings)
        try:
            yield database
        finally:
            await database.close()
        return
    lock, server = HomeLock(home), EmbeddedPostgres(home)
    try:
        lock.take()
        is_ours = True
    except AlreadyRunningError:
        is_ours = False
    database = Database.at((await asyncio.to_thread(server.start)).application, settings)
    try:
        yield database
    finally:
        await database.close()
        if is_ours:
            await asyncio.to_thread(server.stop)
            lock.release()
