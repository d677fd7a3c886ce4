"""What the engine asks of a language model, whoever runs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

MAX_ANSWER = 65_536
"""Characters of an answer; what comes after is dropped."""
Message = Mapping[str, str]
OnText = Callable[[str], Awaitable[None]]


class ModelFailed(Exception):  # noqa: N818 -- the name says what happened, as the trace does
    """No answer came; the message says why, without any secret."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """An answer. Times in seconds; tokens as the provider counts them, 0 where it does not.

    `faults` say why earlier tries of the same turn gave none.
    """

    text: str
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    first_token_seconds: float | None = None
    faults: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """For a trace."""
        told: dict[str, Any] = {
            "model": self.model,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "ms": round(self.seconds * 1000, 1),
        }
        if self.first_token_seconds is not None:
            told["first_token_ms"] = round(self.first_token_seconds * 1000, 1)
        if self.faults:
            told["faults"] = list(self.faults)
        return told

    def recorded(self, component: str, name: str, prompt: str) -> dict[str, Any]:
        """The prompt and this answer to it, as they travel where recording is on (wire-protocols 3.6)."""
        told: dict[str, Any] = {
            "choices": [self.text],
            "model": self.model,
            "usage": {
                "prompt_tokens": self.prompt_tokens,
                "completion_tokens": self.completion_tokens,
                "total_tokens": self.prompt_tokens + self.completion_tokens,
            },
            "latency_ms": round(self.seconds * 1000, 1),
        }
        if self.first_token_seconds is not None:
            told["llm_time_to_first_token_ms"] = round(self.first_token_seconds * 1000, 1)
        return {
            "component_name": component,
            "prompt_name": name,
            "user_prompt": prompt,
            "llm_response_metadata": told,
        }


class LanguageModel(Protocol):
    """A model, or several that stand in for each other."""

    async def complete(
        self, messages: Sequence[Message], *, seconds: float, on_text: OnText | None = None
    ) -> Completion:
        """The answer to a conversation, within `seconds` in all; `on_text` gets its pieces as they come.

        Raises ModelFailed.
        """
        ...

    async def embed(self, texts: Sequence[str], *, seconds: float) -> list[list[float]]:
        """One vector for each text. Raises ModelFailed."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
