"""What happens when a frame comes to its end (dialogue-semantics 5.6)."""

from __future__ import annotations

from talkwright.assistant.flows import END
from talkwright.conversation import events as ev
from talkwright.conversation.stack import COLLECT_PATTERN, Frame, is_user_frame
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.interruption import group_bounds, offer
from talkwright.engine.dialogue.ledger import Ledger

SILENCE_SLOT = "silence_timeout"


def end_top_frame(ledger: Ledger, last_step: str) -> None:
    """Pops the top frame; then the completed question or the offer to go on, the slots and the event."""
    tracker, program = ledger.tracker, ledger.program
    ending, stack = tracker.stack[-1], tracker.stack[:-1]
    flow_id = str(ending["flow_id"])
    flow = program.flows.get(flow_id)
    searched = ending.get("type") == frames.SEARCH
    if not stack and (is_user_frame(ending) or searched) and flow is not None and flow.run_pattern_completed:
        stack = (
            frames.pattern_frame(
                frames.COMPLETED, ledger.new_id(), previous_flow_name=flow.readable_name(ledger.language)
            ),
        )
    elif ending.get("frame_type") == "interrupt" or (searched and program.profile.offer_after_search):
        stack = offer(ledger, stack)
    ledger.set_stack(stack)
    _settle(ledger, ending, last_step)


def _settle(ledger: Ledger, ending: Frame, last_step: str) -> None:
    """What a frame leaves when it is gone: its slots at their initial values, and the event."""
    flow_id = str(ending["flow_id"])
    if ending.get("frame_type") != "call" and flow_id in ledger.program.flows:
        for name in ledger.program.resets(flow_id):
            ledger.reset_slot(name)
    if ending.get("type") == COLLECT_PATTERN:
        ledger.reset_slot(SILENCE_SLOT)
    ledger.flow_event(ev.FLOW_COMPLETED, flow_id, last_step)


def drop_ended(ledger: Ledger, flow_id: str) -> None:
    """Takes the frames of a flow that was cancelled below others away at once, so that it can start anew."""
    stack = ledger.tracker.stack
    bounds = group_bounds(stack, flow_id)
    if bounds is None or not frames.is_ended(stack[bounds[0]]):
        return
    group = stack[slice(*bounds)]
    gone = [frame for frame in group if frames.is_ended(frame)]
    ledger.set_stack(tuple(frame for frame in stack if frame not in gone))
    for frame in reversed(gone):
        _settle(ledger, frame, END)
