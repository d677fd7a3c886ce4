"""Which understanding a bot has, and the one that asks a language model only where the local one isn't sure."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import ErrorCommand
from talkwright.engine.dropped import Dropped, told
from talkwright.engine.llm.group import ModelGroup
from talkwright.engine.llm.settings import SettingsFault
from talkwright.engine.ports import Understanding, Understood
from talkwright.engine.understanding.adapter import adapted
from talkwright.engine.understanding.choice import Choice
from talkwright.engine.understanding.llm.generator import read_generator
from talkwright.engine.understanding.llm.understanding import LlmUnderstanding
from talkwright.engine.understanding.local.understanding import LocalUnderstanding
from talkwright.engine.understanding.merging import merged, settles


class ChoiceFault(ValueError):  # noqa: N818 - a fault of what is written
    """The understanding that is asked for can't be had; the message says how to mend it."""


def chosen(assistant: Assistant, setting: Choice | None) -> Choice:
    """What whoever runs the bot asks for, else the project's `talkwright.understanding`, else `auto`."""
    if setting is not None:
        return setting
    own = assistant.config.get("talkwright")
    written = own.get("understanding") if isinstance(own, Mapping) else None
    if written is None:
        return Choice.AUTO
    try:
        return Choice(str(written))
    except ValueError:
        message = f"`talkwright.understanding: {written}` in config.yml is none of {', '.join(Choice)}."
        raise ChoiceFault(message) from None


def make_understanding(
    assistant: Assistant,
    local: LocalUnderstanding,
    setting: Choice | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[Understanding, str | None]:
    """The understanding of a bot, and a notice where it is not the one that the project names.

    Raises ChoiceFault where nothing but a language model is wanted and none can be asked.
    """
    choice = chosen(assistant, setting)
    if choice is Choice.LOCAL:
        return local, None
    try:
        generator = read_generator(assistant, environment)
    except SettingsFault as fault:
        if choice is Choice.LLM:
            raise ChoiceFault(str(fault)) from fault
        return local, f"{fault} Until then the local model understands alone."
    if generator is None:
        if choice is Choice.LLM:
            raise ChoiceFault("The pipeline in config.yml names no command generator with a language model.")
        return local, None
    embeddings = ModelGroup(generator.retrieval.group) if generator.retrieval is not None else None
    llm = LlmUnderstanding(generator, ModelGroup(generator.group), embeddings=embeddings)
    return (adapted(llm, local, assistant) if choice is Choice.LLM else AutoUnderstanding(local, llm)), None


class AutoUnderstanding:
    """The local model where it is sure, the language model elsewhere; where that one fails, the local one decides."""

    def __init__(self, local: LocalUnderstanding, llm: LlmUnderstanding) -> None:
        self._local = local
        self._llm = llm

    def understand(
        self, text: str, tracker: Tracker, assistant: Assistant, *, language: str
    ) -> Understood | Awaitable[Understood]:
        """Understands one message; only what the local model isn't sure of is awaited."""
        found = self._local.understand(text, tracker, assistant, language=language)
        sure = found.trace.get("sure") is True
        if sure and self._llm.generator.minimize_calls and settles(found.commands, tracker.stack):
            return found
        return self._asked(text, tracker, assistant, found, sure=sure, language=language)

    async def _asked(
        self, text: str, tracker: Tracker, assistant: Assistant, found: Understood, *, sure: bool, language: str
    ) -> Understood:
        answer = await self._llm.understand(text, tracker, assistant, language=language, earlier=sure)
        if any(isinstance(command, ErrorCommand) for command in answer.commands):
            trace: dict[str, Any] = {**found.trace, "llm": dict(answer.trace)}
            return Understood(commands=found.commands, parse_data=found.parse_data, trace=trace)
        left_out: list[Dropped] = []
        commands = merged(found.commands, answer.commands, left_out) if sure else answer.commands
        trace = {**answer.trace, "local": dict(found.trace)}
        if left_out:
            trace["dropped"] = [*trace.get("dropped", ()), *told(left_out)]
        return Understood(
            commands=commands,
            parse_data=found.parse_data,
            trace=trace,
            prompts=answer.prompts,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._llm.close()
