"""Which model runs where, which one an assistant's talk goes to, and when the old one may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.states import DeploymentState
from talkwright.database.work import Kind, OpenWork
from talkwright.database.workers import Place
from talkwright.modelservice.decisions import Activate, Assign, Decision, Move, Plan, Stop, gone_on_with, place_for
from talkwright.modelservice.transitions import HOLDING, Outcome, Step, WorkKind, deployment_after, step, waking

D = DeploymentState
ASLEEP = "Nobody talked to the assistant for a while."
IN_PLACE = "No running consumer was free, and a newer version needed its place."
TALKED_TO = "Somebody talks to it again."
COMES_BACK = "The newer version that it made room for did not come to run."
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

        First of those that come back, then of those whose own old model made room for it. Where no place is free for
        what waits, room is made; last of all, whoever nobody talks to falls asleep.
        """
        decisions: list[Decision] = []
        places = list(free)
        waits: list[float] = []
        waiting: list[OpenWork] = []
        standing = Standing(works)
        gone_on = {work.id for work in works if work.lost and self._goes_on(work, places, decisions, waits)}
        left = [work for work in works if work.id not in gone_on]
        for work in sorted(left, key=lambda work: (not standing.comes_back(work), not standing.has_room(work))):
            following = _following(work, standing)
            if following is not None:
                decisions.extend(following)
                if standing.comes_back(work):
                    decisions.extend(_back_in_place(work, places))
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
        """Where no consumer comes free for a while, whoever is idle gives way, else the same assistant's old model.

        Least recent first, one for each that waits, those counted that are on their way out; none for who waits while
        a newer one of the same assistant has a place. The old model gives way in a quiet moment only, and only until
        the new one has answered or failed.
        """
        works = standing.works
        on_their_way = sum(other.state == D.STOPPING for other in works)
        idle = sorted((other for other in works if standing.may_sleep(other)), key=lambda other: -other.idle)
        decisions: list[Decision] = []
        for work in [work for work in waiting if not standing.newer_holds(work)][on_their_way:]:
            old = next((old for old in standing.running(work) if work.engine in old.able), None)
            other = next((other for other in idle if work.engine in other.able), None)
            if old is None and other is None:
                continue
            if work.waited < self._replace_after:
                waits.append(self._replace_after - work.waited)
            elif other is not None and other.idle >= self._gives_way_after:
                idle.remove(other)
                decisions.append(Stop(other, _step(D.STOPPING, GIVES_WAY), sleeps=True))
            elif old is not None and old.idle >= self._replace_after:
                decisions.append(Stop(old, _step(D.STOPPING, IN_PLACE), sleeps=True))
            else:
                waits.extend([self._gives_way_after - other.idle] if other is not None else [])
                waits.extend([self._replace_after - old.idle] if old is not None else [])
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
        return _asleep(work, standing)
    if work.cancel:
        return [Move(work, _step(D.STOPPED, "It was stopped before it ran."))]
    if standing.supersedes(work):
        return [Move(work, _step(D.STOPPED, "A newer version took its place in the queue."))]
    return [] if standing.is_replaced(work) else None  # what takes over ends it


def _asleep(work: OpenWork, standing: Standing) -> list[Decision]:
    """What follows for one that sleeps: a message wakes it, or the end of a try of the newer one that has its place."""
    if work.made_room:
        return [Move(work, waking(COMES_BACK))] if standing.comes_back(work) else []
    is_left = standing.answers(work) or standing.newest_to_stay(work) is not None
    return [] if is_left else [Move(work, waking(TALKED_TO))]


def _back_in_place(work: OpenWork, places: list[Place]) -> list[Decision]:
    """The place of one that comes back goes to nobody else: it starts there as soon as it is woken."""
    place = place_for(work, places)
    if place is None or work.state != D.STOPPED:
        return []
    woken = replace(work, state=D.QUEUED, active=True)
    return [Assign(woken, place.worker, _step(D.STARTING, "A consumer starts it."))]


def _tried(newer: OpenWork, sleeper: OpenWork) -> bool:
    """Whether a newer one was started in vain since another sleeps; that its consumer ended says nothing of it."""
    tried, slept = newer.tried_at, sleeper.slept_at
    if newer.outcome in (None, Outcome.RELEASED, Outcome.LOST_CONSUMER):
        return False
    return tried is not None and slept is not None and tried > slept


