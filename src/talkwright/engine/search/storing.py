"""The index as members of a model: JSON for texts, plain arrays for numbers; equal input gives equal bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from talkwright.engine.search.index import External, SearchIndex, Table
from talkwright.engine.search.passages import Passage

_DESCRIBED = "search/index.json"
_PASSAGES = "search/passages.json"
_TABLES = ("stems", "titles", "english")
_ARRAYS = ("lengths", "meanings", "asked", "sentences", "sentence_starts")
_EXTERNAL = "external"


def _place(name: str) -> str:
    return f"search/{name}.npy"


MEMBERS = frozenset(
    {
        _DESCRIBED,
        _PASSAGES,
        *(_place(name) for name in _ARRAYS),
        *(_place(f"{name}_{part}") for name in _TABLES for part in ("starts", "rows", "counts")),
        _place(_EXTERNAL),
    }
)
"""The members of an archive that may hold an index."""


def members_of(index: SearchIndex) -> dict[str, bytes]:
    """The members by name."""
    tables = {name: getattr(index, name) for name in _TABLES}
    described: dict[str, Any] = {
        "languages": list(index.languages),
        "names": {name: list(table.names) for name, table in tables.items()},
        "external": index.external.model if index.external is not None else None,
    }
    passages = [[one.source, one.heading, one.question, one.text] for one in index.passages]
    arrays = {name: getattr(index, name) for name in _ARRAYS}
    for name, table in tables.items():
        arrays |= {f"{name}_starts": table.starts, f"{name}_rows": table.rows, f"{name}_counts": table.counts}
    if index.external is not None:
        arrays[_EXTERNAL] = index.external.vectors
    return {
        _DESCRIBED: msgspec.json.encode(described),
        _PASSAGES: msgspec.json.encode(passages),
        **{_place(name): _npy(array) for name, array in arrays.items()},
    }


def index_in(members: Mapping[str, bytes]) -> SearchIndex | None:
    """The index of an archive, None where it has none; texts are read when they are first asked for.

    Raises ValueError, KeyError or TypeError for members that don't fit together.
    """
    if _DESCRIBED not in members:
        return None
    described = msgspec.json.decode(members[_DESCRIBED])
    names, model = described["names"], described["external"]
    stems, titles, english = (_table(name, names[name], members) for name in _TABLES)
    lengths, meanings, asked, sentences, starts = (_array(members, name) for name in _ARRAYS)
    found = SearchIndex(
        passages=_Passages(members[_PASSAGES], len(lengths)),
        languages=tuple(described["languages"]),
        stems=stems,
        titles=titles,
        english=english,
        lengths=lengths,
        meanings=meanings,
        asked=asked,
        sentences=sentences,
        sentence_starts=starts,
        external=External(str(model), _array(members, _EXTERNAL)) if model is not None else None,
    )
    _check(found)
    return found


def _check(index: SearchIndex) -> None:
    """Raises ValueError where one array speaks of rows that another doesn't have."""
    size = len(index.lengths)
    by_row: list[NDArray[Any]] = [index.meanings, index.asked, index.sentence_starts]
    if index.external is not None:
        by_row.append(index.external.vectors)
    fits = all(len(array) == size for array in by_row) and bool(index.languages)
    for table in (index.stems, index.titles, index.english):
        fits = fits and len(table.starts) == len(table.names) + 1 and len(table.rows) == len(table.counts)
        fits = fits and int(table.starts[-1]) == len(table.rows) and bool((np.diff(table.starts) >= 0).all())
        fits = fits and (not len(table.rows) or 0 <= int(np.min(table.rows)) <= int(np.max(table.rows)) < size)
    if size:
        ascending = bool((np.diff(index.sentence_starts) > 0).all()) and int(index.sentence_starts[0]) == 0
        fits = fits and ascending and int(index.sentence_starts[-1]) < len(index.sentences)
    if not fits:
        message = "the arrays of its search don't fit together"
        raise ValueError(message)


def _table(name: str, names: Iterable[str], members: Mapping[str, bytes]) -> Table:
    return Table(tuple(names), *(_array(members, f"{name}_{part}") for part in ("starts", "rows", "counts")))


def _array(members: Mapping[str, bytes], name: str) -> NDArray[Any]:
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(members[_place(name)]), allow_pickle=False)
    return array


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


class _Passages(Sequence[Passage]):
    """Passages that are read from their JSON when the first of them is asked for."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size

    @cached_property
    def _read(self) -> list[Passage]:
        rows = msgspec.json.decode(self._data, type=list[tuple[str, str, str, str]])
        return [Passage(source, heading, text, question) for source, heading, question, text in rows]

    @overload
    def __getitem__(self, place: int) -> Passage: ...

    @overload
    def __getitem__(self, place: slice) -> list[Passage]: ...

    def __getitem__(self, place: int | slice) -> Passage | list[Passage]:
        return self._read[place]

    def __len__(self) -> int:
        return self._size
