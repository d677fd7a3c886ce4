"""Records: events as the ecosystem's brokers carry them (wire-protocols 3.2, 3.3, 3.6)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from talkwright.conversation.events import Event
from talkwright.engine.brokers.port import Headers, Record
from talkwright.engine.stores.recording import Recording

ENVIRONMENT = "RASA_ENVIRONMENT"
NOT_SET = "RASA_ENVIRONMENT_NOT_SET"


class Records:
    """Makes records; `environment` is the deployment's name, which stands in each."""

    def __init__(self, recording: Recording, environment: str | None) -> None:
        self._recording = recording
        self._environment = environment
        self._headers: Headers = ((ENVIRONMENT, (environment or NOT_SET).encode()),)

    @classmethod
    def of_process(cls, recording: Recording, variables: Mapping[str, str] = os.environ) -> Records:
        """As the environment of whoever runs the bot names the deployment."""
        return cls(recording, variables.get(ENVIRONMENT) or None)

    def of(
        self, sender: str, user_id: str | None, events: Iterable[Event], *, with_headers: bool = True
    ) -> list[Record]:
        """One record an event, in order; an export sends none of the headers."""
        headers = self._headers if with_headers else ()
        return [Record(sender, self._value(sender, user_id, event), headers) for event in events]

    def _value(self, sender: str, user_id: str | None, event: Event) -> bytes:
        flat = self._recording.kept(event).to_dict()
        metadata = {**flat.pop("metadata"), "rasa_environment": self._environment}
        return _json({"sender_id": sender, "user_id": user_id, **_first(flat, metadata)})


def too_large(record: Record, *, code: str, message: str, source: str) -> Record:
    """What stands for a record that a broker refuses for its size (wire-protocols 3.2)."""
    told = json.loads(record.value)
    metadata = {**told["metadata"], "error_msg": message, "error_source": source}
    error = {"event": "error", "timestamp": told["timestamp"], "error_code": code}
    value = {"sender_id": told["sender_id"], "user_id": told["user_id"], **_first(error, metadata)}
    return Record(record.sender, _json(value), record.headers)


def _first(flat: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Type, time and metadata in front of the event's own fields, as bots write them."""
    front = {"event": flat["event"], "timestamp": flat["timestamp"], "metadata": metadata}
    return {**front, **{name: value for name, value in flat.items() if name not in front}}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, default=str).encode()
