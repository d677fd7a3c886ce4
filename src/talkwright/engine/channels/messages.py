"""A person's message in the form that the REST and callback channels take (wire-protocols 4.4)."""

from __future__ import annotations

from typing import Any

from talkwright.engine.ports import UserMessage
from talkwright.engine.serving.answers import bad_request
from talkwright.engine.serving.bodies import MAX_ID, as_map

DEFAULT_SENDER = "default"


def message_of(body: Any, channel: str) -> UserMessage:
    """The message; its `message_id` may also stand in its metadata. Fields that are not known are passed over.

    Raises ApiError.
    """
    found = as_map(body, "`sender` and `message`")
    text, sender, metadata = found.get("message"), found.get("sender", DEFAULT_SENDER), found.get("metadata")
    if not isinstance(text, str):
        raise bad_request("`message` must be a text.", parameter="message")
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict):
        raise bad_request("`metadata` must be a map.", parameter="metadata")
    message_id = metadata.get("message_id") or found.get("message_id")
    given = found.get("input_channel")
    return UserMessage(
        text=text,
        sender=sender_of(sender),
        message_id=message_id if isinstance(message_id, str) else None,
        channel=given if isinstance(given, str) and given else channel,
        metadata=metadata,
    )


def sender_of(value: Any) -> str:
    """The id of whoever sends; raises ApiError."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID or "\0" in value:
        raise bad_request(f"`sender` must be a text of 1 to {MAX_ID} characters.", parameter="sender")
    return value
