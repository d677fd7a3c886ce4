"""An assistant prepared for running: what doesn't change from turn to turn is worked out once (1.1, 4.6, 5.6)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.builtins import BUILTIN_ACTIONS, BUILTIN_SLOT_NAMES
from talkwright.assistant.conditions import EvaluationError, render_template
from talkwright.assistant.flows import CallStep, CollectStep, Flow, SetSlotsStep, Step
from talkwright.conversation.stack import Frame
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.profile import Profile, profile_of
from talkwright.engine.dialogue.slots import same

ROUTING_SLOT = "route_session_to_calm"
_CONTEXT_NAME = re.compile(r"\{\{\s*context\.(\w+)\s*\}\}")


class Program:
    """One assistant as the executor sees it. Immutable after its making; shared by all conversations."""

    def __init__(self, assistant: Assistant, profile: Profile | None = None) -> None:
        self.assistant = assistant
        self.profile = profile if profile is not None else profile_of(assistant.config)
        self.flows = assistant.flows
        self.slots = assistant.domain.slots
        self.responses = assistant.domain.responses
        self.initial_slots: Mapping[str, Any] = {name: slot.initial_value for name, slot in self.slots.items()}
        self._closures: dict[str, tuple[str, ...]] = {}
        self._resets: dict[str, tuple[str, ...]] = {}
        self._fillable: dict[str, frozenset[str]] = {}
        self._collected: dict[str, frozenset[str]] = {}

    def knows_action(self, name: str) -> bool:
        """Whether an action or response of this name can run; the others are skipped (5.3)."""
        if name in self.assistant.domain.actions:
            return not name.startswith("utter_") or name in self.responses
        return name in self.responses or name in BUILTIN_ACTIONS

    def is_custom(self, name: str) -> bool:
        """Whether the project's own action of that name runs, also in place of a built-in one (2.3)."""
        return name in self.assistant.domain.actions and name not in self.responses

    def is_free_slot(self, name: str) -> bool:
        """Whether the rules of filling and correcting don't concern the slot (4.6)."""
        return name == ROUTING_SLOT or name in BUILTIN_SLOT_NAMES

    def holds_already(self, tracker: Tracker, slot: str, value: Any) -> bool:
        """Whether a correction to `value` would change nothing (12.28)."""
        present = tracker.slots.get(slot)
        if self.profile.compare_raw_values:
            return str(present) == str(value)
        return same(self.slots.get(slot), present, value)

    def closure(self, flow_id: str) -> tuple[str, ...]:
        """The flow and all flows that it calls, directly or not."""
        if flow_id not in self._closures:
            found: dict[str, None] = {}
            waiting = [flow_id]
            while waiting:
                current = waiting.pop()
                flow = self.flows.get(current)
                if current in found or flow is None:
                    continue
                found[current] = None
                waiting += [step.target for step in flow.steps if isinstance(step, CallStep)]
            self._closures[flow_id] = tuple(found)
        return self._closures[flow_id]

    def steps_of(self, flow_id: str) -> Iterator[Step]:
        """All steps of the flow and of those that it calls."""
        for name in self.closure(flow_id):
            yield from self.flows[name].steps

    def resets(self, flow_id: str) -> tuple[str, ...]:
        """The slots that go back to their initial values when the flow ends (5.6)."""
        if flow_id not in self._resets:
            kept = {slot for name in self.closure(flow_id) for slot in self.flows[name].persisted_slots}
            touched: dict[str, None] = {}
            for step in self.steps_of(flow_id):
                if isinstance(step, CollectStep):
                    if step.reset_after_flow_ends:
                        touched[step.slot] = None
                    else:
                        kept.add(step.slot)
                elif isinstance(step, SetSlotsStep):
                    touched.update(dict.fromkeys(name for name, _ in step.slots))
            self._resets[flow_id] = tuple(name for name in touched if name not in kept)
        return self._resets[flow_id]

    def fillable(self, flow_id: str) -> frozenset[str]:
        """The slots that may be filled before the flow asks for them: its collects without ask_before_filling (4.6)."""
        if flow_id not in self._fillable:
            self._fillable[flow_id] = frozenset(
                step.slot
                for step in self.steps_of(flow_id)
                if isinstance(step, CollectStep) and not step.ask_before_filling
            )
        return self._fillable[flow_id]

    def collected(self, flow_id: str) -> frozenset[str]:
        """All slots that the flow or a flow called by it collects."""
        if flow_id not in self._collected:
            self._collected[flow_id] = frozenset(
                step.slot for step in self.steps_of(flow_id) if isinstance(step, CollectStep)
            )
        return self._collected[flow_id]

    @cached_property
    def fillable_in_patterns(self) -> frozenset[str]:
        """The slots that the patterns collect without ask_before_filling (4.6)."""
        patterns = [self.fillable(name) for name, flow in self.flows.items() if flow.is_pattern]
        return frozenset().union(*patterns)

    @cached_property
    def confirmations(self) -> frozenset[str]:
        """The slots whose every collect step, in all flows, asks before filling (5.7)."""
        asked: set[str] = set()
        prefilled: set[str] = set()
        for flow in self.flows.values():
            for step in flow.steps:
                if isinstance(step, CollectStep):
                    (asked if step.ask_before_filling else prefilled).add(step.slot)
        return frozenset(asked - prefilled)

    @cached_property
    def actions_every_turn(self) -> tuple[str, ...]:
        """The project's actions that controlled slots want to run with every message of the flows (2.1, 8.4)."""
        return self._wanted_beside("NLU")

    @cached_property
    def actions_every_ruled_turn(self) -> tuple[str, ...]:
        """The same for messages that rules and stories answer."""
        return self._wanted_beside("CALM")

    def _wanted_beside(self, other: str) -> tuple[str, ...]:
        """The actions of controlled slots but for those that belong to the other system alone."""
        keys = {"controlled": "run_action_every_turn", "custom": "action"}
        wanted = [
            str(mapping.keys.get(keys[mapping.type]))
            for slot in self.slots.values()
            for mapping in slot.mappings
            if mapping.type in keys and mapping.keys.get("coexistence_system") != other
        ]
        return tuple(name for name in dict.fromkeys(wanted) if self.is_custom(name))

    @cached_property
    def fingerprints(self) -> Mapping[str, str]:
        """A short hash per flow of what matters to a running conversation: its steps and what it keeps (12.42)."""
        return {name: _fingerprint(flow) for name, flow in self.flows.items()}


def _fingerprint(flow: Flow) -> str:
    parts: list[Any] = [flow.persisted_slots, flow.run_pattern_completed]
    for step in flow.steps:
        own = {name: getattr(step, name) for kind in type(step).__mro__[:-1] for name in getattr(kind, "__slots__", ())}
        own = {name: value for name, value in own.items() if name not in ("path", "description", "metadata")}
        parts.append((type(step).__name__, sorted(own.items(), key=lambda pair: pair[0])))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


@cache
def _name_parts(template: str) -> tuple[str, ...] | None:
    """Literal texts and context names in turn, where the template holds nothing else; None where it is more."""
    parts = tuple(_CONTEXT_NAME.split(template))
    return parts if all("{{" not in literal and "{%" not in literal for literal in parts[::2]) else None


def render_name(template: str, context: Frame) -> str:
    """The name of an action, with its expressions over `context` (1.3); what can't be rendered names nothing."""
    if "{" not in template:
        return template
    parts = _name_parts(template)
    if parts is None:
        try:
            return render_template(template, {"context": context}).strip()
        except EvaluationError:
            return ""
    return "".join(str(context.get(part) or "") if index % 2 else part for index, part in enumerate(parts))
