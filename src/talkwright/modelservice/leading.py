"""The loop of an orchestrator: lead by a lease, look at all open work at once, decide purely, write fenced."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database import work as queue
from talkwright.database.announcements import Listener
from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.database.work import Kind, OpenWork
from talkwright.modelservice.decisions import Activate, Assign, Decision, Move, Plan, Stop
from talkwright.modelservice.leases import Lease, LeaseLostError, Leases
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.transitions import TERMINAL, Step
from talkwright.operations.logs import get_logger
from talkwright.operations.role import RoleContext
from talkwright.operations.waiting import first_of

log = get_logger(__name__)

ERROR_PAUSE_SECONDS = 1.0
QUEUED = "queued"


class Policy(Protocol):
    """What tells one orchestrator from the other."""

    kind: Kind
    consumers: str

    def decide(self, works: list[OpenWork], free: list[UUID]) -> Plan:
        """The decisions that this moment asks for; pure."""

    def values(self, work: OpenWork, step: Step) -> Mapping[str, Any]:
        """Further columns to write with a state."""

    async def after(self, session: AsyncSession, work: OpenWork, step: Step) -> None:
        """What belongs into the same transaction as a change of state."""


class Orchestrator:
    """Leads one kind of work while it holds the lease; another replica takes over when it stops."""

    def __init__(
        self, database: Database, listener: Listener, policy: Policy, settings: ModelServiceSettings, identity: UUID
    ) -> None:
        self._database = database
        self._listener = listener
        self._policy = policy
        self._settings = settings
        self._leases = Leases(database, identity, settings.lease_seconds)
        self._has_work = True
        self._who = f"{policy.kind} orchestrator {identity}"

    async def run(self, context: RoleContext) -> None:
        """Work until the role stops; what the database refuses for a moment is tried again."""
        subscription = self._listener.subscribe()
        await self._listener.start()
        lease: Lease | None = None
        is_news = True
        context.started.set()
        try:
            while not context.stopping.is_set():
                patience = self._settings.renew_seconds
                try:
                    lease = await self._leases.hold(f"lead:{self._policy.kind}")
                    if lease is None:
                        is_news = True  # what happens until this replica leads is news to it
                    elif is_news or self._has_work:
                        again = await self._settle(lease)
                        patience = min(patience, again) if again is not None else patience
                        is_news = False
                except (DBAPIError, LeaseLostError, *UNAVAILABLE) as error:
                    log.warning("orchestrator.interrupted", error=type(error).__name__)
                    patience, is_news = ERROR_PAUSE_SECONDS, True
                await first_of(context.stopping.wait(), subscription.woken.wait(), seconds=patience)
                is_news |= subscription.woken.is_set()
                subscription.woken.clear()
        finally:
            self._listener.unsubscribe(subscription)
            await self._listener.stop()
            if lease is not None:
                with contextlib.suppress(*UNAVAILABLE):
                    await self._leases.release(lease)

    async def _settle(self, lease: Lease) -> float | None:
        """Decide and write until nothing is left to do now; gives the seconds until the next look."""
        for _ in range(100):
            plan = await self._look(lease)
            if not plan.decisions:
                return plan.look_again
            for decision in plan.decisions:
                await self._carry_out(lease, decision)
        return 0.0

    async def _look(self, lease: Lease) -> Plan:
        lease.check()
        async with self._database.transaction() as session:
            works = await queue.open_work(session, self._policy.kind)
            self._has_work = bool(works)
            free: list[UUID] = []
            if any(work.state == QUEUED for work in works):
                free = await queue.free_workers(session, self._policy.consumers, self._settings.lease_seconds)
        return self._policy.decide(works, free)

    async def _carry_out(self, lease: Lease, decision: Decision) -> None:
        async with self._leases.fenced(lease) as session:
            match decision:
                case Assign(work, worker, step):
                    # One that is struck off meanwhile gets no work: it would be missed only when the lease runs out.
                    if await queue.keep_worker(session, worker) and await self._move(
                        session, work, step, {"attempt": work.number + 1}
                    ):
                        await queue.assign(session, self._policy.kind, work, worker, self._settings.lease_seconds)
                case Move(work, step, lost):
                    if lost and (
                        work.attempt is None or not await queue.close_lost(session, work.attempt, lease.holder)
                    ):
                        return
                    await self._move(session, work, step)
                case Stop():
                    await self._stop(session, decision)
                case Activate(work, step, retire):
                    await self._activate(session, work, step, retire)

    async def _stop(self, session: AsyncSession, stop: Stop) -> None:
        moved = stop.step is None or await self._move(session, stop.work, stop.step, {"active": False})
        if moved and stop.work.attempt is not None:
            await queue.ask_to_stop(session, stop.work.attempt)
            await queue.wake(session)

    async def _activate(self, session: AsyncSession, work: OpenWork, step: Step, retire: Stop | Move | None) -> None:
        if isinstance(retire, Stop):
            await self._stop(session, retire)
        elif isinstance(retire, Move):
            await self._move(session, retire.work, retire.step)
        await self._move(session, work, step, {"active": True, "ready_at": func.clock_timestamp()})

    async def _move(
        self, session: AsyncSession, work: OpenWork, step: Step, extra: Mapping[str, Any] | None = None
    ) -> bool:
        values = {**self._policy.values(work, step), **(extra or {})}
        if step.target in TERMINAL:
            values["ended_at"] = func.clock_timestamp()
        moved = await queue.move(
            session,
            self._policy.kind,
            work,
            sources=step.sources,
            target=step.target,
            who=self._who,
            why=step.why,
            pause=step.pause.total_seconds(),
            values=values,
        )
        if moved:
            await self._policy.after(session, work, step)
            log.info("work.moved", kind=step.kind, state=step.target, work=str(work.id), attempt=work.number)
        return moved
