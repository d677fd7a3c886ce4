"""The callback channel: a message in, and its answers are posted to an address of the operator's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from talkwright.engine import logs
from talkwright.engine.channels.channel import ChannelError, Host, Setting
from talkwright.engine.channels.contents import to_rest
from talkwright.engine.channels.messages import message_of
from talkwright.engine.channels.rest import health
from talkwright.engine.ports import BotMessage
from talkwright.engine.serving.bodies import read_json

if TYPE_CHECKING:
    import httpx2

_SECONDS = 10.0


class CallbackChannel:
    """`callback`, with the `url` that answers are posted to, one request a message, in order."""

    name = "callback"

    def __init__(self, setting: Setting) -> None:
        url = setting.text("url")
        if not url or not url.startswith(("http://", "https://")):
            raise ChannelError("`callback` needs a `url` that begins with http:// or https://.")
        self._url = url
        self._client: httpx2.AsyncClient | None = None
        self._is_down = False

    def routes(self, host: Host) -> Sequence[Route]:
        """Health, and the webhook; its answer `success` says that the message was taken and answered."""

        async def webhook(request: Request) -> Response:
            message = message_of(await read_json(request), self.name)
            result = await host.turn(message)
            await self.send(message.sender, result.messages)
            return PlainTextResponse("success")

        return [Route("/webhooks/callback/", health), Route("/webhooks/callback/webhook", webhook, methods=["POST"])]

    async def send(self, recipient: str, messages: Sequence[BotMessage]) -> None:
        """Post each message. Where one can't be brought, the log says so once, until the next one arrives."""
        import httpx2  # noqa: PLC0415 - loaded once a bot calls back, not before

        if self._client is None:
            self._client = httpx2.AsyncClient(timeout=_SECONDS, trust_env=False, follow_redirects=False)
        for content in to_rest(recipient, messages):
            try:
                async with asyncio.timeout(_SECONDS), self._client.stream("POST", self._url, json=content) as answer:
                    answer.raise_for_status()
            except (httpx2.HTTPError, TimeoutError) as problem:
                if not self._is_down:
                    logs.error("callback_failed", sender_id=recipient, fault=type(problem).__name__)
                self._is_down = True
            else:
                self._is_down = False

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()
