"""How well passages answer what is asked: words (BM25) and meanings (vectors), mixed by weights that were fitted.

A mix was taken rather than the fusion of two rankings, because a rank says nothing of whether the best passage is any
good: the mix gives a probability, which a threshold can be held against and a flow's likelihood compared with. Vectors
of the project's own embeddings, whose scale nobody knows beforehand, do join by the fusion of ranks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.search.index import SearchIndex
from talkwright.engine.search.passages import Passage
from talkwright.engine.search.wording import Query, read_query
from talkwright.engine.understanding.local.matching.reading import stem_of, vector_of

Floats = NDArray[np.float64]
FEATURES = (
    "words",
    "words covered",
    "words of the title covered",
    "meaning covered",
    "meaning of the whole",
    "meaning of the question",
    "most telling word covered",
    "weakest word's meaning",
    "words of the question",
    "meaning of the nearest sentence",
    "kind of answer",
)
"""What is measured of a passage; 0..1 each, but for cosines, which may be less than 0."""
KINDS = ("meant", "by words alone")
OLDER = 0.4
"""What an older message weighs beside the one after it."""
_SATURATION, _LENGTH_SHARE = 1.2, 0.6  # BM25's k1 and b
_CONSIDERED = 40  # passages that are looked at closely
_FUSION = 60.0  # the constant of reciprocal rank fusion: how little the first ranks stand out
_TINY = 1e-6
_EVEN = 0.3  # the share of a word's weight that does not depend on how rare it is


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    `score` is the probability that it answers, `likeness` the cosine by the project's own embeddings.
    """

    passage: Passage
    score: float
    likeness: float | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """What `benchmarks/search/fit.py` found: weights and a constant by kind.

    `floor` is the score from which on a passage is an answer where no language model judges.
    """

    weights: dict[str, Floats]
    constants: dict[str, float]
    floor: float


@cache
def fitted() -> Fitted:
    """What the package ships."""
    return fitted_from(json.loads((files(__package__) / "weights.json").read_text(encoding="utf-8")))


def fitted_from(data: dict[str, dict[str, float]]) -> Fitted:
    """From the numbers of the file, which are told by the features' names."""
    return Fitted(
        {kind: np.array([float(data[kind].get(name, 0.0)) for name in FEATURES]) for kind in KINDS},
        {kind: float(data[kind]["always"]) for kind in KINDS},
        float(data["thresholds"]["floor"]),
    )


def search(
    index: SearchIndex, messages: Sequence[str], *, most: int, external: Sequence[float] | None = None
) -> list[Hit]:
    """The passages for messages, newest first, the best `most` of them, best first.

    `external` is the vector that the project's own embeddings gave to the query. An older message only helps where the
    newest one says too little alone.
    """
    if not len(index) or not messages:
        return []
    rows, scores = _scored(index, read_query(messages[:1], index.languages, older=OLDER))
    if len(messages) > 1:
        more_rows, more = _scored(index, read_query(messages, index.languages, older=OLDER))
        merged = np.zeros(len(index))
        merged[rows] = scores
        merged[more_rows] = np.maximum(merged[more_rows], more)
        rows = np.union1d(rows, more_rows)
        scores = merged[rows]
    if external is not None and index.external is not None:
        return _fused(index, rows, scores, _likenesses(index.external.vectors, external), most)
    order = np.argsort(-scores, kind="stable")[:most]
    return [Hit(index.passages[rows[place]], float(scores[place])) for place in order]


