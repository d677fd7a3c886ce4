"""A text taken apart: its words with stems, weights and vectors, its pieces of characters, and its whole meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import Stemmer  # type: ignore[import-not-found]  # a compiled module without types
from numpy.typing import NDArray

from talkwright.engine.understanding.local.embeddings import DIMENSIONS, english_embeddings
from talkwright.engine.understanding.local.languages import common_words, in_english, phrases
from talkwright.engine.understanding.local.texts import MAX_TEXT, words

Vector = NDArray[np.float32]
MEANT = frozenset({"en", "de"})
"""Languages whose words have vectors: English itself, and German through the English words that its own stand for."""
_MAX_WORDS = 60
_PIECE = 3  # characters
_PLAIN = 1.0  # the weight of a word that the embeddings can't weigh
_COMMON = 0.15  # … and of one that says nothing
_FULL = 10.0  # the length of the vector of a word that tells as much as most nouns
_COMMON_MOST = 0.35  # what a word on the list of common ones may weigh
_FIRM = frozenset({"not", "no", "nicht", "kein"})


@dataclass(frozen=True, slots=True)
class Reading:
    """One text. `stems` weighs each stem; `words` and `vectors` are the English words with vectors of length 1."""

    stems: Mapping[str, float]
    words: tuple[str, ...]
    weights: Vector
    vectors: Vector
    meaning: Vector
    pieces: frozenset[str]


def read(text: str, language: str) -> Reading:
    """Take a text of `language` apart; German is read through the English words that its own stand for."""
    return read_words(words(text[:MAX_TEXT])[:_MAX_WORDS], language)


@lru_cache(maxsize=64)
def _read(tokens: tuple[str, ...], language: str) -> Reading:
    english = tokens if language == "en" else tuple(in_english(tokens, language))
    stems: dict[str, float] = {}
    for token in tokens:
        stem = stem_of(token, language)
        stems[stem] = max(stems.get(stem, 0.0), weight_of(token, language))
    if language != "en":
        for token in english:
            stem = stem_of(token, "en")
            stems[stem] = max(stems.get(stem, 0.0), weight_of(token, "en"))
    unique = tuple(dict.fromkeys(english))
    weights = np.array([weight_of(word, "en") for word in unique], np.float32)
    vectors = np.stack([vector_of(word) for word in unique]) if unique else np.zeros((0, DIMENSIONS), np.float32)
    pieces = frozenset(
        padded[start : start + _PIECE]
        for token in tokens
        if token not in common_words(language)
        for padded in (f" {token} ",)
        for start in range(len(padded) - _PIECE + 1)
    )
    meaning = english_embeddings().embed(" ".join(english)) if english else np.zeros(DIMENSIONS, np.float32)
    return Reading(stems, unique, weights, vectors, meaning, pieces)


def read_words(tokens: Sequence[str], language: str) -> Reading:
    """The same for folded words."""
    return _read(tuple(tokens), language)


@cache
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    algorithm = dict(line.split("=") for line in phrases("stemmers")).get(language)
    return Stemmer.Stemmer(algorithm) if algorithm in Stemmer.algorithms() else None


@lru_cache(maxsize=16384)
def stem_of(word: str, language: str) -> str:
    """The stem of a word; the word itself where the language has no stemmer here."""
    stemmer = _stemmer(language.partition("-")[0].lower())
    return str(stemmer.stemWord(word)) if stemmer is not None else word


@lru_cache(maxsize=16384)
def weight_of(word: str, language: str) -> float:
    """How much a word tells (0..2): the length of its vector says it for English, the list of common words for all."""
    if word.isdigit():
        return _COMMON
    common = word in common_words(language)
    if language != "en":
        return _COMMON if common else _PLAIN
    length = min(_raw_length(word) / _FULL, 2.0)
    return min(length, _COMMON_MOST) if common and word not in _FIRM else length


@lru_cache(maxsize=4096)
def vector_of(word: str) -> Vector:
    """The vector of an English word, of length 1."""
    return english_embeddings().embed(word)


def _raw_length(word: str) -> float:
    return english_embeddings().length(word)
