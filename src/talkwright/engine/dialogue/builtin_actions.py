"""The built-in actions that patterns and flows use (dialogue-semantics 2.3, 5.11): each writes events and may speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from talkwright.assistant.builtins import REQUESTED_SLOT
from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.stack import is_user_frame
from talkwright.engine.commands import CANNOT_HANDLE_CHITCHAT
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.collect import Saying, run_slot_rejections
from talkwright.engine.dialogue.corrections import correct_slots
from talkwright.engine.dialogue.interruption import (
    cancel_interrupted,
    continue_interrupted,
    end_cancelled,
    listed,
)
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.dialogue.program import ROUTING_SLOT
from talkwright.engine.dialogue.session import begin_session

RESTART_RESPONSE = "utter_restart"
DEFAULT_OPTIONS = 3


@dataclass(frozen=True)
class Repeating:
    """Bot messages that are sent again as they were."""

    messages: tuple[Event, ...]


Speech = Saying | Repeating | None
Action = Callable[[Ledger], Speech]


def _cancel(ledger: Ledger) -> Speech:
    end_cancelled(ledger)
    return None


def _correct(ledger: Ledger) -> Speech:
    correct_slots(ledger)
    return None


def _continue(ledger: Ledger) -> Speech:
    response = continue_interrupted(ledger)
    return None if response is None else Saying(response, filled=not ledger.program.profile.unfilled_not_found)


def _cancel_interrupted(ledger: Ledger) -> Speech:
    cancel_interrupted(ledger)
    return None


def _clarify(ledger: Ledger) -> Speech:
    """Cuts the options to as many as are wanted and puts them into words."""
    stack = ledger.tracker.stack
    if not stack or stack[-1].get("type") != frames.CLARIFICATION:
        return None
    names: Sequence[str] = stack[-1].get("names") or ()
    shown = list(names)[: _most_options(ledger)]
    text = listed(shown, ledger.language, alternatives=True)
    ledger.set_stack((*stack[:-1], {**stack[-1], "names": shown, "clarification_options": text}))
    return None


def _most_options(ledger: Ledger) -> int:
    try:
        most = int(ledger.tracker.slots.get("max_clarification_options", DEFAULT_OPTIONS))
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_OPTIONS
    return most if most > 0 else DEFAULT_OPTIONS


def _clean_stack(ledger: Ledger) -> Speech:
    """Every frame to its end, every user frame regular, so that nothing is offered afterwards (5.10)."""
    ledger.set_stack(
        tuple(
            {**frames.ended(frame), "frame_type": "regular"} if is_user_frame(frame) else frames.ended(frame)
            for frame in ledger.tracker.stack
            if "step_id" in frame
        )
    )
    return None


def _repeat(ledger: Ledger) -> Speech:
    """The bot's messages of the last turn that had any; without the question, which its own loop asks again."""
    turn: list[Event] = []
    for event in reversed(ledger.tracker.events):
        if event.type == ev.BOT:
            turn.append(event)
        elif event.type in (ev.SESSION_STARTED, ev.RESTART) or (event.type == ev.USER and turn):
            break
    turn.reverse()
    if frames.slot_in_question(ledger.tracker.stack) is not None and turn:
        turn.pop()
    return Repeating(tuple(turn))


def _restart(ledger: Ledger) -> Speech:
    says = RESTART_RESPONSE in ledger.program.responses
    ledger.record(ev.plain(ev.RESTART))
    begin_session(ledger, listen=False)
    return Saying(RESTART_RESPONSE) if says else None


def _session_start(ledger: Ledger) -> Speech:
    stack = ledger.tracker.stack
    begin_session(ledger, listen=False)
    ledger.set_stack(stack[-1:])
    return None


def _hang_up(ledger: Ledger) -> Speech:
    ledger.record(ev.plain(ev.SESSION_ENDED))
    return None


def _reset_routing(ledger: Ledger) -> Speech:
    ledger.record(ev.plain(ev.ROUTING_SESSION_ENDED))
    for name, slot in ledger.program.slots.items():
        if not slot.shared_for_coexistence and not ledger.program.is_free_slot(name):
            ledger.reset_slot(name)
    ledger.reset_slot(REQUESTED_SLOT)  # the form that asked is over
    if ROUTING_SLOT in ledger.program.slots:
        ledger.set_slot(ROUTING_SLOT, None)
    return None


def _trigger_search(ledger: Ledger) -> Speech:
    """Asks for an answer from the documents, which whoever runs actions looks up next (7.5)."""
    ledger.push(frames.search_frame(ledger.new_id()))
    return None


def _refuse_chitchat(ledger: Ledger) -> Speech:
    """Free chitchat without a policy that could answer: the bot says that it can't."""
    ledger.push(frames.pattern_frame(frames.CANNOT_HANDLE, ledger.new_id(), reason=CANNOT_HANDLE_CHITCHAT))
    return None


def _nothing(_: Ledger) -> Speech:
    return None


ACTIONS: Mapping[str, Action] = {
    "action_cancel_flow": _cancel,
    "action_correct_flow_slot": _correct,
    "action_continue_interrupted_flow": _continue,
    "action_cancel_interrupted_flows": _cancel_interrupted,
    "action_clarify_flows": _clarify,
    "action_run_slot_rejections": run_slot_rejections,
    "action_clean_stack": _clean_stack,
    "action_repeat_bot_messages": _repeat,
    "action_restart": _restart,
    "action_session_start": _session_start,
    "action_hangup": _hang_up,
    "action_reset_routing": _reset_routing,
    "action_trigger_search": _trigger_search,
    "action_trigger_chitchat": _refuse_chitchat,
}


def run_builtin(ledger: Ledger, name: str) -> Speech:
    """Runs a built-in action; those without an effect of their own here only leave their action event."""
    return ACTIONS.get(name, _nothing)(ledger)
