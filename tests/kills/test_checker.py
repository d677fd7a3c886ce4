"""The checker itself: a studio at rest is found well, and each thing that a kill may leave is named."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kills.rows import VICTIMS, rows
from tests.kills.snapshot import ROLES, Attempt, Process, Snapshot, Work, faults

UP, ENGINE, POSTGRES = 1, 501, 502
TRAINING = Work("training", "t", "succeeded", ends=1, models=("models/a/t/1.tar.gz",))
DEPLOYMENT = Work("deployment", "d", "running", active=True)
OLD = Work("deployment", "old", "stopped", ends=1)
TRAINED = Attempt("a1", "t", 1, "w-training-consumer-0", "ended", "succeeded")
SERVING = Attempt("a2", "d", 2, "w-running-consumer-0", "ready", None, 7000)
STOPPED = Attempt("a3", "old", 1, "w-running-consumer-1", "ended", "stopped")
ROLE_PROCESSES = [
    Process(100 + place * 10 + number, UP, role, (8390,) if role == "backend" else ())
    for place, (role, count) in enumerate(ROLES.items())
    for number in range(count + (role == "running-consumer"))
]
CONSUMER = next(process.pid for process in ROLE_PROCESSES if process.name == "running-consumer")
PROCESSES = (
    *ROLE_PROCESSES,
    Process(500, CONSUMER, "wrapper"),
    Process(ENGINE, 500, "job", (7000,)),
    Process(POSTGRES, UP, "postgres", (5432,)),
    Process(503, UP, "guard"),
)
REST = Snapshot(
    up=UP,
    port=8390,
    works=(TRAINING, DEPLOYMENT, OLD),
    attempts=(TRAINED, SERVING, STOPPED),
    leases=(("attempt:a2", SERVING.worker), ("lead:training", "o")),
    workers=tuple(
        (f"w-{process.name}", process.name, process.pid)
        for process in ROLE_PROCESSES
        if process.name.endswith("-consumer")
    ),
    processes=PROCESSES,
    folders=("running/tw-r-d-2",),
    objects=("projects/v.tar.gz", "models/a/t/1.tar.gz", "models/a/t/published.json"),
    models=("models/a/t/1.tar.gz",),
    answers="m",
    model="m",
)
HURT: dict[str, dict[str, Any]] = {
    "still running": {"works": (Work("training", "t", "running"), DEPLOYMENT)},
    "ended 2 times": {"works": (Work("training", "t", "failed", ends=2), DEPLOYMENT)},
    "has 2 models": {"works": (Work("training", "t", "succeeded", ends=1, models=("x", "y")), DEPLOYMENT)},
    "have the talk": {"works": (TRAINING, DEPLOYMENT, Work("deployment", "d2", "running", active=True))},
    "the engine says": {"answers": None},
    "live attempts": {"attempts": (TRAINED, SERVING, Attempt("a4", "old", 2, "w", "running", None))},
    "leases of attempts": {"leases": ()},
    "chats are still held": {"leases": (*REST.leases, ("chat:c", "b"))},
    "given twice": {"attempts": (TRAINED, SERVING, Attempt("a5", "d", 2, "w", "ended", "lost_job"))},
    "successful attempts": {"attempts": (TRAINED, SERVING, Attempt("a6", "t", 2, "w", "ended", "succeeded"))},
    "processes of backend": {"processes": tuple(one for one in PROCESSES if one.name != "backend")},
    "processes of kind job": {"processes": (*PROCESSES, Process(600, UP, "job"))},
    "has lost its parent": {"processes": (*PROCESSES[:-1], Process(503, 77, "guard"))},
    "consumers in the list": {"workers": (*REST.workers, ("w-dead", "training-consumer", 99))},
    "listens on 9000": {"processes": (*PROCESSES[:-1], Process(503, UP, "guard", (9000,)))},
    "folders of jobs": {"folders": ("running/tw-r-d-2", "training/tw-t-t-1")},
    "have no manifest": {"objects": REST.objects[:2]},
    "in the store": {"objects": (*REST.objects, "models/a/t/2.tar.gz")},
}


def test_a_studio_at_rest_is_found_well() -> None:
    assert faults(REST) == []


@pytest.mark.parametrize("words", HURT)
def test_each_left_over_is_named(words: str) -> None:
    assert any(words in fault for fault in faults(REST.without(**HURT[words])))


@pytest.mark.parametrize("seed", range(5))
def test_a_quick_run_kills_thirty_times_and_everybody_in_each_scene(seed: int) -> None:
    quick, full = rows(seed, rounds=0), rows(seed, rounds=1)
    assert len(quick) >= 30
    assert {(row.scene, row.victim) for row in quick} == {(row.scene, row.victim) for row in full}
    assert (
        len({(row.scene, row.victim, row.moment) for row in full}) == len(full) == 3 * sum(map(len, VICTIMS.values()))
    )
    assert rows(seed, rounds=1) == full
