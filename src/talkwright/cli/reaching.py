"""How a command reaches the studio's database, whether the studio runs or not."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from pydantic import SecretStr

from talkwright.cli.supervisor.lock import AlreadyRunningError, HomeLock
from talkwright.database.embedded import EmbeddedError, EmbeddedPostgres
from talkwright.database.engine import Database
from talkwright.database.settings import DatabaseSettings


def has_data(home: Path, settings: DatabaseSettings) -> bool:
    """Whether there is a database at all: one of the settings, or an embedded one in the data folder."""
    return settings.database_url is not None or (home / "postgres.json").exists()


@contextlib.contextmanager
def reached(home: Path, settings: DatabaseSettings, *, alone: bool = False) -> Iterator[DatabaseSettings]:
    """Settings whose addresses answer until the block ends.

    The embedded server is that of the studio that runs, or is started and stopped here. `alone` raises
    AlreadyRunningError where a studio runs on the data folder, and makes a server where there is none; without it a
    folder without data is most likely the wrong one. Raises EmbeddedError for it and where the server can't be had.
    """
    if not alone and not has_data(home, settings):
        raise EmbeddedError(
            f"There is no data of a studio in {home.resolve()}. Go to the folder in which the studio runs, or name its "
            "data folder in TALKWRIGHT_HOME."
        )
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
