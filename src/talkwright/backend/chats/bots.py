"""Talking to running models over HTTP: put a conversation, send a message; any failure to reach one is one error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import httpx2

from talkwright.backend.chats.placing import PlaceBook
from talkwright.backend.chats.remembering import Latest
from talkwright.database.chats import NewEvent
from talkwright.database.deployments import ADDRESSED, SECRET_PURPOSE, Bot
from talkwright.identity.secrets import Keyring

TURN_SECONDS = 330.0
"""An action may take 300 seconds before an engine gives it up; the rest of a turn takes little."""
PUT_SECONDS = 30.0
CONNECT_SECONDS = 3.0
MOST_STANDING = 10_000
MOST_BYTES = 16 * 1024 * 1024


class BotGoneError(Exception):
    """The model can't be reached at its address, or another program answers there: look again."""


class BotMovedError(BotGoneError):
    """Another deployment answers at the address, and took nothing: the rows say where the model is now."""


class BotCutError(BotGoneError):
    """The connection was cut after the model may have taken the message: it may have acted on it already."""


class BotSlowError(Exception):
    """The model took the message and did not answer in time: it may act on it still, so it must not be said again."""


class BotFailedError(Exception):
    """The model answered, but not with a turn; the message says what."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where this process knows an engine's tracker to stand: in which attempt and after which event."""

    attempt: UUID
    last_event: int


class Bots:
    """The connections of one backend process to all running models. `holder` names the process in chats' leases."""

    def __init__(self, keyring: Keyring, *, holder: UUID, turn_seconds: float = TURN_SECONDS) -> None:
        self._keyring = keyring
        self.holder = holder
        self.standing: Latest[UUID, Standing] = Latest(MOST_STANDING)
        self.places = PlaceBook()
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(turn_seconds, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=50),  # slow bots hold up no other
            trust_env=False,
            follow_redirects=False,
        )

    def lock(self, chat: UUID) -> asyncio.Lock:
        """The lock under which this process takes one turn of the chat at a time."""
        return self._locks.setdefault(chat, asyncio.Lock())

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def put_conversation(self, bot: Bot, chat: UUID, bodies: Sequence[str]) -> Mapping[str, Any]:
        """Replace what the model knows of a chat by its stored events; gives the tracker's state."""
        events = [as_put(body) for body in bodies]
        path = f"/conversations/{chat}/tracker/events"
        try:
            async with asyncio.timeout(PUT_SECONDS):
                answer = await self._ask(bot, "PUT", path, events, include_events="NONE")
        except (TimeoutError, BotSlowError, BotCutError) as error:  # nothing was said yet: it may be tried again
            raise BotGoneError("It does not take the conversation.") from error
        if not isinstance(answer, dict):
            raise BotFailedError("It took the conversation but gave no tracker.")
        return answer

    async def say(self, bot: Bot, chat: UUID, text: str, metadata: Mapping[str, Any]) -> list[NewEvent]:
        """Send a message; gives the events of the turn as an event broker would publish them."""
        message = {"sender": str(chat), "message": text, "metadata": metadata, "input_channel": "studio"}
        answer = await self._ask(bot, "POST", "/webhooks/rest/webhook", message, events="true")
        events = answer.get("events") if isinstance(answer, dict) else None
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise BotFailedError("Its answer holds no events.")
        return [published(str(chat), event) for event in events]

    async def _ask(self, bot: Bot, method: str, path: str, body: Any, **query: str) -> Any:
        token = self._keyring.decrypt(bot.secret, SECRET_PURPOSE).decode()
        try:
            answer = await self._http.request(
                method,
                f"{bot.address}{path}",
                params={**query, "token": token},
                headers={ADDRESSED: str(bot.deployment)},
                json=body,
            )
        except httpx2.ReadTimeout as error:
            raise BotSlowError from error
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise BotGoneError(type(error).__name__) from error
        except httpx2.HTTPError as error:
            raise BotCutError(type(error).__name__) from error
        if answer.status_code == 421:
            raise BotMovedError("status 421")
        if answer.status_code in (401, 403, 404, 503):  # 503: it ends, or has too much to do, and took nothing
            raise BotGoneError(f"status {answer.status_code}")
        if answer.status_code != 200 or len(answer.content) > MOST_BYTES:
            raise BotFailedError(f"It answered with status {answer.status_code}.")
        try:
            return json.loads(answer.content)
        except ValueError as error:
            raise BotFailedError("Its answer is no JSON.") from error


def as_put(body: str) -> dict[str, Any]:
    """A stored event as a model takes it over: without the envelope's sender, and without how it was understood.

    The conversation goes on without that, and prompts are long.
    """
    event: dict[str, Any] = json.loads(body)
    event.pop("sender_id", None)
    if isinstance(parse_data := event.get("parse_data"), dict):
        for name in ("trace", "prompts", "predicted_commands"):
            parse_data.pop(name, None)
    return event


def published(sender: str, event: Mapping[str, Any]) -> NewEvent:
    """An event as an event broker would publish it: one JSON text in ASCII with the sender (wire-protocols 3.2)."""
    stamp = event.get("timestamp")
    return NewEvent(
        type=str(event.get("event", "")),
        timestamp=float(stamp) if isinstance(stamp, int | float) else 0.0,
        body=json.dumps({"sender_id": sender, **event}),
    )
