"""Answers to what patterns ask: whether anything else is wanted, and which interrupted flow goes on."""

from __future__ import annotations

import re

from talkwright.engine.commands import CannotHandle, SetSlot
from talkwright.engine.understanding.local.answers.booleans import boolean_answer, is_plain_boolean
from talkwright.engine.understanding.local.answers.categories import Option, category_answer
from talkwright.engine.understanding.local.message import Decision, Message
from talkwright.engine.understanding.local.opening import act_decision, start_decision
from talkwright.engine.understanding.local.phrases import Act
from talkwright.engine.understanding.local.situation import (
    CONTINUE_CONVERSATION,
    CONTINUE_INTERRUPTED,
    WHICH_INTERRUPTED,
    Question,
)
from talkwright.engine.understanding.local.texts import fold

_NEITHER = re.compile(r"\b(?:none|neither|nothing|no(?:ne)? of (?:them|those|these)|keine?[rsn]?|nichts|weder)\b")
_ENDING = frozenset({Act.NOTHING_ELSE, Act.CANCEL})
_NOT_UNDERSTOOD = Decision([CannotHandle()], "neither yes nor no, and no likely flow")
_ALWAYS = frozenset({Act.HUMAN, Act.REPEAT, Act.RESTART})


def offer_decision(message: Message, question: Question) -> Decision | None:
    """Decides where the open question belongs to one of these patterns; None elsewhere."""
    if message.act in _ALWAYS and question.slot.name in (
        CONTINUE_CONVERSATION,
        CONTINUE_INTERRUPTED,
        WHICH_INTERRUPTED,
    ):
        return act_decision(message, message.act)
    match question.slot.name:
        case "continue_conversation":
            return _anything_else(message)
        case "continue_interrupted_flow_confirmation":
            return _go_on(message)
        case "interrupted_flow_to_continue":
            return _which(message, question)
        case _:
            return None


def _anything_else(message: Message) -> Decision:
    if message.act in _ENDING:
        return Decision([SetSlot(CONTINUE_CONVERSATION, False)], "nothing else is wanted")
    if is_plain_boolean(message.text) and (plain := boolean_answer(message.text)) is not None:
        return Decision([SetSlot(CONTINUE_CONVERSATION, plain)], "yes or no")
    if message.act is Act.GO_ON:
        return Decision([SetSlot(CONTINUE_CONVERSATION, True)], "more is wanted")
    return _flow_or_boolean(message, CONTINUE_CONVERSATION)


def _go_on(message: Message) -> Decision:
    if message.act in _ENDING or message.act is Act.SKIP:
        return Decision([SetSlot(CONTINUE_INTERRUPTED, False)], "the interrupted flow is no longer wanted")
    if message.act is Act.GO_ON:
        return Decision([SetSlot(CONTINUE_INTERRUPTED, True)], "back to the interrupted flow")
    if is_plain_boolean(message.text) and (plain := boolean_answer(message.text)) is not None:
        return Decision([SetSlot(CONTINUE_INTERRUPTED, plain)], "yes or no")
    return _flow_or_boolean(message, CONTINUE_INTERRUPTED)


def _flow_or_boolean(message: Message, slot: str) -> Decision:
    started = start_decision(message, message.likely)
    said = boolean_answer(message.text)
    waiting = started is not None and started.started in message.situation.running
    if said is False and waiting:
        return Decision([SetSlot(slot, False)], "no")
    if started is not None:
        return started
    if said is not None:
        return Decision([SetSlot(slot, said)], "yes or no")
    if message.act is not None:
        return act_decision(message, message.act)
    return _NOT_UNDERSTOOD


def _which(message: Message, question: Question) -> Decision:
    options = [Option(name, (name, flow.replace("_", " "))) for flow, name in question.interrupted]
    choice = category_answer(message.text, options, message.language)
    if choice is not None:
        return Decision([SetSlot(WHICH_INTERRUPTED, choice.value)], "one of the interrupted flows")
    plain_no = is_plain_boolean(message.text) and boolean_answer(message.text) is False
    if message.act in _ENDING or plain_no or _NEITHER.search(fold(message.text)):
        return Decision([SetSlot(WHICH_INTERRUPTED, "none")], "none of the interrupted flows")
    started = start_decision(message, message.likely)
    names = dict(question.interrupted)
    if started is not None and started.started in names:
        return Decision([SetSlot(WHICH_INTERRUPTED, names[started.started])], "one of the interrupted flows")
    return started or _NOT_UNDERSTOOD
