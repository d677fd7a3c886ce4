"""Texts as numbers: one vector of features and one of meaning. Training and running share every line of it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.understanding.local.embeddings import DIMENSIONS, english_embeddings
from talkwright.engine.understanding.local.languages import in_english, language_of
from talkwright.engine.understanding.local.texts import MAX_TEXT, features, words

_PIECES_LENGTH = 0.5  # what all pieces of words weigh beside all words and pairs of words


@dataclass(frozen=True, slots=True)
class TextVector:
    """One text: numbers and values of its known features, its embedding, and how much of it is known.

    `known` holds the share of its words that are known (rare words count more), the share of its pairs of words, and
    the logarithm of its length.
    """

    numbers: NDArray[np.intp]
    values: NDArray[np.float32]
    dense: NDArray[np.float32]
    known: tuple[float, float, float]

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the text says anything."""
        return not len(self.numbers) and not self.dense.any()


@dataclass(frozen=True)
class Vectoriser:
    """Turns text into numbers. `vocabulary` is sorted by name; `weights` holds the rarity of each feature.

    `rarest` is the rarity of a feature that no text has.
    """

    vocabulary: Mapping[str, int]
    weights: NDArray[np.float32]
    rarest: float
    languages: tuple[str, ...]

    @cached_property
    def _pieces(self) -> int:
        """How many features are pieces of words: their names come first."""
        return bisect_left(list(self.vocabulary), "d")

    def sparse(
        self, tokens: Sequence[str], glossed: Sequence[str] = ()
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Feature numbers and their values: words and pairs of length 1 together, pieces of words beside them."""
        known = self.vocabulary
        counts = Counter(known[name] for name in features(tokens) if name in known)
        if glossed:
            counts.update(known[name] for name in features(glossed) if name in known)
        if not counts:
            return np.zeros(0, np.intp), np.zeros(0, np.float32)
        numbers = np.fromiter(counts.keys(), np.intp, len(counts))
        values = (1.0 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self.weights[numbers]
        pieces = numbers < self._pieces
        for part, wanted in ((pieces, _PIECES_LENGTH), (~pieces, 1.0)):
            length = math.sqrt(float(values[part] @ values[part]))
            if length:
                values[part] *= wanted / length
        return numbers, values.astype(np.float32)

    def dense(self, text: str, glossed: Sequence[str], language: str) -> NDArray[np.float32]:
        """The embedding of an English text, or of the English words a German one stands for."""
        if language == "en":
            return english_embeddings().embed(text[:MAX_TEXT].lower())
        if glossed:
            return english_embeddings().embed(" ".join(glossed))
        return np.zeros(DIMENSIONS, np.float32)

    def read(self, text: str, default_language: str) -> TextVector:
        """One text as numbers."""
        tokens = words(text)
        language = language_of(tokens, self.languages, default_language)
        glossed = in_english(tokens, language)
        return TextVector(*self.sparse(tokens, glossed), self.dense(text, glossed, language), self._known(tokens))

    def _known(self, tokens: Sequence[str]) -> tuple[float, float, float]:
        names = [name for name in features(tokens) if name[0] != "c"]
        single = [self._rarity(name) for name in names if name[0] == "w"]
        pairs = [name in self.vocabulary for name in names if name[0] == "p"]
        total = sum(rarity for rarity, _ in single)
        share = sum(rarity for rarity, is_known in single if is_known) / total if total else 0.0
        return share, sum(pairs) / len(pairs) if pairs else 0.0, math.log1p(len(tokens))

    def _rarity(self, name: str) -> tuple[float, bool]:
        number = self.vocabulary.get(name)
        return (self.rarest, False) if number is None else (float(self.weights[number]), True)


def rarity(documents: int, total: int) -> float:
    """The inverse document frequency of a feature that so many of `total` documents have."""
    return math.log((1 + total) / (1 + documents)) + 1


def vectoriser_of(
    texts: Sequence[str], foreign: Sequence[bool], languages: tuple[str, ...], *, least: int
) -> Vectoriser:
    """Knows all features of the texts that at least `least` of them have.

    Of `foreign` texts, which only show what is not meant, it knows words that recur, so that the model stays small.
    """
    counts: Counter[str] = Counter()
    own: set[str] = set()
    for text, is_foreign in zip(texts, foreign, strict=True):
        tokens = words(text)
        found = set(features(tokens)) | set(features(in_english(tokens, language_of(tokens, languages, languages[0]))))
        counts.update(found)
        if not is_foreign:
            own |= found
    names = sorted(
        name
        for name, count in counts.items()
        if (name in own and count >= least) or (count > 1 and name.startswith("w:"))
    )
    return Vectoriser(
        vocabulary={name: number for number, name in enumerate(names)},
        weights=np.array([rarity(counts[name], len(texts)) for name in names], np.float32),
        rarest=rarity(0, len(texts)),
        languages=languages,
    )
