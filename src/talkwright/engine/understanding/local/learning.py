"""Trains the flow classifier. Only a training imports this module; scikit-learn and scipy it loads for many texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # the package has no types

from talkwright.assistant.assistant import Assistant
from talkwright.engine.understanding.local.classifier import NONE, FlowClassifier, Vectoriser, feature_weights
from talkwright.engine.understanding.local.documents import Document, flow_documents
from talkwright.engine.understanding.local.embeddings import DIMENSIONS
from talkwright.engine.understanding.local.languages import background, in_english, language_of
from talkwright.engine.understanding.local.rows import TextRows
from talkwright.engine.understanding.local.solving import solver_for
from talkwright.engine.understanding.local.texts import features, words

_MANY = 5000
# Likeness (0..2: words and embedding, 1 each) above which a background sentence is about the assistant's own matter.
_TOO_CLOSE = 1.05


def train_classifier(assistant: Assistant, progress: Callable[[float, str], None] = lambda *_: None) -> FlowClassifier:
    """Learn from the project's texts; the same texts give the same numbers.

    `progress` is told the share done (0..1) and what happens.
    """
    languages = tuple(dict.fromkeys([assistant.language, *assistant.additional_languages]))
    known = tuple(name for name in languages if name in ("en", "de")) or ("en",)
    documents = flow_documents(assistant)
    if not documents:
        return _untrained(known)
    strangers = [Document(NONE, text) for name in known for text in background(name)]
    with threadpool_limits(1):  # small matrices: more threads only wait for each other, and sum in another order
        return _learned([*documents, *strangers], known, progress)


def _learned(
    documents: list[Document], known: tuple[str, ...], progress: Callable[[float, str], None]
) -> FlowClassifier:
    vectoriser = _vocabulary(documents, known)
    rows = _rows(documents, vectoriser, known[0])
    kept = _without_close_strangers(documents, rows)
    documents, rows = [documents[row] for row in kept], rows.kept(kept)
    progress(0.3, f"{len(documents)} texts have become numbers")
    solver = solver_for(rows, [document.label for document in documents])
    labels, weights, bias = solver.fit()
    progress(0.7, "The classifier is fitted")
    calibration = solver.calibration()
    progress(1.0, f"Probabilities are calibrated (temperature {calibration.temperature:g})")
    size = len(vectoriser.vocabulary)
    return FlowClassifier(
        labels=labels,
        vectoriser=vectoriser,
        sparse_weights=weights[:size].astype(np.float16),
        dense_weights=weights[size:].astype(np.float32),
        bias=bias.astype(np.float32),
        temperature=calibration.temperature,
        threshold=calibration.threshold,
        default_language=known[0],
    )


def _untrained(languages: tuple[str, ...]) -> FlowClassifier:
    """An assistant without a flow that text could start: nothing to choose from."""
    return FlowClassifier(
        labels=(),
        vectoriser=Vectoriser({}, np.zeros(0, np.float32), languages),
        sparse_weights=np.zeros((0, 0), np.float16),
        dense_weights=np.zeros((DIMENSIONS, 0), np.float32),
        bias=np.zeros(0, np.float32),
        temperature=1.0,
        threshold=1.0,
        default_language=languages[0],
    )


def _vocabulary(documents: Sequence[Document], languages: tuple[str, ...]) -> Vectoriser:
    """All features of the flows' texts; of the background only words that recur, so that the model stays small."""
    counts: Counter[str] = Counter()
    own: set[str] = set()
    for document in documents:
        tokens = words(document.text)
        found = set(features(tokens)) | set(features(in_english(tokens, language_of(tokens, languages, languages[0]))))
        counts.update(found)
        if document.label != NONE:
            own |= found
    least = 1 if len(documents) <= _MANY else 2  # of many texts, features of a single one only fill memory
    names = sorted(
        name
        for name, count in counts.items()
        if (name in own and count >= least) or (count > 1 and name.startswith("w:"))
    )
    return Vectoriser(
        vocabulary={name: number for number, name in enumerate(names)},
        weights=feature_weights(names, counts, len(documents)),
        languages=languages,
    )


def _rows(documents: Sequence[Document], vectoriser: Vectoriser, language: str) -> TextRows:
    read = [vectoriser.read(document.text, language) for document in documents]
    starts = np.cumsum([0, *(len(numbers) for numbers, _, _ in read)])
    numbers = np.concatenate([numbers for numbers, _, _ in read])
    values = np.concatenate([values for _, values, _ in read])
    return TextRows(numbers, values, starts, np.stack([dense for _, _, dense in read]), len(vectoriser.vocabulary))


def _without_close_strangers(documents: Sequence[Document], rows: TextRows) -> NDArray[np.intp]:
    """Row numbers to keep: a background sentence close to a flow's text may be just what that flow is for."""
    is_stranger = np.array([document.label == NONE for document in documents])
    far = np.flatnonzero(is_stranger)[rows.closest(is_stranger) < _TOO_CLOSE]
    return np.sort(np.concatenate([np.flatnonzero(~is_stranger), far]))
