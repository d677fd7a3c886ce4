"""Weights are mapped from a file without a name; what doesn't hold together is refused."""

import io
import mmap
import tempfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from talkwright.engine.model import Model
from talkwright.engine.weights import Weights, npy

ROWS = np.arange(12, dtype=np.float16).reshape(3, 4)


def added(**arrays: bytes) -> Weights:
    weights = Weights()
    for name, content in arrays.items():
        weights.add(name, io.BytesIO(content))
    return weights


def owner(array: NDArray[np.generic]) -> object:
    """What holds the numbers of an array in the end."""
    base: object = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base


def test_arrays_come_back_as_they_were_from_one_mapping() -> None:
    bias = np.array([1.5, -2.0], np.float32)
    found = added(rows=npy(ROWS), bias=npy(bias), none=npy(np.zeros((0, 3), np.float16))).arrays()
    assert np.array_equal(found["rows"], ROWS)
    assert np.array_equal(found["bias"], bias)
    assert found["none"].shape == (0, 3)
    assert isinstance(owner(found["rows"]), mmap.mmap)
    assert owner(found["rows"]) is owner(found["bias"])
    with pytest.raises(ValueError, match="read-only"):
        found["rows"][0, 0] = 1


def test_a_loaded_model_has_its_weights_mapped_and_the_large_ones_in_half_precision(workshop: Model) -> None:
    classifier = workshop.classifier
    for array in (classifier.sparse_weights, classifier.dense_weights):
        assert array.dtype == np.float16
        assert isinstance(owner(array), mmap.mmap)


def test_where_no_file_can_be_made_they_are_kept_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not-there"))
    assert np.array_equal(added(rows=npy(ROWS)).arrays()["rows"], ROWS)


def with_shape(shape: str) -> bytes:
    """The array's bytes with a head that claims another shape."""
    return npy(ROWS).replace(b"(3, 4)", shape.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no array",
        npy(ROWS)[:-1],
        npy(ROWS)[:20],
        with_shape("(9, 9)"),
        with_shape("(-1,4)"),
        npy(ROWS).replace(b"'fortran_order': False", b"'fortran_order': True "),
        npy(ROWS).replace(b"'<f2'", b"'|O'  "[:5]),
        npy(np.array(["words"])),
    ],
)
def test_an_array_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        added(rows=npy(ROWS), wrong=content).arrays()
