"""What a channel is: routes of its own, and a way to send to people who did not ask just now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request
from starlette.routing import BaseRoute

from talkwright.engine.ports import BotMessage, Hear, TurnResult, UserMessage

Tell = Callable[[BotMessage], None]


class ChannelError(Exception):
    """The channel can't be opened as `credentials.yml` writes it; the message says how to mend it."""


class Host(Protocol):
    """The bot, as a channel sees it."""

    async def turn(self, message: UserMessage, tell: Tell | None = None, hear: Hear | None = None) -> TurnResult:
        """Take one message; `tell` hears each bot message as soon as it is said.

        `hear` is told the pieces of a message that a language model is still writing, before `tell` gets it whole.

        Raises ApiError where the bot can't take it now, and StoreError. An endpoint may let both pass: they become
        answers of the right form.
        """
        ...


class Channel(Protocol):
    """One way to reach a bot. A connector of the operator's own has this form (docs/formats/engine-api.md)."""

    name: str

    def routes(self, host: Host) -> Sequence[BaseRoute]:
        """Its addresses; by custom they begin with `/webhooks/<name>/`."""
        ...

    async def send(self, recipient: str, messages: Sequence[BotMessage]) -> None:
        """Send to somebody who did not ask just now, where the channel can; else nothing."""
        ...

    async def close(self) -> None:
        """Part from everybody and give back what is open."""
        ...


@dataclass(frozen=True)
class Setting:
    """What a channel may know when it is made: its part of `credentials.yml`, and the operator's choices."""

    values: Mapping[str, Any]
    may_see_events: Callable[[Request], None] = lambda _: None
    """Raises ApiError for whoever may not see a turn's events, which hold more than the channel's answers."""
    origins: tuple[str, ...] = ()
    """Web pages of other hosts that may use the bot; `*` is all."""

    def text(self, key: str, default: str | None = None) -> str | None:
        """A text of the credentials; raises ChannelError for something else."""
        value = self.values.get(key, default)
        if value is not None and not isinstance(value, str):
            raise ChannelError(f"`{key}` must be a text.")
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """A yes or no of the credentials; raises ChannelError for something else."""
        value = self.values.get(key, default)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise ChannelError(f"`{key}` must be true or false.")
        return value
