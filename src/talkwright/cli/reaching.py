"""How a command reaches the studio's database, whether the studio runs or not."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from pydantic import SecretStr

from talkwright.cli.supervisor.lock import AlreadyRunningError, HomeLock
from talkwright.database.embedded import EmbeddedPostgres
from talkwright.database.engine import Database
from talkwright.database.settings import DatabaseSettings


@contextlib.contextmanager
def reached(home: Path, settings: DatabaseSettings, *, alone: bool = False) -> Iterator[DatabaseSettings]:
    """Settings whose addresses answer until the block ends.

    The embedded server is that of the studio that runs, or is started and stopped here. `alone` raises
    AlreadyRunningError where a studio runs on the data folder. Raises EmbeddedError where the server can't be had.
    """
    if settings.database_url is not None:
        yield settings
        return
    lock, server = HomeLock(home), EmbeddedPostgres(home)
    is_ours = False
    try:
        lock.take()
        is_ours = True
    except AlreadyRunningError:
        if alone:
            raise
    try:
        urls = server.start()
        yield settings.model_copy(
            update={"database_url": SecretStr(urls.application), "database_owner_url": SecretStr(urls.owner)}
        )
    finally:
        if is_ours:
            server.stop()
            lock.release()


@contextlib.asynccontextmanager
async def command_database(home: Path, settings: DatabaseSettings) -> AsyncIterator[Database]:
    """A pool on the database that `reached` gives."""
    with reached(home, settings) as found:
        database = Database.at(found.application, found)
        try:
            yield database
        finally:
            await database.close()