class Answerable:
    """What an index can answer, for whoever decides whether a message is a question to it."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    def answers(self, message: str) -> float:
        """How likely it is that some passage answers a message, 0..1."""
        hits = search(self._index, [message], most=1)
        return hits[0].score if hits else 0.0

    @property
    def sure(self) -> float:
        """The likelihood from which on a passage is taken to."""
        return fitted().floor


def _scored(index: SearchIndex, query: Query) -> tuple[NDArray[np.intp], Floats]:
    rows, features = measured(index, query)
    kind = KINDS[0] if query.meant else KINDS[1]
    return rows, _logistic(features @ fitted().weights[kind] + fitted().constants[kind])


def _logistic(values: Floats) -> Floats:
    scores: Floats = 1.0 / (1.0 + np.exp(-np.clip(values, -40.0, 40.0)))
    return scores


def measured(index: SearchIndex, query: Query) -> tuple[NDArray[np.intp], Floats]:
    """The passages worth looking at, in their order, with a row of `FEATURES` for each."""
    weights = {stem: weight * rarity(index, stem) for stem, weight in query.stems.items()}
    total = max(sum(weights.values()), _TINY)
    words = np.zeros(len(index))
    covered = np.zeros(len(index))
    for stem, weight in weights.items():
        if (found := index.stems.of(stem)) is not None:
            covered[found[0]] += weight
            words[found[0]] += weight * _saturated(index, *found)
    meaning = index.wide_meanings @ query.meaning
    rows = _worth(words, meaning)
    titled = np.zeros(len(index))
    for stem, weight in weights.items():
        if (found := index.titles.of(stem)) is not None:
            titled[found[0]] += weight
    soft, most_telling, weakest = _soft(index, query, rows)
    asked = index.asked[rows].astype(np.float32) @ query.meaning
    kinds = np.array([_kind(query, index.kinds_of(row)) for row in rows])
    has_question = np.array([bool(index.passages[row].question) for row in rows])
    features = np.column_stack(
        [
            words[rows] / total,
            covered[rows] / total,
            titled[rows] / total,
            soft,
            meaning[rows],
            np.where(has_question, np.maximum(asked, meaning[rows]), meaning[rows]),
            most_telling,
            weakest,
            np.where(has_question, titled[rows] / total, covered[rows] / total),
            _nearest_sentences(index, query, rows),
            kinds,
        ]
    )
    return rows, features.astype(float)


def _nearest_sentences(index: SearchIndex, query: Query, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """For each passage the likeness of the sentence that is most like the query."""
    ends = np.append(index.sentence_starts, len(index.sentences))
    parts = [np.arange(index.sentence_starts[row], ends[row + 1]) for row in rows]
    likeness = index.sentences[np.concatenate(parts)].astype(np.float32) @ query.meaning
    found: NDArray[np.float32] = np.maximum.reduceat(likeness, np.cumsum([0, *map(len, parts)])[:-1])
    return found


def _kind(query: Query, held: frozenset[str]) -> float:
    """1 where the passage holds the kind of answer that is asked for, -1 where it does not, 0 where any will do."""
    if not query.kinds:
        return 0.0
    return 1.0 if any(kind in held for kind in query.kinds) else -1.0


def rarity(index: SearchIndex, stem: str) -> float:
    """The inverse document frequency of a stem, 1 for one that no passage has."""
    found = index.stems.of(stem)
    having = 0 if found is None else len(found[0])
    return float(np.log1p((len(index) - having + 0.5) / (having + 0.5)) / np.log1p((len(index) + 0.5) / 0.5))


def _saturated(index: SearchIndex, rows: NDArray[np.int32], counts: NDArray[np.int32]) -> Floats:
    """BM25's share of a word's weight, so that it is 1 at most."""
    mean = max(float(index.lengths.mean()), 1.0)
    drag = _SATURATION * (1.0 - _LENGTH_SHARE + _LENGTH_SHARE * index.lengths[rows] / mean)
    shares: Floats = counts / (counts + drag)
    return shares


def _worth(words: Floats, meaning: NDArray[np.float32]) -> NDArray[np.intp]:
    """The passages that are near by words or by meaning."""
    if len(words) <= 2 * _CONSIDERED:
        return np.arange(len(words))
    near = np.argpartition(-meaning, _CONSIDERED)[:_CONSIDERED]
    return np.union1d(near, np.argpartition(-words, _CONSIDERED)[:_CONSIDERED])


def _soft(index: SearchIndex, query: Query, rows: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """How much of the query's words have a word of like meaning in each passage; the most telling one; the weakest."""
    if not query.words or not len(index.english.names):
        zeros = np.zeros(len(rows))
        return zeros, zeros, zeros
    known = index.word_vectors
    alike = np.stack([known @ vector_of(word) for word in query.words])
    starts, owned = index.words_of
    nearest = np.zeros((len(query.words), len(rows)), np.float32)
    for place, row in enumerate(rows):
        part = owned[starts[row] : starts[row + 1]]
        if len(part):
            nearest[:, place] = np.max(alike[:, part], axis=1)
    rare = np.array([rarity(index, stem_of(word, "en")) for word in query.words])
    weights = query.weights.astype(float) * (_EVEN + (1.0 - _EVEN) * rare)
    total = max(float(weights.sum()), _TINY)
    telling = weights >= 0.5 * float(np.max(weights))
    near = nearest.astype(float)
    return (weights @ near) / total, near[int(np.argmax(weights))], near[telling].min(axis=0)


def _likenesses(vectors: NDArray[np.float16], query: Sequence[float]) -> Floats:
    vector = np.asarray(query, np.float32)
    if vector.shape != (vectors.shape[1],):
        return np.zeros(len(vectors))
    length = float(np.sqrt(vector @ vector)) or 1.0
    return (vectors.astype(np.float32) @ (vector / length)).astype(float)


def _fused(index: SearchIndex, rows: NDArray[np.intp], scores: Floats, likeness: Floats, most: int) -> list[Hit]:
    """Both rankings as one: each passage gets the sum of the reciprocals of its ranks."""
    own = np.zeros(len(index))
    own[rows] = scores
    fused = np.zeros(len(index))
    for values in (own, likeness):
        fused[np.argsort(-values, kind="stable")] += 1.0 / (_FUSION + np.arange(1, len(index) + 1))
    order = np.argsort(-fused, kind="stable")[:most]
    return [Hit(index.passages[row], float(own[row]), float(likeness[row])) for row in order]
