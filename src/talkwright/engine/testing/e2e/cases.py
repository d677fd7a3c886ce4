"""End-to-end test cases as values (dialogue-semantics 9.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from talkwright.engine.testing.e2e.assertions import Assertion

ANY = object()  # a slot step that names no value is content with any
USER = "user"


class CaseError(ValueError):
    """A test file can't be played; the message names the file, the case and what is wrong."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `kind` is user, bot, utter, slot_was_set or slot_was_not_set; `value` a text or pairs."""

    kind: str
    value: Any
    line: int
    metadata: Mapping[str, Any] = field(default_factory=dict)
    assertions: tuple[Assertion, ...] = ()
    in_order: bool = False


@dataclass(frozen=True, slots=True)
class Stub:
    """What a custom action answers instead of being run."""

    events: tuple[Mapping[str, Any], ...]
    responses: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation to play. `fixtures` are slots that are set before it begins; without `stubs` actions are run."""

    file: Path
    name: str
    line: int
    steps: tuple[Step, ...]
    fixtures: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    stubs: Mapping[str, Stub] | None = None

    @property
    def asserts(self) -> bool:
        """Whether the case is told by assertions; its bot and utter steps then are for the reader alone."""
        return any(step.assertions for step in self.steps)

    @property
    def said(self) -> int:
        """How many user steps it has."""
        return sum(step.kind == USER for step in self.steps)
