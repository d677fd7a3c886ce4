"""Reading what callers send, as the hostile input that it may be: size, time, depth and shape are limited."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request

from talkwright.conversation.classic import from_dict
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import EVENT_CHOICES
from talkwright.engine.serving.answers import ApiError, bad_request

MAX_MESSAGE = 1 << 20  # bytes of a message's body
MAX_EVENTS = 32 << 20  # bytes of a conversation that is put or posted
MAX_ID = 255  # characters of a conversation's id
MAX_NUMBER_OF_EVENTS = 100_000
BODY_SECONDS = 30.0  # for the whole of a body: a caller that sends a byte now and then would never end
_DEPTH = 100  # of maps and lists in each other: far above any real message, far below what Python can walk
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")


async def read_body(request: Request, limit: int) -> bytes:
    """The body, read no further than `limit` bytes and no longer than half a minute; raises ApiError."""
    received = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                received += chunk
                if len(received) > limit:
                    raise ApiError(413, "PayloadTooLarge", f"The body is larger than {limit >> 20} MiB.")
    except TimeoutError as problem:
        message = f"The body did not arrive within {BODY_SECONDS:g} seconds."
        raise ApiError(408, "RequestTimeout", message) from problem
    except ClientDisconnect as problem:
        raise bad_request("The connection ended before the body did.") from problem
    return bytes(received)


async def read_json(request: Request, limit: int = MAX_MESSAGE) -> Any:
    """The JSON body; raises ApiError."""
    return parse_json(await read_body(request, limit))


def parse_json(body: bytes) -> Any:
    """JSON that is neither broken nor deeper than Python can walk; raises ApiError."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as problem:
        raise bad_request(f"The body is not JSON: {problem}") from problem
    if body.count(b"[") + body.count(b"{") > _DEPTH and _is_deep(value, _DEPTH):
        raise bad_request(f"The body is nested more than {_DEPTH} times.")
    return value


def _is_deep(value: Any, left: int) -> bool:
    if isinstance(value, dict):
        return left == 0 or any(_is_deep(one, left - 1) for one in value.values())
    return isinstance(value, list) and (left == 0 or any(_is_deep(one, left - 1) for one in value))


def as_map(body: Any, what: str) -> dict[str, Any]:
    """The body as a map; `what` says what it should hold. Raises ApiError."""
    if not isinstance(body, dict):
        raise bad_request(f"The body must be a map with {what}.")
    return body


def text_in(body: dict[str, Any], key: str, *, longest: int = MAX_ID) -> str:
    """A text that must be there; `longest` in characters. Raises ApiError."""
    value = body.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise bad_request(f"`{key}` must be a text of 1 to {longest} characters.", parameter=key)
    return value


def events_in(body: Any) -> list[Event]:
    """The events of a body, one or a list; raises ApiError and names the first that is none."""
    found = body if isinstance(body, list) else [body]
    if len(found) > MAX_NUMBER_OF_EVENTS:
        raise bad_request(f"A conversation has at most {MAX_NUMBER_OF_EVENTS} events.")
    events = []
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict):
            raise bad_request(f"Event {number} can't be read: an event is a map with a field `event`.")
        try:
            events.append(from_dict(one))
        except (ValueError, TypeError, AttributeError) as problem:
            raise bad_request(f"Event {number} can't be read: {problem}") from problem
    return events


def conversation_of(request: Request) -> str:
    """The conversation's id in the path; raises ApiError."""
    conversation: str = request.path_params["conversation"]
    if not 0 < len(conversation) <= MAX_ID:
        raise bad_request(f"A conversation's id has 1 to {MAX_ID} characters.")
    if "\0" in conversation:
        raise bad_request("A conversation's id holds no NUL character.")
    return conversation


def choice_of(request: Request) -> str:
    """`include_events`; raises ApiError."""
    choice = request.query_params.get("include_events", "AFTER_RESTART")
    if choice not in EVENT_CHOICES:
        raise bad_request(
            f"`include_events` must be one of {', '.join(EVENT_CHOICES)}.",
            parameter="include_events",
            **{"in": "query"},
        )
    return choice


def until_of(request: Request) -> float | None:
    """`until`, in seconds since 1970; raises ApiError."""
    written = request.query_params.get("until")
    try:
        return float(written) if written is not None else None
    except ValueError as problem:
        raise bad_request("`until` must be a time in seconds since 1970.", parameter="until") from problem


def flag_of(request: Request, name: str, *, default: bool = False) -> bool:
    """A yes or no of the query; raises ApiError."""
    written = request.query_params.get(name)
    if written is None:
        return default
    if written.lower() not in (*_TRUE, *_FALSE):
        raise bad_request(f"`{name}` must be true or false.", parameter=name)
    return written.lower() in _TRUE
