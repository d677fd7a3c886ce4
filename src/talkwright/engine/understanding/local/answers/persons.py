"""Names of people: which slots hold one, what is surely none, and what looks like one."""

from __future__ import annotations

import re
from functools import cache

from talkwright.assistant.domain import Slot
from talkwright.engine.understanding.local.answers.categories import is_a_place
from talkwright.engine.understanding.local.answers.numbers import find_numbers
from talkwright.engine.understanding.local.languages import background, common_words, glosses, in_english, phrases
from talkwright.engine.understanding.local.texts import readable, words

_PERSONS = frozenset(word for line in phrases("people with names") for word in words(line))
_A_THING = re.compile(r"(?:a|ein|eine|einen|einem|einer)\s+\w")
_NAME = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*\.?")
_MOST_WORDS = 3  # of a name that stands alone
_MEASURED = 2  # words behind a number that it may count


def asks_for_a_person(slot: Slot) -> bool:
    """Whether the slot holds somebody's name."""
    named = words(readable(slot.name))
    return named[-1:] == ["name"] and (len(named) == 1 or named[-2] in _PERSONS)


def is_no_name(text: str, language: str) -> bool:
    """Whether a text is surely no name: without a letter, a thing, a place in a list, or so many of something."""
    said = text.strip()
    if not any(char.isalpha() for char in said) or _A_THING.match(said):
        return True
    return is_a_place(said, language) or _is_a_quantity(said, language)


def _is_a_quantity(said: str, language: str) -> bool:
    """A number alone, or one that isn't written like a name and counts what stands behind it: "vier Kilo"."""
    first = next(iter(find_numbers(said, language)), None)
    if first is None or first.start or first.bare_article:
        return False
    behind = words(said[first.end :])
    return not behind or (not said[0].isupper() and len(behind) <= _MEASURED)


def looks_like_a_name(text: str, language: str) -> bool:
    """Whether all of a text are a few words with capitals, the first of which is no word of the language."""
    said = text.strip(" \t\n,;:!")
    tokens = said.split()
    if not 0 < len(tokens) <= _MOST_WORDS or is_no_name(said, language):
        return False
    known = any(_is_a_word(part, language) for part in words(tokens[0]))
    return not known and all(_NAME.fullmatch(token) and token[0].isupper() for token in tokens)


def _is_a_word(word: str, language: str) -> bool:
    """Whether the language has the word, as far as is known here."""
    return word in _vocabulary(language) or bool(in_english([word], language))


@cache
def _vocabulary(language: str) -> frozenset[str]:
    said = {word for line in background(language) for word in words(line)} | common_words(language)
    said |= {*common_words("en"), *common_words("de"), *phrases("thinking aloud")}
    english = {word for line in glosses("de").values() for word in line.split()} if language == "en" else set()
    return frozenset(said | english)
