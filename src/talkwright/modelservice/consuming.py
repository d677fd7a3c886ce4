"""The loop of a consumer: show life, take what is assigned, keep each attempt to its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import replace
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from talkwright.database import work as queue
from talkwright.database import workers
from talkwright.database.announcements import Listener
from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.database.outage import trouble_of
from talkwright.database.work import HeldAttempt
from talkwright.modelservice.artefacts import ModelArchiveError
from talkwright.modelservice.engines.base import EngineError
from talkwright.modelservice.executors.base import JobError, PlaceAwayError, RunningJob
from talkwright.modelservice.executors.wrapper import GRACE_SECONDS, PARTING_SECONDS
from talkwright.modelservice.jobs import Cause, Job
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.leading import ERROR_PAUSE_SECONDS
from talkwright.modelservice.leases import LeaseLostError, Leases
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.transitions import Outcome
from talkwright.operations import metrics, tracing
from talkwright.operations.lifeline import has_ended
from talkwright.operations.logs import get_logger
from talkwright.operations.role import RoleContext
from talkwright.operations.waiting import first_of
from talkwright.storage.objects import StorageError

log = get_logger(__name__)

T = TypeVar("T")

STOP_SECONDS = GRACE_SECONDS + PARTING_SECONDS + 0.5
Key = tuple[UUID, int]
"""An attempt and the epoch under which it is held."""
GONE = "the job and what supervised it are gone"
ALLOWS = "The operator may allow more by"
ROOM = (
    "The operator makes room where jobs run: in the data folder of the machine, or on the disk of the cluster's node."
)


def traced(job: Job) -> Job:
    """The job, told which trace it belongs to."""
    return replace(job, environment={**job.environment, **tracing.environment()})


@contextlib.contextmanager
def timed(keeper: Keeper, stage: str) -> Iterator[None]:
    """Measure what the consumer itself does for a job."""
    began = time.monotonic()
    try:
        with tracing.span(f"stage {stage}"):
            yield
    finally:
        observed = metrics.STAGE_SECONDS.labels(kind=keeper.attempt.kind, stage=stage)
        observed.observe(time.monotonic() - began)


def lost(keeper: Keeper) -> Outcome:
    """What it means that something is not there: that of a consumer which stops is no fault of the job."""
    return Outcome.RELEASED if keeper.shutdown else Outcome.LOST_JOB


async def begun(keeper: Keeper, beginning: Awaitable[T]) -> T | None:
    """What a beginning gives; where it fails, its outcome is written and there is None."""
    try:
        return await beginning
    except LeaseLostError:
        return None
    except (EngineError, ModelArchiveError) as error:
        await keeper.end(Outcome.FAILED, str(error))
    except JobError as error:
        if isinstance(error, PlaceAwayError) and keeper.attempt.job is not None and keeper.leave.is_set():
            return None  # it runs where nobody could ask for it, and whoever holds it next finds it
        reason = f"{error} {ROOM}" if error.cause is Cause.DISK_FULL else str(error)
        await keeper.end(lost(keeper), reason, cause=error.cause)
    except StorageError as error:
        await keeper.end(lost(keeper), str(error), cause=Cause.STORAGE)
    return None


@contextlib.asynccontextmanager
async def ending(running: RunningJob) -> AsyncIterator[None]:
    """End the job, and delete what it left, where the block fails: it shall not go on beside the next attempt."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):  # what made the block fail may keep this from seeing the end, and is told
            await running.stop()
        await running.discard()
        raise


async def remember(keeper: Keeper, running: RunningJob, **more: str) -> None:
    """Keep how the job is found again, so that another consumer can go on with it.

    Where that fails, ends the job. Raises LeaseLostError where the attempt is no longer ours.
    """
    async with ending(running):
        await keeper.save({"job": json.dumps({**running.handle, **more})})


class StruckOffError(Exception):
    """This consumer was counted as gone; it must start anew."""


