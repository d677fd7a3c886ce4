"""The loop of a consumer: show life, take what is assigned, keep each attempt to its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from typing import Protocol
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from talkwright.database import work as queue
from talkwright.database.announcements import Listener
from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.database.work import HeldAttempt
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.leading import ERROR_PAUSE_SECONDS
from talkwright.modelservice.leases import Leases
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.transitions import Outcome
from talkwright.operations.logs import get_logger
from talkwright.operations.role import RoleContext
from talkwright.operations.waiting import first_of

log = get_logger(__name__)

STOP_SECONDS = 4.0


class StruckOffError(Exception):
    """This consumer was counted as gone; it must start anew."""


class Trade(Protocol):
    """What a consumer does with an attempt; returns when the attempt has ended or was let go."""

    async def keep(self, keeper: Keeper) -> None:
        """Run the attempt's job and write its outcome."""


class Consumer:
    """A worker of one role that keeps the attempts assigned to it."""

    def __init__(
        self,
        database: Database,
        listener: Listener,
        trade: Trade,
        settings: ModelServiceSettings,
        *,
        role: str,
        identity: UUID,
    ) -> None:
        self._database = database
        self._listener = listener
        self._trade = trade
        self._settings = settings
        self._role = role
        self._identity = identity
        self._leases = Leases(database, identity, settings.lease_seconds)
        self._kept: dict[UUID, tuple[Keeper, asyncio.Task[None]]] = {}

    async def run(self, context: RoleContext) -> None:
        """Work until the role stops. Raises StruckOffError when others counted this consumer as gone."""
        subscription = self._listener.subscribe()
        await self._listener.start()
        async with self._database.transaction() as session:
            await queue.register_worker(session, self._identity, self._role, socket.gethostname(), os.getpid())
        context.started.set()
        beat_due, is_news = 0.0, True
        try:
            while not context.stopping.is_set():
                patience = max(beat_due - time.monotonic(), 0.0)
                try:
                    if patience == 0.0:
                        is_news |= await self._beat()
                        beat_due = time.monotonic() + self._settings.renew_seconds
                        patience = self._settings.renew_seconds
                    if is_news:
                        await self._take()
                    is_news = False
                except (DBAPIError, *UNAVAILABLE) as error:
                    log.warning("consumer.interrupted", error=type(error).__name__)
                    patience, is_news = ERROR_PAUSE_SECONDS, True
                    self._check_leases()
                await first_of(context.stopping.wait(), subscription.woken.wait(), seconds=patience)
                is_news |= subscription.woken.is_set()
                subscription.woken.clear()
        finally:
            self._listener.unsubscribe(subscription)
            await self._finish()
            await self._listener.stop()

    async def _beat(self) -> bool:
        """Show life and renew; says whether there is something that this consumer does not keep yet."""
        asked = time.monotonic()
        async with self._database.transaction() as session:
            renewed = await queue.beat(session, self._identity, self._settings.lease_seconds)
        if renewed is None:
            raise StruckOffError("This consumer was counted as gone; it starts anew.")
        for keeper, _ in self._kept.values():
            if renewed.get(keeper.lease.key) == keeper.lease.epoch:
                keeper.lease = self._leases.known(keeper.lease.key, keeper.lease.epoch, asked)
            elif not keeper.leave.is_set():
                log.warning("attempt.lease_lost", attempt=str(keeper.attempt.id))
                keeper.leave.set()
        return set(renewed) != {keeper.lease.key for keeper, _ in self._kept.values()}

    def _check_leases(self) -> None:
        """While the database is away: what could not be renewed in time is let go."""
        for keeper, _ in self._kept.values():
            if time.monotonic() > keeper.lease.good_until:
                keeper.leave.set()

    async def _take(self) -> None:
        async with self._database.transaction() as session:
            held = await queue.held_attempts(session, self._identity)
        for attempt in held:
            if attempt.id not in self._kept:
                self._begin(attempt)
            if attempt.stop:
                self._kept[attempt.id][0].stop.set()
        for gone in [key for key, (_, task) in self._kept.items() if task.done()]:
            del self._kept[gone]

    def _begin(self, attempt: HeldAttempt) -> None:
        lease = self._leases.known(f"attempt:{attempt.id}", 1, time.monotonic())
        keeper = Keeper(attempt, lease, self._leases)
        log.info("attempt.taken", attempt=str(attempt.id), kind=attempt.kind, work=str(attempt.work))
        self._kept[attempt.id] = (keeper, asyncio.create_task(self._keep(keeper), name=keeper.job_name))

    async def _keep(self, keeper: Keeper) -> None:
        writing = asyncio.create_task(keeper.write_log())
        try:
            await self._trade.keep(keeper)
        except Exception:
            log.exception("attempt.failed_here", attempt=str(keeper.attempt.id))
            await keeper.end(Outcome.LOST_JOB, "the consumer met an error of its own")
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writing

    async def _finish(self) -> None:
        """Let go of everything in order: jobs end, their attempts are written as released, another consumer goes on."""
        with contextlib.suppress(*UNAVAILABLE):
            async with self._database.transaction() as session:
                await queue.set_draining(session, self._identity)  # or what it lets go of might come right back
        for keeper, _ in self._kept.values():
            keeper.shutdown = True
            keeper.leave.set()
        tasks = [task for _, task in self._kept.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        with contextlib.suppress(*UNAVAILABLE):
            async with self._database.transaction() as session:
                await queue.end_worker(session, self._identity)
