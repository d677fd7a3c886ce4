"""Multinomial logistic regression by L-BFGS.

It is all that the training of most assistants needs of scikit-learn, which takes longer to load than they to train.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
_ROUNDS = 200
_TOLERANCE = 1e-4


@dataclass
class LogisticModel:
    """A row of coefficients and a bias for each class."""

    classes_: NDArray[np.str_]
    coef_: Floats
    intercept_: Floats


def fit_logistic(points: Floats, labels: NDArray[np.str_], weights: Floats, strength: float) -> LogisticModel:
    """Learn from a row of `points`, a label and a weight for each text; `strength` is the inverse of the L2 penalty."""
    classes, wanted = np.unique(labels, return_inverse=True)
    features, count, rows = points.shape[1], len(classes), np.arange(len(labels))
    scale = 1.0 / float(weights.sum())
    penalty = (2 if count == 2 else 1) * scale / strength  # two classes share one direction, which is charged whole

    def loss_and_slope(flat: Floats) -> tuple[float, Floats]:
        parameters = flat.reshape(count, features + 1)
        coefficients = parameters[:, :features]
        logits = points @ coefficients.T + parameters[:, features]
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        sums = odds.sum(axis=1)
        loss = float(scale * (weights @ (np.log(sums) - logits[rows, wanted])))
        loss += 0.5 * penalty * float((coefficients * coefficients).sum())
        residues = odds / sums[:, None]
        residues[rows, wanted] -= 1.0
        residues *= (scale * weights)[:, None]
        slope = np.empty_like(parameters)
        slope[:, :features] = residues.T @ points + penalty * coefficients
        slope[:, features] = residues.sum(axis=0)
        return loss, slope.ravel()

    start = np.zeros(count * (features + 1))
    options = {"maxiter": _ROUNDS, "gtol": _TOLERANCE, "ftol": 64 * np.finfo(float).eps}
    found = minimize(loss_and_slope, start, jac=True, method="L-BFGS-B", options=options)
    parameters = found.x.reshape(count, features + 1)
    return LogisticModel(classes, parameters[:, :features], parameters[:, features])
