"""Which model runs where, which one an assistant's talk goes to, and when the old one may go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.states import DeploymentState
from talkwright.database.work import Kind, OpenWork
from talkwright.database.workers import Place
from talkwright.modelservice.decisions import Activate, Assign, Decision, Move, Plan, Stop, gone_on_with, place_for
from talkwright.modelservice.transitions import (
    ASLEEP,
    HOLDING,
    Outcome,
    Step,
    WorkKind,
    deployment_after,
    step,
    waking,
)

D = DeploymentState
IN_PLACE = "The only running consumer left holds the old model; it makes room for the new one."
GIVES_WAY = "Nobody talked to it for a while, and another assistant needed its place."


class RunningPolicy:
    """Each consumer holds one deployment; an assistant's newest one that answers gets its talk."""

    kind: Kind = "deployment"
    consumers = "running-consumer"

    def __init__(
        self,
        replace_after_seconds: float,
        adopt_seconds: float = 0.0,
        *,
        make_room_seconds: float = 300.0,
        idle_stop_seconds: float = 0.0,
    ) -> None:
        self._replace_after = replace_after_seconds
        self._patience = adopt_seconds
        self._gives_way_after = make_room_seconds
        self._sleeps_after = idle_stop_seconds

    def decide(self, works: list[OpenWork], free: list[Place]) -> Plan:
        """Go on with what lost its consumer, end what ended, switch to what answers, retire, then start what waits.

        Where no place is free for what waits, room is made; last of all, whoever nobody talks to falls asleep.
        """
        decisions: list[Decision] = []
        places = list(free)
        waits: list[float] = []
        waiting: list[OpenWork] = []
        standing = Standing(works)
        gone_on = {work.id for work in works if work.lost and self._goes_on(work, places, decisions, waits)}
        left = [work for work in works if work.id not in gone_on]
        for work in left:
            following = _following(work, standing)
            if following is not None:
                decisions.extend(following)
            elif work.wait > 0:
                waits.append(work.wait)
            elif (place := place_for(work, places)) is not None:
                decisions.append(Assign(work, place.worker, _step(D.STARTING, "A consumer starts it.")))
            else:
                waiting.append(work)
        decisions.extend(self._make_room(waiting, standing, waits))
        decisions.extend(self._fall_asleep(left, standing, waits))
        return Plan(tuple(decisions), min(waits, default=None))

    def _goes_on(self, work: OpenWork, places: list[Place], decisions: list[Decision], waits: list[float]) -> bool:
        """Whether a model whose consumer is gone goes on, or waits for a consumer that can go on with it."""
        if work.state == D.STOPPING:
            return False
        match gone_on_with(work, places, self._patience):
            case None:
                return False
            case float(seconds):
                waits.append(seconds)
            case handed:
                decisions.append(handed)
        return True

    def _make_room(self, waiting: list[OpenWork], standing: Standing, waits: list[float]) -> list[Decision]:
        """Where no consumer comes free for a while, whoever is idle gives way, then the same assistant's old model.

        Least recent first, one for each that waits, those counted that are on their way out.
        """
        works = standing.works
        on_their_way = sum(other.state == D.STOPPING for other in works)
        idle = sorted((other for other in works if standing.may_sleep(other)), key=lambda other: -other.idle)
        decisions: list[Decision] = []
        for work in waiting[on_their_way:]:
            old = standing.running(work)
            other = next((other for other in idle if other not in old), None)
            if not old and other is None:
                continue
            left = self._replace_after - work.waited
            if left > 0:
                waits.append(left)
            elif other is not None and other.idle >= self._gives_way_after:
                idle.remove(other)
                decisions.append(Stop(other, _step(D.STOPPING, GIVES_WAY), sleeps=True))
            elif old:
                decisions.extend(Stop(other, _step(D.STOPPING, IN_PLACE)) for other in old if not other.stopping)
            elif other is not None:
                waits.append(self._gives_way_after - other.idle)
        return decisions

    def _fall_asleep(self, works: list[OpenWork], standing: Standing, waits: list[float]) -> list[Decision]:
        """Stop whom nobody talked to for the time that the operator set, if one is set."""
        if not self._sleeps_after:
            return []
        may = [work for work in works if standing.may_sleep(work)]
        waits.extend(self._sleeps_after - work.idle for work in may if work.idle < self._sleeps_after)
        asleep = _step(D.STOPPING, ASLEEP)
        return [Stop(work, asleep, sleeps=True) for work in may if work.idle >= self._sleeps_after]

    def values(self, work: OpenWork, step: Step) -> Mapping[str, Any]:
        """What ended gets no more talk; what wakes has not ended, and gets the talk that waits for it."""
        if work.state == D.STOPPED:
            return {"active": True, "slept_at": None, "ended_at": None}
        return {"active": False} if step.target in (D.STOPPED, D.FAILED) else {}

    async def after(self, session: AsyncSession, work: OpenWork, step: Step) -> None:
        """Nothing else belongs to a change of a deployment's state."""


