"""The embedded PostgreSQL: the wheel's programs, kept in the data folder, adopted or recovered after any death."""

from talkwright.database.embedded.account import EmbeddedError
from talkwright.database.embedded.server import EmbeddedPostgres, Urls

__all__ = ["EmbeddedError", "EmbeddedPostgres", "Urls"]