def _held(work: OpenWork, works: list[OpenWork]) -> list[Decision]:
    if work.outcome is not None or work.lost:
        outcome = Outcome.LOST_CONSUMER if work.outcome is None else Outcome(work.outcome)
        following = deployment_after(
            outcome,
            asleep=(IN_PLACE if work.made_room else ASLEEP) if work.asleep else None,
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
        self._newest_to_stay: dict[tuple[UUID, str], OpenWork] = {}
        self._newest_ready: dict[tuple[UUID, str], int] = {}
        self._answering: set[tuple[UUID, str]] = set()
        self._running: dict[tuple[UUID, str], list[OpenWork]] = {}
        self._made_room: set[tuple[UUID, str]] = set()
        self._newest_held: dict[tuple[UUID, str], int] = {}
        for work in works:
            key = (work.assistant, work.environment)
            self._newest[key] = max(self._newest.get(key, work.sequence), work.sequence)
            if work.state not in (D.STOPPING, D.STOPPED) and not work.cancel:
                newest = self._newest_to_stay.get(key, work)
                self._newest_to_stay[key] = max(newest, work, key=lambda each: each.sequence)
            if work.active:
                self._answering.add(key)
            if work.made_room and work.state in (D.STOPPING, D.STOPPED):
                self._made_room.add(key)
            if work.state in HOLDING[WorkKind.DEPLOYMENT] and work.outcome is None:
                self._newest_held[key] = max(self._newest_held.get(key, work.sequence), work.sequence)
            if _runs_on(work):
                self._running.setdefault(key, []).append(work)
            if _is_ready(work):
                self._newest_ready[key] = max(self._newest_ready.get(key, work.sequence), work.sequence)

    def is_replaced(self, work: OpenWork) -> bool:
        """Whether a newer one answers already that gets its talk by this look."""
        newest = self._newest_ready.get((work.assistant, work.environment))
        return newest is not None and newest > work.sequence

    def supersedes(self, work: OpenWork) -> bool:
        """Whether a newer one waits or runs that is to stay."""
        return not work.active and self.newest_to_stay(work) is not None

    def newest_to_stay(self, work: OpenWork) -> OpenWork | None:
        """The newest that waits or runs and is to stay, where that is a newer one."""
        newest = self._newest_to_stay.get((work.assistant, work.environment))
        return newest if newest is not None and newest.sequence > work.sequence else None

    def has_room(self, work: OpenWork) -> bool:
        """Whether an old model of the same assistant made room for one that waits."""
        return work.state == D.QUEUED and (work.assistant, work.environment) in self._made_room

    def comes_back(self, work: OpenWork) -> bool:
        """Whether a model that made room has left its place, and the newer one failed there or is called off."""
        has_left = work.state == D.STOPPED or (work.state == D.STOPPING and work.outcome is not None)
        if not (has_left and work.asleep and work.made_room) or self.answers(work):
            return False
        newer = self.newest_to_stay(work)
        return not self.newer_holds(work) if newer is None else _tried(newer, work)

    def newer_holds(self, work: OpenWork) -> bool:
        """Whether a newer one has a consumer's place."""
        return self._newest_held.get((work.assistant, work.environment), work.sequence) > work.sequence

    def answers(self, work: OpenWork) -> bool:
        """Whether the talk goes to another deployment."""
        return (work.assistant, work.environment) in self._answering

    def running(self, work: OpenWork) -> list[OpenWork]:
        """The deployments that run and are to go on, until a newer one answers."""
        return self._running.get((work.assistant, work.environment), [])

    def may_sleep(self, work: OpenWork) -> bool:
        """Whether a deployment answers and is to go on, and nothing newer of its assistant is on its way."""
        return _runs_on(work) and work.active and self._newest[work.assistant, work.environment] == work.sequence


def _runs_on(work: OpenWork) -> bool:
    """Whether a deployment runs, and nothing ends it."""
    return work.state == D.RUNNING and work.outcome is None and not (work.lost or work.stopping or work.cancel)


def _same_place(one: OpenWork, other: OpenWork) -> bool:
    return one.assistant == other.assistant and one.environment == other.environment


def _step(target: DeploymentState, why: str) -> Step:
    return step(WorkKind.DEPLOYMENT, target, why=why)
