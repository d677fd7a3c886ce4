"""The one state machine of trainings, deployments and attempts, pure: what may follow what, and what an outcome means.

The backend inserts rows and asks for cancellation; the leading orchestrator alone writes states, each through `step`;
whoever holds an attempt's lease alone writes its stage and outcome (ARCHITECTURE 4, Work).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from talkwright.database.states import (
    ENDED_DEPLOYMENTS,
    ENDED_TRAININGS,
    AttemptState,
    DeploymentState,
    TrainingState,
)

MAX_RETRIES = 3
"""So often work is tried again after it lost its job; a lost consumer is no reason to count."""
FIRST_PAUSE = timedelta(seconds=1)


class WorkKind(StrEnum):
    """What attempts, leases and logs belong to."""

    TRAINING = "training"
    DEPLOYMENT = "deployment"


class Outcome(StrEnum):
    """How an attempt ended.

    `released`: its consumer stopped in order and gave it back. `lost_consumer`: nobody renewed its lease any more; the
    orchestrator that took it over writes this.
    """

    SUCCEEDED = "succeeded"
    CONTENT = "content"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    RELEASED = "released"
    LOST_JOB = "lost_job"
    LOST_CONSUMER = "lost_consumer"


State = TrainingState | DeploymentState

_T = TrainingState
_D = DeploymentState
_A = AttemptState
ALLOWED: Mapping[WorkKind, Mapping[str, frozenset[str]]] = {
    WorkKind.TRAINING: {
        _T.QUEUED: frozenset({_T.RUNNING, _T.CANCELLED, _T.FAILED}),
        _T.RUNNING: frozenset({_T.QUEUED, _T.SUCCEEDED, _T.FAILED, _T.CANCELLED}),
        _T.SUCCEEDED: frozenset(),
        _T.FAILED: frozenset(),
        _T.CANCELLED: frozenset(),
    },
    WorkKind.DEPLOYMENT: {
        _D.QUEUED: frozenset({_D.STARTING, _D.STOPPED, _D.FAILED}),
        _D.STARTING: frozenset({_D.QUEUED, _D.RUNNING, _D.STOPPING, _D.STOPPED, _D.FAILED}),
        _D.RUNNING: frozenset({_D.QUEUED, _D.STOPPING, _D.STOPPED, _D.FAILED}),
        _D.STOPPING: frozenset({_D.STOPPED}),
        _D.STOPPED: frozenset({_D.QUEUED}),  # one that sleeps and is woken, by `waking` alone
        _D.FAILED: frozenset(),
    },
}
ATTEMPTS: Mapping[str, frozenset[str]] = {
    _A.ASSIGNED: frozenset({_A.RUNNING, _A.ENDED}),
    _A.RUNNING: frozenset({_A.READY, _A.ENDED}),
    _A.READY: frozenset({_A.ENDED}),
    _A.ENDED: frozenset(),
}
"""What an attempt's holder may write, and the leading orchestrator once it took over the lease of a lost one."""
LIVE = frozenset(ATTEMPTS) - {_A.ENDED}
TERMINAL: frozenset[str] = ENDED_TRAININGS | ENDED_DEPLOYMENTS
_ENDING: Mapping[Outcome, str] = {Outcome.RELEASED: "stopped", Outcome.LOST_CONSUMER: "was lost"}
HOLDING: Mapping[WorkKind, frozenset[str]] = {
    WorkKind.TRAINING: frozenset({_T.RUNNING}),
    WorkKind.DEPLOYMENT: frozenset({_D.STARTING, _D.RUNNING, _D.STOPPING}),
}


class TransitionError(Exception):
    """A state was asked for that can't follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of a state: allowed from `sources`, to `target`, because of `why` (words for people).

    `pause` keeps requeued work from being assigned again at once.
    """

    kind: WorkKind
    sources: frozenset[str]
    target: str
    why: str
    pause: timedelta = timedelta(0)


def step(kind: WorkKind, target: State, *, why: str, pause: timedelta = timedelta(0)) -> Step:
    """The change to `target` from every open state that allows it. Raises TransitionError where none does."""
    table = ALLOWED[kind]
    sources = frozenset(source for source, targets in table.items() if target in targets and source not in TERMINAL)
    if not sources:
        raise TransitionError(f"Nothing leads a {kind} to {target}.")
    return Step(kind=kind, sources=sources, target=str(target), why=why, pause=pause)


