"""A lock in the database that the tests hold, so that whoever comes to it waits there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg


@contextlib.contextmanager
def holding(url: str, statement: str) -> Iterator[None]:
    """Hold what a statement locks until the block ends, however long the server lets others idle in a transaction.

    The database's own death ends it too.
    """
    link = psycopg.connect(url, options="-c idle_in_transaction_session_timeout=0")
    try:
        link.execute(statement)  # type: ignore[arg-type]  # the tests' own words
        yield
    finally:
        with contextlib.suppress(psycopg.Error):
            link.rollback()
        link.close()
