"""Frames of the dialogue stack, as new values (dialogue-semantics 5.1)."""

from __future__ import annotations

from typing import Any, Literal

from talkwright.assistant.flows import END, START
from talkwright.conversation.stack import COLLECT_PATTERN, FLOW_FRAME, Frame, Stack

FrameType = Literal["regular", "interrupt", "link", "call"]

# A frame whose step is written with this prefix runs that step next instead of the one after it.
CONTINUE = "NEXT:"

VALIDATE = "pattern_validate_slot"
CORRECTION = "pattern_correction"
CANCEL = "pattern_cancel_flow"
CLARIFICATION = "pattern_clarification"
CANNOT_HANDLE = "pattern_cannot_handle"
INTERNAL_ERROR = "pattern_internal_error"
COMPLETED = "pattern_completed"
SATISFACTION = "pattern_customer_satisfaction"
CONTINUE_INTERRUPTED = "pattern_continue_interrupted"
SEARCH = "pattern_search"
CHITCHAT = "pattern_chitchat"
HUMAN_HANDOFF = "pattern_human_handoff"
CODE_CHANGE = "pattern_code_change"
SKIP_QUESTION = "pattern_skip_question"
REPEAT = "pattern_repeat_bot_messages"
RESTART = "pattern_restart"
SESSION_START = "pattern_session_start"
SESSION_END = "pattern_session_end"
USER_SILENCE = "pattern_user_silence"


DOCUMENTS = "search"
"""The frame that waits for an answer from the project's documents."""
# Frames that only wait for a policy (5.1).
_WITHOUT_PLACE = (DOCUMENTS, "chitchat")


def user_frame(flow_id: str, frame_type: FrameType, frame_id: str) -> Frame:
    """A frame that runs a user's flow from its start."""
    return {
        "frame_id": frame_id,
        "flow_id": flow_id,
        "step_id": START,
        "frame_type": frame_type,
        "type": FLOW_FRAME,
    }


def pattern_frame(pattern: str, frame_id: str, **own: Any) -> Frame:
    """A frame that runs a pattern from its start, with the pattern's own fields."""
    return {"frame_id": frame_id, "flow_id": pattern, "step_id": START, **own, "type": pattern}


def search_frame(frame_id: str) -> Frame:
    """A frame that waits for an answer from the project's documents."""
    return {"frame_id": frame_id, "type": DOCUMENTS}


def waits_for_answer(stack: Stack) -> bool:
    """Whether the documents are to be searched next."""
    return bool(stack) and stack[-1].get("type") == DOCUMENTS


def at_step(frame: Frame, step_id: str) -> Frame:
    """The frame standing at another step."""
    return {**frame, "step_id": step_id}


def ended(frame: Frame) -> Frame:
    """The frame at its end: it is popped when it comes to the top."""
    return at_step(frame, END)


def is_ended(frame: Frame) -> bool:
    """Whether the frame only waits to be popped."""
    return frame.get("step_id") == END


def slot_in_question(stack: Stack) -> str | None:
    """The slot that is asked or validated now: the topmost one."""
    return next((name for name in map(asked_slot, reversed(stack)) if name is not None), None)


def is_sound(frame: Frame) -> bool:
    """Whether a frame has what the machine needs of it; stacks may come from events that others wrote."""
    texts = (frame.get("type"), frame.get("frame_id"))
    places = (frame.get("flow_id"), frame.get("step_id"))
    told = all(isinstance(text, str) for text in texts)
    return told and (all(isinstance(place, str) for place in places) or frame["type"] in _WITHOUT_PLACE)


def asked_slot(frame: Frame) -> str | None:
    """The slot that a collect or validation frame is about."""
    kind = frame.get("type")
    name = frame.get("collect") if kind == COLLECT_PATTERN else frame.get("validate") if kind == VALIDATE else None
    return name if isinstance(name, str) else None