def waking(why: str) -> Step:
    """A deployment that sleeps is queued once more: the only way out of an end."""
    return Step(kind=WorkKind.DEPLOYMENT, sources=frozenset({_D.STOPPED}), target=_D.QUEUED, why=why)


def attempt_sources(target: str) -> frozenset[str]:
    """The states in which an attempt may become `target`. Raises TransitionError for an unknown one."""
    if target not in ATTEMPTS:
        raise TransitionError(f"No attempt becomes {target}.")
    return frozenset(source for source, targets in ATTEMPTS.items() if target in targets)


def retry_pause(lost: int) -> timedelta:
    """The pause before the attempt after the `lost`th lost job: 1, 2, 4 … seconds, at most a minute."""
    doublings: int = max(lost - 1, 0)
    return min(FIRST_PAUSE * float(2**doublings), timedelta(minutes=1))


def training_after(outcome: Outcome, *, lost_jobs: int, cancel_requested: bool, reason: str | None) -> Step:
    """What follows when a training's attempt ended.

    `lost_jobs` counts the lost jobs of this training, this one included: it is tried again at most three times, a
    consumer that stopped or was lost does not count, and what the content broke is never tried again. A model that is
    published wins over a late stop, but it is not started.
    """
    kind = WorkKind.TRAINING
    if outcome is Outcome.SUCCEEDED:
        late = "The model was stored before the stop came; it was not started."
        why = late if cancel_requested else reason or "The model is trained and stored."
        return step(kind, _T.SUCCEEDED, why=why)
    if cancel_requested or outcome in (Outcome.CANCELLED, Outcome.STOPPED):
        return step(kind, _T.CANCELLED, why="The training was stopped.")
    if outcome in (Outcome.RELEASED, Outcome.LOST_CONSUMER):
        return step(kind, _T.QUEUED, why=f"The consumer {_ENDING[outcome]}; the training starts again.")
    if outcome is Outcome.LOST_JOB and lost_jobs <= MAX_RETRIES:
        why = f"The job was lost ({_within(reason)}); the training starts again."
        return step(kind, _T.QUEUED, why=why, pause=retry_pause(lost_jobs))
    if outcome is Outcome.LOST_JOB:
        why = f"The job was lost {lost_jobs} times, at last: {_within(reason)}."
        return step(kind, _T.FAILED, why=why)
    return step(kind, _T.FAILED, why=reason or "The training failed; its log says why.")


def deployment_after(
    outcome: Outcome,
    *,
    state: str,
    lost_jobs: int,
    cancel_requested: bool,
    reason: str | None,
    asleep: str | None = None,
) -> Step:
    """What follows when a deployment's attempt ended in `state`; `asleep`: why it stops where it is to be woken.

    A running assistant whose engine or consumer vanished is queued again, so that its chats go on, and one whose start
    failed or did not come to an end is started again likewise; what the content broke is not. One that was asked to
    stop has stopped. `lost_jobs` counts the lost jobs since it last ran.
    """
    kind = WorkKind.DEPLOYMENT
    if cancel_requested or state == _D.STOPPING or outcome in (Outcome.STOPPED, Outcome.CANCELLED):
        return step(kind, _D.STOPPED, why=asleep or "The assistant was stopped.")
    if outcome in (Outcome.RELEASED, Outcome.LOST_CONSUMER):
        return step(kind, _D.QUEUED, why=f"The consumer {_ENDING[outcome]}; the assistant starts again.")
    if outcome is Outcome.LOST_JOB and lost_jobs <= MAX_RETRIES:
        what = "did not start" if state == _D.STARTING else "ended unexpectedly"
        why = f"The assistant {what} ({_within(reason)}); it starts again."
        is_first = state == _D.RUNNING and lost_jobs <= 1  # somebody may be talking to it: the first time at once
        return step(kind, _D.QUEUED, why=why, pause=timedelta(0) if is_first else retry_pause(lost_jobs))
    if outcome is Outcome.LOST_JOB:
        what = "did not start" if state == _D.STARTING else "ended unexpectedly"
        why = f"The assistant {what} {lost_jobs} times, at last: {_within(reason)}."
        return step(kind, _D.FAILED, why=why)
    return step(kind, _D.FAILED, why=reason or "The assistant could not be started; its log says why.")


def _within(reason: str | None) -> str:
    """A reason as a part of a sentence that ends by itself."""
    return (reason or "").rstrip(". ") or "no reason given"
