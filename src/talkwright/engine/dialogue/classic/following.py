"""Both tracks of a conversation, made from its events: the whole one for rules, the reduced for stories (8.4, 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.classic.features import Features
from talkwright.engine.dialogue.classic.states import Track
from talkwright.engine.dialogue.session import SESSION_ACTION


class Tracks:
    """Both tracks of one conversation. `unseen` are slots and forms that no story names.

    `least` is how many states back from now anybody looks: where only the latest are kept, so many must be.
    """

    def __init__(self, features: Features, unseen: frozenset[str] = frozenset(), *, least: int = 0) -> None:
        self._features = features
        self._least = least
        self.whole = Track(features)
        self.reduced = Track(features, reduced=True, unseen=unseen)
        self._taken = 0
        self._last: Event | None = None

    @property
    def lost(self) -> bool:
        """Whether they were led further back than what was kept of them."""
        return self.whole.lost or self.reduced.lost

    def knows(self, tracker: Tracker) -> bool:
        """Whether these are the events that were taken in, and what came after them is there."""
        last = self._taken - tracker.earlier - 1
        if not self._taken:
            return not tracker.earlier
        return -1 <= last < len(tracker.events) and (last < 0 or tracker.events[last] is self._last)

    def kept(self) -> dict[str, Any]:
        """What `restored` needs, as JSON."""
        tracks = {"whole": self.whole.kept(self._least), "reduced": self.reduced.kept(self._least)}
        return {"taken": self._taken, **tracks}

    def restore(self, kept: Mapping[str, Any], tracker: Tracker) -> None:
        """Stand where `kept` was written, in the same conversation."""
        self.whole.restore(kept["whole"], self._least)
        self.reduced.restore(kept["reduced"], self._least)
        self._taken = kept["taken"]
        last = self._taken - tracker.earlier - 1
        self._last = tracker.events[last] if 0 <= last < len(tracker.events) else None

    def follow(self, tracker: Tracker) -> None:
        """Takes in what came since the last look."""
        for event in tracker.events[self._taken - tracker.earlier :]:
            take = _TAKING.get(event.type)
            if take is not None:
                take(self.whole, event, self._features)
                take(self.reduced, event, self._features)
        self._taken, self._last = tracker.count, tracker.events[-1] if tracker.events else None


def said_in(parse_data: Any) -> tuple[str | None, Sequence[Mapping[str, Any]]]:
    """Intent and entities of a message, whoever understood it."""
    if not isinstance(parse_data, Mapping):
        return None, ()
    intent = parse_data.get("intent")
    name = intent.get("name") if isinstance(intent, Mapping) else None
    entities: Iterable[Any] = parse_data.get("entities") or ()
    found = [one for one in entities if isinstance(one, Mapping)] if isinstance(entities, list | tuple) else []
    return (name if isinstance(name, str) and name else None), found


def _begin(track: Track, _event: Event, _features: Features) -> None:
    track.begin()


def _user(track: Track, event: Event, features: Features) -> None:
    intent, entities = said_in(event.get("parse_data"))
    track.heard(intent, features.entities(intent, entities))


def _action(track: Track, event: Event, _features: Features) -> None:
    if event.get("name") != SESSION_ACTION:
        track.did(str(event.get("name")), hidden=event.get("hide_rule_turn") is True)


def _slot(track: Track, event: Event, features: Features) -> None:
    name = str(event.get("name"))
    track.set_slot(name, features.of(name, event.get("value")))


def _reset(track: Track, _event: Event, features: Features) -> None:
    for name in features.names:
        track.set_slot(name, features.initial.get(name))


def _loop(track: Track, event: Event, _features: Features) -> None:
    track.in_loop(event.text_of("name"))


def _interrupted(track: Track, event: Event, _features: Features) -> None:
    if event.get("is_interrupted") is True:
        track.interrupted()


def _back(track: Track, _event: Event, _features: Features) -> None:
    track.go_back()


_TAKING: Mapping[str, Callable[[Track, Event, Features], None]] = {
    ev.SESSION_STARTED: _begin,
    ev.RESTART: _begin,
    ev.ROUTING_SESSION_ENDED: _begin,
    ev.USER: _user,
    ev.ACTION: _action,
    ev.SLOT: _slot,
    ev.RESET_SLOTS: _reset,
    ev.ACTIVE_LOOP: _loop,
    ev.LOOP_INTERRUPTED: _interrupted,
    ev.REWIND: _back,
}
