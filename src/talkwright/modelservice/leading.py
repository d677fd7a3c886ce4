"""The loop of an orchestrator: lead by a lease, look at all open work at once, decide purely, write fenced."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database import attempts, moves, workers
from talkwright.database.announcements import STUDIO, WAKE_SCOPE, Listener, wake
from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.database.frames import send_frame
from talkwright.database.measuring import measure
from talkwright.database.outage import trouble_of
from talkwright.database.queueing import queue_mark
from talkwright.database.work import Kind, OpenWork, open_work
from talkwright.database.workers import Place
from talkwright.modelservice.decisions import Activate, Assign, Decision, HandOver, Move, Plan, Stop
from talkwright.modelservice.leases import Held, Lease, LeaseLostError, Leases
from talkwright.modelservice.metering import Meter
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.transitions import TERMINAL, Step
from talkwright.operations import tracing
from talkwright.operations.logs import get_logger
from talkwright.operations.role import RoleContext
from talkwright.operations.waiting import first_of

log = get_logger(__name__)

ERROR_PAUSE_SECONDS = 1.0
MOMENT_SECONDS = 0.05
"""A little longer than a lease or a pause lasts, so that it has ended when the orchestrator looks."""
MOST_LOOKS = 100
MOST_PLACES = 50
"""So many trainings that wait are looked at in one go; with more places at once, the next look gives the others out."""
QUEUED = "queued"


class Policy(Protocol):
    """What tells one orchestrator from the other."""

    kind: Kind
    consumers: str

    def decide(self, works: list[OpenWork], free: list[Place]) -> Plan:
        """The decisions that this moment asks for; pure."""

    def values(self, work: OpenWork, step: Step) -> Mapping[str, Any]:
        """Further columns to write with a state."""

    async def after(self, session: AsyncSession, work: OpenWork, step: Step) -> None:
        """What belongs into the same transaction as a change of state."""


class Orchestrator:
    """Leads one kind of work while it holds the lease; another replica takes over when it stops.

    The leader renews its lease, and looks at the rows when something was announced, when a pause ends and when a
    consumer's lease may have run out. The others look when the leader's lease runs out or is let go of. `begun` is set
    with each new term of leadership.
    """

    def __init__(
        self, database: Database, listener: Listener, policy: Policy, settings: ModelServiceSettings, identity: UUID
    ) -> None:
        self._database = database
        self._listener = listener
        self._policy = policy
        self._settings = settings
        self._leases = Leases(database, identity, settings.orchestrator_lease_seconds)
        self.begun = asyncio.Event()
        self._lease: Lease | None = None
        self._renew_at = self._look_at = 0.0
        self._mark: str | None = None
        self._who = f"{policy.kind} orchestrator {identity}"
        self._meter = Meter(policy.kind)

    async def run(self, context: RoleContext) -> None:
        """Work until the role stops; what the database refuses for a moment is tried again."""
        news, releases = self._listener.subscribe(), self._listener.subscribe([WAKE_SCOPE])
        await self._listener.start()
        context.measures.append(self._measure)
        context.started.set()
        try:
            while not context.stopping.is_set():
                if news.woken.is_set():
                    news.woken.clear()
                    self._look_at = 0.0
                releases.woken.clear()
                try:
                    patience = await self._turn()
                except LeaseLostError as error:
                    log.warning("orchestrator.interrupted", error=str(error))
                    self._meter.lost()
                    self._renew_at = self._look_at = patience = 0.0  # a good renewal lets it go on
                except (DBAPIError, *UNAVAILABLE) as error:
                    if trouble_of(error) is None:  # that of the database is told by its outage
                        log.warning("orchestrator.interrupted", error=type(error).__name__)
                    self._look_at, patience = 0.0, ERROR_PAUSE_SECONDS
                woken = news.woken if self._lease is not None else releases.woken
                await first_of(context.stopping.wait(), woken.wait(), seconds=patience)
        finally:
            self._listener.unsubscribe(news)
            self._listener.unsubscribe(releases)
            await self._listener.stop()
            if self._lease is not None:
                with contextlib.suppress(DBAPIError, *UNAVAILABLE):
                    await self._leases.release(self._lease)

    @property
    def term(self) -> int | None:
        """The number of this orchestrator's leadership; None while another leads, or may."""
        lease = self._lease
        return lease.epoch if lease is not None and time.monotonic() < lease.good_until else None

    async def _turn(self) -> float:
        """Take or renew the lease, and lead where it is ours; gives the seconds until the next turn."""
        if self._lease is None:
            found = await self._leases.take(f"lead:{self._policy.kind}")
            if isinstance(found, Held):
                return found.seconds + MOMENT_SECONDS
            log.info("orchestrator.leads", kind=self._policy.kind, epoch=found.epoch)
            self._meter.leads(found.epoch)
            self._lease, self._look_at = found, 0.0  # whatever happened before is news to it
            self.begun.set()
            self._renew_at = time.monotonic() + self._settings.orchestrator_renew_seconds
        lease = await self._kept(self._lease)
        if time.monotonic() >= self._look_at:
            self._look_at = math.inf  # what is announced from here on asks for another look
            again = await self._settle(lease)
            self._look_at = min(self._look_at, time.monotonic() + again)
        return max(min(self._renew_at, self._look_at) - time.monotonic(), 0.0)

    async def _kept(self, lease: Lease) -> Lease:
        """The lease, renewed where that is due. Raises LeaseLostError."""
        now = time.monotonic()
        if now < self._renew_at:
            return lease
        try:
            self._lease = await self._leases.renew(lease)
        except LeaseLostError:
            self._lease = None
            self._meter.follows()
            raise
        self._renew_at = now + self._settings.orchestrator_renew_seconds
        return self._lease

    async def _settle(self, lease: Lease) -> float:
        """Decide and write until nothing is left to do now; gives the seconds until the next look."""
        for _ in range(MOST_LOOKS):
            plan = await self._look(lease)
            if not plan.decisions:
                return math.inf if plan.look_again is None else plan.look_again
            refused = False
            for decision in plan.decisions:
                lease = await self._kept(lease)
                refused |= not await self._carry_out(lease, decision)
            if refused:
                return ERROR_PAUSE_SECONDS
        return 0.0

    async def _look(self, lease: Lease) -> Plan:
        lease.check()
        async with self._database.transaction() as session:
            works = await open_work(session, self._policy.kind, MOST_PLACES)
            is_queue = any(work.state == QUEUED for work in works)
            free: list[Place] = []
            if is_queue or any(work.lost for work in works):
                free = await workers.free_places(session, self._policy.consumers)
            mark = await queue_mark(session, self._policy.kind) if is_queue else None
            if mark != self._mark:  # whoever waits learns it, of whatever assistant
                await send_frame(session, STUDIO, "queue", {"work": self._policy.kind})
                self._mark = mark
        plan = self._policy.decide(works, free)
        held = [work.held_for + MOMENT_SECONDS for work in works if work.attempt is not None and work.held_for > 0]
        waits = [*held, *([] if plan.look_again is None else [plan.look_again])]
        return replace(plan, look_again=min(waits, default=None))

    async def _measure(self) -> None:
        """Show the queue and the consumers as they are now, where this orchestrator leads."""
        lease = self._lease
        if lease is None or time.monotonic() > lease.good_until:
            self._meter.follows()
            return
        kind, role = self._policy.kind, self._policy.consumers
        try:
            async with self._database.transaction() as session:
                measured = await measure(session, kind, role)
        except UNAVAILABLE:  # what can't be read stays as it was
            return
        if self._lease is not None:
            self._meter.leads_on(measured)

    async def _carry_out(self, lease: Lease, decision: Decision) -> bool:
        """Write one decision; False where the database refuses it, which holds up no other."""
        try:
            with self._meter.noting():
                async with self._leases.fenced(lease) as session:
                    await self._write(session, lease, decision)
        except UNAVAILABLE:
            raise
        except DBAPIError:
            log.exception("decision.refused", kind=self._policy.kind, work=str(decision.work.id))
            return False
        return True

    async def _write(self, session: AsyncSession, lease: Lease, decision: Decision) -> None:
        match decision:
            case Assign(work, worker, step):
                # One that is struck off meanwhile gets no work: it would be missed only when the lease runs out.
                if await workers.keep_worker(session, worker) and await self._move(
                    session, work, step, {"attempt": work.number + 1}
                ):
                    seconds = self._settings.consumer_lease_seconds
                    await attempts.assign(session, self._policy.kind, work, worker, seconds)
                    self._meter.assigned(work)
            case HandOver(work, worker):
                await self._hand_over(session, work, worker)
            case Move(work, step, lost):
                if lost and not (work.attempt and await attempts.close_lost(session, work.attempt, lease.holder)):
                    return
                if await self._move(session, work, step):
                    self._meter.ended(work, lost=lost)
            case Stop():
                await self._stop(session, decision)
            case Activate(work, step, retire):
                await self._activate(session, work, step, retire)

    async def _hand_over(self, session: AsyncSession, work: OpenWork, worker: UUID) -> None:
        if work.attempt is None or not await workers.keep_worker(session, worker):
            return
        if await attempts.hand_over(session, work.attempt, worker, self._settings.consumer_lease_seconds):
            self._meter.handed_over()
            log.info("attempt.handed_over", attempt=str(work.attempt), work=str(work.id))

    async def _stop(self, session: AsyncSession, stop: Stop, *, turned: bool = False) -> None:
        values = {"active": False, **({"slept_at": func.clock_timestamp()} if stop.sleeps else {})}
        moved = stop.step is None or await self._move(session, stop.work, stop.step, values, turned=turned)
        if moved and stop.work.attempt is not None:
            await attempts.ask_to_stop(session, stop.work.attempt)
            await wake(session)

    async def _activate(self, session: AsyncSession, work: OpenWork, step: Step, retire: Stop | Move | None) -> None:
        if not await moves.turn_talk(session, work):
            return
        if isinstance(retire, Stop):
            await self._stop(session, retire, turned=True)
        elif isinstance(retire, Move) and not await self._move(session, retire.work, retire.step, turned=True):
            return
        values = {"active": True, "ready_at": func.clock_timestamp()}
        if await self._move(session, work, step, values, turned=True):
            await moves.forget_sleepers(session, work)
            if retire is not None:
                self._meter.switched(work)

    async def _move(
        self,
        session: AsyncSession,
        work: OpenWork,
        step: Step,
        extra: Mapping[str, Any] | None = None,
        *,
        turned: bool = False,
    ) -> bool:
        """Change the state that this was decided from; where the talk goes elsewhere with it, only from where it went.

        An earlier decision of the same look may have changed it: what was decided then holds no more.
        """
        values = {**self._policy.values(work, step), **(extra or {})}
        if values.get("active", work.active) != work.active and not turned and not await moves.turn_talk(session, work):
            return False
        if step.target in TERMINAL:
            values["ended_at"] = func.clock_timestamp()
        moved = await moves.move(
            session,
            self._policy.kind,
            work,
            sources=step.sources & {work.state},
            target=step.target,
            who=self._who,
            why=step.why,
            pause=step.pause.total_seconds(),
            values=values,
        )
        if moved:
            await self._policy.after(session, work, step)
            self._meter.moved(work, step)
            trace = tracing.trace_of(work.traceparent)
            log.info(
                "work.moved", kind=step.kind, state=step.target, work=str(work.id), attempt=work.number, trace=trace
            )
        return moved
