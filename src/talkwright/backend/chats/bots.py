"""Talking to running models over HTTP: put a conversation, send a message; any failure to reach one is one error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

from talkwright.backend.chats.asking import (
    Asking,
    BotCutError,
    BotFailedError,
    BotGoneError,
    BotMovedError,
    BotSlowError,
)
from talkwright.backend.chats.placing import PlaceBook
from talkwright.backend.chats.remembering import Latest
from talkwright.backend.chats.socketio import SocketIO
from talkwright.backend.chats.speaking import OwnSpeech, Speech
from talkwright.database.chats import NewEvent
from talkwright.database.deployments import Bot
from talkwright.identity.secrets import Keyring
from talkwright.operations import tracing

__all__ = [
    "BotCutError",
    "BotFailedError",
    "BotGoneError",
    "BotMovedError",
    "BotSlowError",
    "Bots",
    "Standing",
]

TURN_SECONDS = 330.0
"""An action may take 300 seconds before an engine gives it up; the rest of a turn takes little."""
PUT_SECONDS = 30.0
MOST_STANDING = 10_000
PROTOCOLS: Mapping[str, Speech] = {"turns": OwnSpeech(), "socketio": SocketIO()}
"""By what the consumers write beside a running model's address."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where this process knows an engine's tracker to stand: in which attempt and after which event."""

    attempt: UUID
    last_event: int


class Bots:
    """The connections of one backend process to all running models. `holder` names the process in chats' leases."""

    def __init__(self, keyring: Keyring, *, holder: UUID, turn_seconds: float = TURN_SECONDS) -> None:
        self._asking = Asking(keyring, turn_seconds)
        self.holder = holder
        self.standing: Latest[UUID, Standing] = Latest(MOST_STANDING)
        self.places = PlaceBook()
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def lock(self, chat: UUID) -> asyncio.Lock:
        """The lock under which this process takes one turn of the chat at a time."""
        return self._locks.setdefault(chat, asyncio.Lock())

    async def close(self) -> None:
        """Close the connections."""
        await self._asking.close()

    async def put_conversation(self, bot: Bot, chat: UUID, bodies: Sequence[str]) -> Mapping[str, Any]:
        """Replace what the model knows of a chat by its stored events; gives the tracker's state."""
        events = [as_put(body) for body in bodies]
        try:
            async with asyncio.timeout(PUT_SECONDS):
                answer = await _speech(bot).put(self._asking, bot, chat, events)
        except (TimeoutError, BotSlowError, BotCutError) as error:  # nothing was said yet: it may be tried again
            raise BotGoneError("It does not take the conversation.") from error
        if not isinstance(answer, dict):
            raise BotFailedError("It took the conversation but gave no tracker.")
        return answer

    async def say(self, bot: Bot, chat: UUID, text: str, metadata: Mapping[str, Any]) -> list[NewEvent]:
        """Send a message; gives the events of the turn as an event broker would publish them."""
        with tracing.span("engine turn", kind="client", deployment=str(bot.deployment), version=bot.version_name):
            events = await _speech(bot).say(self._asking, bot, chat, text, metadata)
        return [published(str(chat), event) for event in events]


def _speech(bot: Bot) -> Speech:
    """How a model is talked to. Raises BotFailedError where only a later release knows."""
    if bot.protocol not in PROTOCOLS:
        raise BotFailedError(f"It is talked to by {bot.protocol}, which this release of the studio does not know.")
    return PROTOCOLS[bot.protocol]


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
