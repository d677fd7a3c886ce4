"""Questions: opening the loop that asks for a slot, and the check of what was answered (dialogue-semantics 5.3-5.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from talkwright.assistant.conditions import EvaluationError, check_rejection
from talkwright.assistant.flows import CollectStep, Flow
from talkwright.conversation.stack import COLLECT_PATTERN, Frame, Stack, frame_that_asks
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.failures import fail_flow
from talkwright.engine.dialogue.flow_end import SILENCE_SLOT
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.dialogue.program import Program
from talkwright.engine.dialogue.slots import Refused, coerced
from talkwright.engine.generation.responses import INTERNAL_ERROR

TYPE_MESSAGES: Mapping[str, str] = {
    "bool": "utter_boolean_slot_rejection",
    "float": "utter_float_slot_rejection",
    "categorical": "utter_categorical_slot_rejection",
    "strict_categorical": "utter_categorical_slot_rejection",
}


@dataclass(frozen=True)
class Saying:
    """A response that a built-in action sends, with its call arguments; unfilled it is sent as it is written."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    filled: bool = True


def open_collect(ledger: Ledger, flow: Flow, step: CollectStep) -> None:
    """Pushes the question; without any way to ask and without an initial value the flow fails (5.3)."""
    program, tracker = ledger.program, ledger.tracker
    slot = program.slots.get(step.slot)
    can_ask = program.knows_action(step.utter) or program.knows_action(step.ask_action)
    if not can_ask and (slot is None or slot.initial_value is None):
        fail_flow(ledger, f"Step {step.id} of flow {flow.id} has neither a response nor an action that asks.")
        return
    ledger.push(
        frames.pattern_frame(
            COLLECT_PATTERN,
            ledger.new_id(),
            collect=step.slot,
            utter=step.utter,
            collect_action=step.ask_action,
            rejections=[{"if": rule.condition, "utter": rule.utter} for rule in step.rejections],
        )
    )
    if step.ask_before_filling and tracker.slots.get(step.slot) is not None:
        ledger.set_slot(step.slot, None)
    _set_silence(ledger, step)


def _set_silence(ledger: Ledger, step: CollectStep) -> None:
    """The step's own waiting time, per channel or for all (12.44); put back when the question ends."""
    timeout = step.silence_timeout
    if isinstance(timeout, Mapping):
        timeout = timeout.get(ledger.tracker.latest_input_channel or "")
    if timeout is not None and ledger.tracker.slots.get(SILENCE_SLOT) != timeout:
        ledger.set_slot(SILENCE_SLOT, float(timeout))


def run_slot_rejections(ledger: Ledger) -> Saying | None:
    """Checks the slot that the top frame is about; clears it and gives the refusal where the value won't do (5.4)."""
    frame = ledger.tracker.stack[-1] if ledger.tracker.stack else {}
    name = frames.asked_slot(frame)
    slot = ledger.program.slots.get(name) if name is not None else None
    if name is None or slot is None:
        return None
    value = ledger.tracker.slots.get(name)
    if value is None:
        return None
    try:
        made = coerced(slot, value)
    except Refused:
        ledger.set_slot(name, None)
        message = TYPE_MESSAGES.get(slot.type)
        return Saying(message, {"value": value}) if message is not None else None
    refusal = _refusal(frame, name, made)
    if refusal is not None:
        ledger.set_slot(name, None)
        return Saying(refusal, {"value": made})
    if made != value or type(made) is not type(value):
        ledger.set_slot(name, made, filled_by=ledger.tracker.filled_by.get(name))
    return None


def _refusal(frame: Frame, name: str, value: Any) -> str | None:
    rules: Sequence[Mapping[str, Any]] = frame.get("rejections") or ()
    for rule in rules:
        try:
            if check_rejection(str(rule.get("if")), name, value):
                return str(rule.get("utter"))
        except EvaluationError:
            return INTERNAL_ERROR
    return None


def step_asked(program: Program, stack: Stack) -> CollectStep | None:
    """The collect step behind the open question."""
    asking = frame_that_asks(stack)
    flow = program.flows.get(str(asking.get("flow_id"))) if asking is not None else None
    step = flow.by_id.get(str(asking.get("step_id"))) if asking is not None and flow is not None else None
    return step if isinstance(step, CollectStep) else None
