"""Text and state of the conversation → commands and a trace, by a small trained model and rules of everyday talk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.payloads import is_meant_for_slots
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import CannotHandle, SetSlot
from talkwright.engine.ports import Understood
from talkwright.engine.understanding.local.answering import answer_question
from talkwright.engine.understanding.local.certainty import is_sure
from talkwright.engine.understanding.local.classifier import FlowClassifier
from talkwright.engine.understanding.local.matching.matcher import FlowMatcher
from talkwright.engine.understanding.local.message import Decision, Documents, Message
from talkwright.engine.understanding.local.opening import open_conversation
from talkwright.engine.understanding.local.situation import situation_of
from talkwright.engine.understanding.local.wording import Wording

_UNREADABLE = Decision([CannotHandle()], "a button's values for slots, which this assistant can't read")
_SHOWN = 5  # candidates that a trace holds


class LocalUnderstanding:
    """The understanding that needs no language model. One per loaded model; keeps no state of conversations."""

    def __init__(
        self, classifier: FlowClassifier, now: Callable[[], float] = time.time, documents: Documents | None = None
    ) -> None:
        """`documents` tell what the project's search can answer."""
        self._classifier = classifier
        self._documents = documents
        self._now = now
        self._known: tuple[Wording, FlowMatcher] | None = None

    def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:
        """Understands one message in its situation."""
        wording, matcher = self._of(assistant)
        free_text = text.strip().removeprefix("/")  # what is left of a malformed payload (dialogue-semantics 4.3)
        situation = situation_of(tracker, assistant, language)
        message = Message(free_text, situation, wording, matcher, self._classifier, self._documents)
        decision = _UNREADABLE if is_meant_for_slots(text) else _decided(message)
        return Understood(
            commands=decision.commands,
            parse_data=message.parsed,
            trace=self._trace(message, decision),
        )

    def parse(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Mapping[str, Any]:
        """The intent and the entities of one message, for those who decide by them alone (8)."""
        wording, matcher = self._of(assistant)
        situation = situation_of(tracker, assistant, language)
        return Message(text.strip(), situation, wording, matcher, self._classifier, self._documents).parsed

    def prepare(self, assistant: Assistant) -> None:
        """Build ahead what the first message needs."""
        _, matcher = self._of(assistant)
        matcher.candidates("hello", assistant.language)

    def _of(self, assistant: Assistant) -> tuple[Wording, FlowMatcher]:
        """What is gathered once per assistant; set as one, because a thread may prepare it beside a turn."""
        known = self._known
        if known is None or known[0].assistant is not assistant:
            wording = Wording(assistant, self._classifier.tagger, self._now)
            known = self._known = (wording, FlowMatcher.of(assistant, self._classifier))
        return known

    def _trace(self, message: Message, decision: Decision) -> dict[str, Any]:
        """What the inspector shows: candidates with scores, the words for the first, values, each with its reason."""
        sure = is_sure(message, decision)
        weighed = "candidates" in message.__dict__  # a cached property that nobody needed stays uncomputed
        candidates = message.candidates[:_SHOWN] if weighed else []
        trace: dict[str, Any] = {
            "source": "local",
            "language": message.language,
            "decision": decision.why,
            "sure": sure,
            "candidates": [{"flow": one.flow, "score": round(one.probability, 3)} for one in candidates],
        }
        if candidates:
            explained = message.matcher.explanation(message.text, candidates[0].flow, message.language)
            trace |= {"words": explained.pop("words"), **explained, "thresholds": message.matcher.thresholds}
        if message.__dict__.get("moments"):
            trace["moments"] = [
                {"text": message.text[one.start : one.end], "value": one.value, **one.detail} for one in message.moments
            ]
        if values := list(_values(message, decision)):
            trace["values"] = values
        if "known" in message.__dict__ and self._documents is not None:
            trace["documents"] = round(message.known, 3)
        if message.situation.question is not None:
            trace["question"] = message.situation.question.slot.name
        return trace


def _values(message: Message, decision: Decision) -> Iterator[dict[str, Any]]:
    """The values that the decision sets, each with how it was found."""
    question = message.situation.question
    for command in decision.commands:
        if isinstance(command, SetSlot):
            asked = question is not None and question.slot.name == command.name
            why = decision.reasons.get(command.name) or ("the answer to the question" if asked else decision.why)
            yield {"slot": command.name, "value": command.value, "why": why}


def _decided(message: Message) -> Decision:
    question = message.situation.question
    return answer_question(message, question) if question else open_conversation(message)