class Trade(Protocol):
    """What a consumer does with an attempt; returns when the attempt has ended or was let go.

    `site` names where its jobs live on without it, for another consumer of the same site; None where they end with it.
    `engines` are those that it can run.
    """

    site: str | None
    engines: tuple[str, ...]

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
        self._leases = Leases(database, identity, settings.consumer_lease_seconds)
        self._kept: dict[Key, tuple[Keeper, asyncio.Task[None]]] = {}

    async def run(self, context: RoleContext) -> None:
        """Work until the role stops. Raises StruckOffError when others counted this consumer as gone."""
        subscription = self._listener.subscribe()
        await self._listener.start()
        async with self._database.transaction() as session:
            await workers.register_worker(
                session,
                self._identity,
                self._role,
                host=socket.gethostname(),
                process=os.getpid(),
                lease_seconds=self._settings.consumer_lease_seconds,
                site=self._trade.site,
                engines=self._trade.engines,
            )
        context.started.set()
        beat_due, is_news = 0.0, True
        try:
            while not context.stopping.is_set():
                patience = max(beat_due - time.monotonic(), 0.0)
                try:
                    if patience == 0.0:
                        is_news |= await self._beat()
                        beat_due = time.monotonic() + self._settings.consumer_renew_seconds
                        patience = self._settings.consumer_renew_seconds
                    if is_news:
                        await self._take()
                    is_news = False
                except (DBAPIError, *UNAVAILABLE) as error:
                    if trouble_of(error) is None:  # that of the database is told by its outage
                        log.warning("consumer.interrupted", error=type(error).__name__)
                    patience, is_news = ERROR_PAUSE_SECONDS, True
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
        async with self._database.transaction(seconds=self._settings.consumer_lease_seconds / 2) as session:
            for keeper, _ in self._kept.values():
                if keeper.leave.is_set():  # its lease was not renewed in time: somebody else is to have it
                    await queue.let_go(session, keeper.attempt.id, self._identity, keeper.lease.epoch)
            renewed = await workers.beat(session, self._identity, self._settings.consumer_lease_seconds)
        if renewed is None:
            raise StruckOffError("This consumer was counted as gone; it starts anew.")
        held = {(one.attempt, one.epoch) for one in renewed}
        self._forget()
        for key, (keeper, _) in self._kept.items():
            if key in held:
                keeper.renewed(self._leases.known(keeper.lease.key, keeper.lease.epoch, asked))
            else:
                keeper.lose()
        return not held <= self._kept.keys()

    async def _take(self) -> None:
        """Begin with what was assigned or handed over, and stop what shall stop."""
        self._forget()
        asked = time.monotonic()
        async with self._database.transaction() as session:
            held = await queue.held_attempts(session, self._identity)
        for attempt in held:
            key = (attempt.id, attempt.epoch)
            if key not in self._kept and attempt.lease_left > self._leases.seconds / 2:  # or after the next renewal
                self._begin(attempt, asked + attempt.lease_left - self._leases.seconds)
            if attempt.stop and key in self._kept:
                self._kept[key][0].stop.set()

    def _forget(self) -> None:
        """Keep nothing that has come to its end."""
        for gone in [key for key, (_, task) in self._kept.items() if task.done()]:
            del self._kept[gone]

    def _begin(self, attempt: HeldAttempt, renewed_at: float) -> None:
        lease = self._leases.known(f"attempt:{attempt.id}", attempt.epoch, renewed_at)
        keeper = Keeper(attempt, lease, self._leases)
        log.info("attempt.taken", attempt=str(attempt.id), kind=attempt.kind, work=str(attempt.work))
        task = asyncio.create_task(self._keep(keeper), name=keeper.job_name)
        self._kept[attempt.id, attempt.epoch] = (keeper, task)

    async def _keep(self, keeper: Keeper) -> None:
        attempt = keeper.attempt
        told: dict[str, tracing.Value] = {"work": str(attempt.work), "attempt": attempt.number, "epoch": attempt.epoch}
        with tracing.span(f"{attempt.kind} attempt", parent=attempt.traceparent, kind="consumer", **told):
            await self._keep_traced(keeper)

    async def _keep_traced(self, keeper: Keeper) -> None:
        writing = asyncio.create_task(keeper.write_log())
        held = metrics.HELD.labels(kind=keeper.attempt.kind)
        held.inc()
        try:
            await self._trade.keep(keeper)
        except Exception:
            log.exception("attempt.failed_here", attempt=str(keeper.attempt.id))
            await keeper.end(Outcome.LOST_JOB, "the consumer met an error of its own, which its log tells")
        finally:
            held.dec()
            keeper.close()
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)  # a write that is cut may fail in any way

    async def _finish(self) -> None:
        """Let go of everything in order, so that another consumer goes on: with the jobs, or where they end, anew."""
        with contextlib.suppress(*UNAVAILABLE):
            async with self._database.transaction() as session:
                await workers.set_draining(session, self._identity)  # or what it lets go of might come right back
        is_over = has_ended(self._settings.lifeline_fd)
        for keeper, _ in self._kept.values():
            keeper.shutdown, keeper.is_over = True, is_over
            keeper.leave.set()
        tasks = [task for _, task in self._kept.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        with contextlib.suppress(*UNAVAILABLE):
            async with self._database.transaction() as session:
                await workers.end_worker(session, self._identity)
