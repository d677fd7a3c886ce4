"""Answers to what patterns ask: whether anything else is wanted, and which interrupted flow goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from talkwright.engine.commands import CancelFlow, CannotHandle, SetSlot
from talkwright.engine.dialogue.interruption import CHOICE_SLOT, CONFIRMATION_SLOT
from talkwright.engine.dialogue.rating import ANYTHING_ELSE_SLOT
from talkwright.engine.understanding.local.answers.booleans import boolean_answer, is_plain_boolean
from talkwright.engine.understanding.local.answers.categories import Option, category_answer
from talkwright.engine.understanding.local.knowing import known_question
from talkwright.engine.understanding.local.languages import alternatives
from talkwright.engine.understanding.local.message import Decision, Message
from talkwright.engine.understanding.local.opening import act_decision, nothing_fits
from talkwright.engine.understanding.local.phrases import ENDINGS, Act
from talkwright.engine.understanding.local.several import several_wishes
from talkwright.engine.understanding.local.situation import Question
from talkwright.engine.understanding.local.starting import start_decision
from talkwright.engine.understanding.local.texts import fold

RATING_SLOT = "csat_score"
_NEITHER = re.compile(r"\b(?:none|neither|nothing|no(?:ne)? of (?:them|those|these)|keine?[rsn]?|nichts|weder)\b")
_ENDING = ENDINGS | {Act.CANCEL}
_NO_THANKS = re.compile(alternatives("no thanks"))
_NEITHER_NOR = "neither yes nor no, and no likely flow"
_NOT_UNDERSTOOD = Decision([CannotHandle()], _NEITHER_NOR)
_ALWAYS = frozenset({Act.HUMAN, Act.REPEAT, Act.RESTART})


def offer_decision(message: Message, question: Question) -> Decision | None:
    """Decides where the open question belongs to one of these patterns; None elsewhere."""
    decide = _OFFERS.get(question.slot.name)
    if decide is None:
        return None
    if message.act in _ALWAYS:
        return act_decision(message, message.act)
    return decide(message, question)


def _anything_else(message: Message, _: Question) -> Decision:
    if message.act in _ENDING:
        return Decision([SetSlot(ANYTHING_ELSE_SLOT, False)], "nothing else is wanted")
    if is_plain_boolean(message.text) and (plain := boolean_answer(message.text)) is not None:
        return Decision([SetSlot(ANYTHING_ELSE_SLOT, plain)], "yes or no")
    if message.act is Act.GO_ON:
        return Decision([SetSlot(ANYTHING_ELSE_SLOT, True)], "more is wanted")
    return _flow_or_boolean(message, ANYTHING_ELSE_SLOT)


def _go_on(message: Message, _: Question) -> Decision:
    if message.act in _ENDING or message.act is Act.SKIP:
        return Decision([SetSlot(CONFIRMATION_SLOT, False)], "the interrupted flow is no longer wanted")
    if message.act is Act.GO_ON:
        return Decision([SetSlot(CONFIRMATION_SLOT, True)], "back to the interrupted flow")
    if is_plain_boolean(message.text) and (plain := boolean_answer(message.text)) is not None:
        return Decision([SetSlot(CONFIRMATION_SLOT, plain)], "yes or no")
    return _flow_or_boolean(message, CONFIRMATION_SLOT)


def _flow_or_boolean(message: Message, slot: str) -> Decision:
    best = message.candidates[0].probability if message.candidates else 0.0
    if (asked := known_question(message, best)) is not None:
        return asked
    started = several_wishes(message) or start_decision(message)
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
    return nothing_fits(message, _NEITHER_NOR)


def _rating(message: Message, _: Question) -> Decision | None:
    """Whoever says good-bye doesn't want to rate; None where the message may be an answer or anything else."""
    refuses = _NO_THANKS.fullmatch(fold(message.text).strip(" .!")) is not None
    if refuses or message.act in _ENDING or message.act is Act.SKIP:
        return Decision([CancelFlow()], "no rating is wanted")
    return None


def _which(message: Message, question: Question) -> Decision:
    options = [Option(name, (name, flow.replace("_", " "))) for flow, name in question.interrupted]
    choice = category_answer(message.text, options, message.language)
    if choice is not None:
        return Decision([SetSlot(CHOICE_SLOT, choice.value)], "one of the interrupted flows")
    plain_no = is_plain_boolean(message.text) and boolean_answer(message.text) is False
    if message.act in _ENDING or plain_no or _NEITHER.search(fold(message.text)):
        return Decision([SetSlot(CHOICE_SLOT, "none")], "none of the interrupted flows")
    started = start_decision(message)
    names = dict(question.interrupted)
    if started is not None and started.started in names:
        return Decision([SetSlot(CHOICE_SLOT, names[started.started])], "one of the interrupted flows")
    return started or _NOT_UNDERSTOOD


_OFFERS: Mapping[str, Callable[[Message, Question], Decision | None]] = {
    ANYTHING_ELSE_SLOT: _anything_else,
    CONFIRMATION_SLOT: _go_on,
    CHOICE_SLOT: _which,
    RATING_SLOT: _rating,
}
