"""Message against flow: a row of likenesses for each flow, which the fitted weights make into one score."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from talkwright.engine.understanding.local.answers.numbers import find_numbers
from talkwright.engine.understanding.local.embeddings import DIMENSIONS
from talkwright.engine.understanding.local.languages import background, language_of
from talkwright.engine.understanding.local.matching.flow_texts import FlowTexts
from talkwright.engine.understanding.local.matching.forms import tells_something, wants_to_know
from talkwright.engine.understanding.local.matching.owned import (
    Array,
    Meanings,
    Stems,
    Words,
    inverted,
    length_of,
    rarity,
)
from talkwright.engine.understanding.local.matching.reading import Reading, read, stem_of, weight_of
from talkwright.engine.understanding.local.texts import words

FEATURES = (
    "meaning of the whole",
    "meaning apart from the other flows",
    "meaning of the nearest text",
    "meaning of the nearest example",
    "message covered by the flow's words",
    "message covered by its rare words",
    "message covered by its meaning",
    "name covered by the message's words",
    "name covered by its meaning",
    "pieces of words",
    "words of the nearest example",
    "a choice is named",
    "a number that is asked for",
    "a question that it leaves open",
)
QUESTION = len(FEATURES) - 1
"""What is measured of each pair; 0..1 each, but for cosines and the last, which may be less than 0."""
STRANGER = ("always", "meaning of the nearest stranger")
"""What is measured of a message for "none of the flows"."""
_LEAST_TELLING = 0.4
_SHOWN_WORDS = 3


class PairScorer:
    """Measures messages against the flows of one assistant. Built once; keeps nothing of messages."""

    def __init__(self, documents: Sequence[FlowTexts], languages: Sequence[str]) -> None:
        self.flows = tuple(document.flow for document in documents)
        names = [_distinct([_read(text, languages) for text in one.names]) for one in documents]
        about = [[_read(text, languages) for text in one.about] for one in documents]
        choices = [[_read(text, languages) for text in one.choices] for one in documents]
        examples = [[_read(text, languages) for text in one.examples] for one in documents]
        own = [[*names[number], *about[number], *choices[number]] for number in range(len(documents))]
        whole = [_read(" ".join([*one.names[-1:], *one.about]), languages).meaning for one in documents]
        self._whole: Array = np.stack(whole) if whole else np.zeros((0, DIMENSIONS), np.float32)
        self._middle: Array = self._whole.mean(axis=0) if whole else np.zeros(DIMENSIONS, np.float32)
        self._apart = _unit(self._whole - self._middle)
        self._texts = Meanings([[*names[number], *about[number]] for number in range(len(documents))], DIMENSIONS)
        self._examples = Meanings(examples, DIMENSIONS)
        self._example_stems = Stems(examples, shares=False)
        self._name_stems = Stems(names, shares=True)
        self._named = _by_telling(names)
        self._words = Words(own, names, DIMENSIONS)
        self._stems = inverted((stem for one in readings for stem in one.stems) for readings in own)
        self._choices = inverted((stem for one in readings for stem in one.stems) for readings in choices)
        self._pieces = inverted((piece for one in readings for piece in one.pieces) for readings in own)
        self._piece_lengths = self._lengths_in_pieces(len(documents))
        self._tells = np.array(
            [tells_something(one.names, "".join(one.about[:1]), languages) for one in documents], np.float32
        )
        self._asks_numbers = np.array([any(s.type == "float" for s in one.asked) for one in documents], np.float32)

    def _lengths_in_pieces(self, flows: int) -> Array:
        squares = np.zeros(flows, np.float32)
        for owners in self._pieces.values():
            squares[owners] += rarity(len(owners), flows) ** 2
        return np.sqrt(squares)

    def features(self, text: str, language: str) -> Array:
        """A row of `FEATURES` for each of `flows`."""
        if not self.flows:
            return np.zeros((0, len(FEATURES)), np.float32)
        message = read(text, language)
        covered, rare, chosen = self._covered(message)
        meant, name_meant = self._words.covered(message)
        length = length_of(message.stems)
        with_number = any(not number.bare_article for number in find_numbers(text, language))
        columns = (
            self._whole @ message.meaning,
            self._apart @ _unit((message.meaning - self._middle)[None, :])[0],
            self._texts.nearest(message.meaning),
            self._examples.nearest(message.meaning),
            covered,
            rare,
            meant,
            self._name_stems.alike(dict.fromkeys(message.stems, 1.0)),
            name_meant,
            self._alike_pieces(message),
            self._example_stems.alike({stem: weight / length for stem, weight in message.stems.items()}),
            chosen,
            self._asks_numbers * with_number,
            (self._tells - 1.0) * wants_to_know(text, language),
        )
        return np.stack(columns, axis=1).astype(np.float32)

    def _covered(self, message: Reading) -> tuple[Array, Array, Array]:
        """The share of the message's words that a flow has, that few flows have, and that are one of its choices."""
        flows = len(self.flows)
        covered, rare, chosen = (np.zeros(flows, np.float32) for _ in range(3))
        total = sum(message.stems.values()) or 1.0
        for stem, weight in message.stems.items():
            if (owners := self._stems.get(stem)) is not None:
                covered[owners] += weight
                rare[owners] += weight * rarity(len(owners), flows)
            if (owners := self._choices.get(stem)) is not None:
                chosen[owners] += weight
        return covered / total, rare / total, chosen / total

    def _alike_pieces(self, message: Reading) -> Array:
        """The cosine of pieces of words, rare ones counting more."""
        flows = len(self.flows)
        found, square = np.zeros(flows, np.float32), 0.0
        for piece in message.pieces:
            owners = self._pieces.get(piece)
            weight = rarity(0 if owners is None else len(owners), flows) ** 2
            square += weight
            if owners is not None:
                found[owners] += weight
        return np.asarray(found / np.maximum(self._piece_lengths * np.sqrt(square), 1e-6), np.float32)

    def named(self, text: str, language: str) -> Array:
        """1 for each flow of whose names the message says one, and nothing else that tells anything; 0 for others."""
        found = np.zeros(len(self.flows), np.float32)
        found[list(self._named.get(_telling(read(text, language)), ()))] = 1.0
        return found

    def telling_words(self, text: str, flow: str, language: str) -> list[str]:
        """The message's words that the flow's document has too, the most telling first."""
        number = self.flows.index(flow)
        weighed = [
            (weight_of(token, language), token)
            for token in dict.fromkeys(words(text))
            if (owners := self._stems.get(stem_of(token, language))) is not None and number in owners.tolist()
        ]
        ordered = sorted(weighed, key=lambda pair: -pair[0])
        return [token for weight, token in ordered if weight > _LEAST_TELLING][:_SHOWN_WORDS]


def strangeness(text: str, language: str) -> Array:
    """The `STRANGER` features of a message."""
    nearest = float(np.max(_strangers() @ read(text, language).meaning))
    return np.array([1.0, nearest], np.float32)


@cache
def _strangers() -> Array:
    return np.stack([read(text, "en").meaning for text in background("en")])


def _read(text: str, languages: Sequence[str]) -> Reading:
    return read(text, language_of(words(text), languages, languages[0]))


def _telling(reading: Reading) -> frozenset[str]:
    return frozenset(stem for stem, weight in reading.stems.items() if weight > _LEAST_TELLING)


def _by_telling(names: Sequence[Sequence[Reading]]) -> dict[frozenset[str], set[int]]:
    """The flows that have a name of just these telling stems, two at least: one alone says too little."""
    found: dict[frozenset[str], set[int]] = {}
    for number, readings in enumerate(names):
        for reading in readings:
            if len(stems := _telling(reading)) > 1:
                found.setdefault(stems, set()).add(number)
    return found


def _distinct(readings: Sequence[Reading]) -> list[Reading]:
    return list({tuple(sorted(one.stems)): one for one in reversed(readings)}.values())


def _unit(rows: Array) -> Array:
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.maximum(lengths, 1e-6), np.float32)
