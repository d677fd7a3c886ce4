"""Asking running models over HTTP; whatever can go wrong with one is one of a few errors."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from talkwright.database.deployments import ADDRESSED, SECRET_PURPOSE, Bot
from talkwright.identity.secrets import Keyring
from talkwright.operations import tracing

CONNECT_SECONDS = 3.0
MOST_BYTES = 16 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


class BotGoneError(Exception):
    """The model can't be reached at its address, or another program answers there: look again."""


class BotMovedError(BotGoneError):
    """Another deployment answers at the address, and took nothing: the rows say where the model is now."""


class BotCutError(BotGoneError):
    """The connection was cut after the model may have taken the message: it may have acted on it already."""


class BotSlowError(Exception):
    """The model took the message and did not answer in time: it may act on it still, so it must not be said again."""


class BotFailedError(Exception):
    """The model answered, but not with a turn; the message says what, `status` is that of HTTP where it is to blame."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Asking:
    """The connections of one process to all running models; `turn_seconds` is how long a turn may take."""

    def __init__(self, keyring: Keyring, turn_seconds: float) -> None:
        self._keyring = keyring
        self.turn_seconds = turn_seconds
        self._http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(turn_seconds, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=50),  # slow bots hold up no other
            trust_env=False,
            follow_redirects=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def token(self, bot: Bot) -> str:
        """The token of a deployment."""
        return self._keyring.decrypt(bot.secret, SECRET_PURPOSE).decode()

    async def ask(self, bot: Bot, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The JSON that a model answers with. Raises one of the errors above."""
        content = None if body is None else json.dumps(body).encode()
        answer = await self.request(bot, method, path, content, token=self.token(bot), **query)
        try:
            return json.loads(answer)
        except ValueError as error:
            raise BotFailedError("Its answer is no JSON.") from error

    async def request(self, bot: Bot, method: str, path: str, content: bytes | None = None, **query: str) -> bytes:
        """The bytes that a model answers with; a body is JSON. Raises one of the errors above."""
        headers = {ADDRESSED: str(bot.deployment), **tracing.headers()}
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._http.stream(
                method, f"{bot.address}{path}", params=query, headers=headers, content=content
            ) as answer:
                body = await _limited(answer)
        except httpx2.ReadTimeout as error:
            raise BotSlowError from error
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise BotGoneError(type(error).__name__) from error
        except httpx2.HTTPError as error:
            raise BotCutError(type(error).__name__) from error
        if answer.status_code in (401, 421):  # not every engine knows deployments: there each one's token guards it
            raise BotMovedError(f"status {answer.status_code}")
        if answer.status_code in (403, 404, 503):  # 503: it ends, or has too much to do, and took nothing
            raise BotGoneError(f"status {answer.status_code}")
        if answer.status_code != 200:
            raise BotFailedError(f"It answered with status {answer.status_code}.", answer.status_code)
        if body is None:
            raise BotFailedError(f"Its answer is larger than {MOST_BYTES // 1024**2} MiB.")
        return body


async def _limited(answer: httpx2.Response) -> bytes | None:
    """The body, None where it is longer than any turn: a bot may send without an end."""
    body = bytearray()
    async for chunk in answer.aiter_bytes(CHUNK_BYTES):
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)
