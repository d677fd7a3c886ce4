"""The executor: moves through steps until an action must run or the user must speak (dialogue-semantics 5.2, 5.3)."""

from __future__ import annotations

from talkwright.assistant.conditions import holds
from talkwright.assistant.flows import (
    END,
    START,
    ActionStep,
    CallStep,
    CollectStep,
    Flow,
    LinkStep,
    SetSlotsStep,
    Step,
    Transition,
)
from talkwright.conversation import events as ev
from talkwright.conversation.stack import Frame, context_of
from talkwright.engine.commands import ERROR_DEFAULT
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.collect import open_collect
from talkwright.engine.dialogue.failures import fail_flow, fail_softly
from talkwright.engine.dialogue.flow_end import end_top_frame
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.dialogue.program import render_name
from talkwright.engine.dialogue.rating import is_rated
from talkwright.engine.dialogue.session import SESSION_ACTION
from talkwright.engine.dialogue.slots import stored

MAX_MOVES = 250
MAX_BREAKS = 3
LISTEN = ev.ACTION_LISTEN
SEND_TEXT = "action_send_text"
"""What says the answer to a question that was looked up (7.5)."""


def advance(ledger: Ledger) -> str:
    """Moves on to the next action and gives its name; `action_listen` where the turn is over.

    After 250 moves without an action the top user flow is ended with an internal error (5.2). Where not even that
    error leads to an action, as patterns of a project may bring about, the stack is given up.
    """
    tracker, program = ledger.tracker, ledger.program
    moves = breaks = 0
    while True:
        if tracker.terminated or not tracker.stack:
            return LISTEN
        frame = tracker.stack[-1]
        flow_id = frame.get("flow_id")
        if flow_id is None:
            return SEND_TEXT if frames.waits_for_answer(tracker.stack) else LISTEN
        flow = program.flows.get(flow_id)
        step_id = str(frame.get("step_id"))
        if flow is None or not _exists(flow, step_id):
            ledger.set_stack(tracker.stack[:-1])
            continue
        if step_id == END:
            end_top_frame(ledger, END)
            continue
        moves += 1  # what only takes frames away comes to an end of itself
        if moves > MAX_MOVES:
            if breaks == MAX_BREAKS:
                ledger.set_stack(())
                return LISTEN
            _break_circuit(ledger)
            moves, breaks = 0, breaks + 1
            continue
        action = _move(ledger, flow, frame, step_id)
        if action is not None:
            return action


def _exists(flow: Flow, step_id: str) -> bool:
    return step_id in (START, END) or step_id.removeprefix(frames.CONTINUE) in flow.by_id


def _move(ledger: Ledger, flow: Flow, frame: Frame, step_id: str) -> str | None:
    """Makes one move and runs the step it leads to; the action to run, if that step is one."""
    target, branch = _choose(ledger, flow, step_id)
    if target is None:
        fail_flow(ledger, "No way out of a step applies, and it has no `else`.")
        return None
    if target == END:
        end_top_frame(ledger, step_id.removeprefix(frames.CONTINUE))
        return None
    step = flow.by_id.get(target)
    if step is None:
        fail_flow(ledger, "A step leads to one that the flow doesn't have.")
        return None
    stack = ledger.tracker.stack
    told = {"step_kind": _KINDS.get(type(step), "noop")}
    if branch is not None:
        told["branch"] = branch
    ledger.set_stack((*stack[:-1], frames.at_step(frame, target)), **told)
    if step_id == START:
        _tell_start(ledger, flow)
    return _run(ledger, flow, step)


_KINDS: dict[type[Step], str] = {
    ActionStep: "action",
    CollectStep: "collect",
    LinkStep: "link",
    CallStep: "call",
    SetSlotsStep: "set_slots",
}


