"""What a model writes becomes what is said, piece by piece: citations numbered anew, marks of no answer taken out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

MOST = 8_000
"""Characters of an answer; what comes after is not said."""
_NO_ANSWER = re.compile(r"\[NO_(?:RAG_)?ANSWER\]")
_CITATION = re.compile(r"\[(\d{1,3}(?:\s{0,2},\s{0,2}\d{1,3}){0,9})\]")
_LONGEST_BRACKET = 40  # characters that may turn out to be one of the two


@dataclass
class Saying:
    """The text of one answer while it comes in.

    `sources` are those of the passages that the model was given, in order; without `cites` numbers in brackets are left
    as they are. `said` is what may be told so far and never changes afterwards; `empty` whether the model wrote that it
    knows no answer.
    """

    sources: Sequence[str]
    cites: bool
    said: str = ""
    empty: bool = False
    _held: str = ""
    _numbers: dict[int, int] = field(default_factory=dict)

    def take(self, piece: str) -> str:
        """Take in a piece; gives what may be told by it."""
        self._held += piece
        return self._told(self._held[: self._sure()])

    def end(self) -> str:
        """The model has written all; gives what is still to be told, with the list of what was cited."""
        told = self._told(self._held)
        if self.said and self._numbers:
            listed = "\n".join(f"[{new}] {self.sources[old - 1]}" for old, new in self._numbers.items())
            told += self._tell(f"\n{listed}")
        return told

    def _sure(self) -> int:
        """How much of what is held can't be the beginning of a mark or of blanks at the end."""
        bracket = self._held.rfind("[")
        ends = len(self._held)
        if bracket >= 0 and "]" not in self._held[bracket:] and ends - bracket < _LONGEST_BRACKET:
            ends = bracket
        return len(self._held[:ends].rstrip())

    def _told(self, sure: str) -> str:
        self._held = self._held[len(sure) :]
        text = sure
        if _NO_ANSWER.search(text):
            self.empty = self.empty or not self.said
            text = _NO_ANSWER.sub("", text)
        if self.cites:
            text = _CITATION.sub(self._renumbered, text)
        if not self.said:
            text = text.lstrip()
        return "" if self.empty else self._tell(text)

    def _tell(self, text: str) -> str:
        text = text[: MOST - len(self.said)]
        self.said += text
        return text

    def _renumbered(self, found: re.Match[str]) -> str:
        """Citations by the order of their first mention; a number that no passage has is left out."""
        known = [number for number in map(int, found[1].split(",")) if 1 <= number <= len(self.sources)]
        new = [self._numbers.setdefault(self._same(number), len(self._numbers) + 1) for number in known]
        return f"[{', '.join(map(str, dict.fromkeys(new)))}]" if new else ""

    def _same(self, number: int) -> int:
        """The first cited passage of the same document: one document is listed once."""
        source = self.sources[number - 1]
        return next((old for old in self._numbers if self.sources[old - 1] == source), number)
