"""How much to trust a linear model: held-out texts give its probabilities their temperature and its threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.understanding.local.documents import NONE
from talkwright.engine.understanding.local.gate import Gate

LEAST_THRESHOLD = 0.16  # with a handful of examples each, a right flow often gets no more
MOST_THRESHOLD = 0.6
_MISSED = 0.07  # the share of rightly understood texts that a threshold may cost
_BACKGROUND_SHARE = 1.5  # all texts of no label together weigh as much as this many flows
_TINY = 1e-12


class Linear(Protocol):
    """What the linear classifiers have in common."""

    classes_: NDArray[np.str_]
    coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """`temperature` softens logits to true probabilities; below `threshold` a probability starts nothing.

    A `gate` tells messages of other matters apart; None where the probabilities do that.
    """

    temperature: float
    threshold: float
    gate: Gate | None = None


@dataclass(frozen=True)
class Seen:
    """Held-out texts: logits, the column that is right, and weights; `strangers` marks texts of no label."""

    logits: NDArray[np.float64]
    wanted: NDArray[np.intp]
    weights: NDArray[np.float64]
    strangers: NDArray[np.bool_]


def per_label(model: Linear) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    """One row of coefficients per label; scikit-learn gives a single row for two."""
    coefficients, bias = model.coef_, model.intercept_
    if len(coefficients) < len(model.classes_):
        coefficients, bias = np.vstack([-coefficients, coefficients]) / 2, np.concatenate([-bias, bias]) / 2
    return tuple(str(label) for label in model.classes_), coefficients, bias


def positions(labels: NDArray[np.str_]) -> NDArray[np.intp]:
    """For each text, how many texts of its label stand before it."""
    seen: Counter[str] = Counter()
    found = np.zeros(len(labels), np.intp)
    for row, label in enumerate(labels.tolist()):
        found[row] = seen[label]
        seen[label] += 1
    return found


def balanced(labels: NDArray[np.str_]) -> NDArray[np.float64]:
    """A weight per text: a flow with few texts is not drowned by one with many, nor all of them by the background."""
    counts = Counter(labels.tolist())
    background_size = counts.pop(NONE, 0)
    usual = sum(counts.values()) / len(counts)
    by_label = {label: usual / count for label, count in counts.items()}
    if background_size:
        by_label[NONE] = _BACKGROUND_SHARE * usual / background_size
    return np.array([by_label[label] for label in labels.tolist()])


def seen(model: Linear, points: Any, labels: NDArray[np.str_], weights: NDArray[np.float64]) -> Seen:
    """What the model makes of held-out texts; a label that it never saw is left out."""
    names, coefficients, bias = per_label(model)
    columns = {label: column for column, label in enumerate(names)}
    rows = [row for row, label in enumerate(labels.tolist()) if label in columns]
    logits = np.asarray(points[rows] @ coefficients.T) + bias
    wanted = np.array([columns[labels[row]] for row in rows], np.intp)
    return Seen(logits, wanted, weights[rows], labels[rows] == NONE)


def best_temperature(folds: Sequence[Seen], temperatures: Sequence[float]) -> float:
    """The temperature with the least weighted log loss."""
    losses = [sum(_loss(fold, temperature) for fold in folds) for temperature in temperatures]
    return float(temperatures[int(np.argmin(losses))])


def threshold(seen: Seen, temperature: float) -> float:
    """What nearly all texts that were understood rightly pass."""
    passed = _right_shares(seen, temperature)
    threshold = float(np.quantile(passed, _MISSED)) if len(passed) else LEAST_THRESHOLD
    return round(min(max(threshold, LEAST_THRESHOLD), MOST_THRESHOLD), 3)


def _shares(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    odds: NDArray[np.float64] = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return shares


def _loss(fold: Seen, temperature: float) -> float:
    right = _shares(fold.logits, temperature)[np.arange(len(fold.wanted)), fold.wanted]
    return float(-(np.log(np.maximum(right, _TINY)) * fold.weights).sum())


def _right_shares(fold: Seen, temperature: float) -> NDArray[np.float64]:
    """The probabilities of the flows' texts that were understood rightly."""
    right = (fold.logits.argmax(axis=1) == fold.wanted) & ~fold.strangers
    found: NDArray[np.float64] = _shares(fold.logits[right], temperature).max(axis=1, initial=0.0)
    return found