def _choose(ledger: Ledger, flow: Flow, step_id: str) -> tuple[str | None, str | None]:
    """The step to go to and, where there was a choice, the condition that decided ("else" for the rest)."""
    if step_id == START:
        return flow.steps[0].id, None
    if step_id.startswith(frames.CONTINUE):
        return step_id.removeprefix(frames.CONTINUE), None
    step = flow.by_id[step_id]
    ways = step.next
    if not ways:
        return END, None
    if len(ways) == 1 and ways[0].condition is None:
        return ways[0].target, None
    taken = _first_true(ledger, ways)
    return (None, None) if taken is None else (taken.target, taken.condition or "else")


def _first_true(ledger: Ledger, ways: tuple[Transition, ...]) -> Transition | None:
    context = context_of(ledger.tracker.stack)
    slots = ledger.tracker.slots
    for way in ways:
        if way.condition is None or holds(way.condition, slots=slots, context=context):
            return way
    return None


def _tell_start(ledger: Ledger, flow: Flow) -> None:
    stack = ledger.tracker.stack
    metadata = {key: value for key, value in stack[-1].items() if key not in ("rejections", "canceled_frames")}
    if len(stack) > 1:
        metadata["parent_flow_id"] = stack[-2].get("flow_id")
        metadata["parent_step_id"] = stack[-2].get("step_id")
    ledger.flow_event(ev.FLOW_STARTED, flow.id, metadata=metadata)


def _run(ledger: Ledger, flow: Flow, step: Step) -> str | None:
    match step:
        case ActionStep():
            return _action(ledger, step)
        case CollectStep():
            open_collect(ledger, flow, step)
        case LinkStep():
            _link(ledger, step)
        case CallStep():
            _call(ledger, step)
        case SetSlotsStep():
            _set_slots(ledger, step)
        case _:
            pass
    return None


def _action(ledger: Ledger, step: ActionStep) -> str | None:
    """The action's name; None for one that nobody knows, which is skipped (12.13)."""
    name = render_name(step.action, context_of(ledger.tracker.stack))
    if name == SESSION_ACTION and ledger.session_began:
        return None
    return name if name == LISTEN or ledger.program.knows_action(name) else None


def _link(ledger: Ledger, step: LinkStep) -> None:
    """Puts the linked flow below the frame that links, which ends with the next move (5.9)."""
    stack = ledger.tracker.stack
    ends_talk = step.flow == frames.SATISFACTION and stack[-1].get("type") == frames.COMPLETED
    if step.flow not in ledger.program.flows or (ends_talk and is_rated(ledger)):
        return
    if step.flow == frames.HUMAN_HANDOFF:
        linked = frames.pattern_frame(step.flow, ledger.new_id())
    else:
        linked = frames.user_frame(step.flow, "link", ledger.new_id())
    ledger.set_stack((*stack[:-1], linked, stack[-1]))


def _call(ledger: Ledger, step: CallStep) -> None:
    if step.target in ledger.program.flows and step.mcp_server is None:
        ledger.push(frames.user_frame(step.target, "call", ledger.new_id()))
        return
    fail_softly(ledger, "This engine can't call the agent or tool that the step names.")


def _set_slots(ledger: Ledger, step: SetSlotsStep) -> None:
    for name, value in step.slots:
        slot = ledger.program.slots.get(name)
        if slot is None:
            continue
        made = stored(slot, value)
        if ledger.tracker.slots.get(name) != made:
            ledger.set_slot(name, made)


def _break_circuit(ledger: Ledger) -> None:
    """Ends the frames from the top to the user frame that runs in circles, and says that something went wrong."""
    stack = list(ledger.tracker.stack)
    for index in range(len(stack) - 1, -1, -1):
        frame = stack[index]
        stack[index] = frames.ended(frame)
        if frame.get("frame_type") in ("regular", "interrupt", "link"):
            break
    error = frames.pattern_frame(
        frames.INTERNAL_ERROR, ledger.new_id(), error_type=ERROR_DEFAULT, info={"reason": "too many steps"}
    )
    ledger.set_stack((*stack, error))
