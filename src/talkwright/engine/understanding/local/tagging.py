"""Finds spans like those that the examples mark: a linear-chain conditional random field, run on plain arrays.

Each word is the begin of an entity, inside one, or outside of all; words and their neighbours speak for one or another,
and so does what the word before is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.understanding.local.texts import fold, spans

OUTSIDE = ""
_LEAST_SURE = 0.5  # how likely every word of a span must be what it is taken for
_AROUND = 2  # neighbours that speak for a word
_ENDS = (2, 3)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a span is: an entity, perhaps with a role and a group."""

    entity: str
    role: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """A span found in a text, with how sure the model is of it."""

    mark: Mark
    start: int
    end: int
    confidence: float


@dataclass(frozen=True)
class Tagger:
    """The trained field. Label 0 is outside; label 1 + 2m begins mark m, label 2 + 2m goes on with it.

    `emissions` has a row per feature, `transitions` a row per label and a column per next label.
    """

    marks: tuple[Mark, ...]
    vocabulary: Mapping[str, int]
    emissions: NDArray[np.float16]
    transitions: NDArray[np.float32]

    def find(self, text: str) -> list[Tagged]:
        """The spans of a text, in order."""
        tokens = spans(text)
        if not tokens:
            return []
        known = [[self.vocabulary[name] for name in names if name in self.vocabulary] for names in token_features(text)]
        scores = np.stack([self.emissions[numbers].sum(axis=0, dtype=np.float32) for numbers in known]).astype(float)
        labels, sure = self._best(scores), _marginals(scores, self.transitions.astype(float))
        found: list[Tagged] = []
        for first, label in enumerate(labels):
            if label % 2 == 1:
                last = first
                while last + 1 < len(labels) and labels[last + 1] == label + 1:
                    last += 1
                confidence = float(min(sure[at, labels[at]] for at in range(first, last + 1)))
                if confidence >= _LEAST_SURE:
                    mark = self.marks[(label - 1) // 2]
                    found.append(Tagged(mark, tokens[first][1], tokens[last][2], confidence))
        return found

    def _best(self, scores: NDArray[np.float64]) -> list[int]:
        """The likeliest labels together (Viterbi)."""
        best, came = scores[0], []
        for row in scores[1:]:
            paths = best[:, None] + self.transitions
            came.append(paths.argmax(axis=0))
            best = paths.max(axis=0) + row
        labels = [int(best.argmax())]
        for step in reversed(came):
            labels.append(int(step[labels[-1]]))
        return labels[::-1]


def _marginals(scores: NDArray[np.float64], transitions: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely each label of each word is."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    steps = np.exp(transitions)
    forward, backward = np.empty_like(odds), np.ones_like(odds)
    forward[0] = odds[0] / odds[0].sum()
    for at in range(1, len(odds)):
        reached = (forward[at - 1] @ steps) * odds[at]
        forward[at] = reached / reached.sum()
    for at in range(len(odds) - 2, -1, -1):
        left = steps @ (odds[at + 1] * backward[at + 1])
        backward[at] = left / left.sum()
    shares = forward * backward
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float64)


def token_features(text: str) -> list[list[str]]:
    """For each word of a text what speaks for its label: itself, its spelling and its neighbours."""
    tokens = [token for token, _, _ in spans(text)]
    plain = [fold(token) for token in tokens]
    shapes = [_shape(token) for token in tokens]
    found = []
    for at, (word, shape) in enumerate(zip(plain, shapes, strict=True)):
        names = ["bias", f"w {word}", f"s {shape}", *(f"e {word[-size:]}" for size in _ENDS), f"b {word[:3]}"]
        for step in (*range(-_AROUND, 0), *range(1, _AROUND + 1)):
            other = at + step
            names.append(f"{step} {plain[other] if 0 <= other < len(plain) else ''}")
            if abs(step) == 1:
                names.append(f"{step} s {shapes[other] if 0 <= other < len(plain) else ''}")
        names.append(f"-1 0 {plain[at - 1] if at else ''} {shape}")
        found.append(names)
    return found


def _shape(token: str) -> str:
    """How a word is written: digits by their number, else capitals."""
    if token.isdigit():
        return f"0{min(len(token), 6)}"
    if any(char.isdigit() for char in token):
        return "a0"
    return "A" if token.isupper() and len(token) > 1 else "Aa" if token[:1].isupper() else "a"


def labels_of(text: str, marked: Sequence[tuple[int, int, int]]) -> list[int]:
    """A label for each word of an example, from marked spans: begin, end and the number of the mark."""
    labels: list[int] = []
    open_span: tuple[int, int, int] | None = None
    for _, start, end in spans(text):
        span = next((one for one in marked if one[0] < end and start < one[1]), None)
        labels.append(0 if span is None else 2 + 2 * span[2] if span == open_span else 1 + 2 * span[2])
        open_span = span
    return labels
