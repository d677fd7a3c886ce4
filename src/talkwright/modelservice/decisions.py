"""What an orchestrator decides to do: values that the pure deciding functions give and `leading` carries out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from talkwright.database.states import AttemptState
from talkwright.database.work import OpenWork
from talkwright.database.workers import Place
from talkwright.modelservice.transitions import Step

ADOPTING_PROTOCOL = 2
"""Consumers of this protocol or later go on with the running job of an attempt that is handed over to them."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Give the next attempt of queued work to a free consumer."""

    work: OpenWork
    worker: UUID
    step: Step


@dataclass(frozen=True, slots=True)
class HandOver:
    """Give the attempt of a consumer that is gone to another one, which goes on with its job."""

    work: OpenWork
    worker: UUID


@dataclass(frozen=True, slots=True)
class Move:
    """Change the state; with `lost` first take over the attempt whose consumer is gone."""

    work: OpenWork
    step: Step
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask the holder of the attempt to end it; with a step, change the state in the same transaction.

    `sleeps`: it is to be woken.
    """

    work: OpenWork
    step: Step | None = None
    sleeps: bool = False


@dataclass(frozen=True, slots=True)
class Activate:
    """Send an assistant's talk to the deployment that answers now; `retire` is the one that had it before."""

    work: OpenWork
    step: Step
    retire: Stop | Move | None = None


Decision = Assign | HandOver | Move | Stop | Activate


@dataclass(frozen=True, slots=True)
class Plan:
    """Decisions for now, and the seconds after which to look again even if nothing wakes the orchestrator."""

    decisions: tuple[Decision, ...]
    look_again: float | None = None


def place_for(work: OpenWork, places: list[Place]) -> Place | None:
    """The first free place whose consumer can run the work's engine; it is taken from `places`."""
    for place in places:
        if work.engine in place.engines:
            places.remove(place)
            return place
    return None


def gone_on_with(work: OpenWork, places: list[Place], patience: float) -> HandOver | float | None:
    """What becomes of the job of an attempt whose consumer is gone.

    It goes on in the hands of a consumer where it lives (whose place is taken from `places`), waits for one so many
    seconds (`patience` at most since the consumer was missed), or is lost: None. One that is to stop needs a consumer
    too, to end it: by itself it would go on for some time.
    """
    lives = work.site is not None and work.attempt_state in (AttemptState.RUNNING, AttemptState.READY)
    if not lives:
        return None
    for place in places:
        if place.site == work.site and place.protocol >= ADOPTING_PROTOCOL and work.engine in place.engines:
            places.remove(place)
            return HandOver(work, place.worker)
    left = patience + work.held_for
    return left if left > 0 else None
