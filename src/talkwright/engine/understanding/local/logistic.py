"""Multinomial logistic regression by L-BFGS.

It is all that the training of most assistants needs of scikit-learn and scipy, which take longer to load than they to
train.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Slope = Callable[[Floats], tuple[float, Floats]]
_ROUNDS = 200
_TOLERANCE = 1e-4  # of the steepest slope
_SETTLED = 64 * float(np.finfo(float).eps)  # a smaller relative gain is none
_REMEMBERED = 10  # steps that tell of the curvature
_ENOUGH = 1e-4  # the share of the promised gain that a step must bring
_SHORTEST = 1e-10


@dataclass
class LogisticModel:
    """A row of coefficients and a bias for each class."""

    classes_: NDArray[np.str_]
    coef_: Floats
    intercept_: Floats


def fit_logistic(
    points: Floats,
    labels: NDArray[np.str_],
    weights: Floats,
    strength: float,
    *,
    start: LogisticModel | None = None,
) -> LogisticModel:
    """Learn from a row of `points`, a label and a weight for each text; `strength` is the inverse of the L2 penalty.

    A `start` of the same classes saves rounds.
    """
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

    first = np.zeros((count, features + 1))
    if start is not None and np.array_equal(start.classes_, classes):
        first = np.column_stack([start.coef_, start.intercept_])
    parameters = lowest(loss_and_slope, first.ravel()).reshape(count, features + 1)
    return LogisticModel(classes, parameters[:, :features], parameters[:, features])


def lowest(loss_and_slope: Slope, at: Floats) -> Floats:
    """Where a smooth convex function is lowest (Nocedal and Wright, Numerical Optimization, algorithm 7.5)."""
    loss, slope = loss_and_slope(at)
    steps: deque[tuple[Floats, Floats, float]] = deque(maxlen=_REMEMBERED)
    for _ in range(_ROUNDS):
        if float(np.abs(slope).max()) <= _TOLERANCE:
            break
        direction = -_bent(slope, steps)
        promised = float(slope @ direction)
        length = 1.0 if steps else 1.0 / float(np.linalg.norm(slope))
        there, new_loss, new_slope = at, loss, slope
        while length > _SHORTEST:
            there = at + length * direction
            new_loss, new_slope = loss_and_slope(there)
            if new_loss <= loss + _ENOUGH * length * promised:
                break
            length /= 2
        else:
            break
        moved, turned = there - at, new_slope - slope
        if (bend := float(moved @ turned)) > 0:
            steps.append((moved, turned, bend))
        settled = loss - new_loss <= _SETTLED * max(abs(loss), abs(new_loss), 1.0)
        at, loss, slope = there, new_loss, new_slope
        if settled:
            break
    return at


def _bent(slope: Floats, steps: deque[tuple[Floats, Floats, float]]) -> Floats:
    """The slope, bent by what the last steps tell of the curvature (algorithm 7.4)."""
    bent, shares = slope.copy(), []
    for moved, turned, bend in reversed(steps):
        share = float(moved @ bent) / bend
        bent -= share * turned
        shares.append(share)
    if steps:
        _, turned, bend = steps[-1]
        bent *= bend / float(turned @ turned)
    for (moved, turned, bend), share in zip(steps, reversed(shares), strict=True):
        bent += (share - float(turned @ bent) / bend) * moved
    return bent
