"""The HTTP API of a running bot: the part of wire-protocols 4 that a studio and the REST channel need."""

from __future__ import annotations

import hmac
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from talkwright import __version__
from talkwright.conversation import events as ev
from talkwright.conversation.classic import from_dict
from talkwright.conversation.tracker import EVENT_CHOICES
from talkwright.engine.actions import HttpActions
from talkwright.engine.agent import Agent
from talkwright.engine.model import Model
from talkwright.engine.ports import UserMessage
from talkwright.engine.rest_channel import to_rest
from talkwright.engine.stores import Locks, MemoryStore

COMPATIBLE_WITH = "3.21.0"  # the release of the ecosystem whose API this is
_MAX_MESSAGE = 1 << 20  # bytes of a webhook's body
_MAX_EVENTS = 32 << 20  # bytes of a conversation that is put or posted
_MAX_ID = 255  # characters of a conversation's id

Endpoint = Callable[[Request], Awaitable[Response]]


class ApiError(Exception):
    """A refusal in the form of wire-protocols 4.1."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message


class BotServer:
    """One model being served. `token`, where it is set, must come as `?token=` with everything but the open pages."""

    def __init__(
        self, model: Model, agent: Agent, actions: HttpActions, store: MemoryStore, *, token: str | None = None
    ) -> None:
        self._model = model
        self._agent = agent
        self._actions = actions
        self._store = store
        self._token = token
        self._locks = Locks()

    def prepare(self) -> None:
        """Load ahead what the first turn needs; it may run in another thread, beside turns."""
        self._model.classifier.prepare()
        self._actions.prepare()

    def app(self) -> Starlette:
        """The ASGI application."""
        tracker = "/conversations/{conversation:path}/tracker"
        routes = [
            Route("/", self._root),
            Route("/version", self._version),
            Route("/status", self._guarded(self._status)),
            Route("/webhooks/rest/", self._rest_health),
            Route("/webhooks/rest/webhook", self._webhook, methods=["POST"]),
            Route(f"{tracker}/events", self._guarded(self._replace_events), methods=["PUT"]),
            Route(f"{tracker}/events", self._guarded(self._append_events), methods=["POST"]),
            Route(tracker, self._guarded(self._tracker), methods=["GET"]),
            Route(tracker, self._guarded(self._delete), methods=["DELETE"]),
        ]
        handlers: Mapping[Any, Any] = {ApiError: _refusal, 404: _not_found, 405: _not_allowed, Exception: _broken}
        return Starlette(routes=routes, exception_handlers=handlers, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> Any:
        yield
        await self._actions.close()

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def checked(request: Request) -> Response:
            self._check_token(request)
            return await endpoint(request)

        return checked

    def _check_token(self, request: Request) -> None:
        given = request.query_params.get("token", "")
        if self._token is not None and not hmac.compare_digest(given.encode(), self._token.encode()):
            raise ApiError(401, "NotAuthenticated", "The query parameter `token` is missing or wrong.")

    async def _root(self, _: Request) -> Response:
        return PlainTextResponse(f"Hello from Talkwright: {__version__}")

    async def _version(self, _: Request) -> Response:
        return _json({"version": COMPATIBLE_WITH, "minimum_compatible_version": COMPATIBLE_WITH, "engine": __version__})

    async def _status(self, _: Request) -> Response:
        status = {
            "model_file": self._model.file,
            "model_id": self._model.model_id,
            "num_active_training_jobs": 0,
            "worker_pid": os.getpid(),
            "engine_version": "calm",
        }
        return _json(status)

    async def _rest_health(self, _: Request) -> Response:
        return _json({"status": "ok"})

    async def _webhook(self, request: Request) -> Response:
        with_events = "events" in request.query_params and _flag(request, "events")
        if with_events:
            self._check_token(request)  # events tell more than the channel's answers, which are open to all
        message = _message(await _body(request, _MAX_MESSAGE))
        async with self._locks.holding(message.sender):
            tracker = self._store.get(message.sender) or self._agent.new_tracker(message.sender)
            result = await self._agent.handle(tracker, message)
            self._store.put(tracker)
        messages = to_rest(message.sender, result.messages)
        if not with_events:
            return _json(messages)
        return _json({"messages": messages, "events": [event.to_dict() for event in result.events]})

    async def _tracker(self, request: Request) -> Response:
        conversation, choice = _conversation(request), _choice(request)
        until = _until(request)
        async with self._locks.holding(conversation):
            tracker = self._store.get(conversation)
            if tracker is None:
                tracker = self._agent.new_tracker(conversation)
                if _flag(request, "start_session", default=True):
                    self._agent.start_session(tracker)
                    self._store.put(tracker)
            if until is not None:
                earlier = [event for event in tracker.events if event.timestamp <= until]
                tracker = self._agent.restored_tracker(conversation, earlier)
            return _json(tracker.to_dict(choice))

    async def _replace_events(self, request: Request) -> Response:
        conversation, choice = _conversation(request), _choice(request)
        events = _events(await _body(request, _MAX_EVENTS))
        async with self._locks.holding(conversation):
            tracker = self._agent.restored_tracker(conversation, events)
            self._store.put(tracker)
            return _json(tracker.to_dict(choice))

    async def _append_events(self, request: Request) -> Response:
        conversation, choice = _conversation(request), _choice(request)
        events = _events(await _body(request, _MAX_EVENTS))
        async with self._locks.holding(conversation):
            tracker = self._store.get(conversation) or self._agent.new_tracker(conversation)
            for event in events:
                tracker.apply(event)
            self._store.put(tracker)
            return _json(tracker.to_dict(choice))

    async def _delete(self, request: Request) -> Response:
        conversation = _conversation(request)
        async with self._locks.holding(conversation):
            if not self._store.delete(conversation):
                raise ApiError(404, "NotFound", "There is no such conversation.")
        return Response(status_code=204)


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value, enc_hook=str), status, media_type="application/json")


async def _body(request: Request, limit: int) -> Any:
    """The JSON body, read no further than `limit` bytes."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            raise ApiError(413, "PayloadTooLarge", f"The body is larger than {limit >> 20} MiB.")
    try:
        return msgspec.json.decode(bytes(received))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise ApiError(400, "BadRequest", f"The body is not JSON: {problem}") from problem


