"""What people say in any conversation, whatever the assistant does: stop, again, a person please, I meant Bob."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from talkwright.engine.understanding.local.languages import alternatives
from talkwright.engine.understanding.local.texts import fold


class Act(StrEnum):
    """A move in the conversation that needs no knowledge of the assistant; the first that fits is meant."""

    CANCEL = "cancel"
    HUMAN = "human"
    REPEAT = "repeat"
    RESTART = "restart"
    SKIP = "skip"
    THANKS = "thanks"
    FAREWELL = "farewell"
    NOTHING_ELSE = "nothing else"
    GO_ON = "go on"
    GREETING = "greeting"
    SMALL_TALK = "small talk"
    HELP = "help"


ENDINGS = frozenset({Act.THANKS, Act.FAREWELL, Act.NOTHING_ELSE})
"""What people say when they have all they want."""
_POLITE = re.compile(rf"^(?:(?:{alternatives('polite words in front')})\b[\s,.!]*)")
_POLITE_END = re.compile(rf"[\s,.!?]*(?:\b(?:{alternatives('polite words behind')})\b[\s,.!?]*)$")
_ACTS = {act: re.compile(alternatives(act.value)) for act in Act}
_CORRECTION = re.compile(
    rf"^(?:(?:{alternatives('before a correction')})\b[\s,.!:;-]*)*"
    rf"(?:(?P<marker>{alternatives('correction')})\b[\s,.!:;-]*)+"
)
_LONGEST_ACT = 150  # characters: a longer message says more than a phrase
_LONGEST_CORRECTION = 500
_NOT_BUT = re.compile(
    r"\b(?:not|nicht)\s+(?P<old>.{1,40}?)[\s,]+(?:but|sondern|,)\s+(?P<new>.+)$|"
    r"(?P<new2>[^\s,]+(?:\s[^\s,]+){0,3}),\s+(?:not|nicht)\s+(?P<old2>[^,]+)$"
)
_CHANGE_NAMED = re.compile(
    r"\b(?:change|correct|update|edit|modify|fix|adjust|switch|set|aendere?|aendern|korrigiere?n?|setze?n?|stelle?)\b"
)


@dataclass(frozen=True, slots=True)
class Correction:
    """A message that takes something back: what remains to be read as the new value."""

    rest: str
    marker: str


def act_of(text: str) -> Act | None:
    """The act that the whole message is, politeness aside; None where it says anything more."""
    if len(text) > _LONGEST_ACT:
        return None
    for candidate in _with_less_politeness(_plain(text)):
        for act, pattern in _ACTS.items():
            if pattern.fullmatch(candidate):
                return act
    return None


def _with_less_politeness(plain: str) -> list[str]:
    """The text as it stands, then without one polite word more at the front or the end, until none is left."""
    found = [plain]
    for candidate in found:
        for shorter in (_POLITE.sub("", candidate), _POLITE_END.sub("", candidate).strip(" ,.!?")):
            if shorter and shorter not in found:
                found.append(shorter)
    return found


def correction_in(text: str) -> Correction | None:
    """The correction a message makes: "no, I meant Bob", "actually make it 70", "nicht 50, sondern 70"; else None."""
    if len(text) > _LONGEST_CORRECTION:
        return None
    folded_like = fold(text)
    if found := _NOT_BUT.search(folded_like):
        new = found["new"] or found["new2"]
        start = folded_like.rindex(new)
        return Correction(_original(text, folded_like, start, start + len(new)), "not … but")
    found = _CORRECTION.match(folded_like)
    if found and found["marker"]:
        return Correction(_original(text, folded_like, found.end(), len(folded_like)), found["marker"])
    return None


def change_request(text: str) -> bool:
    """Whether the message asks to change something by name: "change the amount to 70"."""
    return bool(_CHANGE_NAMED.search(fold(text)))


def _plain(text: str) -> str:
    return " ".join(fold(text).strip(" \t\n.,!?;:…-").split())


def _original(text: str, folded: str, start: int, end: int) -> str:
    """The stretch of the text as written. Folding lengthens umlauts, so positions are counted from the nearer end."""
    if len(folded) == len(text):
        return text[start:end].strip()
    head = _length_before_folding(text, start)
    tail = _length_before_folding(text, end)
    return text[head:tail].strip()


def _length_before_folding(text: str, folded_length: int) -> int:
    """How many characters of `text` fold to `folded_length` characters."""
    total = 0
    for count, char in enumerate(text):
        if total >= folded_length:
            return count
        total += len(fold(char)) or 1
    return len(text)
