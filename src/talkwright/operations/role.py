"""The life of a role: start, serve the management port, become unready on a signal, drain, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field

from talkwright.operations import tracing
from talkwright.operations.config import Section, Settings, load
from talkwright.operations.logs import configure_logging, get_logger
from talkwright.operations.management import serve_management
from talkwright.operations.metrics import announce_role
from talkwright.operations.settings import OperationsSettings
from talkwright.operations.waiting import first_of

log = get_logger(__name__)

ReadyCheck = Callable[[], Awaitable[str | None]]
Measure = Callable[[], Awaitable[None]]
DRAIN_SECONDS = 8.0
"""How long a role may take to end what it has begun, unless it says so itself; each role's own limits are shorter."""
CUT_SECONDS = 1.0
MEASURE_SECONDS = 3.0
MEASURE_PAUSE_SECONDS = 1.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class RoleContext:
    """What a role's main function gets.

    `stopping` is set once, by a signal; `started` is set by the role when it can take work; each check in `checks`
    says what is missing, or None; each of `measures` brings gauges up to date before they are read; `settings` holds
    the sections that the role named; after `drain_seconds` of `stopping` the role is cut.
    """

    name: str
    settings: Settings = field(default_factory=lambda: Settings(()))
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    checks: list[ReadyCheck] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    drain_seconds: float = DRAIN_SECONDS
    _measured_at: float = -math.inf

    async def unready_reason(self) -> str | None:
        """Why this role can't take work now, or None."""
        if self.stopping.is_set():
            return "stopping"
        for check in self.checks:
            if (reason := await check()) is not None:
                return reason
        return None if self.started.is_set() else "starting"

    async def measure(self) -> None:
        """Bring the gauges up to date, once a second at most; what can't be read in time stays as it was."""
        if time.monotonic() - self._measured_at < MEASURE_PAUSE_SECONDS:
            return
        self._measured_at = time.monotonic()
        for measure in self.measures:
            try:
                async with asyncio.timeout(MEASURE_SECONDS):
                    await measure()
            except Exception as error:
                log.warning("measuring.failed", error=type(error).__name__)


RoleMain = Callable[[RoleContext], Awaitable[None]]


def run_role(name: str, main: RoleMain, sections: Iterable[type[Section]] = ()) -> None:
    """Run `main` until it returns; a stop signal sets `stopping`, a second one ends the process at once.

    Raises SettingsError that names everything missing or wrong in what the role reads.
    """
    settings = load(OperationsSettings, *sections)
    configure_logging(name, settings[OperationsSettings])
    announce_role(name)
    asyncio.run(_run(RoleContext(name, settings), main))


async def _run(context: RoleContext, main: RoleMain) -> None:
    with stop_on_signals(context.stopping):
        async with _management(context, context.settings[OperationsSettings]):
            log.info("role.started")
            with _collected(context.name, context.settings[OperationsSettings].otlp_endpoint):
                await _until_stopped(context, main)
            log.info("role.stopped")


async def _until_stopped(context: RoleContext, main: RoleMain) -> None:
    """Run `main` to its end; where the stop comes before it has started, there is nothing to drain: it is cut.

    One that does not end in time (the database went first, say) is cut too, and at last the process ends without it:
    nothing may live on when its supervisor is gone.
    """
    work = asyncio.ensure_future(main(context))
    await first_of(asyncio.shield(work), context.stopping.wait())
    if not context.started.is_set():
        work.cancel()
    elif not work.done():
        await asyncio.wait({work}, timeout=context.drain_seconds)
        if not work.done():
            log.warning("role.cut", seconds=context.drain_seconds)
            work.cancel()
            await asyncio.wait({work}, timeout=CUT_SECONDS)
            if not work.done():
                logging.shutdown()
                os._exit(1)
    with contextlib.suppress(asyncio.CancelledError):
        await work


@contextlib.contextmanager
def stop_on_signals(stopping: asyncio.Event) -> Iterator[None]:
    """Set `stopping` at the first stop signal and give the next one its default effect back."""
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        log.info("role.stopping", signal=number.name)
        stopping.set()
        loop.remove_signal_handler(number)

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _collected(name: str, endpoint: str | None) -> Iterator[None]:
    """Send spans to the collector, if there is one."""
    if endpoint is None:
        yield
        return
    from talkwright.operations.collecting import Collector  # noqa: PLC0415 - loads much that few need

    collector = Collector(endpoint, name)
    tracing.send_to(collector.take)
    try:
        yield
    finally:
        tracing.send_to(None)
        collector.close()


@contextlib.asynccontextmanager
async def _management(context: RoleContext, settings: OperationsSettings) -> AsyncIterator[None]:
    if settings.management_port is None:
        yield
        return
    host, port = settings.management_host, settings.management_port
    async with serve_management(host, port, context.unready_reason, context.measure) as port:
        log.info("management.listening", port=port)
        yield
