"""One message while it is being understood: the text, what was found in it so far, and the decision with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Protocol

from talkwright.engine.commands import Command, SetSlot
from talkwright.engine.understanding.local.answers.booleans import is_only_yes_or_no, is_plain_boolean
from talkwright.engine.understanding.local.classifier import Candidate, FlowClassifier
from talkwright.engine.understanding.local.entities import Entity
from talkwright.engine.understanding.local.languages import alternatives, common_words, language_of, phrases
from talkwright.engine.understanding.local.matching.matcher import FlowMatcher
from talkwright.engine.understanding.local.parsing import parsed
from talkwright.engine.understanding.local.phrases import Act, Correction, act_of, correction_in
from talkwright.engine.understanding.local.recognisers import wall_clock
from talkwright.engine.understanding.local.recognisers.dates import moments
from talkwright.engine.understanding.local.recognisers.found import Found
from talkwright.engine.understanding.local.situation import Situation
from talkwright.engine.understanding.local.texts import fold, words
from talkwright.engine.understanding.local.wording import Wording

_ASKING = re.compile(rf"^(?:{alternatives('asking')})\b")
_WANTING = re.compile(rf"^(?:(?:{alternatives('before a wish')}) )*(?:{alternatives('wanting')})\b")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a message means, and in a few words why; `reasons` say by slot how its value was found."""

    commands: Sequence[Command]
    why: str
    entities: Sequence[Entity] = ()
    started: str | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Values:
    """Values that a sentence holds for slots: the commands, the entities that gave some of them, and by slot how."""

    commands: Sequence[SetSlot] = ()
    entities: Sequence[Entity] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)


class Documents(Protocol):
    """What the project's search can answer."""

    def answers(self, message: str) -> float:
        """How likely it is that the documents answer a message, 0..1."""
        ...

    @property
    def sure(self) -> float:
        """The likelihood from which on they are taken to."""
        ...


@dataclass
class Message:
    """A text in its situation. What costs time is found when it is first asked for."""

    text: str
    situation: Situation
    wording: Wording
    matcher: FlowMatcher
    classifier: FlowClassifier
    documents: Documents | None = None

    @cached_property
    def words(self) -> list[str]:
        """The folded words."""
        return words(self.text)

    @cached_property
    def language(self) -> str:
        """The language the message is written in, among the assistant's."""
        return language_of(self.words, self.wording.languages, self.situation.language)

    @property
    def likely(self) -> float:
        """The probability from which on a flow is started."""
        return self.matcher.threshold

    @cached_property
    def act(self) -> Act | None:
        """The conversational move that the whole message is."""
        return act_of(self.text)

    @cached_property
    def correction(self) -> Correction | None:
        """What the message takes back."""
        return correction_in(self.text)

    @cached_property
    def candidates(self) -> list[Candidate]:
        """The flows that a sentence may start now, most likely first."""
        return self.candidates_of(self.text)

    @cached_property
    def entities(self) -> list[Entity]:
        """Values that the project's NLU data finds in the text."""
        return self.wording.entities.find(self.text, self.language)

    @cached_property
    def moments(self) -> list[Found]:
        """Days and times in the text, each with its ISO form."""
        return self.moments_of(self.text)

    @cached_property
    def parsed(self) -> dict[str, Any]:
        """Intent, ranking and entities, as the user's event keeps them."""
        fallback = self.wording.pipeline.fallback
        return parsed(self.text, self.classifier, self.entities, fallback, self.language)

    @property
    def intent(self) -> str | None:
        """The intent of the message; None where the project knows none of its kind."""
        name = self.parsed["intent"]["name"]
        return name if isinstance(name, str) and self.classifier.accepts(self.text, self.language) else None

    @cached_property
    def asks_or_wants(self) -> bool:
        """Whether the sentence is built like a question or a wish, which answers seldom are."""
        plain = fold(self.text).strip()
        return len(self.words) > 1 and bool(_ASKING.match(plain) or _WANTING.match(plain))

    @cached_property
    def is_question(self) -> bool:
        """Whether the sentence asks for something."""
        return len(self.words) > 2 and (
            bool(_ASKING.match(fold(self.text).strip())) or self.text.rstrip().endswith("?")
        )

    @cached_property
    def says_nothing(self) -> bool:
        """Whether the message is only a yes or no, or small words that say nothing about any matter."""
        if is_only_yes_or_no(self.text) or is_plain_boolean(self.text):
            return True
        named = any(self.wording.is_flow_name(self.text, flow) for flow in self.situation.assistant.user_flows)
        return not self.is_question and not named and all(word in _small_words() for word in self.words)

    @cached_property
    def known(self) -> float:
        """How likely it is that the project's documents answer the message, 0..1."""
        if self.documents is None or not self.wording.searches:
            return 0.0
        return self.documents.answers(self.text)

    def names_tasks(self, text: str) -> bool:
        """Whether a text is a flow's name, or a word that several flows have in theirs: a matter, and nobody's name.

        English writes such words small; with a capital one may be somebody's name.
        """
        if any(self.wording.is_flow_name(text, flow) for flow in self.situation.assistant.user_flows):
            return True
        written_like_a_name = self.language == "en" and text.strip()[:1].isupper()
        if written_like_a_name or len(words(text)) > 1:
            return False
        return bool(self.matcher.shared_names.sharing(text, self.language, ""))

    def candidates_of(self, text: str) -> list[Candidate]:
        """The startable flows for another text, such as the rest of a correction."""
        found = self.matcher.candidates(text, self.language)
        return [candidate for candidate in found[:_CONSIDERED] if self.situation.startable(candidate.flow)]

    def moments_of(self, text: str) -> list[Found]:
        """Days and times in another text."""
        return list(moments(text[:_MAX_TEXT], self.language, wall_clock(self.wording.now)))


@cache
def _small_words() -> frozenset[str]:
    return (common_words("en") | common_words("de")) - frozenset(phrases("telling small words"))


_MAX_TEXT = 500
_CONSIDERED = 12  # candidates whose guards are worth evaluating
