"""What a studio looks like after a kill, as values, and what is wrong with it: a pure function over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

ENDED = {"training": {"succeeded", "failed", "cancelled"}, "deployment": {"stopped", "failed"}}
ROLES = {
    "backend": 1,
    "training-orchestrator": 1,
    "training-consumer": 1,
    "running-orchestrator": 1,
    "running-consumer": 1,
    "periodic": 1,
}
"""How many processes of each role a studio has, running consumers besides those that its bots need."""
WHILE_ONE_DRAINS = {"running-consumer": 1}
"""So many more a studio had for a while that was busy just now; it lets them go after a minute."""


@dataclass(frozen=True)
class Work:
    """A training or deployment. `ends` counts how often its changes of state say that it ended."""

    kind: str
    id: str
    state: str
    active: bool = False
    ends: int = 0
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """One attempt of some work."""

    id: str
    work: str
    number: int
    worker: str
    state: str
    outcome: str | None
    port: int | None = None


@dataclass(frozen=True)
class Process:
    """A process of the studio: what it is, whose child, and the ports on which it listens."""

    pid: int
    parent: int
    name: str
    ports: tuple[int, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Rows, processes, ports, folders and storage at one moment. `workers` are those not ended: (id, role, pid).

    The studio shall have so many running `bots`, training consumers (`trainers`) and `orchestrators` of each kind.
    `answers` are the models that the engines say they run, `model` those that they should.
    """

    up: int
    port: int
    works: tuple[Work, ...]
    attempts: tuple[Attempt, ...]
    leases: tuple[tuple[str, str], ...]
    workers: tuple[tuple[str, str, int], ...]
    processes: tuple[Process, ...]
    folders: tuple[str, ...]
    objects: tuple[str, ...]
    models: tuple[str, ...]
    answers: str | None
    model: str | None
    bots: int = 1
    trainers: int = 1
    orchestrators: int = 1

    def wanted(self, role: str) -> int:
        """How many processes of a role there shall be."""
        if role.endswith("-orchestrator"):
            return self.orchestrators
        return {"running-consumer": ROLES[role] + self.bots, "training-consumer": self.trainers}.get(role, ROLES[role])

    def without(self, **values: object) -> Snapshot:
        """The same with other values; for tests of the checker."""
        return replace(self, **values)  # type: ignore[arg-type]  # names and types are the fields' own


def faults(shot: Snapshot) -> list[str]:
    """Everything that a studio at rest with all its assistants running has not, or has too often."""
    return [
        *_work_faults(shot),
        *_attempt_faults(shot),
        *_process_faults(shot),
        *_port_faults(shot),
        *_folder_faults(shot),
        *_storage_faults(shot),
    ]


def _work_faults(shot: Snapshot) -> Iterator[str]:
    for work in shot.works:
        if work.state in ENDED[work.kind]:
            if work.ends != 1:
                yield f"{work.kind} {work.id} ended {work.ends} times"
        elif not (work.kind == "deployment" and work.active and work.state == "running"):
            yield f"{work.kind} {work.id} is still {work.state}"
        elif work.ends:
            yield f"{work.kind} {work.id} runs though it ended"
        if work.kind == "training" and len(work.models) != (work.state == "succeeded"):
            yield f"training {work.id} is {work.state} and has {len(work.models)} models"
    active = [work for work in shot.works if work.active]
    if len(active) != shot.bots:
        yield f"{len(active)} deployments have the talk"
    if shot.model is None or shot.answers != shot.model:
        yield f"the engine says it runs {shot.answers}, not {shot.model}"


def _live(shot: Snapshot) -> list[Attempt]:
    return [attempt for attempt in shot.attempts if attempt.outcome is None]


def _attempt_faults(shot: Snapshot) -> Iterator[str]:
    live = _live(shot)
    active = {work.id for work in shot.works if work.active}
    if sorted((attempt.work, attempt.state) for attempt in live) != sorted((work, "ready") for work in active):
        yield f"live attempts are {[(attempt.work, attempt.state) for attempt in live]}"
    held = {(key, holder) for key, holder in shot.leases if key.startswith("attempt:")}
    if held != {(f"attempt:{attempt.id}", attempt.worker) for attempt in live}:
        yield f"leases of attempts are {sorted(held)}"
    if chats := [key for key, _ in shot.leases if key.startswith("chat:")]:
        yield f"chats are still held: {chats}"
    numbers = Counter((attempt.work, attempt.number) for attempt in shot.attempts)
    if any(count > 1 for count in numbers.values()):
        yield "an attempt's number was given twice"
    succeeded = Counter(attempt.work for attempt in shot.attempts if attempt.outcome == "succeeded")
    for work in shot.works:
        if work.kind == "training" and succeeded[work.id] != (work.state == "succeeded"):
            yield f"training {work.id} has {succeeded[work.id]} successful attempts"


def _process_faults(shot: Snapshot) -> Iterator[str]:
    count = Counter(process.name for process in shot.processes)
    for role in ROLES:
        wanted = shot.wanted(role)
        if not wanted <= count[role] <= wanted + WHILE_ONE_DRAINS.get(role, 0):
            yield f"{count[role]} processes of {role} run, not {wanted}"
    for name, wanted in (("job", shot.bots), ("wrapper", shot.bots), ("postgres", 1), ("guard", 1)):
        if count[name] != wanted:
            yield f"{count[name]} processes of kind {name} run"
    known = {process.pid for process in shot.processes} | {shot.up}
    for process in shot.processes:
        if process.parent not in known:
            yield f"{process.name} ({process.pid}) has lost its parent"
    consumers = {process.pid for process in shot.processes if process.name.endswith("-consumer")}
    listed = sorted(pid for _, _, pid in shot.workers)
    if listed != sorted(consumers):
        yield f"consumers in the list are {listed}, those that live {sorted(consumers)}"


def _port_faults(shot: Snapshot) -> Iterator[str]:
    engine = {attempt.port for attempt in _live(shot)}
    for process in shot.processes:
        for port in process.ports:
            match process.name:
                case "backend":
                    fits = port == shot.port
                case "job":
                    fits = port in engine
                case "postgres" | "actions":
                    fits = True
                case "training-consumer" | "running-consumer":
                    fits = len(process.ports) == 1  # where their jobs ask what they may store
                case _:
                    fits = False
            if not fits:
                yield f"{process.name} ({process.pid}) listens on {port}"


def _folder_faults(shot: Snapshot) -> Iterator[str]:
    wanted = [f"running/tw-r-{attempt.work}-{attempt.number}" for attempt in _live(shot)]
    if sorted(shot.folders) != sorted(wanted):
        yield f"folders of jobs are {sorted(shot.folders)}, not {wanted}"


def _storage_faults(shot: Snapshot) -> Iterator[str]:
    stored = {key for key in shot.objects if key.startswith("models/")}
    manifests = {key for key in stored if key.endswith("/published.json")}
    if stored - manifests != set(shot.models):
        yield f"models in the store and in the list differ: {sorted((stored - manifests) ^ set(shot.models))}"
    unnamed = {f"{key.rpartition('/')[0]}/published.json" for key in shot.models} - manifests
    if unnamed:
        yield f"models have no manifest: {sorted(unnamed)}"
