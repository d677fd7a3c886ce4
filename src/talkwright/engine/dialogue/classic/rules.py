"""Rules: which of them fit the conversation, and which one of these says what is done next (8.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from talkwright.assistant.stories import Done, Heard, InLoop, Rule, SlotsSet, StoryStep
from talkwright.engine.dialogue.classic.features import ANYTHING, Feature, Features
from talkwright.engine.dialogue.classic.paths import ways_through
from talkwright.engine.dialogue.classic.states import LISTEN, State


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a rule wants of one state; what it says nothing about may be anything."""

    action: str | None = None
    intent: str | None = None
    entities: frozenset[str] = frozenset()
    loops: bool = False
    loop: str | None = None
    slots: tuple[tuple[str, Feature | None], ...] = ()

    def fits(self, state: State) -> bool:
        """Whether the state is as the rule wants it."""
        return (
            self.action in (None, state.action)
            and self.intent in (None, state.intent)
            and self.entities <= state.entities
            and (not self.loops or self.loop == state.loop)
            and all(_holds(state, name, wanted) for name, wanted in self.slots)
        )

    @property
    def weight(self) -> int:
        """How much it says."""
        return (self.action is not None) + (self.intent is not None) + len(self.entities) + self.loops + len(self.slots)


def _holds(state: State, name: str, wanted: Feature | None) -> bool:
    if wanted is None or wanted == ANYTHING:
        return any(name == other for other, _ in state.slots) == (wanted is not None)
    return (name, wanted) in state.slots


@dataclass(frozen=True, slots=True)
class Case:
    """One action that a rule asks for, and the states that must have led there."""

    rule: Rule
    patterns: tuple[Pattern, ...]
    action: str

    def fits(self, states: Sequence[State]) -> bool:
        """Whether the last states are as the rule wants them, all of them if it is a rule of the beginning."""
        count = len(self.patterns)
        if len(states) != count if self.rule.at_start else len(states) < count:
            return False
        return all(
            pattern.fits(state) for pattern, state in zip(reversed(self.patterns), reversed(states), strict=False)
        )

    @property
    def is_general(self) -> bool:
        """Whether it says nothing of forms at its end, and so may interrupt any."""
        return not self.patterns[-1].loops

    @property
    def weight(self) -> tuple[int, int]:
        """The more a rule says, the more it counts."""
        return len(self.patterns), sum(pattern.weight for pattern in self.patterns) + self.rule.at_start

    @property
    def empty(self) -> set[str | None]:
        """What the rule wants to be empty: slots by their names, the form as None."""
        slots = {name for pattern in self.patterns for name, wanted in pattern.slots if wanted is None}
        return slots | ({None} if any(pattern.loops and pattern.loop is None for pattern in self.patterns) else set())


class RuleBook:
    """All rules of an assistant, by what was done before and what was said."""

    def __init__(self, rules: Sequence[Rule], features: Features) -> None:
        self._cases: dict[tuple[str | None, str | None], list[Case]] = defaultdict(list)
        for rule in rules:
            for way in ways_through(rule.steps):
                for case in _cases(rule, way, features):
                    last = case.patterns[-1]
                    self._cases[(last.action, last.intent)].append(case)
        for cases in self._cases.values():
            cases.sort(key=lambda case: case.weight, reverse=True)

    @property
    def longest(self) -> int:
        """How many states back from now a rule looks; one more tells that a conversation is past its beginning."""
        return max((len(case.patterns) for cases in self._cases.values() for case in cases), default=0)

    def best(self, states: Sequence[State]) -> Case | None:
        """The case that says most among those that fit; of equals the one that was written first."""
        now = states[-1]
        keys = product(dict.fromkeys((now.action, None)), dict.fromkeys((now.intent, None)))
        found = (self._first(key, states) for key in keys)
        return max((case for case in found if case is not None), key=lambda case: case.weight, default=None)

    def _first(self, key: tuple[str | None, str | None], states: Sequence[State]) -> Case | None:
        return next((case for case in self._cases.get(key, ()) if case.fits(states)), None)


@dataclass
class _Said:
    """What a rule has said up to a step."""

    features: Features
    action: str | None = None
    intent: str | None = None
    entities: frozenset[str] = frozenset()
    loops: bool = False
    loop: str | None = None
    slots: dict[str, Feature | None] = field(default_factory=dict)

    def take(self, step: StoryStep) -> None:
        match step:
            case Heard():
                self.action, self.intent = LISTEN, step.intent
                self.entities = self.features.mentioned(step.intent, step.mentions)
            case SlotsSet():
                seen = set(self.features.names)
                self.slots.update((one.name, self.features.of_mark(one)) for one in step.slots if one.name in seen)
            case InLoop():
                self.loops, self.loop = True, step.loop
            case Done():
                self.action = step.action
            case _:
                pass

    def pattern(self) -> Pattern:
        slots: tuple[Any, ...] = tuple(self.slots.items())
        return Pattern(self.action, self.intent, self.entities, self.loops, self.loop, slots)


def _cases(rule: Rule, steps: Sequence[StoryStep], features: Features) -> Iterator[Case]:
    """One case per action that the rule asks for; an action that stands before any message is only what was done."""
    said = _Said(features)
    for condition in rule.conditions:
        said.take(condition)
    patterns: list[Pattern] = []
    spoke = False
    for step in steps:
        asked = step.action if isinstance(step, Done) else LISTEN if isinstance(step, Heard) and spoke else None
        if asked is not None and said.action is not None:
            patterns.append(said.pattern())
            yield Case(rule, tuple(patterns), asked)
        spoke = isinstance(step, Done) or (spoke and not isinstance(step, Heard))
        said.take(step)
    if spoke and rule.waits:
        yield Case(rule, (*patterns, said.pattern()), LISTEN)
