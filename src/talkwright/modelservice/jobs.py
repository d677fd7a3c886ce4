"""A job is a value: one run of a program with inputs, outputs, environment and limits; executors run it anywhere."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from talkwright.modelservice.executors import wrapper

Level = Literal["debug", "info", "warning", "error"]
_LEVELS = ("debug", "info", "warning", "error")
MESSAGE_CHARACTERS = 4_000
STAGE_CHARACTERS = 80
LISTEN = "{host}"
"""This word of a command stands for the address that a job that serves listens on: where it runs decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a job may use: seconds of life (None: as long as it is wanted), bytes of memory, of one file, open files."""

    seconds: float | None = None
    memory_bytes: int | None = None
    file_bytes: int | None = None
    open_files: int = 1024
    log_bytes: int = 10_000_000
    unheld_seconds: float = 0.0
    """So long a job goes on while nobody holds it, for another to take it over; by itself it ends with its holder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Whom a job asks where to store its log and outputs: a URL, and the token of the attempt that it belongs to."""

    url: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of a program.

    `name` is unique for each attempt. `inputs` maps storage keys to paths below the job's own folder; `outputs` are
    paths there, which are stored where the `desk` says (without one nothing is). `command` runs in that folder, with
    `environment` and nothing else; no value of `hide` gets into the log. A job that serves picks a free port itself and
    says it in a line `{"stage": "ready", "port": N}`; the word `LISTEN` of its command says on which address.
    `programs` are our scripts, of the standard library alone, that the command names by their paths here; where jobs
    run in containers they are brought along. `image` is the one that the command lives in; None is our own.
    """

    name: str
    command: tuple[str, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    hide: tuple[str, ...] = ()
    programs: tuple[Path, ...] = ()
    image: str | None = None
    desk: Desk | None = None
    serves: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a job's log; `number` counts from 1, `at` is in seconds since 1970, `progress` from 0 to 1."""

    number: int
    at: float
    message: str
    stage: str | None = None
    level: Level = "info"
    progress: float | None = None
    port: int | None = None
    problem: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a job made, as it was stored: size in bytes, hash in hexadecimal digits, storage key."""

    size: int
    sha256: str
    key: str


class Cause(StrEnum):
    """Why an attempt failed, in one of few words: for those who count."""

    CONTENT = "content"
    TIME_LIMIT = "time limit"
    OUT_OF_MEMORY = "out of memory"
    DISK_FULL = "disk full"
    STORAGE = "storage"
    NO_START = "no start"
    CLUSTER = "cluster"
    ENGINE = "engine"
    LOST_JOB = "lost job"
    LOST_CONSUMER = "lost consumer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a job ended: its exit code, or why it was ended (`time limit`, `out of memory`, `disk full`,
    `stopped`, or one of the wrapper's `NO_FAULT`).

    `lines` is the length of its log, `log` the key under which all of it was stored, `outputs` what else was stored, by
    path, and `problem` says in words why something was not. `blamed` is what the place where it ran says of its end.
    """

    code: int | None
    why: str | None = None
    lines: int = 0
    log: str | None = None
    outputs: Mapping[str, Output] = field(default_factory=dict)
    problem: str | None = None
    blamed: Cause | None = None

    @property
    def cause(self) -> Cause | None:
        """Why it failed, where its end tells."""
        return _LIMITS.get(self.why or "", self.blamed)

    @property
    def is_blameless(self) -> bool:
        """Whether it was neither the job's fault nor its end was wanted: it shall start again as if it had not run."""
        return self.why in wrapper.NO_FAULT


_LIMITS = {
    "time limit": Cause.TIME_LIMIT,
    "out of memory": Cause.OUT_OF_MEMORY,
    wrapper.DISK_FULL: Cause.DISK_FULL,
}


def ended_from(told: Mapping[str, Any]) -> Ended:
    """The end of a job as its wrapper tells it."""
    outputs = {path: Output(**output) for path, output in told.get("outputs", {}).items()}
    return Ended(**{**told, "outputs": outputs})


def parse_line(number: int, at: float, text: str) -> LogLine:
    """A job's line as a value; anything that is no JSON object of ours is a plain message. Never raises."""
    text = text.strip()
    try:
        value = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return LogLine(number=number, at=at, message=_clean(text))
    problem = value.get("problem")
    message = value.get("message", value.get("event", ""))
    if isinstance(problem, dict) and not message:
        message = problem.get("message", "")
    progress, port, stage, level = (value.get(key) for key in ("progress", "port", "stage", "level"))
    return LogLine(
        number=number,
        at=at,
        message=_clean(message if isinstance(message, str) else json.dumps(message)),
        stage=_clean(stage[:STAGE_CHARACTERS]) if isinstance(stage, str) else None,
        level=level if level in _LEVELS else _level_of(problem),
        progress=_fraction(progress),
        port=port if isinstance(port, int) and not isinstance(port, bool) and 0 < port < 65_536 else None,
        problem=problem if isinstance(problem, dict) else None,
    )


def _level_of(problem: object) -> Literal["info", "warning", "error"]:
    """Problems are told as loudly as they are severe; one that doesn't say is an error."""
    severity = problem.get("severity", "error") if isinstance(problem, dict) else "hint"
    return "warning" if severity == "warning" else "info" if severity == "hint" else "error"


def _fraction(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return min(max(float(value), 0.0), 1.0)


def _clean(text: str) -> str:
    """Without NUL and halves of surrogate pairs, which PostgreSQL refuses in text, and cut to a readable length."""
    text = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= MESSAGE_CHARACTERS else text[:MESSAGE_CHARACTERS] + "…"
