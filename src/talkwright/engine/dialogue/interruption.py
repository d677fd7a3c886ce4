"""Digressions: groups of frames, the offer to go on, and going on (dialogue-semantics 5.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from talkwright.assistant.flows import END
from talkwright.conversation import events as ev
from talkwright.conversation.stack import COLLECT_PATTERN, Frame, Stack, is_base_frame, is_user_frame, top_user_frame
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.ledger import Ledger

_OR = {"de": "oder"}
_AND = {"de": "und"}


def listed(names: Sequence[str], language: str, *, alternatives: bool) -> str:
    """Names as people list them: the first, then ", x", the last joined by "or" or "and" (5.11)."""
    word = _OR.get(language, "or") if alternatives else _AND.get(language, "and")
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def group_bounds(stack: Stack, flow_id: str) -> tuple[int, int] | None:
    """Where the group of a flow lies: from its base frame, or its link frame, to the next base frame."""
    place = next(
        (i for i in range(len(stack) - 1, -1, -1) if is_user_frame(stack[i]) and stack[i]["flow_id"] == flow_id), None
    )
    if place is None:
        return None
    start = place
    if stack[place].get("frame_type") == "call":
        while start > 0 and not (is_user_frame(stack[start]) and stack[start].get("frame_type") != "call"):
            start -= 1
    end = start + 1
    while end < len(stack) and not is_base_frame(stack[end]):
        end += 1
    return start, end


def renumbered(stack: Stack) -> Stack:
    """The frames after a resume: the lowest base frame is regular, the others interrupt (12.21)."""
    made: list[Frame] = []
    seen = False
    for frame in stack:
        if is_base_frame(frame):
            wanted = "interrupt" if seen else "regular"
            seen = True
            made.append(frame if frame["frame_type"] == wanted else {**frame, "frame_type": wanted})
        else:
            made.append(frame)
    return tuple(made)


def resume(ledger: Ledger, flow_id: str) -> bool:
    """Moves the group of a flow to the top of the stack and says so; whether there was one."""
    stack = ledger.tracker.stack
    bounds = group_bounds(stack, flow_id)
    if bounds is None:
        return False
    start, end = bounds
    group = stack[start:end]
    ledger.set_stack(renumbered((*stack[:start], *stack[end:], *group)))
    ledger.flow_event(ev.FLOW_RESUMED, flow_id, group[0].get("step_id"))
    return True


def without_question(stack: Stack, kind: str) -> tuple[Stack, tuple[Frame, ...]]:
    """The stack without the open pattern of a kind and its question, and the frames taken out."""
    place = next((i for i, frame in enumerate(stack) if frame.get("type") == kind), None)
    if place is None:
        return stack, ()
    end = place + 1
    while end < len(stack) and stack[end].get("type") == COLLECT_PATTERN:
        end += 1
    return (*stack[:place], *stack[end:]), stack[place:end]


def remove_completed_question(ledger: Ledger) -> None:
    """Takes an open "anything else?" away; its frames count as completed (4.6)."""
    stack, removed = without_question(ledger.tracker.stack, frames.COMPLETED)
    if removed:
        ledger.set_stack(stack)
        for frame in reversed(removed):
            ledger.flow_event(ev.FLOW_COMPLETED, str(frame["flow_id"]), frame.get("step_id"))


def remove_continue_question(ledger: Ledger) -> bool:
    """Takes an open offer to go on away; whether there was one."""
    stack, removed = without_question(ledger.tracker.stack, frames.CONTINUE_INTERRUPTED)
    ledger.set_stack(stack)
    return bool(removed)


def is_offering(stack: Stack) -> bool:
    """Whether the offer to go on is open."""
    return any(frame.get("type") == frames.CONTINUE_INTERRUPTED for frame in stack)


def offer(ledger: Ledger, stack: Stack) -> Stack:
    """The stack with the offer to go on, where flows wait (5.6): on top, or below what the ended flow links to."""
    waiting = [frame for frame in stack if is_base_frame(frame) and frame.get("step_id") != END]
    if not waiting:
        return stack
    flows = ledger.program.flows
    ids = list(dict.fromkeys(str(frame["flow_id"]) for frame in waiting))
    names = [flows[flow_id].readable_name(ledger.language) if flow_id in flows else flow_id for flow_id in ids]
    frame = frames.pattern_frame(
        frames.CONTINUE_INTERRUPTED,
        ledger.new_id(),
        interrupted_flow_names=names,
        interrupted_flow_ids=ids,
        interrupted_flow_options=listed(names, ledger.language, alternatives=False),
        multiple_flows_interrupted=len(ids) > 1,
    )
    top = stack[-1]
    hands_over = top.get("type") == frames.HUMAN_HANDOFF and not ledger.program.profile.offer_before_handoff
    if top.get("frame_type") == "link" or hands_over:
        return (*stack[:-1], frame, top)
    return (*stack, frame)


CONFIRMATION_SLOT = "continue_interrupted_flow_confirmation"
CHOICE_SLOT = "interrupted_flow_to_continue"
NOT_FOUND = "utter_interrupted_flow_not_found"
_NONE_WORDS = frozenset({"none", "keine", "keins", "keines", "nichts"})


def continue_interrupted(ledger: Ledger) -> str | None:
    """Resumes what the answer to the offer names; the response to send where it names nothing that waits."""
    stack = ledger.tracker.stack
    place = next((i for i in range(len(stack) - 1, -1, -1) if stack[i]["type"] == frames.CONTINUE_INTERRUPTED), None)
    if place is None:
        return None
    offered = stack[place]
    choice = ledger.tracker.slots.get(CHOICE_SLOT)
    if offered.get("multiple_flows_interrupted") and _is_none(choice):
        cancel_interrupted(ledger)
        return None
    flow_id = _chosen(offered, choice)
    _forget_answers(ledger)
    if flow_id is None:
        return NOT_FOUND
    bounds = group_bounds(stack, flow_id)
    if bounds is not None:
        start, end = bounds[0], min(bounds[1], place)
        group, above = stack[start:end], stack[place:]
        ledger.set_stack(renumbered((*stack[:start], *stack[end:place], *group, *above)))
        ledger.flow_event(ev.FLOW_RESUMED, flow_id, group[0].get("step_id"))
    return None


def _is_none(choice: Any) -> bool:
    return choice is None or str(choice).strip().lower() in _NONE_WORDS


def _chosen(offered: Frame, choice: Any) -> str | None:
    ids: Sequence[str] = offered.get("interrupted_flow_ids") or ()
    names: Sequence[str] = offered.get("interrupted_flow_names") or ()
    if not offered.get("multiple_flows_interrupted"):
        return ids[0] if ids else None
    wanted = str(choice).strip().lower()
    for flow_id, name in zip(ids, names, strict=False):
        if wanted in (flow_id.lower(), name.lower()):
            return flow_id
    return None


def _forget_answers(ledger: Ledger) -> None:
    for slot in (CONFIRMATION_SLOT, CHOICE_SLOT):
        if ledger.tracker.slots.get(slot) is not None:
            ledger.reset_slot(slot)


def cancel_interrupted(ledger: Ledger) -> None:
    """Cancels every flow that was offered, each once (5.8); the first one offered speaks first."""
    offered = next(
        (frame for frame in reversed(ledger.tracker.stack) if frame["type"] == frames.CONTINUE_INTERRUPTED), None
    )
    if offered is None:
        return
    _forget_answers(ledger)
    for flow_id in reversed(offered.get("interrupted_flow_ids") or ()):
        stack = ledger.tracker.stack
        bounds = group_bounds(stack, str(flow_id))
        if bounds is None:
            continue
        group = tuple(frame for frame in stack[slice(*bounds)] if frame["type"] not in _OFFERING)
        named = str(flow_id) if ledger.program.profile.cancelled_flow_ids else None
        _push_cancel(ledger, group[0], group, named)


# The patterns that run the offer lie above the last group and are no part of it.
_OFFERING = (frames.CONTINUE_INTERRUPTED, frames.CANCEL)


def push_cancel(ledger: Ledger, stack: Stack) -> bool:
    """Pushes the cancel pattern for the top flow; it marks the frames down to the first user frame that is no call."""
    top = top_user_frame(stack)
    if top is None:
        return False
    base = next(i for i in range(len(stack) - 1, -1, -1) if is_user_frame(stack[i]) and not _is_call(stack[i]))
    caller = None if stack[base] is top or ledger.program.profile.names_called_flow else _name(ledger, stack[base])
    _push_cancel(ledger, top, stack[base:], caller=caller)
    return True


def _is_call(frame: Frame) -> bool:
    return frame.get("frame_type") == "call"


def _name(ledger: Ledger, frame: Frame) -> str:
    flow_id = str(frame["flow_id"])
    flow = ledger.program.flows.get(flow_id)
    return flow.readable_name(ledger.language) if flow is not None else flow_id


def _push_cancel(
    ledger: Ledger, cancelled: Frame, marked: Stack, name: str | None = None, caller: str | None = None
) -> None:
    """`name` is told instead of the flow's own; `caller` is the name of the flow that called it and ends with it."""
    flow_id = str(cancelled["flow_id"])
    ledger.push(
        frames.pattern_frame(
            frames.CANCEL,
            ledger.new_id(),
            canceled_name=name or _name(ledger, cancelled),
            canceled_frames=[str(frame["frame_id"]) for frame in reversed(marked)],
            **({} if caller is None else {"canceled_caller": caller}),
        )
    )
    ledger.flow_event(ev.FLOW_CANCELLED, flow_id, cancelled.get("step_id"))


def end_cancelled(ledger: Ledger) -> None:
    """What action_cancel_flow does: the frames that the cancel pattern marked go to their end (5.10)."""
    stack = ledger.tracker.stack
    if not stack:
        return
    marked = set(stack[-1].get("canceled_frames") or ())
    made = [
        frames.ended(frame) if frame.get("frame_id") in marked and "step_id" in frame else frame
        for frame in stack
        if not (frame.get("type") == "agent" and frame.get("frame_id") in marked)
    ]
    ledger.set_stack(tuple(made))
