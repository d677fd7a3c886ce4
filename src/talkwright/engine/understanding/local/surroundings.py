"""What stands around marked spans of the examples: it finds entities that have too few of them to train on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from talkwright.assistant.nlu import NluData
from talkwright.engine.understanding.local.languages import common_words
from talkwright.engine.understanding.local.texts import fold, spans, words

_LONGEST_SPAN = 4  # words
Key = tuple[str, str | None]
"""An entity and its role."""


@dataclass(frozen=True)
class Surroundings:
    """The words that stood around the marked spans of one entity in the examples, and how the spans were written."""

    before: frozenset[str]
    after: frozenset[str]
    at_end: bool
    capital: bool
    known: Mapping[str, str]


def spans_like(text: str, language: str, learned: Mapping[Key, Surroundings]) -> Iterator[tuple[Key, int, int]]:
    """Spans like the marked ones, with start and end; first those whose entity's words stand before them."""
    tokens = spans(text)
    plain = [fold(token) for token, _, _ in tokens]
    led: list[tuple[Key, int, int]] = []
    known: list[tuple[Key, int, int]] = []
    for key, around in learned.items():
        for first in range(len(tokens)):
            is_led = first > 0 and plain[first - 1] in around.before
            if first and not is_led and plain[first] not in around.known:
                continue
            if size := _span_size(tokens, plain, first, around, language):
                (led if is_led else known).append((key, tokens[first][1], tokens[first + size - 1][2]))
    yield from (*led, *known)


def _span_size(
    tokens: Sequence[tuple[str, int, int]], plain: Sequence[str], first: int, around: Surroundings, language: str
) -> int:
    """How many words from `first` on look like the entity: a known value, or capitals where the examples have them.

    German writes all nouns with capitals, so there the word after the span must be one that the examples know.
    """
    for size in range(min(_LONGEST_SPAN, len(tokens) - first), 0, -1):
        if " ".join(plain[first : first + size]) in around.known:
            return size
    if not around.capital or not first:
        return 0
    size, common = 0, common_words(language)
    while first + size < len(tokens) and size < _LONGEST_SPAN:
        word, folded = tokens[first + size][0], plain[first + size]
        if not word[0].isupper() or folded in common or folded in around.after:
            break
        size += 1
    end = first + size
    fits = (
        language != "de" or (around.at_end and end == len(tokens)) or (end < len(tokens) and plain[end] in around.after)
    )
    return size if size and fits else 0


def surroundings_of(data: NluData, trained: Collection[str]) -> dict[Key, Surroundings]:
    """Of each entity with marked spans, but for those that a tagger was trained on."""
    before: dict[Key, set[str]] = defaultdict(set)
    after: dict[Key, set[str]] = defaultdict(set)
    known: dict[Key, dict[str, str]] = defaultdict(dict)
    at_end: dict[Key, bool] = defaultdict(bool)
    capitals: dict[Key, list[bool]] = defaultdict(list)
    for examples in data.intents.values():
        for example in examples:
            for mark in example.annotations:
                if mark.entity in trained:
                    continue
                key = (mark.entity, mark.role)
                span = example.text[mark.start : mark.end]
                left, right = words(example.text[: mark.start]), words(example.text[mark.end :])
                before[key].update(left[-1:])
                after[key].update(right[:1])
                at_end[key] |= not right
                known[key][" ".join(words(span))] = mark.value or span
                capitals[key].append(span[:1].isupper())
    return {
        key: Surroundings(frozenset(before[key]), frozenset(after[key]), at_end[key], all(capitals[key]), known[key])
        for key in known
    }
