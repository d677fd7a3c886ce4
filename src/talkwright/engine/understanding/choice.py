"""What may understand a bot's messages."""

from __future__ import annotations

from enum import StrEnum


class Choice(StrEnum):
    """The language model, the local model, or each where it is better."""

    AUTO = "auto"
    LLM = "llm"
    LOCAL = "local"
