"""The ledger of a turn: where events are written, stamped and taken into the tracker, one by one (5.1, 10).

The functions of the dialogue machine get a ledger instead of returning lists, so that each sees the state that the
events before it made; what they decide depends on nothing but the tracker, the program and the ledger's seeded chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.stack import COLLECT_PATTERN, Stack, diff
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.program import Program
from talkwright.engine.ports import Clock, Hear, Random

_ID_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_TICK = 1e-6


class Decided(NamedTuple):
    """Who chose the action that runs now, as its event says; `by_flows` is not so for rules, stories and forms."""

    policy: str | None
    confidence: float
    hidden: bool = False
    by_flows: bool = False


BY_FLOWS = Decided("FlowPolicy", 1.0, by_flows=True)


class Ledger:
    """One turn's writing. `before` is the stack as it was when the user spoke (12.25).

    `hear` is told of a message while it is still being written, where somebody listens. `prompts` are what language
    models were asked and answered to word what is said (wire-protocols 3.6).
    """

    def __init__(
        self, tracker: Tracker, program: Program, *, clock: Clock, rng: Random, metadata: Mapping[str, Any]
    ) -> None:
        self.tracker = tracker
        self.program = program
        self.rng = rng
        self.metadata = dict(metadata)
        if tracker.current_session_id is not None:
            self.metadata["session_id"] = tracker.current_session_id
        self.events: list[Event] = []
        self.before: Stack = tracker.stack
        self.session_began = False
        self.decided = BY_FLOWS
        self.hear: Hear | None = None
        self.prompts: list[Mapping[str, Any]] = []
        self._clock = clock
        self._last = tracker.latest_event_time or 0.0

    def now(self) -> float:
        """Seconds since 1970, never the same twice in a conversation: events are sorted by it."""
        self._last = max(self._clock(), self._last + _TICK)
        return self._last

    def record(self, event: Event, *, stack: Stack | None = None) -> Event:
        """Stamps an event, takes it into the tracker and keeps it for the turn's result."""
        stamped = event.at(self.now(), self.metadata)
        self.tracker.apply(stamped, stack=stack)
        self.events.append(stamped)
        return stamped

    def did(self, action: str, metadata: Mapping[str, Any]) -> Event:
        """Writes that an action ran, with who chose it."""
        by = self.decided
        made = ev.action(
            action, policy=by.policy, confidence=by.confidence, hide_rule_turn=by.hidden, metadata=metadata
        )
        return self.record(made)

    def set_stack(self, stack: Stack, **metadata: Any) -> None:
        """Writes the stack's change; nothing where it is the same."""
        update = diff(self.tracker.stack, stack)
        if update is not None:
            self.record(ev.stack(update, metadata or ev.NO_METADATA), stack=stack)

    def push(self, frame: Mapping[str, Any]) -> None:
        """Puts a frame on top."""
        self.set_stack((*self.tracker.stack, frame))

    def set_slot(self, name: str, value: Any, *, filled_by: str | None = None) -> None:
        """Writes a slot."""
        self.record(ev.slot(name, value, filled_by=filled_by))

    def reset_slot(self, name: str) -> None:
        """Puts a slot back to its initial value; nothing where it stands there (5.6)."""
        initial = self.program.initial_slots.get(name)
        if name in self.tracker.slots and self.tracker.slots[name] != initial:
            self.record(ev.slot(name, initial, reset=True))

    def flow_event(
        self, kind: str, flow_id: str, step_id: str | None = None, metadata: Mapping[str, Any] = ev.NO_METADATA
    ) -> None:
        """Writes that a flow started, completed, was cancelled, interrupted or resumed."""
        self.record(ev.flow(kind, flow_id, step_id, metadata))

    def flow_interrupted(self, flow_id: str, step_id: str | None) -> None:
        """Writes an interruption, once per turn and flow."""
        told = any(event.type == ev.FLOW_INTERRUPTED and event.get("flow_id") == flow_id for event in self.events)
        if not told:
            self.flow_event(ev.FLOW_INTERRUPTED, flow_id, step_id)

    def place(self) -> dict[str, Any]:
        """Where the conversation is, for the metadata of what it does: flow and step, an open question seen through."""
        for frame in reversed(self.tracker.stack):
            if frame.get("type") != COLLECT_PATTERN:
                return {"active_flow": frame.get("flow_id"), "step_id": frame.get("step_id")}
        return {}

    def new_id(self) -> str:
        """A frame id: 8 characters of chance."""
        bits = self.rng.getrandbits(40)
        return "".join(_ID_LETTERS[(bits >> shift) & 31] for shift in range(0, 40, 5))

    @property
    def language(self) -> str:
        """The conversation's language."""
        value = self.tracker.slots.get("language")
        return value if isinstance(value, str) else self.program.assistant.language
