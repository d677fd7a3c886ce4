"""Whether a message belongs to the assistant's matters at all: a few signs, weighed, where there is much text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_FIRST = 3  # the largest margins that say how clear a case is
SIGNS = _FIRST + 4
"""The number of signs: the largest margins, that of "none", and the three of `TextVector.known`."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A message is taken for one of the assistant's where its weighed signs reach `least`."""

    weights: tuple[float, ...]
    least: float

    def accepts(self, signs: Floats) -> bool:
        """Whether the message is one of the assistant's."""
        return float(np.dot(self.weights, signs)) >= self.least


def by_margin(least: float) -> Gate:
    """Only the largest margin decides: nothing is known of other messages."""
    return Gate((1.0, *(0.0 for _ in range(SIGNS - 1))), least)


def signs_of(margins: Floats, none: float, known: Sequence[float]) -> Floats:
    """The signs of one message; `margins` are those of all labels but "none"."""
    found = np.zeros(SIGNS)
    largest = np.sort(margins)[::-1][:_FIRST]
    found[: len(largest)] = largest
    found[_FIRST] = none
    found[_FIRST + 1 :] = known
    return found
