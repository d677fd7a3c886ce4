"""Where jobs run, as the settings say: the executor, and who ends the jobs that nobody wants any more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from talkwright.database.engine import Database
from talkwright.database.open_jobs import open_attempts
from talkwright.database.outage import trouble_of
from talkwright.modelservice.executors.base import Executor, JobError
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.executors.settings import PlaceSettings
from talkwright.modelservice.job_names import attempt_of
from talkwright.operations.config import SettingsError
from talkwright.operations.logs import get_logger
from talkwright.operations.waiting import first_of

if TYPE_CHECKING:
    from talkwright.modelservice.executors.kubernetes.cluster import Cluster
    from talkwright.storage.objects import ObjectStore

log = get_logger(__name__)

SWEEP_SECONDS = 15.0
"""So often the jobs that run are compared with those that shall."""
Sweep = Callable[[], Awaitable[object]]


class Leadership(Protocol):
    """Whether this process leads: `term` numbers its leadership, None while another leads; each sets `begun` anew."""

    begun: asyncio.Event

    @property
    def term(self) -> int | None:
        """The number of the leadership."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an executor is made of; each takes what it needs.

    `local` makes that of this machine's processes, `passed` are the variables that the operator hands to jobs.
    """

    database: Database
    settings: PlaceSettings
    kubernetes: KubernetesSettings
    store: ObjectStore
    passed: Mapping[str, str]
    local: Callable[[], Executor]


@contextlib.asynccontextmanager
async def _processes(around: Surroundings) -> AsyncIterator[Executor]:
    """Processes of this machine: only a consumer of it sees what is left of them, so that each clears it away."""
    executor = around.local()
    async with swept(executor.end_orphans):
        yield executor


@contextlib.asynccontextmanager
async def _pods(around: Surroundings) -> AsyncIterator[Executor]:
    """Jobs of a cluster. Raises SettingsError where it can't be reached, or refuses what is needed."""
    from talkwright.modelservice.executors.kubernetes.executor import KubernetesExecutor  # noqa: PLC0415 - only here

    database, settings = around.database, around.kubernetes
    async with _cluster(settings) as cluster:
        executor = KubernetesExecutor(cluster, around.store, settings, around.passed, open_names(database))
        await _checked(executor.check())
        yield executor


@contextlib.asynccontextmanager
async def _compared(database: Database, settings: KubernetesSettings) -> AsyncIterator[Sweep]:
    """What the leader compares the jobs of a cluster with, as nobody owns them. Raises SettingsError, as above."""
    from talkwright.modelservice.executors.kubernetes.comparing import check, end_orphans  # noqa: PLC0415 - as above

    async with _cluster(settings) as cluster:
        await _checked(check(cluster))
        yield lambda: end_orphans(cluster, settings, open_names(database))


@contextlib.asynccontextmanager
async def _cluster(settings: KubernetesSettings) -> AsyncIterator[Cluster]:
    from talkwright.modelservice.executors.kubernetes.cluster import ClusterError, open_cluster  # noqa: PLC0415 - as above

    async with contextlib.AsyncExitStack() as stack:
        try:
            cluster = await stack.enter_async_context(open_cluster(settings))
        except ClusterError as error:
            raise SettingsError(str(error)) from error
        yield cluster


async def _checked(check: Awaitable[None]) -> None:
    """Await a check of the place of the jobs; what it finds is for the operator to mend. Raises SettingsError."""
    try:
        await check
    except JobError as error:
        raise SettingsError(str(error)) from error


@contextlib.asynccontextmanager
async def _nothing(_database: Database, _settings: KubernetesSettings) -> AsyncIterator[None]:
    yield None


_EXECUTORS: Mapping[str, Callable[[Surroundings], AbstractAsyncContextManager[Executor]]] = {
    "process": _processes,
    "kubernetes": _pods,
}
_COMPARISONS: Mapping[str, Callable[[Database, KubernetesSettings], AbstractAsyncContextManager[Sweep | None]]] = {
    "process": _nothing,
    "kubernetes": _compared,
}


def open_executor(around: Surroundings) -> AbstractAsyncContextManager[Executor]:
    """The executor of the settings while the block runs. Raises SettingsError on entering, where it can't work."""
    return _EXECUTORS[around.settings.job_executor](around)


@contextlib.asynccontextmanager
async def comparing(
    database: Database, settings: PlaceSettings, kubernetes: KubernetesSettings, leadership: Leadership
) -> AsyncIterator[None]:
    """While the block runs, ends the jobs that no attempt stands behind, as long as this orchestrator leads.

    Raises SettingsError on entering, where the place of the jobs isn't known or this service may not look at it.
    """
    async with _COMPARISONS[settings.job_executor](database, kubernetes) as sweep:
        if sweep is None:
            yield
            return
        task = asyncio.create_task(sweep_as_leader(sweep, leadership), name="comparison of jobs")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def sweep_as_leader(sweep: Sweep, leadership: Leadership) -> None:
    """Sweep at once with each new term of leadership and regularly in it, never without one; runs until cancelled."""
    while True:
        leadership.begun.clear()
        if leadership.term is not None:
            await _try(sweep)
        await first_of(leadership.begun.wait(), seconds=SWEEP_SECONDS)


@contextlib.asynccontextmanager
async def swept(sweep: Sweep) -> AsyncIterator[None]:
    """Ends what vanished consumers left: at the start, and again and again, for jobs that nobody took over in time."""

    async def again() -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await _try(sweep)

    await sweep()
    sweeping = asyncio.create_task(again(), name="sweep of jobs")
    try:
        yield
    finally:
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)


async def _try(sweep: Sweep) -> None:
    try:
        await sweep()
    except Exception as error:  # the place where jobs run, or the database, may be away for a while
        if trouble_of(error) is None:
            log.warning("jobs.not_swept", error=type(error).__name__)


def open_names(database: Database) -> Callable[[Collection[str]], Awaitable[Collection[str]]]:
    """Asks which of the named jobs belong to an attempt that goes on."""

    async def ask(names: Collection[str]) -> Collection[str]:
        attempts = {name: attempt for name in names if (attempt := attempt_of(name)) is not None}
        if not attempts:
            return ()
        async with database.transaction() as session:
            going_on = await open_attempts(session, attempts.values())
        return [name for name, attempt in attempts.items() if attempt in going_on]

    return ask
