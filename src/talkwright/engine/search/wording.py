"""Texts as a search sees them: stems, the English words behind them, and what they mean together.

Documents and messages are read alike. German is read through the English words that its own stand for, too, so that a
question in one of the two languages finds a passage in the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.search.answer_kinds import kinds_asked
from talkwright.engine.understanding.local.embeddings import DIMENSIONS
from talkwright.engine.understanding.local.languages import common_words, in_english, language_of
from talkwright.engine.understanding.local.matching.reading import MEANT, stem_of, vector_of, weight_of
from talkwright.engine.understanding.local.texts import words

Array = NDArray[np.float32]
_CHUNK = 1_000  # characters that are made into words at once
_MOST_ASKED = 60  # words of a message
_ASKING = frozenset(
    {
        *("much", "many", "long", "often", "early", "late", "soon", "far", "old"),
        *("high", "big", "kind", "sort", "exactly", "please", "tell", "know", "today", "now"),
        *("viel", "viele", "lange", "oft", "frueh", "spaet", "weit", "alt", "hoch"),
        *("gross", "art", "genau", "bitte", "sag", "wissen", "heute", "jetzt"),
    }
)
"""Words that ask, but say nothing of what for."""


@dataclass(frozen=True, slots=True)
class Read:
    """A text taken apart. `stems` come as often as they stand there; `english` are the words that have vectors."""

    stems: tuple[str, ...]
    english: tuple[str, ...]
    meaning: Array


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: stems and English words by how much each tells, and the meaning of all. `meant`: it has one.

    `kinds` are those of the answer that is asked for.
    """

    stems: dict[str, float]
    words: tuple[str, ...]
    weights: Array
    meaning: Array
    meant: bool
    kinds: tuple[str, ...] = ()


def read_text(text: str, languages: Sequence[str]) -> Read:
    """A stretch of a document; its language is the one among `languages` that its words speak for."""
    tokens = [word for start in range(0, len(text), _CHUNK) for word in words(text[start : start + _CHUNK])]
    language = language_of(tokens, languages, languages[0])
    stems, english = _stems(tokens, language)
    return Read(tuple(stems), tuple(english), meaning_of({word: weight_of(word, "en") for word in english}))


def read_query(messages: Sequence[str], languages: Sequence[str], *, older: float) -> Query:
    """What somebody asks: the newest message first, each older one with `older` of the weight of the one after it."""
    stems: dict[str, float] = {}
    told: dict[str, float] = {}
    meant = False
    share = 1.0
    for message in messages:
        tokens = words(message)[:_MOST_ASKED]
        language = language_of(tokens, languages, languages[0])
        common = common_words(language) | _ASKING
        telling = [token for token in tokens if token not in common] or tokens
        own, english = _stems(telling, language)
        for stem, weight in zip(own, _weights(telling, language), strict=False):
            stems[stem] = max(stems.get(stem, 0.0), share * weight)
        for stem in own[len(telling) :]:
            stems[stem] = max(stems.get(stem, 0.0), share)
        for word in english:
            told[word] = max(told.get(word, 0.0), share * weight_of(word, "en"))
        meant = meant or (language in MEANT and bool(english))
        share *= older
    return Query(
        stems, tuple(told), np.array(list(told.values()), np.float32), meaning_of(told), meant, kinds_asked(messages[0])
    )


def meaning_of(weights: dict[str, float]) -> Array:
    """The mean of the words' vectors, weighed by how much each tells, of length 1 (all zeros for no word)."""
    total = np.zeros(DIMENSIONS, np.float32)
    for word, weight in weights.items():
        total += np.float32(weight) * vector_of(word)
    length = float(np.sqrt(total @ total))
    return total / np.float32(length) if length else total


def _weights(tokens: Sequence[str], language: str) -> list[float]:
    return [max(weight_of(token, language), _LEAST) for token in tokens]


_LEAST = 0.3  # what a number or a rare short word weighs at least: it was not left out as a common one


def _stems(tokens: Sequence[str], language: str) -> tuple[list[str], list[str]]:
    """Stems of the words themselves, then those of the English words that they stand for; and these words."""
    stems = [stem_of(token, language) for token in tokens]
    if language == "en":
        return stems, list(dict.fromkeys(tokens))
    english = in_english(tokens, language)
    return [*stems, *(stem_of(word, "en") for word in english)], list(dict.fromkeys(english))
