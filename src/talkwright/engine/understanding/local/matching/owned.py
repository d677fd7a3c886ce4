"""Rows of numbers that belong to flows: which flow has which words, names, texts and examples."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.understanding.local.matching.reading import Reading

Array = NDArray[np.float32]
Index = NDArray[np.intp]
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Owners:
    """Rows in the order of their flows: the rows of `flows[n]` begin at `starts[n]`. `count` is that of all flows."""

    flows: Index
    starts: Index
    count: int

    @classmethod
    def of(cls, sizes: Sequence[int]) -> Owners:
        """From the number of rows of each flow."""
        owning = [number for number, size in enumerate(sizes) if size]
        starts = np.cumsum([0, *(sizes[number] for number in owning)])[:-1]
        return cls(np.array(owning, np.intp), starts.astype(np.intp), len(sizes))

    def highest(self, values: Array) -> Array:
        """The highest value of each flow's rows; 0 for a flow without one."""
        found = np.zeros(self.count, np.float32)
        if len(self.flows):
            found[self.flows] = np.maximum.reduceat(values, self.starts)
        return found


class Meanings:
    """The meanings of texts of flows."""

    def __init__(self, by_flow: Sequence[Sequence[Reading]], width: int) -> None:
        self._owners = Owners.of([len(readings) for readings in by_flow])
        rows = [one.meaning for readings in by_flow for one in readings]
        self._rows: Array = np.stack(rows) if rows else np.zeros((0, width), np.float32)

    def nearest(self, meaning: Array) -> Array:
        """For each flow the cosine with the nearest of its texts."""
        return self._owners.highest(self._rows @ meaning)


class Stems:
    """Texts of flows by their stems; each text a row of length 1, or of sum 1 for `shares`."""

    def __init__(self, by_flow: Sequence[Sequence[Reading]], *, shares: bool) -> None:
        rows = [one for readings in by_flow for one in readings]
        self._owners = Owners.of([len(readings) for readings in by_flow])
        self._rows = len(rows)
        places: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, one in enumerate(rows):
            whole = sum(one.stems.values()) if shares else length_of(one.stems)
            for stem, weight in one.stems.items():
                places[stem].append((number, weight / max(whole, _TINY)))
        self._places: Mapping[str, tuple[Index, Array]] = {
            stem: (np.array([row for row, _ in found], np.intp), np.array([part for _, part in found], np.float32))
            for stem, found in places.items()
        }

    def alike(self, weights: Mapping[str, float]) -> Array:
        """For each flow the highest sum, over the given stems, of weight times the share of the stem in a text."""
        found = np.zeros(self._rows, np.float32)
        for stem, weight in weights.items():
            if (known := self._places.get(stem)) is not None:
                found[known[0]] += weight * known[1]
        return self._owners.highest(found)


class Words:
    """The English words of all flows once, with those that each flow has and those of each of its names."""

    def __init__(self, by_flow: Sequence[Sequence[Reading]], names: Sequence[Sequence[Reading]], width: int) -> None:
        vectors: dict[str, Array] = {
            word: vector
            for readings in by_flow
            for one in readings
            for word, vector in zip(one.words, one.vectors, strict=True)
        }
        number = {word: place for place, word in enumerate(vectors)}
        self._vectors: Array = np.stack(list(vectors.values())) if vectors else np.zeros((0, width), np.float32)
        of_flow = [sorted({number[word] for one in readings for word in one.words}) for readings in by_flow]
        self._owners = Owners.of([len(places) for places in of_flow])
        self._places = np.array([place for places in of_flow for place in places], np.intp)
        named = [[one for one in readings if one.words] for readings in names]
        self._names = Owners.of([len(readings) for readings in named])
        flat = [one for readings in named for one in readings]
        self._name_places = np.array([number[word] for one in flat for word in one.words], np.intp)
        self._name_weights: Array = (
            np.concatenate([one.weights / max(float(one.weights.sum()), _TINY) for one in flat])
            if flat
            else np.zeros(0, np.float32)
        )
        self._name_starts = np.cumsum([0, *(len(one.words) for one in flat)])[:-1].astype(np.intp)

    def covered(self, message: Reading) -> tuple[Array, Array]:
        """How much of the message each flow's words mean too, and how much of its name the message's words mean."""
        of_message, of_name = (np.zeros(self._owners.count, np.float32) for _ in range(2))
        if not message.words or not len(self._vectors):
            return of_message, of_name
        alike = np.maximum(self._vectors @ message.vectors.T, 0.0)
        nearest = np.maximum.reduceat(alike[self._places], self._owners.starts, axis=0)
        of_message[self._owners.flows] = (nearest @ message.weights) / max(float(message.weights.sum()), _TINY)
        if len(self._name_places):
            said = np.max(alike * np.minimum(message.weights, 1.0), axis=1)
            shares = np.add.reduceat(said[self._name_places] * self._name_weights, self._name_starts)
            of_name = self._names.highest(shares)
        return of_message, of_name


def length_of(weights: Mapping[str, float]) -> float:
    """The length of a vector of weights."""
    return math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0


def inverted(by_flow: Iterable[Iterable[str]]) -> dict[str, Index]:
    """For each string the numbers of the flows that have it."""
    owners: dict[str, dict[int, None]] = defaultdict(dict)
    for number, found in enumerate(by_flow):
        for one in found:
            owners[one][number] = None
    return {one: np.array(list(numbers), np.intp) for one, numbers in owners.items()}


def rarity(owners: int, flows: int) -> float:
    """1 for what a single flow has (or none), less for what many have."""
    return math.log((flows + 1) / (owners + 0.5)) / math.log((flows + 1) / 1.5) if flows > 1 and owners else 1.0
