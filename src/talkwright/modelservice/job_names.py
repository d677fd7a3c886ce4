"""The names of jobs: the same wherever a job runs, and the attempt that one belongs to can be read from it."""

from __future__ import annotations

import re
from uuid import UUID

from talkwright.database.open_jobs import AttemptOf

_LETTERS = {"training": "t", "deployment": "r"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_NAME = re.compile(r"tw-([tr])-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([1-9][0-9]{0,8})")


def job_name(kind: str, work: UUID, number: int) -> str:
    """The name of the job of an attempt: `tw-t-<training>-<attempt>` or `tw-r-<deployment>-<attempt>`."""
    return f"tw-{_LETTERS[kind]}-{work}-{number}"


def attempt_of(name: str) -> AttemptOf | None:
    """The attempt whose job has this name; None where it is no such name."""
    found = _NAME.fullmatch(name)
    return AttemptOf(_KINDS[found[1]], UUID(found[2]), int(found[3])) if found is not None else None
