"""Learns from many texts in seconds: a linear support vector machine, with a gate against messages of other matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.understanding.local.calibrating import (
    Calibration,
    Linear,
    Seen,
    balanced,
    best_temperature,
    per_label,
    positions,
    threshold,
)
from talkwright.engine.understanding.local.documents import NONE
from talkwright.engine.understanding.local.gate import Gate, by_margin, signs_of
from talkwright.engine.understanding.local.logistic import fit_logistic
from talkwright.engine.understanding.local.rows import TextRows

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
_COST = 0.3
_DIRECTIONS = 96  # of the embedding: they hold nearly all that tells texts apart, for half of the time
_STRANGER_WEIGHT = 5.0  # of an out-of-scope example beside all others together
_TEMPERATURES = tuple(round(0.08 * 1.12**step, 3) for step in range(18))
_HELD_OUT = 6  # one text of so many tells how much to trust a margin
_FOLDS = 5
_FEW_STRANGERS = 20  # fewer don't show what messages of other matters are like
_REFUSED = 0.048  # the share of the assistant's own messages that the gate may cost


@dataclass(frozen=True)
class Known:
    """Further texts, whose labels are known."""

    rows: TextRows
    labels: Sequence[str]


@dataclass(frozen=True)
class _Model:
    """Weights of all labels but "none" (a row per feature, a column per label), and those of "none"."""

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    none: Floats
    none_bias: float


class MarginSolver:
    """One column of weights tells each label from all others, and one the texts without a label from all that have one.

    Texts without a label are none of the others' counterexamples, so that they show what the others make of strangers.
    """

    def __init__(
        self, rows: TextRows, labels: NDArray[np.str_], held_out: Known | None, *, own_strangers: bool
    ) -> None:
        self._rows = rows
        self._labels = labels
        self._held_out = held_out
        self._directions = rows.main_directions(_DIRECTIONS)
        self._matrix = rows.matrix(self._directions)
        self._weights = balanced(labels)
        self._strange = labels == NONE
        self._tells_strangers = own_strangers and int(self._strange.sum()) >= _FEW_STRANGERS
        self._whole: _Model | None = None

    def fit(self) -> tuple[tuple[str, ...], Floats, Floats]:
        """Labels, weights by feature and bias."""
        model = self._whole = self._model(np.arange(len(self._labels)))
        if not self._strange.any():
            return model.labels, model.weights, model.bias
        weights = np.column_stack([model.weights, model.none])
        return (*model.labels, NONE), weights, np.append(model.bias, model.none_bias)

    def calibration(self) -> Calibration:
        """By the texts that were given for it, else by one text of six."""
        model, shown = self._shown()
        margins = shown.rows.margins(model.weights, model.bias)
        none = shown.rows.margins(model.none[:, None], np.array([model.none_bias]))[:, 0]
        columns = {label: column for column, label in enumerate(model.labels)}
        judged = np.array([row for row, label in enumerate(shown.labels) if label in columns], np.intp)
        wanted = np.array([columns[shown.labels[row]] for row in judged], np.intp)
        logits = np.column_stack([margins, none]) if self._strange.any() else margins
        seen = Seen(logits[judged], wanted, np.ones(len(judged)), np.zeros(len(judged), bool))
        temperature = best_temperature([seen], _TEMPERATURES)
        return Calibration(temperature, threshold(seen, temperature), self._gate(_signs(margins, none, shown.rows)))

    def _shown(self) -> tuple[_Model, Known]:
        """A model, and texts that it has not learned from."""
        if self._held_out is not None:
            return self._whole or self._model(np.arange(len(self._labels))), self._held_out
        is_held_out = (positions(self._labels) % _HELD_OUT == _HELD_OUT - 1) & ~self._strange
        held_out = np.flatnonzero(is_held_out)
        shown = Known(self._rows.kept(held_out), self._labels[held_out].tolist())
        return self._model(np.flatnonzero(~is_held_out)), shown

    def _gate(self, own: Floats) -> Gate:
        """Lets nearly all of the held-out messages pass, and as few as possible of the strangers.

        Where the two lie apart, the border is in the middle between them.
        """
        if not self._tells_strangers:
            return by_margin(float(np.quantile(own[:, 0], _REFUSED)))
        signs = np.concatenate([own, self._signs_of_strangers()])
        middle, spread = signs.mean(axis=0), np.maximum(signs.std(axis=0), 1e-6)
        labels = np.array(["own"] * len(own) + ["strange"] * (len(signs) - len(own)))
        fitted = fit_logistic((signs - middle) / spread, labels, balanced(labels), 1.0)
        weights = (fitted.coef_[0] - fitted.coef_[1]) / spread
        lowest_own = float(np.quantile(own @ weights, _REFUSED))
        highest_strange = float(np.quantile(signs[len(own) :] @ weights, 1.0 - _REFUSED))
        return Gate(tuple(weights.tolist()), min(lowest_own, (lowest_own + highest_strange) / 2))

    def _signs_of_strangers(self) -> Floats:
        """As for messages that were not learned from: the column against strangers never knew the one it judges."""
        model = self._whole or self._model(np.arange(len(self._labels)))
        strangers = np.flatnonzero(self._strange)
        rows = self._rows.kept(strangers)
        none = np.zeros(len(strangers))
        others = np.flatnonzero(~self._strange)
        for fold in range(_FOLDS):
            judged = np.arange(len(strangers)) % _FOLDS == fold
            weights, bias = self._none_of(np.concatenate([others, strangers[~judged]]))
            none[judged] = self._rows.kept(strangers[judged]).margins(weights[:, None], np.array([bias]))[:, 0]
        return _signs(rows.margins(model.weights, model.bias), none, rows)

    def _model(self, rows: Rows) -> _Model:
        own = rows[~self._strange[rows]]
        labels = np.unique(self._labels[own])
        size = self._matrix.shape[1]
        coefficients, bias = np.zeros((len(labels), size)), np.zeros(len(labels))
        if len(labels) > 1:
            _, coefficients, bias = per_label(self._fitted(own, self._labels[own], self._weights[own]))
        none, none_bias = self._none_of(rows)
        return _Model(tuple(labels.tolist()), self._spread(coefficients), bias, none, none_bias)

    def _none_of(self, rows: Rows) -> tuple[Floats, float]:
        """Weights and bias that tell texts without a label from all others."""
        strange = self._strange[rows]
        if not strange.any():
            return np.zeros(self._spread(np.zeros((1, self._matrix.shape[1]))).shape[0]), 0.0
        model = self._fitted(rows, np.where(strange, "yes", "no"), np.where(strange, _STRANGER_WEIGHT, 1.0))
        return self._spread(model.coef_)[:, 0], float(model.intercept_[0])

    def _spread(self, coefficients: Floats) -> Floats:
        """A row for each feature and each dimension of the embedding, from columns for features and directions."""
        count = self._directions.shape[1]
        features = coefficients[:, : coefficients.shape[1] - count]
        return np.concatenate([features.T, self._directions @ coefficients[:, features.shape[1] :].T])

    def _fitted(self, rows: Rows, labels: NDArray[np.str_], weights: Floats) -> Linear:
        from sklearn.svm import LinearSVC  # noqa: PLC0415 - takes a second to load, and most assistants are smaller

        model = LinearSVC(C=_COST, tol=0.05, max_iter=400, random_state=0)
        fitted: Linear = model.fit(self._matrix[rows], labels, sample_weight=weights)
        return fitted


def _signs(margins: Floats, none: Floats, rows: TextRows) -> Floats:
    """A row of signs for each text."""
    return np.stack([signs_of(*one) for one in zip(margins, none.tolist(), rows.known.tolist(), strict=True)])
