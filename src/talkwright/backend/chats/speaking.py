"""How a turn is taken with a running model, by the protocol that its attempt's row names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from talkwright.backend.chats.asking import Asking, BotFailedError, BotSlowError
from talkwright.database.deployments import Bot


class Speech(Protocol):
    """One way to talk to models."""

    async def put(self, asking: Asking, bot: Bot, chat: UUID, events: Sequence[Mapping[str, Any]]) -> Any:
        """Replace what the model knows of a chat by these events; gives the tracker's state."""

    async def say(
        self, asking: Asking, bot: Bot, chat: UUID, text: str, metadata: Mapping[str, Any]
    ) -> list[Mapping[str, Any]]:
        """Send a message; gives all events of its turn."""


class OwnSpeech:
    """As our own engine speaks: a message of the REST channel is answered with all events of its turn."""

    async def put(self, asking: Asking, bot: Bot, chat: UUID, events: Sequence[Mapping[str, Any]]) -> Any:
        """Replace what the model knows of a chat."""
        return await asking.ask(bot, "PUT", f"/conversations/{chat}/tracker/events", events, include_events="NONE")

    async def say(
        self, asking: Asking, bot: Bot, chat: UUID, text: str, metadata: Mapping[str, Any]
    ) -> list[Mapping[str, Any]]:
        """Send a message."""
        message = {"sender": str(chat), "message": text, "metadata": metadata, "input_channel": "studio"}
        try:
            async with asyncio.timeout(asking.turn_seconds):  # the client begins anew with each piece
                answer = await asking.ask(bot, "POST", "/webhooks/rest/webhook", message, events="true")
        except TimeoutError:
            raise BotSlowError from None
        return events_in(answer)


def events_in(answer: Any) -> list[Mapping[str, Any]]:
    """The events of an answer. Raises BotFailedError where it holds none."""
    events = answer.get("events") if isinstance(answer, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise BotFailedError("Its answer holds no events.")
    return events
