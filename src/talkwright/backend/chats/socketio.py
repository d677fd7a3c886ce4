"""Talking to models over the socketio channel, whose key is the deployment's token (wire-protocols 4.5).

The channel tells what the bot says, but neither the other events nor when a turn has ended. Both are read from the
tracker, which an engine stores once, when the turn is over: then the message stands in it by its id. A turn that an
engine breaks off leaves no trace there; whether one is still under way tells the conversation's lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import OctKey

from talkwright.backend.chats.asking import (
    Asking,
    BotCutError,
    BotFailedError,
    BotGoneError,
    BotMovedError,
    BotSlowError,
)
from talkwright.backend.chats.speaking import events_in
from talkwright.database.deployments import Bot

PATH = "/socket.io/"
USER_EVENT = "user_message"
OPEN_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.5
SETTLED_SECONDS = 1.0
"""A turn that does not end with waiting for the user is over when nothing was added for so long."""
KNOCK_SECONDS = 5.0
"""After so long without a trace of a message somebody looks whether the engine still works at it."""
HELD_SECONDS = 45.0
"""So long a turn surely keeps its conversation locked; the lock is let go of after 60 seconds in any case."""
LOCKING = "3.6."
"""The releases that are known to have whoever appends events wait for the turn under way."""
CLASSIC = frozenset(
    (
        *("user", "bot", "slot", "action", "session_started", "user_featurization", "entities", "reset_slots"),
        *("active_loop", "form", "form_validation", "loop_interrupted", "action_execution_rejected", "followup"),
        *("restart", "undo", "rewind", "pause", "resume", "reminder", "cancel_reminder", "agent", "export"),
    )
)
"""What engines that know no flows take over of a conversation that another engine began."""


class SocketIO:
    """Talks by engine.io's long polling: one connection a turn, so that none stays with a bot that ends."""

    async def put(self, asking: Asking, bot: Bot, chat: UUID, events: Sequence[Mapping[str, Any]]) -> Any:
        """Replace what the model knows of a chat, as far as it understands it."""
        path = f"/conversations/{chat}/tracker/events"
        try:
            return await asking.ask(bot, "PUT", path, events, include_events="NONE")
        except BotFailedError as error:
            if error.status != 400:
                raise
        known = [event for event in events if event.get("event") in CLASSIC]
        return await asking.ask(bot, "PUT", path, known, include_events="NONE")

    async def say(
        self, asking: Asking, bot: Bot, chat: UUID, text: str, metadata: Mapping[str, Any]
    ) -> list[Mapping[str, Any]]:
        """Send a message, wait until it stands in the tracker, give what was added to that."""
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                session = await _opened(asking, bot)
                before = await _tracker(asking, bot, chat)
        except (TimeoutError, BotSlowError, BotCutError) as error:  # nothing was said yet: it may be tried again
            raise BotGoneError("It opens no connection.") from error
        # Asking for an empty conversation begins its session: that belongs to the first turn.
        begun = any(event.get("event") == "user" for event in before)
        message = {"message": text, "session_id": str(chat), "metadata": dict(metadata)}
        await _sent(asking, bot, session, "42" + json.dumps([USER_EVENT, message]))
        watching = asyncio.create_task(_broken_off(asking, bot, chat, str(metadata["message_id"])))
        try:
            async with asyncio.timeout(asking.turn_seconds):
                events = await _turn(asking, bot, chat, str(metadata["message_id"]), watching)
        except TimeoutError:
            raise BotSlowError from None
        except BotGoneError as error:  # even where another one answers by now: this one took the message
            raise BotCutError(str(error)) from error
        finally:
            watching.cancel()
        with contextlib.suppress(BotGoneError, BotSlowError, BotFailedError):
            await _post(asking, bot, session, "1")
        known = {_key(event) for event in before} if begun else set()
        return [event for event in events if _key(event) not in known]


