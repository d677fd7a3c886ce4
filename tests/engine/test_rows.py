"""Texts as rows: the products are those of the whole matrix."""

import numpy as np
import pytest

from talkwright.engine.understanding.local import rows
from talkwright.engine.understanding.local.rows import TextRows


def made(count: int = 40, features: int = 3000, dimensions: int = 6) -> TextRows:
    random = np.random.default_rng(11)
    numbers = [np.sort(random.choice(features, size=random.integers(0, 90), replace=False)) for _ in range(count)]
    starts = np.cumsum([0, *map(len, numbers)])
    values = random.uniform(0.1, 1, size=int(starts[-1])).astype(np.float32)
    dense = random.normal(size=(count, dimensions)).astype(np.float32)
    return TextRows(np.concatenate(numbers), values, starts, dense, features)


def test_likeness_is_the_product_of_the_rows() -> None:
    texts = made()
    matrix = texts.matrix().toarray()
    assert np.allclose(texts.likeness, matrix @ matrix.T, atol=1e-4)


def test_a_choice_of_rows_is_those_rows_in_their_order() -> None:
    texts, chosen = made(), np.array([7, 2, 30])
    before = texts.kept(chosen).likeness
    assert np.allclose(texts.kept(chosen).matrix().toarray(), texts.matrix().toarray()[chosen])
    assert np.allclose(before, texts.likeness[np.ix_(chosen, chosen)], atol=1e-4)
    assert np.allclose(texts.kept(chosen).likeness, before, atol=1e-4)


def test_combined_rows_are_the_product_with_the_shares() -> None:
    texts = made()
    shares = np.random.default_rng(3).normal(size=(len(texts), 4))
    assert np.allclose(texts.combined(shares), texts.matrix().toarray().T @ shares, atol=1e-4)


def test_the_closest_is_found_alike_for_few_and_many(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = made()
    asked = np.arange(len(texts)) % 3 == 0
    few = texts.closest(asked)
    monkeypatch.setattr(rows, "FEW", 10)
    assert np.allclose(texts.closest(asked), few, atol=1e-4)


def test_texts_without_any_feature_are_only_as_like_as_their_embeddings() -> None:
    dense = np.eye(3, dtype=np.float32)
    texts = TextRows(np.zeros(0, np.intp), np.zeros(0, np.float32), np.zeros(4, np.intp), dense, 5)
    assert np.array_equal(texts.likeness, np.eye(3))
