"""Trains the conditional random field on the annotated examples of a project. Training only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkwright.assistant.nlu import Example, NluData
from talkwright.engine.understanding.local.logistic import lowest
from talkwright.engine.understanding.local.tagging import Mark, Tagger, labels_of, token_features

Floats = NDArray[np.float64]
ENOUGH = 20
"""Marked spans of one entity from which on the field learns it; fewer are matched by their neighbours."""
_PENALTY = 0.1
_MOST_EXAMPLES = 5000
_LONGEST = 60  # words of an example


def train_tagger(data: NluData) -> Tagger | None:
    """Learn what surrounds the marked spans; the same examples give the same numbers. None where there are too few."""
    examples = [example for name in sorted(data.intents) for example in data.intents[name]][:_MOST_EXAMPLES]
    counts = Counter(mark.entity for example in examples for mark in example.annotations)
    learned = {entity for entity, count in counts.items() if count >= ENOUGH}
    if not learned:
        return None
    marks = tuple(
        sorted(
            {
                Mark(one.entity, one.role, one.group)
                for example in examples
                for one in example.annotations
                if one.entity in learned
            },
            key=lambda mark: (mark.entity, mark.role or "", mark.group or ""),
        )
    )
    batch = _batch(examples, marks)
    return batch.fitted(marks)


@dataclass(frozen=True)
class _Batch:
    """All examples beside each other, filled up to the longest: feature numbers by word, labels, and which are real."""

    vocabulary: dict[str, int]
    numbers: NDArray[np.intp]
    labels: NDArray[np.intp]
    real: NDArray[np.bool_]
    count: int

    def fitted(self, marks: tuple[Mark, ...]) -> Tagger:
        """The weights under which the examples' labels are likeliest, less a charge for large ones."""
        features, labels = len(self.vocabulary) + 1, self.count
        order = np.argsort(self.numbers.ravel(), kind="stable")
        sorted_numbers = self.numbers.ravel()[order]
        firsts = np.flatnonzero(np.diff(sorted_numbers, prepend=-1))
        words = order // self.numbers.shape[-1]
        wanted_pairs = self._wanted_pairs()

        def loss_and_slope(flat: Floats) -> tuple[float, Floats]:
            emissions = flat[: features * labels].reshape(features, labels)
            transitions = flat[features * labels :].reshape(labels, labels)
            scores = emissions[self.numbers].sum(axis=2)
            likely, shares, pairs = self._expected(scores, transitions)
            right = np.take_along_axis(scores, self.labels[..., None], axis=2)[..., 0]
            loss = likely - float((right * self.real).sum()) - float((wanted_pairs * transitions).sum())
            residues = shares * self.real[..., None]
            residues[self.real, self.labels[self.real]] -= 1.0
            slope = np.zeros((features, labels))
            slope[sorted_numbers[firsts]] = np.add.reduceat(residues.reshape(-1, labels)[words], firsts, axis=0)
            slope[-1] = 0.0  # the number that fills up
            inner = np.concatenate([slope.ravel(), (pairs - wanted_pairs).ravel()])
            scale = 1.0 / len(self.numbers)
            return scale * (loss + 0.5 * _PENALTY * float(flat @ flat)), scale * (inner + _PENALTY * flat)

        best = lowest(loss_and_slope, np.zeros(features * labels + labels * labels))
        emissions = best[: features * labels].reshape(features, labels)[:-1]
        transitions = best[features * labels :].reshape(labels, labels)
        return Tagger(marks, self.vocabulary, emissions.astype(np.float16), transitions.astype(np.float32))

    def _wanted_pairs(self) -> Floats:
        both = self.real[:, 1:]
        pairs = np.zeros((self.count, self.count))
        np.add.at(pairs, (self.labels[:, :-1][both], self.labels[:, 1:][both]), 1.0)
        return pairs

    def _expected(self, scores: Floats, transitions: Floats) -> tuple[float, Floats, Floats]:
        """The logarithm of all labellings' odds, and how often each label and each pair of labels is expected."""
        tops = scores.max(axis=2)
        odds, steps = np.exp(scores - tops[..., None]), np.exp(transitions)
        rows, length = self.real.shape
        forward, backward = np.zeros_like(odds), np.ones_like(odds)
        sums = np.ones((rows, length))
        for at in range(length):
            reached = odds[:, at] if at == 0 else (forward[:, at - 1] @ steps) * odds[:, at]
            here = self.real[:, at]
            sums[here, at] = reached[here].sum(axis=1)
            forward[:, at] = np.where(here[:, None], reached / np.where(here, sums[:, at], 1.0)[:, None], 0.0)
        pairs = np.zeros_like(transitions)
        for at in range(length - 2, -1, -1):
            here = self.real[:, at + 1]
            ahead = odds[:, at + 1] * backward[:, at + 1] / sums[:, at + 1][:, None] * here[:, None]
            pairs += (forward[:, at].T @ ahead) * steps
            backward[:, at] = np.where(here[:, None], ahead @ steps.T, 1.0)
        likely = float((np.log(sums) * self.real).sum() + (tops * self.real).sum())
        return likely, forward * backward, pairs


def _batch(examples: list[Example], marks: tuple[Mark, ...]) -> _Batch:
    places = {mark: number for number, mark in enumerate(marks)}
    vocabulary: dict[str, int] = {}
    read: list[tuple[list[list[int]], list[int]]] = []
    for example in examples:
        names = token_features(example.text)
        known = [[vocabulary.setdefault(name, len(vocabulary)) for name in one] for one in names]
        spans = [
            (one.start, one.end, places[Mark(one.entity, one.role, one.group)])
            for one in example.annotations
            if Mark(one.entity, one.role, one.group) in places
        ]
        if known:
            read.append((known[:_LONGEST], labels_of(example.text, spans)[:_LONGEST]))
    length, width = max(len(labels) for _, labels in read), max(len(one) for words, _ in read for one in words)
    numbers = np.full((len(read), length, width), len(vocabulary), np.intp)
    labels = np.zeros((len(read), length), np.intp)
    real = np.zeros((len(read), length), bool)
    for row, (words, wanted) in enumerate(read):
        for at, one in enumerate(words):
            numbers[row, at, : len(one)] = one
        labels[row, : len(wanted)], real[row, : len(wanted)] = wanted, True
    return _Batch(vocabulary, numbers, labels, real, 1 + 2 * len(marks))
