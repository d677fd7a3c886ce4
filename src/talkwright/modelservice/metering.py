"""What orchestrators count: each change once, after it was committed, by who made it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator

from talkwright.database.measuring import Measured
from talkwright.database.states import DeploymentState, TrainingState
from talkwright.database.work import Kind, OpenWork
from talkwright.modelservice.jobs import Cause
from talkwright.modelservice.transitions import HOLDING, Outcome, Step, WorkKind
from talkwright.operations import metrics, tracing

_STATES = {"training": ("queued", "running"), "deployment": ("queued", "starting", "running", "stopping")}
_CONSUMERS = ("free", "busy", "draining")
_WELL = frozenset({Outcome.SUCCEEDED, Outcome.STOPPED, Outcome.CANCELLED, Outcome.RELEASED})
_CAUSES = {
    Outcome.CONTENT: Cause.CONTENT,
    Outcome.LOST_JOB: Cause.LOST_JOB,
    Outcome.LOST_CONSUMER: Cause.LOST_CONSUMER,
}
"""Why an attempt failed of which its holder said nothing more than how it ended."""


def cause_of(outcome: Outcome, result: str | None) -> str:
    """Why an attempt failed, as one of few words: as its holder wrote it (JSON), else by how it ended."""
    told = json.loads(result).get("cause") if result is not None else None
    return metrics.one_of(metrics.CAUSES, told or _CAUSES.get(outcome, Cause.ENGINE))


class Meter:
    """Counts for one orchestrator. What is noted counts once the transaction is over, and not at all if it fails."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._noted: list[Callable[[], None]] = []
        metrics.LEADER.labels(kind=kind).set(0)
        metrics.LEASES_LOST.labels(lease="leader")
        for cause in metrics.CAUSES:  # a rise from nothing is seen only where there was a zero
            metrics.FAILURES.labels(kind=kind, cause=cause)

    @contextlib.contextmanager
    def noting(self) -> Iterator[None]:
        """The life of one transaction."""
        self._noted = []
        yield
        for count in self._noted:
            count()

    def leads(self, epoch: int) -> None:
        """This orchestrator leads from now on."""
        metrics.LEADER.labels(kind=self._kind).set(1)
        if epoch > 1:
            metrics.TAKEOVERS.labels(lease="leader").inc()

    def follows(self) -> None:
        """This orchestrator leads no more: another one shows the queue."""
        metrics.LEADER.labels(kind=self._kind).set(0)
        for gauge in (metrics.WORK, metrics.CONSUMERS, metrics.QUEUE_LENGTH, metrics.QUEUE_OLDEST):
            gauge.clear()

    def leads_on(self, measured: Measured) -> None:
        """This orchestrator leads still, and shows how the queue and the consumers are now."""
        metrics.LEADER.labels(kind=self._kind).set(1)
        for state in _STATES[self._kind]:
            metrics.WORK.labels(kind=self._kind, state=state).set(measured.works.get(state, 0))
        for state in _CONSUMERS:
            metrics.CONSUMERS.labels(kind=self._kind, state=state).set(measured.consumers.get(state, 0))
        metrics.QUEUE_LENGTH.labels(kind=self._kind).set(measured.works.get("queued", 0))
        metrics.QUEUE_OLDEST.labels(kind=self._kind).set(measured.oldest_seconds)

    def lost(self) -> None:
        """The leader's lease was not renewed in time."""
        metrics.LEASES_LOST.labels(lease="leader").inc()

    def assigned(self, work: OpenWork) -> None:
        """A consumer got an attempt."""
        self._noted.append(metrics.ATTEMPTS.labels(kind=self._kind).inc)
        if work.number == 0:
            self._noted.append(lambda: metrics.QUEUE_SECONDS.labels(kind=self._kind).observe(work.waited))
            self._noted.append(lambda: self._trace("queued", work))

    def handed_over(self) -> None:
        """Another consumer goes on with a job."""
        self._noted.append(metrics.ADOPTIONS.labels(kind=self._kind).inc)
        self._noted.append(metrics.TAKEOVERS.labels(lease="attempt").inc)

    def moved(self, work: OpenWork, step: Step) -> None:
        """A state changed."""
        self._noted.append(metrics.STATES.labels(kind=self._kind, state=step.target).inc)
        if step.kind is WorkKind.TRAINING and step.target in (TrainingState.SUCCEEDED, TrainingState.FAILED):
            self._noted.append(lambda: metrics.TRAINING_SECONDS.labels(state=step.target).observe(work.waited))
        if step.target == DeploymentState.RUNNING and work.number == 1:
            self._noted.append(lambda: metrics.START_SECONDS.observe(work.waited))

    def ended(self, work: OpenWork, *, lost: bool) -> None:
        """An attempt ended; nothing where the work held none."""
        if work.state not in HOLDING[WorkKind(self._kind)] or (work.outcome is None and not lost):
            return
        outcome = Outcome.LOST_CONSUMER if work.outcome is None else Outcome(work.outcome)
        self._noted.append(metrics.ATTEMPTS_ENDED.labels(kind=self._kind, outcome=outcome).inc)
        if lost:
            self._noted.append(metrics.TAKEOVERS.labels(lease="attempt").inc)
        if outcome not in _WELL:
            cause = cause_of(outcome, work.result)
            self._noted.append(metrics.FAILURES.labels(kind=self._kind, cause=cause).inc)

    def switched(self, work: OpenWork) -> None:
        """A model took over from another."""
        self._noted.append(lambda: metrics.SWITCH_SECONDS.observe(work.waited))
        self._noted.append(lambda: self._trace("switch", work))

    def _trace(self, what: str, work: OpenWork) -> None:
        """Record what has lasted since the work was asked for."""
        now = time.time()
        tracing.record(f"{self._kind} {what}", now - work.waited, now, parent=work.traceparent, work=str(work.id))
