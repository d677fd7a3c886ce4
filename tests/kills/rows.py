"""Who is killed, during what, and when: the rows of the suite, and which of them a quick run takes."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from typing import Literal

from tests.services.day import DAY

Scene = Literal["training", "deployment", "chat"]
Moment = Literal["before the start", "at work", "before the last commit"]

SEED = int(os.environ.get("KILLS_SEED", DAY))
"""Another each day, so that three days take every moment of every victim; the tests' names tell it."""
ROUNDS = int(os.environ.get("KILLS_ROUNDS", "0"))
"""0: a quick run of some 30 kills; else each row so many times."""
MOMENTS: tuple[Moment, ...] = ("before the start", "at work", "before the last commit")
VICTIMS: dict[Scene, tuple[str, ...]] = {
    "training": (
        "backend",
        "training-orchestrator",
        "training-consumer",
        "wrapper",
        "job",
        "postgres",
        "periodic",
    ),
    "deployment": ("backend", "running-orchestrator", "running-consumer", "wrapper", "job", "postgres"),
    "chat": (
        "backend",
        "training-orchestrator",
        "training-consumer",
        "running-orchestrator",
        "running-consumer",
        "wrapper",
        "job",
        "postgres",
        "periodic",
        "actions",
    ),
}
QUICK_MOMENTS: dict[Scene, int] = {"training": 1, "deployment": 1, "chat": 2}
HOLDERS = (("training", "training-consumer"), ("deployment", "running-consumer"))
"""Those who have the work in their hands: a quick run takes them at work and before the last commit each time."""


@dataclass(frozen=True)
class Row:
    """One kill. `delay` is in seconds: how long after the moment was reached."""

    scene: Scene
    victim: str
    moment: Moment
    delay: float
    round: int = 0

    def __str__(self) -> str:
        return f"{self.victim} {self.moment} of a {self.scene}" + (f", round {self.round + 1}" if self.round else "")


def rows(seed: int = SEED, rounds: int = ROUNDS) -> list[Row]:
    """The rows of a run, in an order of the seed; a quick run takes some moments of each victim."""
    dice = random.Random(seed)
    found = []
    for scene, victims in VICTIMS.items():
        for place, victim in enumerate(victims):
            many = len(MOMENTS) if rounds else QUICK_MOMENTS[scene]
            taken = {MOMENTS[(seed + place + step) % len(MOMENTS)] for step in range(many)}
            taken |= set(MOMENTS[1:] if (scene, victim) in HOLDERS else ())
            for moment in (moment for moment in MOMENTS if moment in taken):
                found += [Row(scene, victim, moment, dice.uniform(0, 0.2), turn) for turn in range(rounds or 1)]
    dice.shuffle(found)
    return found
