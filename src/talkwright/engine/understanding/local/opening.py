"""Messages that answer no question: which flow they start, with which values, or why none."""

from __future__ import annotations

from talkwright.engine.commands import (
    CancelFlow,
    CannotHandle,
    ChitChat,
    Clarify,
    HumanHandoff,
    Knowledge,
    Repeat,
    Restart,
    SkipQuestion,
    StartFlow,
)
from talkwright.engine.understanding.local.knowing import known_question
from talkwright.engine.understanding.local.message import Decision, Message
from talkwright.engine.understanding.local.phrases import ENDINGS, Act
from talkwright.engine.understanding.local.several import several_wishes
from talkwright.engine.understanding.local.starting import start_decision

_TRUST_OVER_PHRASE = 0.6  # a trained flow wins over a phrase of everyday talk from here on


def open_conversation(message: Message) -> Decision:
    """Decides about a message while no question is open."""
    best = message.candidates[0] if message.candidates else None
    if message.act is not None and not (best and best.probability >= _TRUST_OVER_PHRASE and message.act in _SOFT_ACTS):
        return act_decision(message, message.act)
    if (several := several_wishes(message)) is not None:
        return several
    asked = known_question(message, best.probability if best else 0.0)
    return asked or start_decision(message) or nothing_fits(message, "no flow is likely enough")


def nothing_fits(message: Message, why: str) -> Decision:
    """What remains for a message that no flow and no answer is: a question for the project's search, or a refusal."""
    if message.is_question and message.wording.searches:
        return Decision([Knowledge()], f"{why}, and it asks something")
    if message.says_nothing:
        return Decision([CannotHandle()], why)
    says_little = message.act is None and not message.asks_or_wants  # a wish that no flow grants is no question
    if message.documents is not None and says_little and message.known >= message.documents.sure:
        return Decision([Knowledge()], f"{why}, and the documents answer it")
    return Decision([CannotHandle()], why)


_SOFT_ACTS = ENDINGS | {Act.HUMAN, Act.GREETING, Act.SMALL_TALK, Act.GO_ON, Act.CANCEL, Act.SKIP, Act.HELP}
_CHITCHAT = {Act.THANKS: "thanks", Act.FAREWELL: "farewell", Act.NOTHING_ELSE: "farewell"}


def act_decision(message: Message, act: Act) -> Decision:
    """The command for a phrase of everyday talk."""
    why = f"the phrase means: {act.value}"
    match act:
        case Act.CANCEL:
            return Decision([CancelFlow() if message.situation.running else ChitChat()], why)
        case Act.REPEAT:
            return Decision([Repeat()], why)
        case Act.RESTART:
            return Decision([Restart()], why)
        case Act.SKIP:
            return Decision([SkipQuestion()], why)
        case Act.HUMAN:
            return _handoff(message, why)
        case Act.HELP:
            return _help(message, why)
        case Act.GREETING if not message.situation.running and not message.wording.answers_small_talk:
            return Decision([Clarify()], f"{why}, and no answer to it is written")
        case _:
            return Decision([ChitChat(_CHITCHAT.get(act))], why)


def _help(message: Message, why: str) -> Decision:
    """The flows to choose from; in the middle of one, what it asks once more."""
    flows = tuple(flow for flow in message.situation.assistant.user_flows if message.situation.startable(flow))
    return Decision([CannotHandle() if message.situation.running or not flows else Clarify(flows)], why)


def _handoff(message: Message, why: str) -> Decision:
    """The flow that links to the handoff pattern, else the one that the sentence asks for; else the pattern itself."""
    flow = message.wording.handoff_flow
    if flow is not None and message.situation.startable(flow):
        return Decision([StartFlow(flow)], why, started=flow)
    return start_decision(message) or Decision([HumanHandoff()], why)
