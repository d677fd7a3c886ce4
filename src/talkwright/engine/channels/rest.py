"""The REST channel: a message in, the messages of the turn out, at once or one by one (wire-protocols 4.4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from talkwright.engine.channels.channel import Host, Setting
from talkwright.engine.channels.contents import to_rest
from talkwright.engine.channels.messages import message_of
from talkwright.engine.channels.pieces import Written
from talkwright.engine.channels.telling import spoken
from talkwright.engine.ports import BotMessage, UserMessage
from talkwright.engine.serving.answers import ApiError, json_answer
from talkwright.engine.serving.bodies import flag_of, read_json


class RestChannel:
    """`rest`; every bot has it."""

    name = "rest"

    def __init__(self, setting: Setting) -> None:
        self._may_see_events = setting.may_see_events

    def routes(self, host: Host) -> Sequence[Route]:
        """Health, and the webhook."""

        async def webhook(request: Request) -> Response:
            query = request.scope["query_string"]
            with_events = bool(query) and flag_of(request, "events")
            if with_events:
                self._may_see_events(request)
            message = message_of(await read_json(request), self.name)
            if query and flag_of(request, "stream"):
                return await _streamed(host, message)
            result = await host.turn(message)
            messages = to_rest(message.sender, result.messages)
            if not with_events:
                return json_answer(messages)
            return json_answer({"messages": messages, "events": [event.to_dict() for event in result.events]})

        return [Route("/webhooks/rest/", health), Route("/webhooks/rest/webhook", webhook, methods=["POST"])]

    async def send(self, recipient: str, messages: Sequence[BotMessage]) -> None:
        """Nobody listens here who did not ask."""

    async def close(self) -> None:
        """Nothing is open."""


async def health(_: Request) -> Response:
    """The health of a channel."""
    return json_answer({"status": "ok"})


async def _streamed(host: Host, message: UserMessage) -> Response:
    """One JSON object a line, each sent when it is said. What the bot can't take now is refused before the first."""
    turn = spoken(host, message)
    first = await anext(turn, None)
    written = Written(message.sender)

    async def lines() -> AsyncIterator[bytes]:
        if first is None:
            return
        if whole := written.take(first):
            yield _lines(whole)
        with suppress(ApiError):  # logged; the answer has begun, so that it can only end
            async for said in turn:
                if whole := written.take(said):
                    yield _lines(whole)
        if rest := written.end():
            yield _lines(rest)

    return StreamingResponse(lines(), media_type="text/event-stream")


def _lines(contents: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(msgspec.json.encode(content, enc_hook=str) + b"\n" for content in contents)
