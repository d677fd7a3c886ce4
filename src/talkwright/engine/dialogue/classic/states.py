"""States: what was so whenever an action was chosen. Rules and stories are compared with them (8.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from talkwright.conversation import events as ev
from talkwright.engine.dialogue.classic.features import Feature, Features

LISTEN = ev.ACTION_LISTEN
_SPARE = 4  # states kept beyond what is looked at: forms take some back


@dataclass(frozen=True, slots=True)
class State:
    """One moment: the action before, the last message, the active form, and the slots that hold something."""

    action: str | None = None
    intent: str | None = None
    entities: frozenset[str] = frozenset()
    loop: str | None = None
    slots: frozenset[tuple[str, Feature]] = frozenset()


@dataclass(slots=True)
class _Before:
    """Where a track stood before the user spoke, to go back there."""

    count: int
    action: str | None
    intent: str | None
    entities: frozenset[str]


class Track:
    """The states of one conversation, oldest first; `now` is the one at which the next action is chosen.

    A `reduced` track is what stories remember: turns that only rules decided on are not in it, and all answers to a
    form that went well are one run of the form. `unseen` are slots and forms that it leaves out. `lost` says that one
    restored from its latest part was led further back than that: only all events tell how it stands.
    """

    def __init__(self, features: Features, *, reduced: bool = False, unseen: frozenset[str] = frozenset()) -> None:
        self._features = features
        self._reduced = reduced
        self._unseen = unseen
        self.begin()

    def begin(self) -> None:
        """Forget everything: a session, a restart or a way back from the flows begins."""
        self.lost = False
        self._restored = False
        self._least = 0
        self.states: list[State] = []
        self._before: list[_Before] = []
        self._action: str | None = None
        self._intent: str | None = None
        self._entities: frozenset[str] = frozenset()
        self._loop: str | None = None
        self._interrupted = False
        self._went_back = False
        self._slots = {name: one for name, one in self._features.initial.items() if name not in self._unseen}

    @property
    def now(self) -> State:
        """The state at this moment."""
        return State(self._action, self._intent, self._entities, self._loop, frozenset(self._slots.items()))

    def heard(self, intent: str | None, entities: frozenset[str]) -> None:
        """The user said something."""
        self._before.append(_Before(len(self.states), self._action, self._intent, self._entities))
        self._intent, self._entities = intent, entities
        self._went_back = False

    def did(self, action: str, *, hidden: bool = False) -> None:
        """The bot chose an action; `hidden` ones were chosen by rules that no story knows."""
        if self._went_back and action == LISTEN:
            return  # the bot listens already, as it did before the message that was taken back
        first = self._action is None and action == LISTEN and not self.states
        if not first and not (hidden and self._reduced):
            if self._reduced and self._answers_form(action):
                self.states.pop()
                self.lost = self.lost or len(self.states) < self._least
                if self.states:
                    self._intent, self._entities = self.states[-1].intent, self.states[-1].entities
            else:
                self.states.append(self.now)
        self._action = action
        self._interrupted = False

    def _answers_form(self, action: str) -> bool:
        """Whether the form only goes on with an answer to its question: it ran, listened, and runs again."""
        ran = bool(self.states) and self.states[-1].action == action and self._action == LISTEN
        return ran and self._loop == action and not self._interrupted

    def set_slot(self, name: str, feature: Feature | None) -> None:
        """A slot holds something else now."""
        if feature is None or name in self._unseen:
            self._slots.pop(name, None)
        else:
            self._slots[name] = feature

    def in_loop(self, name: str | None) -> None:
        """A form became active, or none is."""
        self._loop = None if name in self._unseen else name

    def interrupted(self) -> None:
        """The form goes on without taking the last message as an answer."""
        self._interrupted = True

    def go_back(self) -> None:
        """The last message counts as never said."""
        if self._before:
            before = self._before.pop()
            del self.states[before.count :]
            self._action, self._intent, self._entities = before.action, before.intent, before.entities
            self._went_back = True
            self.lost = self.lost or len(self.states) < self._least
        elif self._restored:
            self.lost = True

    def kept(self, least: int) -> dict[str, Any]:
        """The latest part as JSON: `least` states and some more, and what is so now."""
        latest = self.states[-(least + _SPARE) :]
        return {
            "cut": self._least > 0 or len(latest) < len(self.states),
            "states": [_written(state) for state in latest],
            "now": _written(self.now),
            "interrupted": self._interrupted,
            "went_back": self._went_back,
        }

    def restore(self, kept: Mapping[str, Any], least: int) -> None:
        """Stand where `kept` was written with the same `least`."""
        now = _read(kept["now"])
        self.begin()
        self.states = [_read(state) for state in kept["states"]]
        self._action, self._intent, self._entities, self._loop = now.action, now.intent, now.entities, now.loop
        self._slots = dict(now.slots)
        self._interrupted, self._went_back = kept["interrupted"], kept["went_back"]
        self._restored, self._least = True, least if kept["cut"] else 0


def _written(state: State) -> list[Any]:
    return [state.action, state.intent, sorted(state.entities), state.loop, sorted(map(list, state.slots))]


def _read(written: list[Any]) -> State:
    action, intent, entities, loop, slots = written
    return State(action, intent, frozenset(entities), loop, frozenset((name, feature) for name, feature in slots))
