"""The bot behind all routes and channels: the model that runs now, its conversations, and how models change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talkwright.conversation.tracker import Tracker
from talkwright.engine.actions import Actions
from talkwright.engine.agent import Agent
from talkwright.engine.model import Model
from talkwright.engine.ports import BotMessage, Hear, TurnResult, UserMessage
from talkwright.engine.serving.answers import no_model
from talkwright.engine.serving.gate import Gate
from talkwright.engine.stores import ConversationStore, Held

Tell = Callable[[BotMessage], None]
AfterTurn = Callable[[str, TurnResult], Awaitable[None]]
MakeServed = Callable[[Path], "Served"]
"""Loads the model in a file with all that serves it; raises ModelError. It may take its time, in a thread."""


@dataclass(frozen=True, eq=False)
class Served:
    """One model with what serves it."""

    model: Model
    agent: Agent
    actions: Actions

    def prepare(self) -> None:
        """Load ahead what the first turn needs; it may run in another thread, beside turns."""
        self.model.classifier.prepare()
        self.agent.prepare()
        self.actions.prepare()

    async def close(self) -> None:
        """Close all connections."""
        await self.actions.close()
        await self.agent.close()


class Bot:
    """Takes messages, one turn of a conversation after the other, with whatever model runs when the turn begins."""

    def __init__(self, served: Served | None, store: ConversationStore, *, most_turns: int = 1000) -> None:
        """`most_turns` may be under way at once; further ones are refused."""
        self._served = served
        self._store = store
        self._gate = Gate(most_turns)
        self._users: dict[Served, int] = {}
        self.after_turn: AfterTurn | None = None
        """Who is told of each turn that is saved; it raises nothing."""

    @property
    def served(self) -> Served:
        """What runs now; raises ApiError (409) where no model is loaded."""
        if self._served is None:
            raise no_model()
        return self._served

    @property
    def has_model(self) -> bool:
        """Whether a model is loaded."""
        return self._served is not None

    async def turn(self, message: UserMessage, tell: Tell | None = None, hear: Hear | None = None) -> TurnResult:
        """One turn; `tell` hears each of its messages as soon as it is said, `hear` pieces of one being written.

        Raises ApiError (409 no model, 429 and 503 too busy) and StoreError.
        """
        with self._gate.passing(message.sender):
            async with self._store.holding(message.sender) as held, self.using() as served:
                tracker = await conversation(held, served) or served.agent.new_tracker(message.sender)
                result = await served.agent.handle(tracker, message, tell=tell, hear=hear)
                await held.save(tracker)
        if self.after_turn is not None:
            await self.after_turn(message.sender, result)
        return result

    @asynccontextmanager
    async def holding(self, conversation_id: str) -> AsyncIterator[tuple[Held, Served]]:
        """One conversation and the model that runs now, for writing outside of turns."""
        async with self._store.holding(conversation_id) as held, self.using() as served:
            yield held, served

    async def read(self, conversation_id: str) -> Tracker | None:
        """A copy of a conversation with all its events, without waiting for a turn under way."""
        return await self._store.read(conversation_id, self.served.agent.program.initial_slots)

    async def detail(self, conversation_id: str, message_id: str) -> Mapping[str, Any] | None:
        """What was recorded of how a message was understood; None where nothing was, or no longer is."""
        return await self._store.detail(conversation_id, message_id)

    def conversations(self, *, with_event: str | None = None) -> AsyncIterator[str]:
        """The ids of all conversations that are kept, or of those with an event of one type."""
        return self._store.ids(with_event=with_event)

    @asynccontextmanager
    async def using(self) -> AsyncIterator[Served]:
        """What runs now, kept in use until the block ends, even where it is replaced meanwhile."""
        served = self.served
        self._users[served] = self._users.get(served, 0) + 1
        try:
            yield served
        finally:
            self._users[served] -= 1
            if self._users[served] == 0:
                del self._users[served]
                if served is not self._served:
                    await served.close()

    async def replace(self, served: Served | None) -> None:
        """Let all turns that begin from now on run with another model, or none; those under way end with theirs."""
        old, self._served = self._served, served
        if old is not None and old is not served and old not in self._users:
            await old.close()

    async def drain(self) -> None:
        """Take no more turns, and wait for those under way."""
        await self._gate.close()

    async def close(self) -> None:
        """Give back what the bot holds open."""
        if self._served is not None:
            await self._served.close()
        await self._store.close()


async def conversation(held: Held, served: Served) -> Tracker | None:
    """The held conversation as this model sees it, played anew where another model ran when it was kept."""
    slots = served.agent.program.initial_slots
    tracker = await held.tracker(slots)
    if tracker is None or slots.keys() <= tracker.slots.keys():
        return tracker
    return await held.whole(slots)
