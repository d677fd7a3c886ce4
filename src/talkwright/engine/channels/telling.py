"""A turn whose messages are heard while it still runs, and of messages what is written of them so far."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from talkwright.conversation.events import Event
from talkwright.engine import logs
from talkwright.engine.channels.channel import Host
from talkwright.engine.faults import where
from talkwright.engine.ports import BotMessage, Piece, TurnResult, UserMessage
from talkwright.engine.serving.answers import ApiError, of_store
from talkwright.engine.stores import StoreError

_running: set[asyncio.Task[TurnResult]] = set()
"""Turns under way: whoever leaves early does not end theirs."""


async def spoken(
    host: Host, message: UserMessage, after: Callable[[Sequence[Event]], None] | None = None
) -> AsyncIterator[BotMessage | Piece]:
    """Each message of the turn as soon as it is said; `after` gets the turn's events once it has ended.

    Pieces that come before a message are the beginning of its text.
    Raises ApiError where the bot can't take the message, or can't keep what it said; another fault is logged.
    """
    said: asyncio.Queue[BotMessage | Piece | None] = asyncio.Queue()
    turn = asyncio.ensure_future(host.turn(message, said.put_nowait, said.put_nowait))
    _running.add(turn)

    def ended(task: asyncio.Task[TurnResult]) -> None:
        _running.discard(task)
        said.put_nowait(None)
        fault = None if task.cancelled() else task.exception()
        if fault is not None and not isinstance(fault, ApiError | StoreError):
            logs.error("turn_failed", sender_id=message.sender, **where(fault))

    turn.add_done_callback(ended)
    while (one := await said.get()) is not None:
        yield one
    try:
        result = await turn
    except StoreError as problem:
        raise of_store(problem) from problem
    except ApiError:
        raise
    except Exception as fault:
        raise ApiError(500, "InternalError", "The bot failed at this message; its log says where.") from fault
    if after is not None:
        after(result.events)