async def _opened(asking: Asking, bot: Bot) -> str:
    """Open a connection and show the key; gives the connection's id. Raises BotMovedError where the key is refused."""
    opened = (await asking.request(bot, "GET", PATH, EIO="4", transport="polling")).decode()
    try:
        session = str(json.loads(opened.removeprefix("0"))["sid"])
    except (ValueError, KeyError, TypeError) as error:
        raise BotFailedError("It has no channel that a studio can talk to.") from error
    key = OctKey.import_key(asking.token(bot))
    proof = jwt.encode({"alg": "HS256"}, {"sub": "studio"}, key)
    await _post(asking, bot, session, "40" + json.dumps({"token": proof}))
    answer = await asking.request(bot, "GET", PATH, EIO="4", transport="polling", sid=session)
    if not answer.startswith(b"40"):
        raise BotMovedError("its channel refuses the key")
    return session


async def _sent(asking: Asking, bot: Bot, session: str, packet: str) -> None:
    try:
        await _post(asking, bot, session, packet)
    except BotFailedError as error:
        if error.status == 400:  # whoever answers now does not know the connection, and so took nothing
            raise BotMovedError("its connection is gone") from error
        raise


async def _post(asking: Asking, bot: Bot, session: str, packet: str) -> None:
    await asking.request(bot, "POST", PATH, packet.encode(), EIO="4", transport="polling", sid=session)


async def _tracker(asking: Asking, bot: Bot, chat: UUID) -> list[Mapping[str, Any]]:
    return events_in(await asking.ask(bot, "GET", f"/conversations/{chat}/tracker", include_events="ALL"))


async def _broken_off(asking: Asking, bot: Bot, chat: UUID, message_id: str) -> bool:
    """Whether the engine surely ended the turn of a message without keeping anything of it; False where that is open.

    Who appends no events is refused, but only once nobody holds the conversation any more. It is done twice, for a
    message that the engine takes up just then.
    """
    with contextlib.suppress(TimeoutError, BotGoneError, BotSlowError, BotFailedError):
        async with asyncio.timeout(HELD_SECONDS):
            await asyncio.sleep(KNOCK_SECONDS)
            told = await asking.ask(bot, "GET", "/version")
            if not isinstance(told, dict) or not str(told.get("version")).startswith(LOCKING):
                return False
            for pause in (1.0, 0.0):
                await _let_in(asking, bot, chat)
                if any(_is_message(event, message_id) for event in await _tracker(asking, bot, chat)):
                    return False
                await asyncio.sleep(pause)
            return True
    return False


async def _let_in(asking: Asking, bot: Bot, chat: UUID) -> None:
    """Wait until no turn of the chat is under way."""
    try:
        await asking.ask(bot, "POST", f"/conversations/{chat}/tracker/events", [], include_events="NONE")
    except BotFailedError as error:
        if error.status not in (400, 500):
            raise


async def _turn(
    asking: Asking, bot: Bot, chat: UUID, message_id: str, watching: asyncio.Task[bool]
) -> list[Mapping[str, Any]]:
    """All events of the chat, once the turn that begins with a message has ended. Raises BotFailedError where it broke.

    `watching` tells that it was broken off.
    """
    now = asyncio.get_running_loop().time
    pause, seen, since = FIRST_PAUSE_SECONDS, 0, now()
    while True:
        events = await _tracker(asking, bot, chat)
        if len(events) != seen:
            seen, since = len(events), now()
        place = next((at for at, event in enumerate(events) if _is_message(event, message_id)), None)
        if place is not None and (_waits(events[place:]) or now() - since > SETTLED_SECONDS):
            return events
        if place is None and watching.done() and watching.result():
            raise BotFailedError("It broke off the turn.")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def _key(event: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells an event from all others of its chat: an engine may drop one, so that places tell nothing."""
    return event.get("event"), event.get("name"), event.get("timestamp")


def _waits(events: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the bot waits for the user again."""
    return any(event.get("event") == "action" and event.get("name") == "action_listen" for event in events)


def _is_message(event: Mapping[str, Any], message_id: str) -> bool:
    metadata = event.get("metadata")
    return event.get("event") == "user" and isinstance(metadata, Mapping) and metadata.get("message_id") == message_id
