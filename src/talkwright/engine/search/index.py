"""The index of a project's passages: plain arrays for words (BM25) and meanings (vectors), made at training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.search.answer_kinds import kinds_held
from talkwright.engine.search.passages import Passage, sentences
from talkwright.engine.search.wording import Read, read_text
from talkwright.engine.understanding.local.embeddings import DIMENSIONS
from talkwright.engine.understanding.local.matching.reading import vector_of

Rows = NDArray[np.int32]
Vectors = NDArray[np.float16]
_TITLE_COUNTS = 1  # how often a word of the heading counts, beside those of the text


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers of rows that belong to names: those of name `n` are `rows[starts[n] : starts[n + 1]]`."""

    names: tuple[str, ...]
    starts: Rows
    rows: Rows
    counts: Rows

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each name stands."""
        return {name: number for number, name in enumerate(self.names)}

    def of(self, name: str) -> tuple[Rows, Rows] | None:
        """The rows with the name and how often it is in each."""
        place = self.places.get(name)
        if place is None:
            return None
        part = slice(int(self.starts[place]), int(self.starts[place + 1]))
        return self.rows[part], self.counts[part]

    @classmethod
    def gathered(cls, by_row: Iterable[Iterable[str]]) -> Table:
        """From the names of each row, as often as they stand there."""
        found: dict[str, list[tuple[int, int]]] = {}
        for row, names in enumerate(by_row):
            for name, count in Counter(names).items():
                found.setdefault(name, []).append((row, count))
        names = sorted(found)
        entries = [entry for name in names for entry in found[name]]
        return cls(
            tuple(names),
            np.cumsum([0, *(len(found[name]) for name in names)], dtype=np.int32),
            np.array([row for row, _ in entries], np.int32),
            np.array([count for _, count in entries], np.int32),
        )


@dataclass(frozen=True, eq=False)
class External:
    """Vectors that a project's own embeddings gave, of length 1, and the model that gave them."""

    model: str
    vectors: Vectors


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """Passages with all that finds them. `stems` of texts and headings, `titles` of headings and questions alone.

    `english` names the passages that each English word stands in; `meanings` and `asked` hold a vector for each
    passage's text and for its question (zeros where it has none), `sentences` for each sentence, those of passage `n`
    from `sentence_starts[n]` on.
    """

    passages: Sequence[Passage]
    languages: tuple[str, ...]
    stems: Table
    titles: Table
    english: Table
    lengths: NDArray[np.float32]
    meanings: Vectors
    asked: Vectors
    sentences: Vectors
    sentence_starts: Rows
    external: External | None = None

    def __len__(self) -> int:
        return len(self.passages)

    @cached_property
    def word_vectors(self) -> NDArray[np.float32]:
        """A vector for each word of `english`; made from the words' table when it is first needed."""
        if not self.english.names:
            return np.zeros((0, DIMENSIONS), np.float32)
        return np.stack([vector_of(word) for word in self.english.names])

    @cached_property
    def wide_meanings(self) -> NDArray[np.float32]:
        """The passages' meanings in the precision that is quick to multiply."""
        return self.meanings.astype(np.float32)

    @cached_property
    def words_of(self) -> tuple[Rows, Rows]:
        """The table `english` by passages: the words of passage `n` are `words[starts[n] : starts[n + 1]]`."""
        owners = np.repeat(np.arange(len(self.english.names), dtype=np.int32), np.diff(self.english.starts))
        order = np.argsort(self.english.rows, kind="stable")
        counts = np.bincount(self.english.rows, minlength=len(self))
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), owners[order]

    def kinds_of(self, row: int) -> frozenset[str]:
        """The kinds of answer that a passage holds; found when it is first asked."""
        known = self._kinds.get(row)
        if known is None:
            known = self._kinds[row] = kinds_held(self.passages[row].text)
        return known

    @cached_property
    def _kinds(self) -> dict[int, frozenset[str]]:
        return {}

    def prepare(self) -> None:
        """Build ahead what the first search needs; it may run in another thread."""
        _ = self.word_vectors, self.wide_meanings, self.words_of, self.stems.places, self.titles.places


def build_index(passages: Sequence[Passage], languages: Sequence[str]) -> SearchIndex:
    """The index of passages, by words and by the meanings that the local vectors give; the same for the same input."""
    texts = [read_text(passage.whole, languages) for passage in passages]
    titles = [read_text(f"{passage.heading}\n{passage.question}", languages) for passage in passages]
    parts = [sentences(passage.text) or [passage.text] for passage in passages]
    asked = [read_text(passage.question, languages) if passage.question else None for passage in passages]
    counted = [[*text.stems, *title.stems * _TITLE_COUNTS] for text, title in zip(texts, titles, strict=True)]
    return SearchIndex(
        passages=tuple(passages),
        languages=tuple(languages),
        stems=Table.gathered(counted),
        titles=Table.gathered(title.stems for title in titles),
        english=Table.gathered([*text.english, *title.english] for text, title in zip(texts, titles, strict=True)),
        lengths=np.array([len(stems) for stems in counted], np.float32),
        meanings=_stacked([text.meaning for text in texts]),
        asked=_stacked([_meaning(one) for one in asked]),
        sentences=_stacked([read_text(one, languages).meaning for own in parts for one in own]),
        sentence_starts=np.cumsum([0, *(len(own) for own in parts)], dtype=np.int32)[:-1],
    )


def _meaning(read: Read | None) -> NDArray[np.float32]:
    return np.zeros(DIMENSIONS, np.float32) if read is None else read.meaning


def _stacked(vectors: Sequence[NDArray[np.float32]]) -> Vectors:
    return (np.stack(vectors) if vectors else np.zeros((0, DIMENSIONS), np.float32)).astype(np.float16)