def _following(work: OpenWork, standing: Standing) -> list[Decision] | None:
    """What follows for a deployment by how it is and what else there is; None where it needs a place."""
    if work.state in HOLDING[WorkKind.DEPLOYMENT]:
        return _held(work, standing.works)
    if work.state == D.STOPPED:
        stays_asleep = standing.supersedes(work) or standing.answers(work)
        return [] if stays_asleep else [Move(work, waking())]
    if work.cancel:
        return [Move(work, _step(D.STOPPED, "It was stopped before it ran."))]
    if standing.supersedes(work):
        return [Move(work, _step(D.STOPPED, "A newer version took its place in the queue."))]
    return [] if standing.is_replaced(work) else None  # what takes over ends it


def _held(work: OpenWork, works: list[OpenWork]) -> list[Decision]:
    if work.outcome is not None or work.lost:
        outcome = Outcome.LOST_CONSUMER if work.outcome is None else Outcome(work.outcome)
        following = deployment_after(
            outcome,
            asleep=work.asleep,
            state=work.state,
            lost_jobs=work.lost_jobs,
            cancel_requested=work.cancel,
            reason=work.attempt_reason,
        )
        return [Move(work, following, lost=work.outcome is None)]
    if work.state == D.STOPPING:
        return [] if work.stopping else [Stop(work)]
    if work.cancel:
        return [Stop(work, _step(D.STOPPING, "It was stopped."))]
    return [_answers(work, works)] if _is_ready(work) else []


def _is_ready(work: OpenWork) -> bool:
    """Whether a deployment that starts answers, and nothing speaks against it."""
    is_well = work.outcome is None and not work.lost and not work.cancel
    return is_well and work.state == D.STARTING and work.attempt_state == "ready"


def _answers(work: OpenWork, works: list[OpenWork]) -> Decision:
    """A deployment answers: it gets the talk, unless a newer one has it already."""
    others = [other for other in works if _same_place(other, work) and other.id != work.id and other.active]
    if any(other.sequence > work.sequence for other in others):
        return Stop(work, _step(D.STOPPING, "A newer version runs already."))
    running = _step(D.RUNNING, "It answers.")
    if not others:
        return Activate(work, running)
    old = others[0]
    why = "A newer version took over."
    if old.state == D.QUEUED:
        return Activate(work, running, Move(old, _step(D.STOPPED, why)))
    return Activate(work, running, Stop(old, _step(D.STOPPING, why)))


class Standing:
    """How deployments of the same assistant and environment stand to each other; read in one pass, for long queues."""

    def __init__(self, works: list[OpenWork]) -> None:
        self.works = works
        self._newest: dict[tuple[UUID, str], int] = {}
        self._newest_to_stay: dict[tuple[UUID, str], int] = {}
        self._newest_ready: dict[tuple[UUID, str], int] = {}
        self._answering: set[tuple[UUID, str]] = set()
        self._running: dict[tuple[UUID, str], list[OpenWork]] = {}
        for work in works:
            key = (work.assistant, work.environment)
            self._newest[key] = max(self._newest.get(key, work.sequence), work.sequence)
            if work.state not in (D.STOPPING, D.STOPPED) and not work.cancel:
                self._newest_to_stay[key] = max(self._newest_to_stay.get(key, work.sequence), work.sequence)
            if work.active:
                self._answering.add(key)
            if work.state == D.RUNNING:
                self._running.setdefault(key, []).append(work)
            if _is_ready(work):
                self._newest_ready[key] = max(self._newest_ready.get(key, work.sequence), work.sequence)

    def is_replaced(self, work: OpenWork) -> bool:
        """Whether a newer one answers already that gets its talk by this look."""
        newest = self._newest_ready.get((work.assistant, work.environment))
        return newest is not None and newest > work.sequence

    def supersedes(self, work: OpenWork) -> bool:
        """Whether a newer one waits or runs that is to stay."""
        newest = self._newest_to_stay.get((work.assistant, work.environment))
        return not work.active and newest is not None and newest > work.sequence

    def answers(self, work: OpenWork) -> bool:
        """Whether the talk goes to another deployment."""
        return (work.assistant, work.environment) in self._answering

    def running(self, work: OpenWork) -> list[OpenWork]:
        """The deployments that run."""
        return self._running.get((work.assistant, work.environment), [])

    def may_sleep(self, work: OpenWork) -> bool:
        """Whether a deployment answers and is to go on, and nothing newer of its assistant is on its way."""
        answers = work.state == D.RUNNING and work.active and work.outcome is None
        newer = self._newest[work.assistant, work.environment] > work.sequence
        return answers and not (work.lost or work.stopping or work.cancel or newer)


def _same_place(one: OpenWork, other: OpenWork) -> bool:
    return one.assistant == other.assistant and one.environment == other.environment


def _step(target: DeploymentState, why: str) -> Step:
    return step(WorkKind.DEPLOYMENT, target, why=why)
