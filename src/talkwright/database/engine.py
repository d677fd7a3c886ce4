"""Connections: one pool per process, one transaction per request or step of work."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import QueuePool

from talkwright.database.outage import Outage, trouble_of
from talkwright.database.settings import DatabaseSettings
from talkwright.operations import metrics

DRIVER = "postgresql+psycopg"
_BROKEN = (OperationalError, InterfaceError, InternalError)
"""InternalError: it ended a transaction that was idle for too long, or only reads while another takes its place."""
UNAVAILABLE = (*_BROKEN, PoolTimeoutError, OSError)
"""What a database raises that is away, full or overrun: what was asked may be asked again, and may have been done."""

KEEP_ALIVE: Mapping[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""How soon a connection whose other end died in silence is given up: in seconds, what was sent and never heard of in
milliseconds. The kernel asks, so that no query need do."""


def driver_url(url: str) -> URL:
    """The URL with the driver that we use; raises ValueError where it is no PostgreSQL address."""
    parsed = make_url(url)
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise ValueError("The database's URL must start with postgresql://")
    return parsed.set(drivername=DRIVER)


def plain_url(url: str) -> str:
    """The URL as libpq reads it, without SQLAlchemy's driver name."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def make_engine(url: str, settings: DatabaseSettings | None = None, *, asks_first: bool = True) -> AsyncEngine:
    """Make the pool of one process; with `asks_first` a connection is asked before each use whether it lives.

    Nothing is prepared on the server and no option is sent at connecting, so that a transaction pooler may stand
    between; time limits are set by `migrate` on the application's role.
    """
    settings = settings or DatabaseSettings()
    return create_async_engine(
        driver_url(url),
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_pool_overflow,
        pool_timeout=settings.database_pool_timeout,
        pool_pre_ping=asks_first,
        hide_parameters=True,  # an error's message goes into logs, values don't
        connect_args={"prepare_threshold": None, "connect_timeout": 10, **KEEP_ALIVE},
    )


class Database:
    """One process's way to the database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.outage = Outage.at(engine.url)
        _OPEN.add(self)
        self.sessions = async_sessionmaker(engine, expire_on_commit=False, autoflush=False)

    @classmethod
    def at(cls, url: str, settings: DatabaseSettings | None = None, *, asks_first: bool = True) -> Database:
        """Open a pool at a URL; see `make_engine`."""
        return cls(make_engine(url, settings, asks_first=asks_first))

    @asynccontextmanager
    async def transaction(self, *, seconds: float | None = None) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back by any error, and given up after so many seconds.

        Raises one of UNAVAILABLE where the database is away, TimeoutError after the seconds.
        """
        limit = asyncio.timeout(seconds)
        try:
            async with limit, self.sessions() as session, session.begin():
                yield session
        except PoolTimeoutError:
            metrics.DATABASE_FAILURES.labels(cause="pool").inc()
            raise
        except (DBAPIError, TimeoutError) as error:
            if isinstance(error, _BROKEN) or limit.expired():
                metrics.DATABASE_FAILURES.labels(cause="unavailable").inc()
            if isinstance(error, DBAPIError) and trouble_of(error) is None:
                self.outage.answered()  # if only that it can't do what was asked
            elif isinstance(error, DBAPIError) or limit.expired():
                self.outage.failed(error)
            raise
        self.outage.answered()

    async def close(self) -> None:
        """Close the pool."""
        _OPEN.discard(self)
        await self.engine.dispose()


_OPEN: weakref.WeakSet[Database] = weakref.WeakSet()


def _used() -> float:
    return sum(pool.checkedout() for one in _OPEN if isinstance(pool := one.engine.pool, QueuePool))


def _limit() -> float:
    pools = [pool for one in _OPEN if isinstance(pool := one.engine.pool, QueuePool)]
    return sum(pool.size() + max(pool._max_overflow, 0) for pool in pools)  # noqa: SLF001 - nothing public says it


metrics.POOL_USED.set_function(_used)
metrics.POOL_SIZE.set_function(_limit)
