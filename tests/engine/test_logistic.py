"""Our logistic regression finds what scikit-learn's finds."""

import numpy as np
import pytest

from talkwright.engine.understanding.local.logistic import fit_logistic

STRENGTH = 10.0


@pytest.mark.parametrize("names", [["a", "b", "c"], ["a", "b", "b"]])
def test_it_finds_the_same_probabilities_as_scikit_learn(names: list[str]) -> None:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - takes a second to load, in each worker

    random = np.random.default_rng(5)
    points = random.normal(size=(90, 12))
    labels = np.array(names)[(points[:, 0] > 0).astype(int) + (points[:, 1] > 0.5)]
    weights = random.uniform(0.2, 3.0, size=90)
    ours = fit_logistic(points, labels, weights, STRENGTH)
    theirs = LogisticRegression(C=STRENGTH, max_iter=1000, tol=1e-6).fit(points, labels, sample_weight=weights)
    odds = np.exp(points @ ours.coef_.T + ours.intercept_)
    assert ours.classes_.tolist() == theirs.classes_.tolist()
    assert np.abs(odds / odds.sum(axis=1, keepdims=True) - theirs.predict_proba(points)).max() < 0.02


def test_two_runs_find_exactly_the_same() -> None:
    points, labels = np.eye(4), np.array(["x", "y", "x", "y"])
    one, other = (fit_logistic(points, labels, np.ones(4), STRENGTH) for _ in range(2))
    assert np.array_equal(one.coef_, other.coef_)
    assert one.coef_[0, 0] > 0 > one.coef_[0, 1]


def test_a_start_nearby_leads_to_the_same_place() -> None:
    random = np.random.default_rng(7)
    points, labels = random.normal(size=(60, 8)), np.array(["a", "b", "c"] * 20)
    points[:, 0] += labels == "a"
    whole = fit_logistic(points, labels, np.ones(60), STRENGTH)
    cold = fit_logistic(points[:50], labels[:50], np.ones(50), STRENGTH)
    warm = fit_logistic(points[:50], labels[:50], np.ones(50), STRENGTH, start=whole)
    assert np.abs(cold.coef_ - warm.coef_).max() < 0.05
    assert np.abs(cold.coef_ - whole.coef_).max() > 0.05
