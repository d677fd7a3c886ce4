"""Fits the weights by which a search mixes words and meanings: `python benchmarks/search/fit.py [--write]`.

Each assistant of `assistants/` in turn is left out and measured with weights from the others, and what is shipped is
fitted on all of them. Nothing of the figure in `benchmarks/search.py` is looked at.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from talkwright.assistant.yamls import load
from talkwright.engine.search.index import SearchIndex, build_index
from talkwright.engine.search.passages import passages_of
from talkwright.engine.search.ranking import FEATURES, KINDS, OLDER, measured
from talkwright.engine.search.wording import read_query

FOLDER = Path(__file__).parent / "assistants"
WEIGHTS = Path(__file__).parents[2] / "src" / "talkwright" / "engine" / "search" / "weights.json"
BY_WORDS = frozenset(
    {"words", "words covered", "words of the title covered", "words of the question", "kind of answer"}
)
STRENGTH = 1.0  # the inverse of how much large weights are punished
FALSE_ANSWER = 1.0  # what a wrong answer costs, beside one that was not given


@dataclass(frozen=True)
class Asked:
    """One question: a row of features for each passage, and which of them answer it."""

    assistant: str
    text: str
    features: np.ndarray
    right: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    options = parser.parse_args()
    questions = [one for path in sorted(FOLDER.glob("*.yml")) for one in asked(path)]
    found: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        columns = [name in BY_WORDS or kind == KINDS[0] for name in FEATURES]
        left_out = [(one, score) for part in parts(questions) for one, score in tested(*part, columns)]
        floor = best_floor(left_out)
        tell(kind, left_out, floor, show=options.show)
        weights, constant = fit(questions, columns)
        found[kind] = {"always": constant, **dict(zip(FEATURES, weights, strict=True))}
        if kind == KINDS[0]:
            found["thresholds"] = {"floor": floor}
    rounded = {kind: {name: round(float(value), 4) for name, value in row.items()} for kind, row in found.items()}
    print(json.dumps(rounded, indent=2))
    if options.write:
        WEIGHTS.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")


def asked(path: Path) -> Iterator[Asked]:
    """The questions of one assistant, with those that nothing answers."""
    data: dict[str, Any] = load(path.read_text(encoding="utf-8"))
    passages = [one for name, text in data["documents"].items() for one in passages_of(name, text)]
    index = build_index(passages, ("en", "de"))
    for row in data["answerable"]:
        right = [one.source == row["in"] and str(row["has"]) in one.whole for one in passages]
        assert any(right), row
        yield measured_question(path.stem, str(row["ask"]), index, right)
    for text in data["unanswerable"]:
        yield measured_question(path.stem, str(text), index, [False] * len(passages))


def measured_question(assistant: str, text: str, index: SearchIndex, right: Sequence[bool]) -> Asked:
    """Measures a question against all passages: there are few enough that none is passed over."""
    rows, features = measured(index, read_query([text], index.languages, older=OLDER))
    assert len(rows) == len(index)
    return Asked(assistant, text, features, np.array(right))


def parts(questions: Sequence[Asked]) -> Iterator[tuple[list[Asked], list[Asked]]]:
    for name in sorted({one.assistant for one in questions}):
        yield [one for one in questions if one.assistant != name], [one for one in questions if one.assistant == name]


def fit(questions: Sequence[Asked], columns: Sequence[bool]) -> tuple[np.ndarray, float]:
    """Weights and constant: every question counts alike, its right passages as much as its wrong ones together."""
    rows = np.concatenate([one.features for one in questions]) * np.array(columns, float)
    labels = np.concatenate([one.right for one in questions])
    shares = np.concatenate([share(one.right) for one in questions])
    model = LogisticRegression(C=STRENGTH, max_iter=2000).fit(rows, labels, sample_weight=shares)
    return model.coef_[0], float(model.intercept_[0])


def share(right: np.ndarray) -> np.ndarray:
    wrong = np.full(len(right), 1.0 / max((~right).sum(), 1)) * 3.0
    return np.where(right, 3.0 / max(right.sum(), 1), wrong)


def tested(
    others: Sequence[Asked], own: Sequence[Asked], columns: Sequence[bool]
) -> Iterator[tuple[Asked, np.ndarray]]:
    weights, constant = fit(others, columns)
    for one in own:
        yield one, 1.0 / (1.0 + np.exp(-(one.features @ weights + constant)))


def best_floor(scored: Sequence[tuple[Asked, np.ndarray]]) -> float:
    """The score below which no answer is better than a wrong one."""

    def worth(floor: float) -> float:
        given = [(one, scores) for one, scores in scored if scores.max() >= floor]
        right = sum(bool(one.right[scores.argmax()]) for one, scores in given)
        return right - FALSE_ANSWER * (len(given) - right)

    return float(max(np.arange(0.2, 0.95, 0.01), key=worth))


def tell(kind: str, scored: Sequence[tuple[Asked, np.ndarray]], floor: float, *, show: bool) -> None:
    answerable = [(one, scores) for one, scores in scored if one.right.any()]
    others = [(one, scores) for one, scores in scored if not one.right.any()]
    for most in (1, 3):
        found = sum(bool(one.right[np.argsort(-scores)[:most]].any()) for one, scores in answerable)
        print(f"{kind}: found among the first {most}: {found} of {len(answerable)}")
    right = sum(bool(one.right[scores.argmax()]) and scores.max() >= floor for one, scores in answerable)
    wrong = sum(not one.right[scores.argmax()] and scores.max() >= floor for one, scores in answerable)
    answered = sum(scores.max() >= floor for _, scores in others)
    print(f"{kind}: floor {floor:.2f}: right {right}, wrong {wrong}; answered in vain {answered} of {len(others)}")
    if show:
        for one, scores in answerable:
            if not one.right[scores.argmax()] or scores.max() < floor:
                print(f"   {scores.max():.2f} right at {scores[one.right].max():.2f}: {one.text}")
        for one, scores in others:
            if scores.max() >= floor:
                print(f"   {scores.max():.2f} none: {one.text}")


if __name__ == "__main__":
    main()
