"""Both tracks of a conversation, made from its events: the whole one for rules, the reduced for stories (8.4, 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.engine.dialogue.classic.features import Features
from talkwright.engine.dialogue.classic.states import Track
from talkwright.engine.dialogue.session import SESSION_ACTION


class Tracks:
    """Both tracks of one conversation. `unseen` are slots and forms that no story names."""

    def __init__(self, features: Features, unseen: frozenset[str] = frozenset()) -> None:
        self._features = features
        self.whole = Track(features)
        self.reduced = Track(features, reduced=True, unseen=unseen)
        self._taken = 0
        self._last: Event | None = None

    def knows(self, events: Sequence[Event]) -> bool:
        """Whether these are the events that were taken in, and what came after them."""
        return not self._taken or (len(events) >= self._taken and events[self._taken - 1] is self._last)

    def follow(self, events: Sequence[Event]) -> None:
        """Takes in what came since the last look; `events` are all of the conversation."""
        for event in events[self._taken :]:
            take = _TAKING.get(event.type)
            if take is not None:
                take(self.whole, event, self._features)
                take(self.reduced, event, self._features)
        self._taken, self._last = len(events), events[-1] if events else None


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
