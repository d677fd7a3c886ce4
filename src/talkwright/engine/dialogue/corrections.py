"""Corrections: changing earlier answers and going through the flow again from there (dialogue-semantics 5.7)."""

from __future__ import annotations

from collections.abc import Sequence

from talkwright.assistant.flows import START, CollectStep
from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.stack import (
    COLLECT_PATTERN,
    Frame,
    PatchError,
    Stack,
    frame_that_asks,
    is_base_frame,
    is_user_frame,
    patched,
)
from talkwright.engine.commands import CorrectedSlot, CorrectSlots
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.dialogue.slots import stored
from talkwright.engine.dialogue.validation import push_validations

Place = tuple[str, str]


def push_correction(ledger: Ledger, command: CorrectSlots) -> None:
    """Pushes the correction pattern; ignored as a whole if a slot is collected by no flow on the stack."""
    program, stack = ledger.program, ledger.tracker.stack
    on_stack = [str(frame["flow_id"]) for frame in stack if "flow_id" in frame and not frames.is_ended(frame)]
    asked = frozenset[str]().union(*(program.collected(flow_id) for flow_id in on_stack))
    if any(slot.name not in asked for slot in command.corrected_slots):
        return
    changed = [
        slot
        for slot in command.corrected_slots
        if not ledger.program.holds_already(ledger.tracker, slot.name, slot.value)
    ]
    if not changed:
        return
    names = {slot.name for slot in changed}
    place = _reset_place(ledger, names)
    frame = frames.pattern_frame(
        frames.CORRECTION,
        ledger.new_id(),
        is_reset_only=names <= program.confirmations,
        corrected_slots={slot.name: {"value": _stored(ledger, slot), "filled_by": slot.filled_by} for slot in changed},
        reset_flow_id=place[0] if place is not None else None,
        reset_step_id=place[1] if place is not None else None,
        new_slot_values=[_stored(ledger, slot) for slot in changed],
    )
    ledger.set_stack(_placed(stack, frame))


def _stored(ledger: Ledger, slot: CorrectedSlot) -> object:
    declared = ledger.program.slots.get(slot.name)
    return slot.value if declared is None else stored(declared, slot.value)


def _placed(stack: Stack, frame: Frame) -> Stack:
    """On top; an open correction is ended, and the new one goes below it."""
    for index, present in enumerate(stack):
        if present.get("type") == frames.CORRECTION:
            return (*stack[:index], frame, *(frames.ended(above) for above in stack[index:]))
    return (*stack, frame)


def _reset_place(ledger: Ledger, names: set[str]) -> Place | None:
    """The earliest collect step visited in the top flow whose slot is corrected, or the open question's step."""
    target = next((frame for frame in reversed(ledger.tracker.stack) if is_base_frame(frame)), None)
    question = _question_place(ledger.tracker.stack)
    if target is None:
        return question
    for place in _visited(ledger.tracker.events_of_session(), str(target["frame_id"])):
        if place == question:
            return question
        flow = ledger.program.flows.get(place[0])
        step = flow.by_id.get(place[1]) if flow is not None else None
        if isinstance(step, CollectStep) and step.slot in names:
            return place
    return question


def _question_place(stack: Stack) -> Place | None:
    asking = frame_that_asks(stack)
    if asking is None or not is_user_frame(asking):
        return None
    return str(asking["flow_id"]), str(asking.get("step_id"))


def past_stacks(events: Sequence[Event]) -> list[Stack]:
    """Every stack that the events of a session made, oldest first."""
    stack: Stack = ()
    made: list[Stack] = []
    for event in events:
        if event.type == ev.STACK:
            try:
                stack = patched(stack, str(event.get("update")))
            except PatchError:
                continue
            made.append(stack)
    return made


def _visited(events: Sequence[Event], frame_id: str) -> list[Place]:
    """The steps run in a flow and the flows it called, each once, by the time of their first visit."""
    places: dict[Place, None] = {}
    for stack in past_stacks(events):
        index = _index_of(stack, frame_id)
        if index is None:
            continue
        top = stack[-1]
        if is_user_frame(top) and (len(stack) - 1 == index or top.get("frame_type") == "call"):
            places[(str(top["flow_id"]), str(top.get("step_id")))] = None
    return list(places)


def _index_of(stack: Stack, frame_id: str) -> int | None:
    return next((index for index, frame in enumerate(stack) if frame.get("frame_id") == frame_id), None)


def correct_slots(ledger: Ledger) -> None:
    """What action_correct_flow_slot does: the stack of the reset point again, then the new values."""
    stack = ledger.tracker.stack
    correction = next((frame for frame in reversed(stack) if frame.get("type") == frames.CORRECTION), None)
    if correction is None:
        return
    place = (str(correction.get("reset_flow_id")), str(correction.get("reset_step_id")))
    ledger.set_stack(_rewound(ledger, place))
    values = correction.get("corrected_slots") or {}
    for name, change in values.items():
        value, filled_by = change.get("value"), change.get("filled_by")
        if ledger.tracker.slots.get(name) != value:
            ledger.set_slot(name, value, filled_by=filled_by)
    push_validations(ledger, list(values))


def _rewound(ledger: Ledger, place: Place) -> Stack:
    stack = ledger.tracker.stack
    start = next((i for i in range(len(stack) - 1, -1, -1) if is_base_frame(stack[i])), None)
    if start is None:
        return stack
    frame_id = str(stack[start]["frame_id"])
    past = _past_group(past_stacks(ledger.tracker.events_of_session()), frame_id, place)
    if not past:
        return stack
    present = {frame["frame_id"]: frame for frame in stack[start:]}
    reused = [_as_present(frame, present) for frame in past]
    last = next((i for i in range(len(reused) - 1, -1, -1) if reused[i].get("step_id") != START), 0)
    reused[last] = frames.at_step(reused[last], frames.CONTINUE + str(reused[last]["step_id"]))
    used = {frame["frame_id"] for frame in past}
    rest = [_unused(frame) for frame in stack[start:] if frame["frame_id"] not in used]
    return (*stack[:start], *reused, *rest)


def _past_group(stacks: Sequence[Stack], frame_id: str, place: Place) -> Stack:
    """From the flow's frame up, the latest stack whose top stood at the place; none where another flow lay above."""
    for stack in reversed(stacks):
        top = stack[-1] if stack else {}
        if (top.get("flow_id"), top.get("step_id")) == place:
            index = _index_of(stack, frame_id)
            if index is not None and not any(map(is_base_frame, stack[index + 1 :])):
                return stack[index:]
    return ()


def _as_present(frame: Frame, present: dict[object, Frame]) -> Frame:
    """A past frame with the kind that it has now: resumes renumber (12.21)."""
    now = present.get(frame["frame_id"])
    return frame if now is None else {**now, "step_id": frame["step_id"]}


def _unused(frame: Frame) -> Frame:
    asks = frame.get("type") == COLLECT_PATTERN
    return frames.ended(frame) if asks or frame.get("frame_type") == "call" else frame
