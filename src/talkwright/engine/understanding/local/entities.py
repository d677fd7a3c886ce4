"""Values that stand inside a sentence: lookups and regexes of the project, spans like those its examples mark, and
values that everybody writes alike.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from talkwright.assistant.conditions.regexes import RegexError, SafeRegex, safe_regex
from talkwright.assistant.nlu import NluData
from talkwright.engine.understanding.local.languages import common_words
from talkwright.engine.understanding.local.pipeline import Pipeline
from talkwright.engine.understanding.local.recognisers import recognised
from talkwright.engine.understanding.local.tagging import Tagger
from talkwright.engine.understanding.local.texts import fold, spans, words

_LONGEST_TEXT = 500
_LONGEST_SPAN = 4  # words


@dataclass(frozen=True, slots=True)
class Entity:
    """A value found in a text, as written, with what it stands for."""

    entity: str
    text: str
    value: Any
    start: int
    end: int
    how: str
    role: str | None = None
    group: str | None = None
    confidence: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The entity as `parse_data.entities` holds it."""
        found: dict[str, Any] = {
            "entity": self.entity,
            "value": self.value,
            "start": self.start,
            "end": self.end,
            "extractor": self.how,
        }
        more = {"role": self.role, "group": self.group, "confidence_entity": self.confidence}
        found |= {key: value for key, value in more.items() if value is not None}
        return {**found, "additional_info": dict(self.detail)} if self.detail else found


@dataclass(frozen=True)
class _Frame:
    """The words that stood around the marked spans of one entity in the examples, and how the spans were written."""

    before: frozenset[str]
    after: frozenset[str]
    at_end: bool
    capital: bool
    known: Mapping[str, str]


@dataclass(frozen=True)
class EntityFinder:
    """Finds entities by what the NLU data of a project says.

    Entities with many marked spans are found by the trained `tagger`, others by the neighbours of their spans.
    Recognisers look for `kinds` of values, with times seen from `now` (seconds since 1970).
    """

    frames: Mapping[tuple[str, str | None], _Frame]
    lookups: Mapping[str, Mapping[str, str]]
    regexes: Mapping[str, tuple[SafeRegex, ...]]
    canonical: Mapping[str, str] = field(default_factory=dict)
    tagger: Tagger | None = None
    kinds: tuple[str, ...] = ()
    now: Callable[[], float] = time.time

    @classmethod
    def of(
        cls,
        data: NluData,
        tagger: Tagger | None = None,
        pipeline: Pipeline | None = None,
        now: Callable[[], float] = time.time,
    ) -> EntityFinder:
        """Reads the project's NLU data once."""
        pipeline = pipeline or Pipeline()
        canonical = {fold(text): value for value, texts in data.synonyms.items() for text in (*texts, value)}
        lookups = {name: {fold(text): text for text in texts} for name, texts in data.lookups.items()}
        regexes = {name: usable_regexes(texts) for name, texts in data.regexes.items()}
        learned = {mark.entity for mark in tagger.marks} if tagger is not None else set()
        return cls(
            _frames(data, learned),
            lookups if pipeline.lookups else {},
            regexes if pipeline.regexes else {},
            canonical,
            tagger,
            pipeline.kinds,
            now,
        )

    def find(self, text: str, language: str) -> list[Entity]:
        """All entities of a text; of two that overlap the longer one stays."""
        text = text[:_LONGEST_TEXT]
        found = [*self._by_regex(text), *self._by_lookup(text), *self._by_frame(text, language)]
        found += [*self._by_tagger(text), *self._by_recogniser(text, language)]
        kept: list[Entity] = []
        for entity in sorted(found, key=lambda one: (one.start - one.end, one.start)):
            if not any(entity.start < other.end and other.start < entity.end for other in kept):
                kept.append(entity)
        return sorted(kept, key=lambda one: one.start)

    def _by_regex(self, text: str) -> list[Entity]:
        return [
            Entity(name, found.group(), self._value(found.group()), found.start(), found.end(), "regex")
            for name, patterns in self.regexes.items()
            for pattern in patterns
            for found in pattern.all_in(text)
            if found.group()
        ]

    def _by_lookup(self, text: str) -> list[Entity]:
        if not self.lookups:
            return []
        tokens = spans(text)
        found = []
        for size in range(min(_LONGEST_SPAN, len(tokens)), 0, -1):
            for first in range(len(tokens) - size + 1):
                start, end = tokens[first][1], tokens[first + size - 1][2]
                plain = fold(text[start:end])
                for name, entries in self.lookups.items():
                    if plain in entries:
                        value = self.canonical.get(plain, entries[plain])
                        found.append(Entity(name, text[start:end], value, start, end, "lookup"))
        return found

    def _by_frame(self, text: str, language: str) -> list[Entity]:
        """Spans like the marked ones; first the entities whose words stand before the span, then those that know it."""
        tokens = spans(text)
        plain = [fold(token) for token, _, _ in tokens]
        found: tuple[list[Entity], list[Entity]] = ([], [])
        for (entity, role), frame in self.frames.items():
            for first in range(len(tokens)):
                led = first > 0 and plain[first - 1] in frame.before
                if first and not led and plain[first] not in frame.known:
                    continue
                size = _span_size(tokens, plain, first, frame, language)
                if size:
                    start, end = tokens[first][1], tokens[first + size - 1][2]
                    value = self._value(text[start:end])
                    found[not led].append(Entity(entity, text[start:end], value, start, end, "examples", role))
        return [*found[0], *found[1]]

    def _by_tagger(self, text: str) -> list[Entity]:
        return [
            Entity(
                one.mark.entity,
                text[one.start : one.end],
                self._value(text[one.start : one.end]),
                one.start,
                one.end,
                "examples",
                one.mark.role,
                one.mark.group,
                round(one.confidence, 4),
            )
            for one in (self.tagger.find(text) if self.tagger is not None else ())
        ]

    def _by_recogniser(self, text: str, language: str) -> list[Entity]:
        if not self.kinds:
            return []
        now = datetime.fromtimestamp(self.now(), UTC).astimezone().replace(tzinfo=None)  # people mean their own clocks
        return [
            Entity(kind, text[one.start : one.end], one.value, one.start, one.end, "recogniser", detail=one.detail)
            for kind, one in recognised(text, language, now, self.kinds)
        ]

    def _value(self, text: str) -> str:
        return self.canonical.get(fold(text), text)


