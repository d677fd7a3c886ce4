"""One message while it is being understood: the text, what was found in it so far, and the decision with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from talkwright.engine.commands import Command
from talkwright.engine.understanding.local.classifier import Candidate
from talkwright.engine.understanding.local.entities import Entity
from talkwright.engine.understanding.local.languages import alternatives, language_of
from talkwright.engine.understanding.local.matching.matcher import FlowMatcher
from talkwright.engine.understanding.local.phrases import Act, Correction, act_of, correction_in
from talkwright.engine.understanding.local.situation import Situation
from talkwright.engine.understanding.local.texts import fold, words
from talkwright.engine.understanding.local.wording import Wording

_ASKING = re.compile(rf"^(?:{alternatives('asking')})\b")
_WANTING = re.compile(rf"^(?:(?:{alternatives('before a wish')}) )*(?:{alternatives('wanting')})\b")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a message means, and in a few words why."""

    commands: Sequence[Command]
    why: str
    entities: Sequence[Entity] = ()
    started: str | None = None


@dataclass
class Message:
    """A text in its situation. What costs time is found when it is first asked for."""

    text: str
    situation: Situation
    wording: Wording
    matcher: FlowMatcher

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

    def candidates_of(self, text: str) -> list[Candidate]:
        """The startable flows for another text, such as the rest of a correction."""
        found = self.matcher.candidates(text, self.language)
        return [candidate for candidate in found[:_CONSIDERED] if self.situation.startable(candidate.flow)]


_CONSIDERED = 12  # candidates whose guards are worth evaluating
