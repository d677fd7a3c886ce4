"""Many texts as rows of numbers, with the few products that a training needs; scipy is loaded for very many only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

Floats = NDArray[np.float64]
FEW = 2500
"""Texts up to which everything is compared with everything."""
_BLOCK = 1024  # features that are spread out at once


class TextRows:
    """A row for each text: its features' numbers and values (at `starts[row]` up to the next), and its embedding.

    `known` holds how much of each text is known (`TextVector.known`).
    """

    def __init__(
        self,
        numbers: NDArray[np.intp],
        values: NDArray[np.float32],
        starts: NDArray[np.intp],
        dense: NDArray[np.float32],
        features: int,
        *,
        known: Floats | None = None,
    ) -> None:
        self._numbers = numbers
        self._values = values
        self._starts = starts
        self._dense = dense
        self._features = features
        self.known = np.zeros((len(dense), 0)) if known is None else known
        self._likeness: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self._dense)

    @property
    def likeness(self) -> NDArray[np.float32]:
        """The inner product of each row with each; for few rows."""
        if self._likeness is None:
            self._likeness = self._dense @ self._dense.T + self._sparse_likeness()
        return self._likeness

    def _sparse_likeness(self) -> NDArray[np.float32]:
        """A feature of a single row only adds to that row's likeness to itself, so most need no product at all."""
        count = len(self)
        rows = np.repeat(np.arange(count), np.diff(self._starts))
        uses = np.bincount(self._numbers, minlength=self._features)
        shared = uses[self._numbers] > 1
        alone = np.bincount(rows[~shared], self._values[~shared].astype(float) ** 2, minlength=count)
        found = np.diag(alone).astype(np.float32)
        columns = np.cumsum(uses > 1) - 1
        rows, values, places = rows[shared], self._values[shared], columns[self._numbers[shared]]
        order = np.argsort(places, kind="stable")
        rows, values, places = rows[order], values[order], places[order]
        for first in range(0, int(places[-1]) + 1 if len(places) else 0, _BLOCK):
            begin, end = np.searchsorted(places, (first, first + _BLOCK))
            block = np.zeros((count, _BLOCK), np.float32)
            block[rows[begin:end], places[begin:end] - first] = values[begin:end]
            found += block @ block.T
        return found

    def closest(self, asked: NDArray[np.bool_]) -> NDArray[np.float32]:
        """For each asked row its likeness to the most alike of all others."""
        if len(self) <= FEW:
            nearest: NDArray[np.float32] = self.likeness[np.ix_(asked, ~asked)].max(axis=1)
            return nearest
        matrix = self.matrix()
        return np.asarray((matrix[asked] @ matrix[~asked].T).max(axis=1).toarray().ravel(), np.float32)

    def kept(self, rows: NDArray[np.intp]) -> TextRows:
        """Some of the rows."""
        stretches = [slice(self._starts[row], self._starts[row + 1]) for row in rows]
        chosen = TextRows(
            np.concatenate([self._numbers[stretch] for stretch in stretches]),
            np.concatenate([self._values[stretch] for stretch in stretches]),
            np.concatenate([[0], np.cumsum([stretch.stop - stretch.start for stretch in stretches])]),
            self._dense[rows],
            self._features,
            known=self.known[rows],
        )
        chosen._likeness = None if self._likeness is None else self._likeness[np.ix_(rows, rows)]
        return chosen

    def combined(self, shares: Floats) -> Floats:
        """Sums of rows, a column for each column of `shares`: features first, then the embedding's dimensions."""
        summed = np.zeros((self._features, shares.shape[1]))
        for row in range(len(self)):
            stretch = slice(self._starts[row], self._starts[row + 1])
            summed[self._numbers[stretch]] += self._values[stretch, None] * shares[row]
        return np.concatenate([summed, self._dense.T @ shares])

    def main_directions(self, count: int) -> NDArray[np.float32]:
        """The directions in which the embeddings differ most, a column each: few say nearly as much as all."""
        vectors = np.linalg.eigh(self._dense.T @ self._dense)[1]
        return np.asarray(vectors[:, ::-1][:, :count], np.float32)

    def matrix(self, directions: NDArray[np.float32] | None = None) -> sparse.csr_matrix:
        """The rows as one sparse matrix: features first, then the embedding's dimensions, or some directions of it."""
        from scipy import sparse as scipy_sparse  # noqa: PLC0415 - takes longer to load than most trainings

        dense = self._dense if directions is None else self._dense @ directions
        return scipy_sparse.hstack([self._sparse(), scipy_sparse.csr_matrix(dense)], format="csr")

    def _sparse(self) -> sparse.csr_matrix:
        from scipy import sparse as scipy_sparse  # noqa: PLC0415 - as above

        shape = (len(self), self._features)
        return scipy_sparse.csr_matrix((self._values, self._numbers, self._starts), shape=shape)

    def margins(self, weights: Floats, bias: Floats) -> Floats:
        """What linear weights, a row per feature and dimension and a column per label, make of each text."""
        sparse_part = self._sparse() @ weights[: self._features]
        return np.asarray(sparse_part + self._dense @ weights[self._features :] + bias, np.float64)