def _span_size(tokens: list[tuple[str, int, int]], plain: list[str], first: int, frame: _Frame, language: str) -> int:
    """How many words from `first` on look like the entity: a known value, or capitals where the examples have them.

    German writes all nouns with capitals, so there the word after the span must be one that the examples know.
    """
    for size in range(min(_LONGEST_SPAN, len(tokens) - first), 0, -1):
        if " ".join(plain[first : first + size]) in frame.known:
            return size
    if not frame.capital or not first:
        return 0
    size, common = 0, common_words(language)
    while first + size < len(tokens) and size < _LONGEST_SPAN:
        word, folded = tokens[first + size][0], plain[first + size]
        if not word[0].isupper() or folded in common or folded in frame.after:
            break
        size += 1
    end = first + size
    fits = (
        language != "de" or (frame.at_end and end == len(tokens)) or (end < len(tokens) and plain[end] in frame.after)
    )
    return size if size and fits else 0


def _frames(data: NluData, learned: Collection[str]) -> dict[tuple[str, str | None], _Frame]:
    before: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    after: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    known: dict[tuple[str, str | None], dict[str, str]] = defaultdict(dict)
    at_end: dict[tuple[str, str | None], bool] = defaultdict(bool)
    capitals: dict[tuple[str, str | None], list[bool]] = defaultdict(list)
    for examples in data.intents.values():
        for example in examples:
            for mark in example.annotations:
                if mark.entity in learned:
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
        key: _Frame(frozenset(before[key]), frozenset(after[key]), at_end[key], all(capitals[key]), known[key])
        for key in known
    }


def usable_regexes(sources: tuple[str, ...]) -> tuple[SafeRegex, ...]:
    """The project's regexes that compile; those that could run away are only tried on short texts."""
    usable = []
    for source in sources:
        with suppress(RegexError):
            usable.append(safe_regex(source))
    return tuple(usable)
