"""The way to PostgreSQL: a small pool, and statements that are sent again while the server restarts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from talkwright.engine.stores.port import StoreAway

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0  # seconds between two tries

T = TypeVar("T")
Row = tuple[Any, ...]
Connection = psycopg.AsyncConnection[Row]


class Link:
    """A pool that is borrowed from for one statement or one short transaction at a time, never while a turn waits."""

    def __init__(self, url: str, *, connections: int, patience: float) -> None:
        """`patience`: seconds for which an unreachable server is tried again."""
        self.patience = patience
        self.url = url
        self._pool = AsyncConnectionPool(
            url,
            connection_class=psycopg.AsyncConnection[Row],
            kwargs={
                "autocommit": True,
                "row_factory": tuple_row,
                "connect_timeout": CONNECT_SECONDS,
                "tcp_user_timeout": CONNECT_SECONDS * 1000,
                "application_name": "talkwright-engine",
                "options": f"-c statement_timeout={STATEMENT_SECONDS * 1000}",
            },
            min_size=1,
            max_size=max(1, connections),
            timeout=CONNECT_SECONDS,
            reconnect_timeout=CONNECT_SECONDS,
            open=False,
        )

    async def open(self) -> None:
        """Begin to connect; it does not wait for the server."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """End all connections."""
        await self._pool.close()

    async def rows(
        self, statement: str, values: Mapping[str, Any] | Sequence[Any] = (), *, patience: float | None = None
    ) -> list[Row]:
        """The rows of one statement, which may be sent twice. Raises StoreAway, psycopg.Error."""

        async def run(connection: Connection) -> list[Row]:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description is not None else []

        return await self.run(run, patience=patience)

    async def run(self, work: Callable[[Connection], Awaitable[T]], *, patience: float | None = None) -> T:
        """Does `work`, which may happen twice, on one connection; tries again while the server can't be reached.

        Raises StoreAway once `patience` seconds have passed, psycopg.Error for what no other try would mend.
        """
        deadline = time.monotonic() + (self.patience if patience is None else patience)
        pause = _FIRST_PAUSE
        while True:
            wait = max(_FIRST_PAUSE, min(CONNECT_SECONDS, deadline - time.monotonic()))
            try:
                # a server that hangs sends neither an answer nor its own time-out
                async with asyncio.timeout(STATEMENT_SECONDS), self._pool.connection(timeout=wait) as connection:
                    return await work(connection)
            except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError) as problem:
                if time.monotonic() + pause > deadline:
                    message = f"The conversations' database can't be reached ({type(problem).__name__}): try again."
                    raise StoreAway(message) from problem
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
