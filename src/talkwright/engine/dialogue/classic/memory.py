"""Stories, remembered: what was done when the conversation stood exactly so (8.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from talkwright.assistant.stories import Story
from talkwright.engine.dialogue.classic.features import Features
from talkwright.engine.dialogue.classic.paths import choices, paths_of
from talkwright.engine.dialogue.classic.states import LISTEN, State, Track

_START = State()
"""Stands before the first state of a conversation, so that beginnings are told from middles."""
_CONTRADICTED = ""
_LOOKED_AT = 50  # states back from now among which a shortened conversation may begin


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a story says is done next; `whole`: the conversation fits as far as anybody looks back."""

    action: str
    whole: bool


class Memory:
    """All stories of an assistant, by the last `history` states (None: by all of them)."""

    def __init__(
        self, stories: Sequence[Story], features: Features, history: int | None, unseen: frozenset[str] = frozenset()
    ) -> None:
        self._history = history
        self._initial = frozenset(features.initial.items())
        self._actions: dict[tuple[State, ...], str] = {}
        for path in paths_of(stories):
            track = Track(features, reduced=True, unseen=unseen)
            for states, action in choices(path, track, features):
                key = self._key(states)
                if self._actions.setdefault(key, action) != action:
                    self._actions[key] = _CONTRADICTED

    def longest(self, *, shortened: bool) -> int:
        """How many states back from now a story looks; a longer conversation is none that is remembered as a whole."""
        known = max(map(len, self._actions), default=0) if self._history is None else self._history
        return max(known, _LOOKED_AT if shortened else 0) + 1

    def recall(self, states: Sequence[State], *, shortened: bool) -> Recalled | None:
        """What is done at the last of the states; `shortened`: the conversation may have begun at any message."""
        action = self._actions.get(self._key(states))
        if action:
            return Recalled(action, whole=True)
        if not shortened:
            return None
        for begin in range(max(1, len(states) - _LOOKED_AT), len(states)):
            if states[begin].action != LISTEN:
                continue
            action = self._actions.get(self._key(self._forgetful(states, begin)))
            if action:
                return Recalled(action, whole=False)
        return None

    def _key(self, states: Sequence[State]) -> tuple[State, ...]:
        whole = (_START, *states)
        return whole if self._history is None else whole[-self._history :]

    def _forgetful(self, states: Sequence[State], begin: int) -> list[State]:
        """The states from `begin` on, without the slots that were filled before."""
        known = states[begin - 1].slots - self._initial
        return [replace(state, slots=state.slots - known) for state in states[begin:]]
