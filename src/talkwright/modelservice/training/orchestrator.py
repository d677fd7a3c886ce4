"""Which training comes next, and what follows when one ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.deployments import deploy_trained
from talkwright.database.ids import uuid7
from talkwright.database.states import TrainingState
from talkwright.database.work import Kind, OpenWork
from talkwright.database.workers import Place
from talkwright.modelservice.decisions import Assign, Decision, Move, Plan, Stop, gone_on_with, place_for
from talkwright.modelservice.transitions import Outcome, Step, WorkKind, step, training_after


class TrainingPolicy:
    """Each free consumer takes the training that is next in the queue (`database.queueing`)."""

    kind: Kind = "training"
    consumers = "training-consumer"

    def __init__(self, adopt_seconds: float = 0.0) -> None:
        self._patience = adopt_seconds

    def decide(self, works: list[OpenWork], free: list[Place]) -> Plan:
        """End what ended, stop what shall stop, then assign what is next and may run to free consumers."""
        decisions: list[Decision] = []
        places = list(free)
        waits: list[float] = []
        for work in works:
            if work.state == TrainingState.RUNNING:
                decisions.extend(self._running(work, places, waits))
            elif work.cancel:
                decisions.append(Move(work, _cancelled()))
            elif work.wait > 0:
                waits.append(work.wait)
        waiting = [work for work in works if work.state == TrainingState.QUEUED and not work.cancel and work.wait <= 0]
        for work in sorted(waiting, key=lambda work: work.place):
            if (place := place_for(work, places)) is not None:
                start = step(WorkKind.TRAINING, TrainingState.RUNNING, why="A consumer has taken it.")
                decisions.append(Assign(work, place.worker, start))
        return Plan(tuple(decisions), min(waits, default=None))

    def _running(self, work: OpenWork, places: list[Place], waits: list[float]) -> list[Decision]:
        if work.lost:
            match gone_on_with(work, places, self._patience):
                case float(seconds):
                    waits.append(seconds)
                    return []
                case None:
                    return [_after(work, Outcome.LOST_CONSUMER)]
                case handed:
                    return [handed]
        if work.outcome is not None:
            return [_after(work, Outcome(work.outcome))]
        return [Stop(work)] if work.cancel and not work.stopping else []

    def values(self, work: OpenWork, step: Step) -> Mapping[str, Any]:
        """When it started, and the problems that its attempt found."""
        if step.target == TrainingState.RUNNING:
            return {"started_at": func.clock_timestamp()}
        return {"problems": work.problems} if step.target in (TrainingState.FAILED, TrainingState.SUCCEEDED) else {}

    async def after(self, session: AsyncSession, work: OpenWork, step: Step) -> None:
        """A trained model that shall be tried is queued to run in the same transaction, unless that was called off."""
        if step.target == TrainingState.SUCCEEDED and work.result is not None:
            await deploy_trained(session, uuid7(), training=work.id, model=UUID(json.loads(work.result)["model"]))


def _after(work: OpenWork, outcome: Outcome) -> Move:
    following = training_after(
        outcome, lost_jobs=work.lost_jobs, cancel_requested=work.cancel, reason=work.attempt_reason
    )
    return Move(work, following, lost=work.outcome is None)


def _cancelled() -> Step:
    return step(WorkKind.TRAINING, TrainingState.CANCELLED, why="The training was stopped.")
