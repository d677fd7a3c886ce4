"""The timeline: a conversation as turns with their lines, put together from the changes of the fold alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from talkwright.conversation.entries import moment
from talkwright.conversation.events import Event
from talkwright.conversation.fold import Change, State, fold_all, new_state


@dataclass
class Turn:
    """One user message and the answer; `to_dict` is the shape that the API gives."""

    number: int
    session: int
    at: str
    user: Mapping[str, Any] | None = None
    model: str | None = None
    notice: str | None = None
    duration_ms: float | None = None
    trace: Mapping[str, Any] | None = None
    entries: list[Mapping[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The turn as JSON."""
        return {
            "number": self.number,
            "session": self.session,
            "at": self.at,
            "duration_ms": self.duration_ms,
            "user": self.user,
            "model": None if self.model is None else {"id": self.model, "version": None},
            "notice": self.notice,
            "entries": self.entries,
            "trace": self.trace,
        }


class Timeline:
    """Turns by number, growing with the changes that are added; a number may come again with more in it."""

    def __init__(self) -> None:
        self.turns: dict[int, Turn] = {}

    def add(self, changes: Iterable[Change]) -> None:
        """Takes changes of the fold in, in their order."""
        for change in changes:
            match change.kind:
                case "turn":
                    self._begin(change)
                case "entry":
                    self._turn(change).entries.append(change.data)
                case "turn_ended":
                    self._end(change)
                case _:
                    pass

    def _turn(self, change: Change) -> Turn:
        if change.turn not in self.turns:
            self.turns[change.turn] = Turn(change.turn, change.session, moment(change.at))
        return self.turns[change.turn]

    def _begin(self, change: Change) -> None:
        turn = self._turn(change)
        turn.session = change.session
        turn.at = moment(change.at)
        turn.user, turn.model, turn.trace = change.data["user"], change.data["model"], change.data["trace"]

    def _end(self, change: Change) -> None:
        turn = self._turn(change)
        turn.duration_ms = change.data["duration_ms"]
        if turn.trace is not None:
            turn.trace = {**turn.trace, "times": change.data["times"]}


def replay(events: Sequence[Event], initial_slots: Mapping[str, Any] | None = None) -> tuple[list[Turn], State]:
    """All turns of a conversation and the state after its last event; `initial_slots` where the domain is known."""
    state, changes = fold_all(new_state(initial_slots), events)
    made = Timeline()
    made.add(changes)
    return list(made.turns.values()), state


def timeline(events: Sequence[Event], initial_slots: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """All turns of a conversation as JSON (API, Timeline)."""
    return [turn.to_dict() for turn in replay(events, initial_slots)[0]]
