"""Snapshots: the state that a conversation's events add up to, as JSON, and which events a turn still needs beside it.

A turn looks back at the last messages (to know one again that came twice), at the last answer (to repeat it) and at
the last event's time. All else that it asks of the past is the state, and of rules and stories the latest of what they
compare themselves with (`Tracker.followed`); corrections, custom actions and going back several messages, which reach
further back, have the whole conversation fetched (`Tracker.complete`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker

LOOK_BACK = 5
"""Messages of the user that a turn looks back at (dialogue-semantics 4.3)."""
_PLAIN = (
    "followup_action",
    "paused",
    "inactive",
    "terminated",
    "current_session_id",
    "conversation_started",
    "latest_input_channel",
    "has_session",
)


def body_of(event: Event) -> str:
    """An event as the store keeps it: flat JSON in ASCII, whatever is in it."""
    return json.dumps(event.to_dict(), default=str)


def event_of(body: str) -> Event:
    """An event read back. Raises ValueError where it is none."""
    read = decode(body)
    if isinstance(read, Event):
        return read
    raise ValueError(read.message)


def snapshot_of(tracker: Tracker) -> str:
    """The state without the events. Slots at their initial values are left out: the next model may begin otherwise."""
    initial = tracker.initial_slots
    state: dict[str, Any] = {name: value for name in _PLAIN if (value := getattr(tracker, name)) not in (None, False)}
    state["slots"] = {
        name: value for name, value in tracker.slots.items() if name not in initial or value != initial[name]
    }
    state["filled_by"] = tracker.filled_by
    state["stack"] = [dict(frame) for frame in tracker.stack]
    state["active_loop"] = dict(tracker.active_loop)
    state["latest_action"] = dict(tracker.latest_action)
    if tracker.followed is not None:
        state["followed"] = tracker.followed
    last = _last_user(tracker.events)
    if tracker.latest_message is not None:
        known = last is not None and last.get("parse_data") is tracker.latest_message
        state["latest_message"] = True if known else dict(tracker.latest_message)
    return json.dumps(state, default=str)


def tracker_of(
    sender: str,
    initial_slots: Mapping[str, Any],
    snapshot: str,
    events: Sequence[Event],
    *,
    earlier: int,
    user_id: str | None = None,
) -> Tracker:
    """The conversation from its state and its latest events; `earlier` events came before those."""
    state = json.loads(snapshot)
    tracker = Tracker(sender, initial_slots, user_id=user_id)
    tracker.events = list(events)
    tracker.earlier = earlier
    for name in _PLAIN:
        if name in state:
            setattr(tracker, name, state[name])
    tracker.slots = {**initial_slots, **state["slots"]}
    tracker.filled_by = state["filled_by"]
    tracker.stack = tuple(state["stack"])
    tracker.active_loop = state["active_loop"]
    tracker.latest_action = state["latest_action"]
    tracker.followed = state.get("followed")
    latest = state.get("latest_message")
    if latest is True:
        last = _last_user(tracker.events)
        latest = last.get("parse_data") if last is not None else None
    tracker.latest_message = latest
    return tracker


def tail_of(events: Sequence[Event]) -> int:
    """Where the latest events begin that the next turn needs, as an index into `events`."""
    spoke, heard = 0, False
    for index in range(len(events) - 1, -1, -1):
        heard = heard or events[index].type == ev.BOT
        if events[index].type == ev.USER:
            spoke += 1
            if spoke >= LOOK_BACK and heard:
                return index
    return 0


def _last_user(events: Sequence[Event]) -> Event | None:
    return next((event for event in reversed(events) if event.type == ev.USER), None)
