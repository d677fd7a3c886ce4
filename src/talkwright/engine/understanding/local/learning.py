"""Trains the flow classifier. Only the training process imports this module: scikit-learn and scipy come with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from talkwright.assistant.assistant import Assistant
from talkwright.engine.understanding.local.classifier import NONE, FlowClassifier, Vectoriser, feature_weights
from talkwright.engine.understanding.local.documents import Document, flow_documents
from talkwright.engine.understanding.local.embeddings import DIMENSIONS
from talkwright.engine.understanding.local.languages import background, in_english, language_of
from talkwright.engine.understanding.local.texts import features, words

_STRENGTH = 10.0  # inverse of the regularisation: sharp enough for a handful of examples
_BACKGROUND_SHARE = 1.5  # all background sentences together weigh as much as this many flows
_TOO_CLOSE = 1.05  # likeness (0..2: words and embedding, 1 each) above which a background sentence talks about the assistant's own matter
_FOLDS = 4
_TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3)


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
    matrix = _matrix(documents, vectoriser, known[0])
    kept = _without_close_strangers(documents, matrix)
    documents, matrix = [documents[row] for row in kept], matrix[kept]
    progress(0.3, f"{len(documents)} texts have become numbers")
    solver = _Solver(matrix, documents)
    labels, weights, bias = solver.fit(np.arange(len(documents)))
    progress(0.7, "The classifier is fitted")
    temperature = solver.temperature()
    progress(1.0, f"Probabilities are calibrated (temperature {temperature:g})")
    size = len(vectoriser.vocabulary)
    return FlowClassifier(
        labels=labels,
        vectoriser=vectoriser,
        sparse_weights=weights[:size].astype(np.float16),
        dense_weights=weights[size:].astype(np.float32),
        bias=bias.astype(np.float32),
        temperature=temperature,
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
        default_language=languages[0],
    )


def _vocabulary(documents: Sequence[Document], languages: tuple[str, ...]) -> Vectoriser:
    """All features of the flows' texts; of the background only what they share, so that strangers don't swell the model."""
    counts: Counter[str] = Counter()
    own: set[str] = set()
    for document in documents:
        tokens = words(document.text)
        found = set(features(tokens)) | set(features(in_english(tokens, language_of(tokens, languages, languages[0]))))
        counts.update(found)
        if document.label != NONE:
            own |= found
    names = sorted(name for name, count in counts.items() if name in own or (count > 1 and name[0] == "w"))
    return Vectoriser(
        vocabulary={name: number for number, name in enumerate(names)},
        weights=feature_weights(names, counts, len(documents)),
        languages=languages,
    )


def _matrix(documents: Sequence[Document], vectoriser: Vectoriser, language: str) -> sparse.csr_matrix:
    """One row per document: sparse features, then the embedding."""
    size = len(vectoriser.vocabulary)
    numbers, values, starts = [], [], [0]
    dense_columns = np.arange(size, size + DIMENSIONS)
    for document in documents:
        row_numbers, row_values, dense = vectoriser.read(document.text, language)
        numbers += [row_numbers, dense_columns]
        values += [row_values, dense]
        starts.append(starts[-1] + len(row_numbers) + DIMENSIONS)
    shape = (len(documents), size + DIMENSIONS)
    return sparse.csr_matrix((np.concatenate(values), np.concatenate(numbers), np.array(starts)), shape=shape)


def _without_close_strangers(documents: Sequence[Document], matrix: sparse.csr_matrix) -> NDArray[np.intp]:
    """Row numbers to keep: a background sentence close to a flow's text may be just what that flow is for."""
    is_stranger = np.array([document.label == NONE for document in documents])
    likeness = (matrix @ matrix[~is_stranger].T).max(axis=1).toarray().ravel()
    return np.flatnonzero(~is_stranger | (likeness < _TOO_CLOSE))


class _Solver:
    """Logistic regression in the space that the documents span: a few hundred dimensions instead of tens of thousands."""

    def __init__(self, matrix: sparse.csr_matrix, documents: Sequence[Document]) -> None:
        self._matrix = matrix
        self._labels = np.array([document.label for document in documents])
        self._weights = _balanced(self._labels)
        likeness = (matrix @ matrix.T).toarray().astype(np.float64)
        scales, vectors = np.linalg.eigh(likeness)
        kept = scales > scales[-1] * 1e-6
        self._directions = vectors[:, kept] / np.sqrt(scales[kept])
        self._coordinates = likeness @ self._directions

    def fit(self, rows: NDArray[np.intp]) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
        """Labels, weights by feature and bias, learned from these rows."""
        model = self._model(rows)
        coefficients, bias = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn gives one row for two classes; ours always has one per label
            coefficients, bias = np.vstack([-coefficients, coefficients]) / 2, np.concatenate([-bias, bias]) / 2
        weights = self._matrix.T @ (self._directions @ coefficients.T)
        return tuple(str(label) for label in model.classes_), np.asarray(weights), bias

    def temperature(self) -> float:
        """The softening that makes probabilities of unseen sentences true, found by holding out texts in turn."""
        position, seen = np.zeros(len(self._labels), int), Counter[str]()
        for row, label in enumerate(self._labels):
            position[row] = seen[label]
            seen[label] += 1
        if max(seen[label] for label in seen if label != NONE) < 2:
            return 1.0
        losses = np.zeros(len(_TEMPERATURES))
        for fold in range(_FOLDS):
            held_out = np.flatnonzero(position % _FOLDS == fold)
            model = self._model(np.flatnonzero(position % _FOLDS != fold))
            losses += _losses(model, self._coordinates[held_out], self._labels[held_out], self._weights[held_out])
        return float(_TEMPERATURES[int(losses.argmin())])

    def _model(self, rows: NDArray[np.intp]) -> LogisticRegression:
        model = LogisticRegression(C=_STRENGTH, max_iter=200, tol=1e-4)
        return model.fit(self._coordinates[rows], self._labels[rows], sample_weight=self._weights[rows])


def _balanced(labels: NDArray[np.str_]) -> NDArray[np.float64]:
    """A weight per text: a flow with few texts is not drowned by one with many, nor all of them by the background."""
    counts = Counter(labels.tolist())
    background_size = counts.pop(NONE, 0)
    usual = sum(counts.values()) / len(counts)
    by_label = {label: usual / count for label, count in counts.items()}
    if background_size:
        by_label[NONE] = _BACKGROUND_SHARE * usual / background_size
    return np.array([by_label[label] for label in labels.tolist()])


def _losses(
    model: LogisticRegression, points: NDArray[np.float64], labels: NDArray[np.str_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weighted log loss of held-out texts at every temperature; a label that the fold never saw is left out."""
    columns = {label: column for column, label in enumerate(model.classes_)}
    rows = [row for row, label in enumerate(labels) if label in columns]
    if not rows:
        return np.zeros(len(_TEMPERATURES))
    logits = points[rows] @ model.coef_.T + model.intercept_
    if len(columns) == 2:
        logits = np.hstack([-logits, logits]) / 2
    wanted = np.array([columns[labels[row]] for row in rows])
    found = []
    for temperature in _TEMPERATURES:
        scaled = logits / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        shares = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        found.append(-(shares[np.arange(len(rows)), wanted] * weights[rows]).sum())
    return np.array(found)
