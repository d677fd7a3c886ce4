"""The tracker: the state that a conversation's events add up to (dialogue-semantics 10, wire-protocols 4.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.stack import PatchError, Stack, patched

EVENT_CHOICES = ("NONE", "APPLIED", "AFTER_RESTART", "ALL")


class Tracker:
    """A conversation as it stands. Only `apply` changes it; the same events always give the same state."""

    def __init__(self, sender_id: str, initial_slots: Mapping[str, Any], *, user_id: str | None = None) -> None:
        self.sender_id = sender_id
        self.user_id = user_id
        self.initial_slots = initial_slots
        self.events: list[Event] = []
        self.earlier = 0  # events that a store has kept back; `complete` fetches them
        self.followed: Mapping[str, Any] | None = None  # what rules and stories keep of the past, as JSON
        self.fetch_earlier: Callable[[], Awaitable[Sequence[Event]]] | None = None
        self.forget()
        self.current_session_id: str | None = None
        self.conversation_started: float | None = None
        self.latest_input_channel: str | None = None
        self.has_session = False

    def forget(self) -> None:
        """Puts everything back that a restart or a new session forgets."""
        self.slots: dict[str, Any] = dict(self.initial_slots)
        self.filled_by: dict[str, str | None] = {}
        self.stack: Stack = ()
        self.latest_message: Mapping[str, Any] | None = None
        self.followup_action: str | None = None
        self.paused = False
        self.inactive = False
        self.terminated = False
        self.active_loop: Mapping[str, Any] = {}
        self.latest_action: Mapping[str, Any] = {}

    @classmethod
    def from_events(
        cls, sender_id: str, initial_slots: Mapping[str, Any], events: Iterable[Event], *, user_id: str | None = None
    ) -> Tracker:
        """Builds the state anew from all its events, oldest first."""
        tracker = cls(sender_id, initial_slots, user_id=user_id)
        for event in events:
            tracker.apply(event)
        return tracker

    @property
    def count(self) -> int:
        """How many events the conversation has, those that a store has kept back included."""
        return self.earlier + len(self.events)

    async def complete(self) -> None:
        """Has all events there: stores hand out the latest ones alone. Raises what the store raises."""
        if self.earlier and self.fetch_earlier is not None:
            earlier = await self.fetch_earlier()
            self.events[:0] = earlier
            self.earlier = 0

    @property
    def latest_event_time(self) -> float | None:
        """Seconds since 1970 of the last event."""
        return self.events[-1].timestamp if self.events else None

    @property
    def latest_action_name(self) -> str | None:
        """The action that ran last."""
        name = self.latest_action.get("action_name")
        return name if isinstance(name, str) else None

    def is_set(self, slot: str) -> bool:
        """Whether the slot got its present value from an event that was no reset (4.5 rule 1)."""
        return slot in self.filled_by and self.slots.get(slot) is not None

    def events_of_session(self) -> list[Event]:
        """The events since the last session start or restart, that one included."""
        for index in range(len(self.events) - 1, -1, -1):
            if self.events[index].type in (ev.SESSION_STARTED, ev.RESTART):
                return self.events[index:]
        return list(self.events)

    def apply(self, event: Event, *, stack: Stack | None = None) -> None:
        """Takes one event in. `stack` is the stack after a stack event, where the writer knows it already."""
        self.events.append(event)
        if self.conversation_started is None:
            self.conversation_started = event.timestamp
        if event.type == ev.STACK:
            self.stack = self._patched(event) if stack is None else stack
            return
        handler = _HANDLERS.get(event.type)
        if handler is not None:
            handler(self, event)

    def _patched(self, event: Event) -> Stack:
        update = event.text_of("update")
        try:
            return patched(self.stack, update) if update is not None else self.stack
        except PatchError:
            return self.stack

    def to_dict(self, include_events: str = "AFTER_RESTART") -> dict[str, Any]:
        """The tracker as bots and clients of the ecosystem exchange it (wire-protocols 4.3)."""
        return {
            "sender_id": self.sender_id,
            "user_id": self.user_id,
            "slots": dict(self.slots),
            "latest_message": self.latest_message,
            "latest_event_time": self.latest_event_time,
            "followup_action": self.followup_action,
            "paused": self.paused,
            "inactive": self.inactive,
            "terminated": self.terminated,
            "stack": [dict(frame) for frame in self.stack],
            "events": self._chosen_events(include_events),
            "latest_input_channel": self.latest_input_channel,
            "active_loop": dict(self.active_loop),
            "latest_action": dict(self.latest_action),
            "latest_action_name": self.latest_action_name,
            "conversation_started_timestamp": self.conversation_started,
            "current_session_id": self.current_session_id,
        }

    def _chosen_events(self, choice: str) -> list[dict[str, Any]] | None:
        if choice == "NONE":
            return None
        chosen = self.events
        if choice in ("AFTER_RESTART", "APPLIED"):
            restarts = [index for index, event in enumerate(self.events) if event.type == ev.RESTART]
            chosen = self.events[restarts[-1] + 1 :] if restarts else self.events
        return [event.to_dict() for event in chosen]


def _on_user(tracker: Tracker, event: Event) -> None:
    parse_data = event.get("parse_data")
    tracker.latest_message = parse_data if isinstance(parse_data, Mapping) else {}
    tracker.latest_input_channel = event.text_of("input_channel") or tracker.latest_input_channel
    tracker.followup_action = None
    tracker.inactive = False


def _on_action(tracker: Tracker, event: Event) -> None:
    tracker.latest_action = {"action_name": event.get("name"), "action_text": event.get("action_text")}
    if event.get("name") == tracker.followup_action:
        tracker.followup_action = None
    if tracker.active_loop and event.get("name") == tracker.active_loop.get("name"):
        tracker.active_loop = {**tracker.active_loop, "rejected": False, "is_interrupted": False}


def _on_slot(tracker: Tracker, event: Event) -> None:
    name = event.get("name")
    if not isinstance(name, str):
        return
    tracker.slots[name] = event.get("value")
    if event.metadata.get("reset"):
        tracker.filled_by.pop(name, None)
    else:
        tracker.filled_by[name] = event.text_of("filled_by")


def _on_session_started(tracker: Tracker, event: Event) -> None:
    session = event.metadata.get("session_id")
    tracker.forget()
    tracker.has_session = True
    tracker.current_session_id = session if isinstance(session, str) else None


def _on_restart(tracker: Tracker, _: Event) -> None:
    tracker.forget()


def _on_reset_slots(tracker: Tracker, _: Event) -> None:
    tracker.slots = dict(tracker.initial_slots)
    tracker.filled_by = {}


def _on_session_ended(tracker: Tracker, _: Event) -> None:
    tracker.terminated = True


def _on_inactive(tracker: Tracker, _: Event) -> None:
    tracker.inactive = True


def _on_pause(tracker: Tracker, event: Event) -> None:
    tracker.paused = event.type == "pause"


def _on_followup(tracker: Tracker, event: Event) -> None:
    tracker.followup_action = event.text_of("name")


def _on_active_loop(tracker: Tracker, event: Event) -> None:
    name = event.text_of("name")
    said = {key: (tracker.latest_message or {}).get(key) for key in ("text", "intent", "entities")}
    loop = {"name": name, "is_interrupted": False, "rejected": False, "trigger_message": said}
    tracker.active_loop = loop if name else {}


def _on_loop_interrupted(tracker: Tracker, event: Event) -> None:
    if tracker.active_loop:
        tracker.active_loop = {**tracker.active_loop, "is_interrupted": event.get("is_interrupted") is True}


def _on_rejected(tracker: Tracker, event: Event) -> None:
    if tracker.active_loop and event.get("name") == tracker.active_loop.get("name"):
        tracker.active_loop = {**tracker.active_loop, "rejected": True}


def _on_routing_session_ended(tracker: Tracker, _: Event) -> None:
    tracker.stack = ()
    tracker.active_loop = {}
    tracker.latest_message = None


_HANDLERS = {
    ev.USER: _on_user,
    ev.ACTION: _on_action,
    ev.SLOT: _on_slot,
    ev.SESSION_STARTED: _on_session_started,
    ev.RESTART: _on_restart,
    ev.RESET_SLOTS: _on_reset_slots,
    ev.SESSION_ENDED: _on_session_ended,
    "inactive": _on_inactive,
    "pause": _on_pause,
    "resume": _on_pause,
    ev.FOLLOWUP: _on_followup,
    ev.ACTIVE_LOOP: _on_active_loop,
    ev.LOOP_INTERRUPTED: _on_loop_interrupted,
    ev.ACTION_REJECTED: _on_rejected,
    ev.ROUTING_SESSION_ENDED: _on_routing_session_ended,
}
