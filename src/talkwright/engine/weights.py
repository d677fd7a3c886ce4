"""A model's weights where they lie: copied out of the archive into one unnamed file, and mapped from it.

What a bot never looks at takes no memory of its own, and what it does the system may take back and read again. Where no
file can be made, weights are kept in memory.
"""

from __future__ import annotations

import io
import mmap
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_ALIGNED = 64  # bytes: as the `.npy` format aligns what follows its own head
_AT_ONCE = 1 << 20


class Weights:
    """Arrays by name, added one after the other, then read."""

    def __init__(self) -> None:
        self._file: IO[bytes] = _unnamed_file()
        self._places: dict[str, tuple[int, int]] = {}

    def add(self, name: str, content: IO[bytes]) -> None:
        """Copy an array's `.npy` form; raises OSError where there is no room for it."""
        start = self._file.seek(0, io.SEEK_END)
        start = self._file.seek(start + -start % _ALIGNED)
        shutil.copyfileobj(content, self._file, _AT_ONCE)
        self._places[name] = (start, self._file.tell())

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """All of them, for reading only; raises ValueError where one is no plain array or holds less than it says."""
        self._file.flush()
        heads = {name: _head(self._file, place) for name, place in self._places.items()}
        whole = _whole(self._file)
        return {
            name: np.frombuffer(whole, dtype, _count(shape), offset).reshape(shape)
            for name, (dtype, shape, offset) in heads.items()
        }


def npy(array: NDArray[Any]) -> bytes:
    """An array as an archive holds it."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _unnamed_file() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return io.BytesIO()


def _whole(file: IO[bytes]) -> mmap.mmap | bytes:
    if isinstance(file, io.BytesIO):
        return file.getvalue()
    try:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # a file system that maps nothing, or nothing to map
        file.seek(0)
        return file.read()


def _head(file: IO[bytes], place: tuple[int, int]) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Kind, shape and place of an array's numbers."""
    start, end = place
    file.seek(start)
    if np.lib.format.read_magic(file) != (1, 0):
        message = "an array is of another version of its format"
        raise ValueError(message)
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file)
    offset = file.tell()
    plain = dtype.kind in "fiu" and not (by_columns and len(shape) > 1) and min(shape, default=1) >= 0
    if not plain or _count(shape) * dtype.itemsize > end - offset:
        message = "an array holds less than it says, or no plain numbers"
        raise ValueError(message)
    return dtype, shape, offset


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
