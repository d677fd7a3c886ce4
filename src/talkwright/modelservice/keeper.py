"""Keeping one attempt: its log, its stage and its outcome, each written only while its lease is held."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.announcements import announce
from talkwright.database.attempt_logs import append_log
from talkwright.database.engine import UNAVAILABLE
from talkwright.database.outage import trouble_of
from talkwright.database.tables import attempts
from talkwright.database.work import HeldAttempt
from talkwright.modelservice.job_names import job_name
from talkwright.modelservice.jobs import Cause, Level, LogLine
from talkwright.modelservice.leases import Lease, LeaseLostError, Leases
from talkwright.modelservice.transitions import LIVE, Outcome, attempt_sources
from talkwright.modelservice.variables import hidden
from talkwright.operations import metrics, tracing
from talkwright.operations.logs import get_logger

log = get_logger(__name__)

T = TypeVar("T")

FLUSH_SECONDS = 0.25
RETRY_SECONDS = 0.5
BATCH_LINES = 500


class Keeper:
    """One attempt in this consumer's hands.

    `stop` is set when the attempt shall end, `leave` when this process must let go of it: because it stops itself
    (`shutdown`) or because the lease was lost, after which nothing is written any more. The job then goes on for
    another, unless the whole studio ends (`is_over`). Nothing that is written holds a value `given` to the job.
    """

    def __init__(self, attempt: HeldAttempt, lease: Lease, leases: Leases) -> None:
        self.attempt = attempt
        self.lease = lease
        self.stop = asyncio.Event()
        self.leave = asyncio.Event()
        self.shutdown = False
        self.is_over = False
        self.given: Mapping[str, str] = {}
        self.told: Callable[[LogLine], LogLine] = _as_it_is
        self.problems: list[Mapping[str, Any]] = []
        self.last_message = ""
        self._leases = leases
        self._last = self._stored = attempt.log_position
        self._gaps: list[range] = []
        self._stage: tuple[str, float] | None = None
        self._waiting: list[LogLine] = []
        self._more = asyncio.Event()
        self._writing = asyncio.Lock()
        self._clock = asyncio.get_running_loop().call_at(lease.good_until, self.lose)

    def renewed(self, lease: Lease) -> None:
        """Go on under the renewed lease."""
        self.lease = lease
        self._clock.cancel()
        self._clock = asyncio.get_running_loop().call_at(lease.good_until, self.lose)

    def lose(self) -> None:
        """Stop acting: the lease is another's now, or was not renewed in time by this process's own clock."""
        if not self.leave.is_set():
            log.warning("attempt.lease_lost", attempt=str(self.attempt.id))
            metrics.LEASES_LOST.labels(lease="attempt").inc()
            self.leave.set()

    def close(self) -> None:
        """Watch the clock no more."""
        self._clock.cancel()

    @property
    def job_name(self) -> str:
        """The name of this attempt's job, the same wherever it runs."""
        return job_name(self.attempt.kind, self.attempt.work, self.attempt.number)

    def note(self, line: LogLine) -> None:
        """Take a log line; it is written soon. Numbers that were jumped over are remembered as missing."""
        line = hidden(self.told(line), self.given)
        if line.number > self._last:
            if line.number > self._last + 1:
                self._gaps.append(range(self._last + 1, line.number))
            self._last = line.number
        if line.problem is not None:
            self.problems.append(line.problem)
        self.last_message = line.message or self.last_message
        self._time(line)
        self._waiting.append(line)
        self._more.set()

    def _time(self, line: LogLine) -> None:
        """Measure the stage that ends where another one begins, but for what a holder before has measured."""
        if line.stage is None or (self._stage is not None and self._stage[0] == line.stage):
            return
        if self._stage is not None and line.number > self.attempt.log_position:
            name, began = self._stage
            stage = metrics.one_of(metrics.STAGES, name)
            metrics.STAGE_SECONDS.labels(kind=self.attempt.kind, stage=stage).observe(max(line.at - began, 0.0))
            tracing.record(f"stage {stage}", began, line.at, kind=self.attempt.kind)
        self._stage = (line.stage, line.at)

    def say(self, message: str, level: Level = "info") -> None:
        """Add a line of this consumer's own to the log of a job that writes no more."""
        self.note(LogLine(number=self._last + 1, at=time.time(), message=message, level=level))

    def missing(self, total: int) -> list[range]:
        """The numbers of lines that never came, of so many that the job wrote."""
        rest = [range(self._last + 1, total + 1)] if total > self._last else []
        return [*self._gaps, *rest]

    async def write_log(self) -> None:
        """Write lines as they come, a few times a second at most; runs until it is cancelled."""
        while True:
            await self._more.wait()
            try:
                await self.save({})
            except LeaseLostError:
                return
            await asyncio.sleep(FLUSH_SECONDS)

    async def save(
        self,
        values: Mapping[str, Any],
        *,
        tell: str | None = None,
        act: Callable[[AsyncSession], Awaitable[Mapping[str, Any]]] | None = None,
    ) -> None:
        """Write columns of the attempt and all waiting lines in one fenced transaction.

        `tell` announces this state of the work and wakes the orchestrator; `act` writes more, and gives more values.
        Raises LeaseLostError.
        """
        async with self._writing:
            lines = self._waiting[:BATCH_LINES]
            if not lines and not values:  # another call has just written what was waiting
                self._more.clear()
                return

            async def store(session: AsyncSession) -> None:
                more = await act(session) if act is not None else {}
                await self._store(session, {**values, **more}, lines, tell)

            await self.write(store)
            self._stored = max([self._stored, *(line.number for line in lines)])
            del self._waiting[: len(lines)]
            if not self._waiting:
                self._more.clear()

    async def write(self, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Act in a fenced transaction; while the database is away, again until the lease can't be ours any more.

        Raises LeaseLostError.
        """
        while True:
            try:
                async with self._leases.fenced(self.lease) as session:
                    return await act(session)
            except UNAVAILABLE as error:
                if trouble_of(error) is None:
                    log.warning("attempt.write_delayed", attempt=str(self.attempt.id), error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def end(
        self,
        outcome: Outcome,
        reason: str | None,
        values: Mapping[str, Any] | None = None,
        act: Callable[[AsyncSession], Awaitable[Mapping[str, Any]]] | None = None,
        *,
        cause: Cause | None = None,
    ) -> bool:
        """Write the outcome once, with what is left of the log; False where the attempt is no longer ours.

        `act` writes in the same transaction what belongs to the outcome, and gives more values for the attempt. `cause`
        tells those who count why it failed, where the outcome alone does not.
        """
        ending = {
            **(values or {}),
            "outcome": str(outcome),
            "reason": reason,
            "state": "ended",
            "address": None,
            "secret": None,
            "problems": json.dumps(self.problems),
            "ended_at": func.clock_timestamp(),
            **({"result": json.dumps({"cause": cause})} if cause is not None else {}),
        }
        try:
            while len(self._waiting) > BATCH_LINES:
                await self.save({})
            await self.save(ending, tell="ended", act=act)
        except LeaseLostError:
            log.warning("attempt.not_ours", attempt=str(self.attempt.id))
            return False
        tracing.note(outcome=str(outcome))
        log.info("attempt.ended", attempt=str(self.attempt.id), outcome=str(outcome))
        with contextlib.suppress(*UNAVAILABLE):
            await self._leases.end(self.lease)
        return True

    async def _store(
        self, session: AsyncSession, values: Mapping[str, Any], lines: list[LogLine], tell: str | None
    ) -> None:
        changes = {**values, **_position([line for line in lines if line.number > self._stored])}
        sources = attempt_sources(values["state"]) if "state" in values else LIVE
        done = await session.execute(
            update(attempts)
            .where(attempts.c.id == self.attempt.id, attempts.c.state.in_(sources))
            .values(changes)
            .returning(attempts.c.id)
        )
        if done.first() is None:
            raise LeaseLostError("The attempt was ended by another.")
        work = {self.attempt.kind: str(self.attempt.work), "attempt": self.attempt.number}
        if lines:
            rows = [_row(line) for line in lines]
            await append_log(session, self.attempt.id, self.attempt.assistant, rows, work)
        if tell is not None:
            announce(session, self.attempt.assistant, self.attempt.kind, {**work, "state": tell})


def _as_it_is(line: LogLine) -> LogLine:
    return line


def _position(lines: list[LogLine]) -> dict[str, Any]:
    """How far the job is; lines that came late, to fill a gap, don't tell that."""
    changes: dict[str, Any] = {"log_position": lines[-1].number} if lines else {}
    for name in ("stage", "progress"):
        found = [value for line in lines if (value := getattr(line, name)) is not None]
        if found:
            changes[name] = found[-1]
    return changes


def _row(line: LogLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "at": datetime.fromtimestamp(line.at, UTC),
        "level": line.level,
        "stage": line.stage,
        "progress": line.progress,
        "message": line.message,
    }
