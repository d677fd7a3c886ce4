"""Fits linear models to few or many texts, and finds how much to trust them. Training only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.understanding.local.classifier import NONE
from talkwright.engine.understanding.local.logistic import LogisticModel, fit_logistic
from talkwright.engine.understanding.local.rows import FEW, TextRows

Rows = NDArray[np.intp]
_STRENGTH = 10.0  # inverse of the regularisation: sharp enough for a handful of examples
_BACKGROUND_SHARE = 1.5  # all background sentences together weigh as much as this many flows
_FOLDS = 4
_TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3)
_MARGIN_TEMPERATURES = (0.1, 0.14, 0.18, 0.22, 0.26, 0.3, 0.4, 0.5)
LEAST_THRESHOLD = 0.16  # with a handful of examples each, a right flow often gets no more
MOST_THRESHOLD = 0.6
_MISSED = 0.07  # the share of rightly understood texts that a threshold may cost
_TINY = 1e-12
_HELD_OUT = 6  # one text of so many tells how much to trust a margin


class Linear(Protocol):
    """What the linear classifiers have in common."""

    classes_: NDArray[np.str_]
    coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]


class Solver(Protocol):
    """Learns from all texts at once."""

    def fit(self) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
        """Labels, weights (a row per feature, a column per label) and bias."""
        ...

    def calibration(self) -> Calibration:
        """How much to trust the numbers, found by holding out texts."""
        ...


@dataclass(frozen=True)
class Calibration:
    """`temperature` softens logits to true probabilities; below `threshold` a probability starts nothing."""

    temperature: float
    threshold: float


@dataclass(frozen=True)
class _Seen:
    """Held-out texts: logits, the column that is right, and weights; `strangers` marks background sentences."""

    logits: NDArray[np.float64]
    wanted: NDArray[np.intp]
    weights: NDArray[np.float64]
    strangers: NDArray[np.bool_]


def solver_for(rows: TextRows, labels: Sequence[str]) -> Solver:
    """The solver for so many texts, a row and a label each."""
    names = np.array(labels)
    return _LogisticSolver(rows, names) if len(names) <= FEW else _MarginSolver(rows, names)


class _LogisticSolver:
    """Logistic regression in the space that the texts span: a few hundred dimensions instead of tens of thousands."""

    def __init__(self, rows: TextRows, labels: NDArray[np.str_]) -> None:
        self._rows = rows
        self._labels = labels
        self._weights = _balanced(labels)
        self._whole: LogisticModel | None = None
        likeness = rows.likeness.astype(np.float64)
        scales, vectors = np.linalg.eigh(likeness)
        kept = scales > scales[-1] * 1e-6
        self._directions = vectors[:, kept] / np.sqrt(scales[kept])
        self._coordinates = likeness @ self._directions

    def fit(self) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
        """Labels, weights by feature and bias."""
        self._whole = self._model(np.arange(len(self._labels)))
        labels, coefficients, bias = _per_label(self._whole)
        return labels, self._rows.combined(self._directions @ coefficients.T), bias

    def calibration(self) -> Calibration:
        """Holds out every fourth text in turn."""
        position = _positions(self._labels)
        if int(np.max(position)) == 0:
            return Calibration(1.0, LEAST_THRESHOLD)
        folds = []
        for fold in range(_FOLDS):
            held_out = np.flatnonzero(position % _FOLDS == fold)
            model = self._model(np.flatnonzero(position % _FOLDS != fold))
            folds.append(_seen(model, self._coordinates[held_out], self._labels[held_out], self._weights[held_out]))
        return Calibration(_best_temperature(folds, _TEMPERATURES), LEAST_THRESHOLD)

    def _model(self, rows: Rows) -> LogisticModel:
        points, labels, weights = self._coordinates[rows], self._labels[rows], self._weights[rows]
        return fit_logistic(points, labels, weights, _STRENGTH, start=self._whole)


class _MarginSolver:
    """A linear support vector machine: many thousand texts in seconds, with margins that are calibrated afterwards."""

    def __init__(self, rows: TextRows, labels: NDArray[np.str_]) -> None:
        self._matrix = rows.matrix()
        self._labels = labels
        self._weights = _balanced(labels)

    def fit(self) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
        """Labels, weights by feature and bias."""
        labels, coefficients, bias = _per_label(self._model(np.arange(len(self._labels))))
        return labels, coefficients.T, bias

    def calibration(self) -> Calibration:
        """Holds out one text of six."""
        position = _positions(self._labels)
        held_out = np.flatnonzero(position % _HELD_OUT == _HELD_OUT - 1)
        model = self._model(np.flatnonzero(position % _HELD_OUT != _HELD_OUT - 1))
        seen = _seen(model, self._matrix[held_out], self._labels[held_out], self._weights[held_out])
        temperature = _best_temperature([seen], _MARGIN_TEMPERATURES)
        return Calibration(temperature, _threshold(seen, temperature))

    def _model(self, rows: Rows) -> Linear:
        from sklearn.svm import LinearSVC  # noqa: PLC0415 - takes a second to load, and most assistants are smaller

        model = LinearSVC(C=0.5, tol=1e-3, max_iter=400, random_state=0)
        fitted: Linear = model.fit(self._matrix[rows], self._labels[rows], sample_weight=self._weights[rows])
        return fitted


def _per_label(model: Linear) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    """One row of coefficients per label; scikit-learn gives a single row for two."""
    coefficients, bias = model.coef_, model.intercept_
    if len(coefficients) < len(model.classes_):
        coefficients, bias = np.vstack([-coefficients, coefficients]) / 2, np.concatenate([-bias, bias]) / 2
    return tuple(str(label) for label in model.classes_), coefficients, bias


def _positions(labels: NDArray[np.str_]) -> NDArray[np.intp]:
    """For each text, how many texts of its label stand before it."""
    seen: Counter[str] = Counter()
    found = np.zeros(len(labels), np.intp)
    for row, label in enumerate(labels.tolist()):
        found[row] = seen[label]
        seen[label] += 1
    return found


def _balanced(labels: NDArray[np.str_]) -> NDArray[np.float64]:
    """A weight per text: a flow with few texts is not drowned by one with many, nor all of them by the background."""
    counts = Counter(labels.tolist())
    background_size = counts.pop(NONE, 0)
    usual = sum(counts.values()) / len(counts)
    by_label = {label: usual / count for label, count in counts.items()}
    if background_size:
        by_label[NONE] = _BACKGROUND_SHARE * usual / background_size
    return np.array([by_label[label] for label in labels.tolist()])


def _seen(model: Linear, points: Any, labels: NDArray[np.str_], weights: NDArray[np.float64]) -> _Seen:
    """What the model makes of held-out texts; a label that it never saw is left out."""
    names, coefficients, bias = _per_label(model)
    columns = {label: column for column, label in enumerate(names)}
    rows = [row for row, label in enumerate(labels.tolist()) if label in columns]
    logits = np.asarray(points[rows] @ coefficients.T) + bias
    wanted = np.array([columns[labels[row]] for row in rows], np.intp)
    return _Seen(logits, wanted, weights[rows], labels[rows] == NONE)


def _best_temperature(folds: Sequence[_Seen], temperatures: Sequence[float]) -> float:
    """The temperature with the least weighted log loss."""
    losses = [sum(_loss(fold, temperature) for fold in folds) for temperature in temperatures]
    return float(temperatures[int(np.argmin(losses))])


def _threshold(seen: _Seen, temperature: float) -> float:
    """What nearly all texts that were understood rightly pass."""
    passed = _right_shares(seen, temperature)
    threshold = float(np.quantile(passed, _MISSED)) if len(passed) else LEAST_THRESHOLD
    return round(min(max(threshold, LEAST_THRESHOLD), MOST_THRESHOLD), 3)


def _shares(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    odds: NDArray[np.float64] = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return shares


def _loss(fold: _Seen, temperature: float) -> float:
    right = _shares(fold.logits, temperature)[np.arange(len(fold.wanted)), fold.wanted]
    return float(-(np.log(np.maximum(right, _TINY)) * fold.weights).sum())


def _right_shares(fold: _Seen, temperature: float) -> NDArray[np.float64]:
    """The probabilities of the flows' texts that were understood rightly."""
    right = (fold.logits.argmax(axis=1) == fold.wanted) & ~fold.strangers
    found: NDArray[np.float64] = _shares(fold.logits[right], temperature).max(axis=1, initial=0.0)
    return found
