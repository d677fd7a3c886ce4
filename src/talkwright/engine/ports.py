"""What the agent needs from the outside: the seams behind which a language model, a local model or a test stands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.domain import Domain
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import Command


@dataclass(frozen=True, kw_only=True)
class UserMessage:
    """One message to the bot; `text` may be a payload such as `/SetSlots(a=1)`. The user event keeps `metadata`."""

    text: str
    sender: str = "default"
    message_id: str | None = None
    channel: str = "rest"
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Understood:
    """What a message means: commands in spoken order.

    `parse_data` is merged into the user event's (intent, entities …); `trace` is ours, for the inspector:
    {"source": "payload" | "local" | "llm", "candidates": [{"flow", "score"}], "language": …}. `prompts` are what a
    language model was asked and answered (wire-protocols 3.6), kept only where recording is on.
    """

    commands: Sequence[Command]
    parse_data: Mapping[str, Any] = field(default_factory=dict)
    trace: Mapping[str, Any] = field(default_factory=dict)
    prompts: Sequence[Mapping[str, Any]] = ()


class Understanding(Protocol):
    """Text and state of the conversation → commands and a trace. One that waits for something answers awaitably."""

    def understand(
        self, text: str, tracker: Tracker, assistant: Assistant, *, language: str
    ) -> Understood | Awaitable[Understood]:
        """Understands one message; raises nothing that it can turn into an error command."""
        ...


class Parser(Protocol):
    """Text → intent, ranking and entities, in the form of `parse_data` (wire-protocols 3.4)."""

    def parse(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Mapping[str, Any]:
        """What one message says, before anybody decides what to do."""
        ...


@dataclass(frozen=True, kw_only=True)
class ActionResult:
    """What a custom action answered, as JSON values (dialogue-semantics 11)."""

    events: Sequence[Mapping[str, Any]] = ()
    responses: Sequence[Mapping[str, Any]] = ()


class ActionFailed(Exception):  # noqa: N818 -- the name says what happened, as the trace does
    """An action could not be run: unreachable, timed out, raised. `address` is where it was asked for.

    `reason` is what a log may tell: it holds nothing that the other side has written.
    """

    def __init__(self, message: str, *, address: str | None = None, reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.address = address
        self.reason = reason


class ActionRejected(Exception):  # noqa: N818 -- as above
    """The action server declined to run the action (HTTP 400)."""


class ActionRunner(Protocol):
    """Runs the assistant's own actions."""

    async def run(self, name: str, tracker: Tracker, domain: Domain) -> ActionResult:
        """Runs one action; raises ActionFailed or ActionRejected."""
        ...


class Clock(Protocol):
    """Where time comes from."""

    def __call__(self) -> float:
        """Seconds since 1970."""
        ...


class Random(Protocol):
    """Where chance comes from: `random.Random`, seeded in tests."""

    def random(self) -> float:
        """A number from 0 up to, not including, 1."""
        ...

    def getrandbits(self, k: int, /) -> int:
        """A number of `k` random bits."""
        ...


@dataclass(frozen=True, kw_only=True)
class BotMessage:
    """One bot message of a turn: text and `data` as in the bot event (6.3).

    `rephrase_prompt` is the response's own prompt, where it has one; it stays inside the engine. `prompts` are what a
    language model was asked and answered to word it (wire-protocols 3.6), kept only where recording is on.
    """

    text: str | None
    data: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    rephrase_prompt: str | None = None
    prompts: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of the next bot message, told while the rest of it is still being written.

    All pieces together are the beginning of that message's text.
    """

    text: str


Hear = Callable[[Piece], None]


class Rewording(Protocol):
    """Rewords messages before they are said."""

    async def rephrase(
        self, message: BotMessage, tracker: Tracker, language: str, *, hear: Hear | None = None
    ) -> BotMessage:
        """The message as it is said, whose beginning `hear` may be told piece by piece; raises nothing."""
        ...


@dataclass(frozen=True, kw_only=True)
class SearchAnswer:
    """What the documents say to what was asked; no text where they say nothing. `trace` tells how it was found.

    `prompts` are what a language model was asked and answered (wire-protocols 3.6), kept only where recording is on.
    """

    text: str | None
    trace: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    prompts: Sequence[Mapping[str, Any]] = ()


class SearchFailed(Exception):  # noqa: N818 -- as above
    """The search could not be finished; `said` is what was told already by pieces."""

    def __init__(self, message: str, *, said: str = "", trace: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.said = said
        self.trace = trace or {}


class Searching(Protocol):
    """Answers from the project's documents (7.5)."""

    async def answer(self, tracker: Tracker, *, hear: Hear | None = None) -> SearchAnswer:
        """The answer to what the user said last; raises SearchFailed."""
        ...


@dataclass(frozen=True, kw_only=True)
class TurnResult:
    """All events that a message led to, in order, and the bot messages among them."""

    events: Sequence[Event]
    messages: Sequence[BotMessage]
