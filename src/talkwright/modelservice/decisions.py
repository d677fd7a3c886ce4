"""What an orchestrator decides to do: values that the pure deciding functions give and `leading` carries out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from talkwright.database.work import OpenWork
from talkwright.modelservice.transitions import Step


@dataclass(frozen=True, slots=True)
class Assign:
    """Give the next attempt of queued work to a free consumer."""

    work: OpenWork
    worker: UUID
    step: Step


@dataclass(frozen=True, slots=True)
class Move:
    """Change the state; with `lost` first take over the attempt whose consumer is gone."""

    work: OpenWork
    step: Step
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask the holder of the attempt to end it; with a step, change the state in the same transaction."""

    work: OpenWork
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Activate:
    """Send an assistant's talk to the deployment that answers now; `retire` is the one that had it before."""

    work: OpenWork
    step: Step
    retire: Stop | Move | None = None


Decision = Assign | Move | Stop | Activate


@dataclass(frozen=True, slots=True)
class Plan:
    """Decisions for now, and the seconds after which to look again even if nothing wakes the orchestrator."""

    decisions: tuple[Decision, ...]
    look_again: float | None = None
