"""Which flow a sentence asks for: a linear model over words, pieces of words and embeddings, run on plain arrays."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.understanding.local.embeddings import DIMENSIONS, english_embeddings
from talkwright.engine.understanding.local.languages import in_english, language_of
from talkwright.engine.understanding.local.texts import MAX_TEXT, features, words

NONE = "<none>"
_TELLING = 3
_KIND_WEIGHT = {"w": 1.0, "p": 0.7, "c": 0.5}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One flow that the sentence might start, with its probability."""

    flow: str
    probability: float


@dataclass(frozen=True)
class Vectoriser:
    """Turns text into numbers. `weights` holds, for each feature, its rarity times its kind's weight."""

    vocabulary: Mapping[str, int]
    weights: NDArray[np.float32]
    languages: tuple[str, ...]

    def sparse(
        self, tokens: Sequence[str], glossed: Sequence[str] = ()
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Feature numbers and their values, of length 1 together; empty where no feature is known."""
        known = self.vocabulary
        counts = Counter(known[name] for name in features(tokens) if name in known)
        if glossed:
            counts.update(known[name] for name in features(glossed) if name in known)
        if not counts:
            return np.zeros(0, np.intp), np.zeros(0, np.float32)
        numbers = np.fromiter(counts.keys(), np.intp, len(counts))
        values = (1.0 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self.weights[numbers]
        return numbers, (values / math.sqrt(float(values @ values))).astype(np.float32)

    def dense(self, text: str, glossed: Sequence[str], language: str) -> NDArray[np.float32]:
        """The embedding of an English text, or of the English words a German one stands for."""
        if language == "en":
            return english_embeddings().embed(text[:MAX_TEXT].lower())
        if glossed:
            return english_embeddings().embed(" ".join(glossed))
        return np.zeros(DIMENSIONS, np.float32)

    def read(
        self, text: str, default_language: str
    ) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
        """Sparse numbers and values, and the embedding, of one text."""
        tokens = words(text)
        language = language_of(tokens, self.languages, default_language)
        glossed = in_english(tokens, language)
        return *self.sparse(tokens, glossed), self.dense(text, glossed, language)


def feature_weights(names: Sequence[str], documents: Counter[str], total: int) -> NDArray[np.float32]:
    """Inverse document frequency times the weight of the feature's kind."""
    return np.array(
        [(math.log((1 + total) / (1 + documents[name])) + 1) * _KIND_WEIGHT[name[0]] for name in names], np.float32
    )


@dataclass(frozen=True)
class FlowClassifier:
    """The trained model. `sparse_weights` has a row per feature, `dense_weights` one per dimension.

    Columns are `labels`.

    A probability below `threshold` starts no flow.
    """

    labels: tuple[str, ...]
    vectoriser: Vectoriser
    sparse_weights: NDArray[np.float16]
    dense_weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float
    threshold: float
    default_language: str

    def prepare(self) -> None:
        """Load ahead what reading the first text needs."""
        if self.labels:
            self.vectoriser.read("hello hallo", self.default_language)

    def candidates(self, text: str, language: str | None = None) -> list[Candidate]:
        """All flows with calibrated probabilities, most likely first; what is left to 1 is "none of them"."""
        if not self.labels:
            return []
        numbers, values, dense = self.vectoriser.read(text, language or self.default_language)
        if not len(numbers) and not dense.any():
            return []
        logits = dense @ self.dense_weights + self.bias
        if len(numbers):
            logits = logits + values @ self.sparse_weights[numbers].astype(np.float32)
        logits = logits / self.temperature
        odds = np.exp(logits - np.max(logits))
        probabilities = odds / odds.sum()
        found = [
            Candidate(label, float(share))
            for label, share in zip(self.labels, probabilities, strict=True)
            if label != NONE
        ]
        return sorted(found, key=lambda candidate: (-candidate.probability, candidate.flow))

    def telling_words(self, text: str, flow: str, language: str | None = None) -> list[str]:
        """The words of the text that speak most for a flow, for people who ask why."""
        if flow not in self.labels:
            return []
        column = self.labels.index(flow)
        tokens = words(text)
        glossed = in_english(tokens, language_of(tokens, self.vectoriser.languages, language or self.default_language))
        scored = {
            token: float(self.sparse_weights[self.vectoriser.vocabulary[name], column])
            for token in (*tokens, *glossed)
            if (name := f"w:{token}") in self.vectoriser.vocabulary
        }
        return [token for token, weight in sorted(scored.items(), key=lambda pair: -pair[1])[:_TELLING] if weight > 0]
