"""Events: an open union. Every event of every bot of the ecosystem is one value of one shape, so nothing is ever lost.

The fields that all events share have names of their own (dialogue-semantics 10); everything else, known or not,
stays in `fields` exactly as it came. The functions below make the events that our engine writes, complete and in the
order of the classic wire format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

USER = "user"
BOT = "bot"
ACTION = "action"
SLOT = "slot"
STACK = "stack"
FLOW_STARTED = "flow_started"
FLOW_COMPLETED = "flow_completed"
FLOW_CANCELLED = "flow_cancelled"
FLOW_INTERRUPTED = "flow_interrupted"
FLOW_RESUMED = "flow_resumed"
SESSION_STARTED = "session_started"
SESSION_ENDED = "session_ended"
RESTART = "restart"
RESET_SLOTS = "reset_slots"
FOLLOWUP = "followup"
BOT_TURN_ENDED = "bot_turn_ended"
USER_FEATURIZATION = "user_featurization"
ACTION_REJECTED = "action_execution_rejected"
ROUTING_SESSION_ENDED = "routing_session_ended"
ACTIVE_LOOP = "active_loop"
LOOP_INTERRUPTED = "loop_interrupted"
REWIND = "rewind"

ACTION_LISTEN = "action_listen"
NO_METADATA: Mapping[str, Any] = {}


class Event(msgspec.Struct, frozen=True, gc=True):
    """One thing that happened; `timestamp` in seconds since 1970. The JSON values inside are never changed in place."""

    type: str
    timestamp: float
    fields: Mapping[str, Any] = {}
    metadata: Mapping[str, Any] = {}

    def get(self, name: str, default: Any = None) -> Any:
        """A field of the event's own, or `default`."""
        return self.fields.get(name, default)

    def text_of(self, name: str) -> str | None:
        """A field that ought to be a text; None where it is absent or something else."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else None

    def to_dict(self) -> dict[str, Any]:
        """The event as the ecosystem's flat JSON map (wire-protocols 3.3)."""
        return {"event": self.type, "timestamp": self.timestamp, "metadata": dict(self.metadata), **self.fields}

    def to_json(self) -> str:
        """The event as an event broker would publish it: JSON in ASCII (wire-protocols 3.2)."""
        return json.dumps(self.to_dict())

    def at(self, timestamp: float, metadata: Mapping[str, Any]) -> Event:
        """The same event with its time and with `metadata` put under its own."""
        merged = {**metadata, **self.metadata} if self.metadata else metadata
        return Event(self.type, timestamp, self.fields, merged)


def user(
    text: str | None,
    parse_data: Mapping[str, Any],
    *,
    input_channel: str | None,
    message_id: str | None,
    metadata: Mapping[str, Any] = NO_METADATA,
) -> Event:
    """What the user said and what was understood."""
    fields = {
        "text": text,
        "parse_data": parse_data,
        "input_channel": input_channel,
        "message_id": message_id,
        "anonymized_at": None,
    }
    return Event(USER, 0.0, fields, metadata)


def bot(text: str | None, data: Mapping[str, Any], metadata: Mapping[str, Any] = NO_METADATA) -> Event:
    """What the bot said."""
    return Event(BOT, 0.0, {"text": text, "data": data, "anonymized_at": None}, metadata)


def action(
    name: str,
    *,
    policy: str | None = "FlowPolicy",
    confidence: float | None = 1.0,
    hide_rule_turn: bool = False,
    metadata: Mapping[str, Any] = NO_METADATA,
) -> Event:
    """An action that ran, well or not (`execution_success`); stories don't remember those with `hide_rule_turn`."""
    fields = {
        "name": name,
        "policy": policy,
        "confidence": confidence,
        "action_text": None,
        "hide_rule_turn": hide_rule_turn,
    }
    return Event(ACTION, 0.0, fields, metadata)


def slot(name: str, value: Any, *, filled_by: str | None = None, reset: bool = False) -> Event:
    """A slot got a value; `reset` marks the going back to the initial one when a flow ends (10)."""
    fields = {"name": name, "value": value, "filled_by": filled_by, "anonymized_at": None}
    return Event(SLOT, 0.0, fields, {"reset": True} if reset else NO_METADATA)


def stack(update: str, metadata: Mapping[str, Any] = NO_METADATA) -> Event:
    """The dialogue stack changed by a JSON patch, given as text (5.1)."""
    return Event(STACK, 0.0, {"update": update}, metadata)


def flow(kind: str, flow_id: str, step_id: str | None = None, metadata: Mapping[str, Any] = NO_METADATA) -> Event:
    """A flow started, completed, was cancelled, interrupted or resumed; only a start has no step."""
    fields = {"flow_id": flow_id} if kind == FLOW_STARTED else {"flow_id": flow_id, "step_id": step_id}
    return Event(kind, 0.0, fields, metadata)


def plain(kind: str, metadata: Mapping[str, Any] = NO_METADATA, /, **fields: Any) -> Event:
    """Any other event by its type and own fields."""
    return Event(kind, 0.0, fields, metadata)
