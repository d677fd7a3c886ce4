"""Enough running consumers: one for each assistant that runs or is to run or drains, plus one, up to a setting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from sqlalchemy import text

from talkwright.cli.supervisor.child import Child
from talkwright.database.announcements import Listener
from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.database.outage import trouble_of
from talkwright.operations.logs import get_logger

log = get_logger(__name__)

LOOK_SECONDS = 30.0
SURPLUS_SECONDS = 60.0
_NEEDED = text(
    "SELECT (SELECT count(DISTINCT (assistant, environment)) FROM studio.deployments "
    "WHERE state IN ('queued', 'starting', 'running')) "
    "+ (SELECT count(*) FROM studio.deployments WHERE state = 'stopping') AS places, "
    "ARRAY(SELECT worker FROM studio.attempts WHERE work_kind = 'deployment' AND ended_at IS NULL) AS busy"
)


class Capacity:
    """Starts running consumers as they are needed, and lets idle ones go that nobody needed for a minute."""

    def __init__(
        self,
        database: Database,
        listener: Listener,
        make: Callable[[], Child],
        most: int,
        *,
        look_seconds: float = LOOK_SECONDS,
        surplus_seconds: float = SURPLUS_SECONDS,
    ) -> None:
        self._database = database
        self._listener = listener
        self._make = make
        self._most = most
        self._look_seconds = look_seconds
        self._surplus_seconds = surplus_seconds
        self._surplus_since: float | None = None
        self.children: list[Child] = []

    async def run(self) -> None:
        """Look whenever something is announced, and every half minute."""
        subscription = self._listener.subscribe()
        await self._listener.start()
        try:
            while True:
                try:
                    await self._look()
                except UNAVAILABLE as error:
                    if trouble_of(error) is None:
                        log.warning("capacity.interrupted", error=type(error).__name__)
                await subscription.wait(self._look_seconds)
                await asyncio.sleep(0.2)  # several announcements of one step are one look
        finally:
            self._listener.unsubscribe(subscription)
            await self._listener.stop()

    async def _look(self) -> None:
        async with self._database.transaction() as session:
            row = (await session.execute(_NEEDED)).one()
        needed = min(int(row.places) + 1, self._most)
        while len(self.children) < needed:
            child = self._make()
            child.start()
            self.children.append(child)
        if len(self.children) == needed:
            self._surplus_since = None
        elif self._surplus_since is None:
            self._surplus_since = time.monotonic()
        elif time.monotonic() - self._surplus_since > self._surplus_seconds:
            await self._let_one_go(set(row.busy))

    async def _let_one_go(self, busy: set[object]) -> None:
        for child in reversed(self.children):
            if child.worker not in busy:
                self.children.remove(child)
                child.ask_to_stop()
                await child.stopped()
                return
