"""Trains the classifier of flows and intents. Only a training imports it, scikit-learn only for many texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # the package has no types

from talkwright.assistant.assistant import Assistant
from talkwright.engine.understanding.local.classifier import FlowClassifier
from talkwright.engine.understanding.local.documents import NONE, Document, Lessons, Meaning, lessons_of
from talkwright.engine.understanding.local.embeddings import DIMENSIONS
from talkwright.engine.understanding.local.languages import background
from talkwright.engine.understanding.local.margins import Known
from talkwright.engine.understanding.local.rows import TextRows
from talkwright.engine.understanding.local.solving import solver_for
from talkwright.engine.understanding.local.tagger_training import train_tagger
from talkwright.engine.understanding.local.vectors import Vectoriser, vectoriser_of

Progress = Callable[[float, str], None]
_MANY = 5000
_ENOUGH_STRANGERS = 50  # out-of-scope examples of its own from which on a project needs none of ours
# Likeness (0..2: words and embedding, about 1 each) above which a background sentence is of the assistant's own matter.
_TOO_CLOSE = 1.05


def train_classifier(
    assistant: Assistant, progress: Progress = lambda *_: None, *, held_out: Sequence[Document] = ()
) -> FlowClassifier:
    """Learn from the project's texts; the same texts give the same numbers.

    `progress` is told the share done (0..1) and what happens. `held_out` are further texts with their labels that are
    not learned from but show how much to trust what was learned; without them some of the project's are held out.
    """
    languages = tuple(dict.fromkeys([assistant.language, *assistant.additional_languages]))
    known = tuple(name for name in languages if name in ("en", "de")) or ("en",)
    lessons = lessons_of(assistant)
    if all(document.label == NONE for document in lessons.documents):
        return _untrained(known)
    with threadpool_limits(1):  # small matrices: more threads only wait for each other, and sum in another order
        return replace(_learned(lessons, held_out, known, progress), tagger=train_tagger(assistant.nlu))


def _learned(
    lessons: Lessons, held_out: Sequence[Document], known: tuple[str, ...], progress: Progress
) -> FlowClassifier:
    strange = sum(document.label == NONE for document in lessons.documents)
    ours = [] if strange >= _ENOUGH_STRANGERS else [Document(NONE, text) for name in known for text in background(name)]
    documents = [*lessons.documents, *ours]
    vectoriser = vectoriser_of(
        [document.text for document in documents],
        [document.label == NONE for document in documents],
        known,
        least=1 if len(documents) <= _MANY else 2,  # of many texts, features of a single one only fill memory
    )
    rows = _rows(documents, vectoriser, known[0])
    kept = _without_close_strangers(len(lessons.documents), rows)
    documents, rows = [documents[row] for row in kept], rows.kept(kept)
    progress(0.3, f"{len(documents)} texts have become numbers")
    shown = Known(_rows(held_out, vectoriser, known[0]), [one.label for one in held_out]) if held_out else None
    solver = solver_for(rows, [document.label for document in documents], shown, own_strangers=strange > 0)
    labels, weights, bias = solver.fit()
    progress(0.7, "The classifier is fitted")
    calibration = solver.calibration()
    progress(1.0, f"Probabilities are calibrated (temperature {calibration.temperature:g})")
    size = len(vectoriser.vocabulary)
    return FlowClassifier(
        labels=labels,
        meanings=_meanings(labels, lessons.meanings),
        vectoriser=vectoriser,
        sparse_weights=weights[:size].astype(np.float16),
        dense_weights=weights[size:].astype(np.float16),
        bias=bias.astype(np.float32),
        temperature=calibration.temperature,
        threshold=calibration.threshold,
        gate=calibration.gate,
        default_language=known[0],
    )


def _meanings(labels: Sequence[str], meanings: Mapping[str, Meaning]) -> tuple[Meaning, ...]:
    return tuple(meanings.get(label, Meaning()) for label in labels)


def _untrained(languages: tuple[str, ...]) -> FlowClassifier:
    """An assistant without a flow or intent that text could mean: nothing to choose from."""
    return FlowClassifier(
        labels=(),
        meanings=(),
        vectoriser=Vectoriser({}, np.zeros(0, np.float32), 1.0, languages),
        sparse_weights=np.zeros((0, 0), np.float16),
        dense_weights=np.zeros((DIMENSIONS, 0), np.float16),
        bias=np.zeros(0, np.float32),
        temperature=1.0,
        threshold=1.0,
        gate=None,
        default_language=languages[0],
    )


def _rows(documents: Sequence[Document], vectoriser: Vectoriser, language: str) -> TextRows:
    read = [vectoriser.read(document.text, language) for document in documents]
    return TextRows(
        np.concatenate([vector.numbers for vector in read]),
        np.concatenate([vector.values for vector in read]),
        np.cumsum([0, *(len(vector.numbers) for vector in read)]),
        np.stack([vector.dense for vector in read]),
        len(vectoriser.vocabulary),
        known=np.array([vector.known for vector in read]),
    )


def _without_close_strangers(own: int, rows: TextRows) -> NDArray[np.intp]:
    """Row numbers to keep: a background sentence close to a text of the project may be just what that is for.

    The first `own` rows are the project's.
    """
    is_ours = np.arange(len(rows)) >= own
    if not is_ours.any():
        return np.arange(len(rows))
    far = np.flatnonzero(is_ours)[rows.closest(is_ours) < _TOO_CLOSE]
    return np.concatenate([np.arange(own), far])
