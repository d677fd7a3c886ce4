"""Texts that a sentence marks as values by the word before them: `send 50 to my landlord` names a recipient."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from talkwright.assistant.domain import Slot
from talkwright.engine.understanding.local.languages import common_words, phrases
from talkwright.engine.understanding.local.texts import fold, readable, spans, words

_LONGEST = 4  # words of a value
_BESIDE = " \t-’'"  # what may stand between the words of one value
_OPEN = frozenset({"to", "for", "an"})  # after these a small word without an article may as well be a verb
Span = tuple[int, int]


def cued_values(text: str, language: str, slots: Sequence[Slot], taken: Sequence[Span] = ()) -> list[tuple[Slot, str]]:
    """The text slots that the sentence fills by such a word, each with its text.

    A word that fits several of the slots fills none, and what overlaps `taken` is something else already.
    """
    tokens = [(fold(word), start, end) for word, start, end in spans(text)]
    found: dict[str, tuple[Slot, str]] = {}
    for cue, fitting in _cues(language):
        fits = [slot for slot in slots if slot.type in ("text", "any") and _named(slot) & fitting]
        if len(fits) != 1 or fits[0].name in found:
            continue
        values = [
            value
            for place in _places(tokens, cue)
            if (value := _value(text, tokens, place, language, bare=cue[-1] not in _OPEN)) is not None
            and not any(value[0] < end and start < value[1] for start, end in taken)
        ]
        if len(values) == 1:
            found[fits[0].name] = (fits[0], text[slice(*values[0])])
    return list(found.values())


def _places(tokens: Sequence[tuple[str, int, int]], cue: tuple[str, ...]) -> list[int]:
    """The numbers of the tokens after each occurrence of the cue."""
    plain = [token for token, _, _ in tokens]
    return [at + len(cue) for at in range(len(plain) - len(cue)) if tuple(plain[at : at + len(cue)]) == cue]


def _value(text: str, tokens: Sequence[tuple[str, int, int]], first: int, language: str, *, bare: bool) -> Span | None:
    """The stretch that begins at a token and is one thing: an article or a name, up to what surely is none of it."""
    begins = frozenset(phrases("before a value"))
    place, introduced = first, tokens[first][0] in begins
    if introduced:
        place += 1
    start_of_name = place
    while place < len(tokens) and place - start_of_name < _LONGEST and _belongs(text, tokens, place, first, language):
        place += 1
    if place == start_of_name:
        return None
    named = text[tokens[start_of_name][1]].isupper()
    if not (introduced or named or (bare and place == len(tokens) and place - start_of_name == 1)):
        return None
    return tokens[first][1], tokens[place - 1][2]


def _belongs(text: str, tokens: Sequence[tuple[str, int, int]], place: int, first: int, language: str) -> bool:
    token, start, _ = tokens[place]
    if token in common_words(language) or token in _ends() or any(char.isdigit() for char in token):
        return False
    between = text[tokens[place - 1][2] : start] if place > first else ""
    return all(char in _BESIDE for char in between)


def _named(slot: Slot) -> frozenset[str]:
    return frozenset(words(readable(slot.name)))


@cache
def _cues(language: str) -> tuple[tuple[tuple[str, ...], frozenset[str]], ...]:
    """Longer cues first, each with the words of slot names that it fits."""
    lines = [line.split("=", 1) for line in phrases(f"cues {language}")]
    cues = [(tuple(words(cue)), frozenset(fitting.split())) for cue, fitting in lines]
    return tuple(sorted(cues, key=lambda pair: -len(pair[0])))


@cache
def _ends() -> frozenset[str]:
    return frozenset(phrases("after a value"))
