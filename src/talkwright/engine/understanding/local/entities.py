"""Values that stand inside a sentence: lookups and regexes of the project, spans like those its examples mark, and
values that everybody writes alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from talkwright.assistant.conditions.regexes import RegexError, SafeRegex, safe_regex
from talkwright.assistant.nlu import NluData
from talkwright.engine.understanding.local.pipeline import Pipeline
from talkwright.engine.understanding.local.recognisers import recognised, wall_clock
from talkwright.engine.understanding.local.surroundings import Key, Surroundings, spans_like, surroundings_of
from talkwright.engine.understanding.local.tagging import Tagger
from talkwright.engine.understanding.local.texts import fold, spans

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
class EntityFinder:
    """Finds entities by what the NLU data of a project says.

    Entities with many marked spans are found by the trained `tagger`, others by the neighbours of their spans.
    Recognisers look for `kinds` of values, with times seen from `now` (seconds since 1970).
    """

    surroundings: Mapping[Key, Surroundings]
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
            surroundings_of(data, learned),
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
        found = [*self._by_regex(text), *self._by_lookup(text), *self._by_surroundings(text, language)]
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

    def _by_surroundings(self, text: str, language: str) -> list[Entity]:
        return [
            Entity(entity, text[start:end], self._value(text[start:end]), start, end, "examples", role)
            for (entity, role), start, end in spans_like(text, language, self.surroundings)
        ]

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
        return [
            Entity(kind, text[one.start : one.end], one.value, one.start, one.end, "recogniser", detail=one.detail)
            for kind, one in recognised(text, language, wall_clock(self.now), self.kinds)
        ]

    def _value(self, text: str) -> str:
        return self.canonical.get(fold(text), text)


def usable_regexes(sources: tuple[str, ...]) -> tuple[SafeRegex, ...]:
    """The project's regexes that compile; those that could run away are only tried on short texts."""
    usable = []
    for source in sources:
        with suppress(RegexError):
            usable.append(safe_regex(source))
    return tuple(usable)
