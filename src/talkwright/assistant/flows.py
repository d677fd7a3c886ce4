"""Flows as the engine and validation see them: steps in depth-first order, each with its resolved transitions.

Nested `then`/`else` lists are flattened, omitted `next` is resolved to the following sibling or END
(dialogue-semantics 1.4), and a step without id has its default id (1.5, from `assistant.step_ids`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

START = "START"
END = "END"
PATTERN_PREFIX = "pattern_"


@dataclass(frozen=True, slots=True)
class Transition:
    """One way out of a step: `condition` None means always (or else); `target` is a step id or END."""

    condition: str | None
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What all kinds of steps share. `path` is the JSON pointer of the step in the flow's body."""

    id: str
    path: str
    next: tuple[Transition, ...] = ()
    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionStep(Step):
    """Runs an action or sends a response; `action` may be a Jinja expression over `context`."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A rule that refuses a value: if `condition` holds, `utter` says why."""

    condition: str
    utter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectStep(Step):
    """Asks for a slot unless it is filled (5.4). `ask_action` is always `action_ask_<slot>`."""

    slot: str
    utter: str
    ask_before_filling: bool = False
    rejections: tuple[Rejection, ...] = ()
    force_slot_filling: bool = False
    reset_after_flow_ends: bool = True
    silence_timeout: float | Mapping[str, float] | None = None

    @property
    def ask_action(self) -> str:
        """The custom action that asks, where the project has one."""
        return f"action_ask_{self.slot}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStep(Step):
    """Ends this flow and goes on with another."""

    flow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStep(Step):
    """Runs another flow (or an agent or a tool) and comes back."""

    target: str
    exit_if: tuple[str, ...] = ()
    mcp_server: str | None = None
    mapping: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSlotsStep(Step):
    """Writes slots, in order; None clears."""

    slots: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoopStep(Step):
    """Only branches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NluTrigger:
    """An intent that starts the flow when its confidence reaches the threshold."""

    intent: str
    confidence_threshold: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One flow; `steps` are all steps depth first, so `steps[0]` is the first one run."""

    id: str
    name: str
    description: str
    steps: tuple[Step, ...]
    guard: str | None = None
    always_include_in_prompt: bool = False
    nlu_triggers: tuple[NluTrigger, ...] = ()
    persisted_slots: tuple[str, ...] = ()
    run_pattern_completed: bool = True
    translation: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, Step]:
        """Steps by their ids."""
        return {step.id: step for step in self.steps}

    @property
    def is_pattern(self) -> bool:
        """Whether this is a system flow."""
        return self.id.startswith(PATTERN_PREFIX)

    def readable_name(self, language: str | None = None) -> str:
        """The name people read, in `language` where it is translated."""
        translated = self.translation.get(language or "", {}).get("name")
        return str(translated) if translated else self.name