def _message(body: Any) -> UserMessage:
    """A message of the REST channel; `message_id` may also stand in its metadata."""
    if not isinstance(body, dict):
        raise ApiError(400, "BadRequest", "The body must be a map with `sender` and `message`.")
    text, sender, metadata = body.get("message"), body.get("sender", "default"), body.get("metadata")
    if not isinstance(text, str):
        raise ApiError(400, "BadRequest", "`message` must be a text.")
    if not isinstance(sender, str) or not 0 < len(sender) <= _MAX_ID:
        raise ApiError(400, "BadRequest", f"`sender` must be a text of 1 to {_MAX_ID} characters.")
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict):
        raise ApiError(400, "BadRequest", "`metadata` must be a map.")
    message_id = metadata.get("message_id") or body.get("message_id")
    channel = body.get("input_channel")
    return UserMessage(
        text=text,
        sender=sender,
        message_id=message_id if isinstance(message_id, str) else None,
        channel=channel if isinstance(channel, str) and channel else "rest",
        metadata=metadata,
    )


def _events(body: Any) -> list[ev.Event]:
    found = body if isinstance(body, list) else [body]
    try:
        return [from_dict(one) for one in found]
    except (ValueError, TypeError, AttributeError) as problem:
        raise ApiError(400, "BadRequest", f"An event can't be read: {problem}") from problem


def _conversation(request: Request) -> str:
    conversation: str = request.path_params["conversation"]
    if not 0 < len(conversation) <= _MAX_ID:
        raise ApiError(400, "BadRequest", f"A conversation's id has 1 to {_MAX_ID} characters.")
    return conversation


def _choice(request: Request) -> str:
    choice = request.query_params.get("include_events", "AFTER_RESTART")
    if choice not in EVENT_CHOICES:
        raise ApiError(400, "BadRequest", f"`include_events` must be one of {', '.join(EVENT_CHOICES)}.")
    return choice


def _until(request: Request) -> float | None:
    written = request.query_params.get("until")
    try:
        return float(written) if written is not None else None
    except ValueError as problem:
        raise ApiError(400, "BadRequest", "`until` must be a time in seconds since 1970.") from problem


def _flag(request: Request, name: str, *, default: bool = False) -> bool:
    return request.query_params.get(name, str(default)).lower() in ("true", "1", "yes")


def _error(status: int, reason: str, message: str) -> Response:
    body: dict[str, Any] = {
        "version": COMPATIBLE_WITH,
        "status": "failure",
        "message": message,
        "reason": reason,
        "details": {},
        "help": None,
        "code": status,
    }
    return _json(body, status)


async def _refusal(_: Request, error: ApiError) -> Response:
    return _error(error.status, error.reason, error.message)


async def _not_found(request: Request, _: Exception) -> Response:
    return _error(404, "NotFound", f"There is nothing at {request.url.path}.")


async def _not_allowed(request: Request, _: Exception) -> Response:
    return _error(405, "MethodNotAllowed", f"{request.method} is not possible at {request.url.path}.")


async def _broken(_: Request, __: Exception) -> Response:
    return _error(500, "InternalError", "The bot failed at this request; its log says where.")
