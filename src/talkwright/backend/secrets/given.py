"""Names that the operator gives to all jobs, so that nobody need set them in an assistant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GivenNames:
    """The names of `TALKWRIGHT_JOB_ENVIRONMENT`."""

    names: frozenset[str] = frozenset()
