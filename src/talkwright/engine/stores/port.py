"""The port: what a running bot asks of the place where its conversations are kept.

A turn holds its conversation, reads it, and saves what came:

    async with store.holding(sender) as held:
        tracker = await held.tracker(agent.program.initial_slots) or agent.new_tracker(sender)
        result = await agent.handle(tracker, message)
        await held.save(tracker)

While a conversation is held nobody else takes a turn in it, in this process or in another; no connection is kept
open meanwhile, however long an action or a language model takes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker


class StoreError(Exception):
    """The store could not do what it was asked for; the text says why, for people."""


class ConversationBusy(StoreError):  # noqa: N818 -- the name says what happened, as the engine's other failures do
    """Other turns of the conversation took so long that this one was not begun: try again (503)."""


class TurnLost(StoreError):  # noqa: N818 -- as above
    """The turn no longer holds its conversation, so nothing of it was saved; somebody else has gone on (409)."""


class StoreAway(StoreError):  # noqa: N818 -- as above
    """The store can't be reached at the moment: try again (503)."""


class UnusableId(StoreError):  # noqa: N818 -- as above
    """The conversation's id holds characters that the store can't keep (400)."""


class Held(Protocol):
    """One conversation, held by one turn."""

    async def tracker(self, initial_slots: Mapping[str, Any]) -> Tracker | None:
        """The conversation as it stands, or None where it is not known.

        Its events may be the latest ones alone (`earlier` counts those kept back; `await tracker.complete()` has them
        fetched). `initial_slots` are the model's. Raises StoreAway, TurnLost.
        """
        ...

    async def whole(self, initial_slots: Mapping[str, Any]) -> Tracker | None:
        """As `tracker`, with all events, played anew with this model's slots."""
        ...

    async def save(self, tracker: Tracker) -> Sequence[Event]:
        """Keeps the events that came since the tracker was read or last saved, and returns them.

        Raises TurnLost where the conversation is no longer held, StoreAway.
        """
        ...

    async def replace(self, tracker: Tracker) -> None:
        """Keeps the tracker instead of what is there. Raises TurnLost, StoreAway."""
        ...

    async def delete(self) -> bool:
        """Forgets the conversation; whether it was known. Raises TurnLost, StoreAway."""
        ...


class ConversationStore(Protocol):
    """Keeps conversations by their id."""

    async def open(self) -> None:
        """Makes ready to serve. Raises StoreError, with words for whoever runs the bot."""
        ...

    async def close(self) -> None:
        """Lets go of everything that is open, after the last turn."""
        ...

    async def check(self) -> None:
        """Returns if the store answers now, for health checks. Raises StoreAway."""
        ...

    def holding(self, conversation: str) -> AbstractAsyncContextManager[Held]:
        """Holds the conversation, first come, first served.

        Raises ConversationBusy after a bounded wait, StoreAway, UnusableId.
        """
        ...

    async def read(self, conversation: str, initial_slots: Mapping[str, Any]) -> Tracker | None:
        """The conversation with all its events, without waiting for a turn under way. Raises StoreAway."""
        ...

    async def of_user(self, user_id: str, *, limit: int | None = None, offset: int = 0) -> Sequence[str]:
        """The ids of a user's conversations, the latest changed first."""
        ...

    def ids(self, *, with_event: str | None = None) -> AsyncIterator[str]:
        """The ids of all conversations, or of those with an event of one type; it may run beside turns."""
        ...

    async def detail(self, conversation: str, message_id: str) -> Mapping[str, Any] | None:
        """What was recorded of how a message was understood; None where nothing was, or no longer is."""
        ...
