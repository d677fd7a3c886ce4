"""Whether a decision can hardly be wrong, so that nobody else need be asked: buttons, plain answers, names, phrases."""

from __future__ import annotations

from talkwright.engine.commands import (
    PAYLOAD,
    CancelFlow,
    ChitChat,
    Clarify,
    Repeat,
    Restart,
    SetSlot,
    SkipQuestion,
    StartFlow,
)
from talkwright.engine.understanding.local.message import Decision, Message

_PHRASES = (CancelFlow, ChitChat, Clarify, Repeat, Restart, SkipQuestion)
_SHORT = 4  # words: a longer answer of a type may say more than its value
_TRUSTED = 0.9  # probability from which on a flow with triggers of its own is what the sentence asks for


def is_sure(message: Message, decision: Decision) -> bool:
    """Whether a decision needs no second opinion."""
    commands = decision.commands
    if not commands:
        return False
    if all(isinstance(command, SetSlot) for command in commands):
        return _is_plain_answer(message, decision)
    if isinstance(commands[0], StartFlow):
        return _is_named(message, commands[0].flow)
    return len(commands) == 1 and isinstance(commands[0], _PHRASES) and message.act is not None


def _is_plain_answer(message: Message, decision: Decision) -> bool:
    question = message.situation.question
    sets = [command for command in decision.commands if isinstance(command, SetSlot)]
    if question is None or all(command.extractor == PAYLOAD for command in sets):
        return question is not None
    if question.step is not None and question.step.force_slot_filling:
        return True
    typed = question.slot.type not in ("text", "any")
    return typed and [command.name for command in sets] == [question.slot.name] and len(message.words) <= _SHORT


def _is_named(message: Message, flow: str) -> bool:
    if message.wording.is_flow_name(message.text, flow):
        return True
    triggers = message.situation.assistant.flows[flow].nlu_triggers
    score = next((one.probability for one in message.candidates if one.flow == flow), 0.0)
    return bool(triggers) and score >= _TRUSTED
