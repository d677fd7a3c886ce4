"""Days and times as values of texts: kept as they are said, "next Friday", never as a date that nobody wrote.

What a slot is about, its name tells: the day of something, its beginning or its end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from talkwright.assistant.domain import Slot
from talkwright.engine.understanding.local.languages import alternatives, common_words, phrases
from talkwright.engine.understanding.local.recognisers.found import Found
from talkwright.engine.understanding.local.texts import fold, readable, words

_DAYS, _BEGINNINGS, _ENDINGS = (frozenset(phrases(name)) for name in ("days", "beginnings", "endings"))
_AROUND = frozenset(phrases("around a moment"))
_BEFORE_BEGINNING = re.compile(rf"\b(?:{alternatives('before a beginning')})\s+(?:the\s+|dem\s+)?$")
_BEFORE_END = re.compile(rf"(?:\b(?:{alternatives('before an ending')})\s+(?:the\s+|dem\s+)?|\s[-–]\s*)$")


def is_of_time(slot: Slot) -> bool:
    """Whether the slot's name says that it holds a day or a time."""
    return slot.type in ("text", "any") and bool(_named(slot) & (_DAYS | _BEGINNINGS | _ENDINGS))


def moment_answer(text: str, found: Sequence[Found], language: str, slot: Slot) -> str | None:
    """The moment that an answer is, as said; None where it is none, or more than that.

    A slot of times takes the moment of any sentence that goes on about nothing else; others only a moment alone.
    """
    if len(found) != 1:
        return None
    (moment,) = found
    before, after = words(text[: moment.start]), words(text[moment.end :])
    around = {*before, *after}
    if around & _AROUND or not set(after) <= common_words(language):
        return None
    if not is_of_time(slot) and not around <= common_words(language):
        return None
    return text[moment.start : moment.end]


def moments_in(text: str, found: Sequence[Found], slots: Sequence[Slot]) -> list[tuple[Slot, str]]:
    """The slots of times that a sentence fills, each with the moment as said; only where one slot can be meant."""
    plain = [one for one in found if not set(words(text[: one.start])[-1:]) & _AROUND]
    open_slots = [slot for slot in slots if is_of_time(slot)]
    begins, ends = ([slot for slot in open_slots if _named(slot) & kind] for kind in (_BEGINNINGS, _ENDINGS))
    if len(begins) == len(ends) == 1 and begins != ends:
        return _from_and_to(text, plain, begins[0], ends[0])
    days = [slot for slot in open_slots if _named(slot) & _DAYS]
    slots = days if len(days) == 1 else open_slots
    return [(slots[0], text[plain[0].start : plain[0].end])] if len(plain) == len(slots) == 1 else []


def _from_and_to(text: str, found: Sequence[Found], begin: Slot, end: Slot) -> list[tuple[Slot, str]]:
    said: dict[str, tuple[Slot, str]] = {}
    for number, moment in enumerate(found):
        before = fold(text[: moment.start])
        if _BEFORE_END.search(before) and (number or len(found) == 1):
            said.setdefault(end.name, (end, text[moment.start : moment.end]))
        elif not number and (_BEFORE_BEGINNING.search(before) or len(found) > 1):
            said.setdefault(begin.name, (begin, text[moment.start : moment.end]))
    return list(said.values())


def _named(slot: Slot) -> frozenset[str]:
    return frozenset(words(readable(slot.name)))
