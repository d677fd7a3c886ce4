"""Fits linear models to few or many texts, and finds how much to trust them. Training only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.understanding.local.calibrating import (
    LEAST_THRESHOLD,
    Calibration,
    balanced,
    best_temperature,
    per_label,
    positions,
    seen,
)
from talkwright.engine.understanding.local.logistic import LogisticModel, fit_logistic
from talkwright.engine.understanding.local.margins import Known, MarginSolver
from talkwright.engine.understanding.local.rows import FEW, TextRows

Rows = NDArray[np.intp]
_STRENGTH = 10.0  # inverse of the regularisation: sharp enough for a handful of examples
_FOLDS = 4
_TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3)


class Solver(Protocol):
    """Learns from all texts at once."""

    def fit(self) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
        """Labels, weights (a row per feature, a column per label) and bias."""
        ...

    def calibration(self) -> Calibration:
        """How much to trust the numbers, found by holding out texts."""
        ...


def solver_for(rows: TextRows, labels: Sequence[str], held_out: Known | None, *, own_strangers: bool) -> Solver:
    """The solver for so many texts, a row and a label each.

    Many texts are judged by `held_out` ones where there are any. `own_strangers` says that the texts without a label
    are the project's.
    """
    names = np.array(labels)
    if len(names) <= FEW:
        return LogisticSolver(rows, names)
    return MarginSolver(rows, names, held_out, own_strangers=own_strangers)


class LogisticSolver:
    """Logistic regression in the space that the texts span: a few hundred dimensions instead of tens of thousands."""

    def __init__(self, rows: TextRows, labels: NDArray[np.str_]) -> None:
        self._rows = rows
        self._labels = labels
        self._weights = balanced(labels)
        self._whole: LogisticModel | None = None
        likeness = rows.likeness.astype(np.float64)
        scales, vectors = np.linalg.eigh(likeness)
        kept = scales > scales[-1] * 1e-6
        self._directions = vectors[:, kept] / np.sqrt(scales[kept])
        self._coordinates = likeness @ self._directions

    def fit(self) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
        """Labels, weights by feature and bias."""
        self._whole = self._model(np.arange(len(self._labels)))
        labels, coefficients, bias = per_label(self._whole)
        return labels, self._rows.combined(self._directions @ coefficients.T), bias

    def calibration(self) -> Calibration:
        """Holds out every fourth text in turn."""
        position = positions(self._labels)
        if int(np.max(position)) == 0:
            return Calibration(1.0, LEAST_THRESHOLD)
        folds = []
        for fold in range(_FOLDS):
            held_out = np.flatnonzero(position % _FOLDS == fold)
            model = self._model(np.flatnonzero(position % _FOLDS != fold))
            folds.append(seen(model, self._coordinates[held_out], self._labels[held_out], self._weights[held_out]))
        return Calibration(best_temperature(folds, _TEMPERATURES), LEAST_THRESHOLD)

    def _model(self, rows: Rows) -> LogisticModel:
        points, labels, weights = self._coordinates[rows], self._labels[rows], self._weights[rows]
        return fit_logistic(points, labels, weights, _STRENGTH, start=self._whole)
