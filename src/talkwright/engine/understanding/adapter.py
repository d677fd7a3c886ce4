"""Intents and entities beside a language model: what `NLUCommandAdapter` adds to its commands (4.4, 8.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import CannotHandle, Command
from talkwright.engine.dialogue.program import Program
from talkwright.engine.dialogue.triggers import commands_of_intent
from talkwright.engine.dropped import Dropped, told
from talkwright.engine.ports import Parser, Understood
from talkwright.engine.understanding.llm.understanding import LlmUnderstanding
from talkwright.engine.understanding.merging import merged, settles

_ADAPTER = "NLUCommandAdapter"


class AdaptedUnderstanding:
    """A language model, and before it what intents trigger and entities fill; what these say stands."""

    def __init__(self, llm: LlmUnderstanding, parser: Parser, *, first: bool) -> None:
        """`first`: the adapter stands before the model, which then need not be asked where it settles the message."""
        self._llm = llm
        self._parser = parser
        self._first = first
        self._program: Program | None = None

    async def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:
        """Understands one message."""
        parse_data = self._parser.parse(text, tracker, assistant, language=language)
        found = self._commands(tracker, assistant, parse_data)
        if found and self._first and self._llm.generator.minimize_calls and settles(found, tracker.stack):
            why = "what the intent triggers and the entities fill"
            told_of = {"source": "local", "language": language, "decision": why}
            return Understood(commands=found, parse_data=parse_data, trace=told_of)
        answer = await self._llm.understand(text, tracker, assistant, language=language, earlier=bool(found))
        left_out: list[Dropped] = []
        commands = merged(found, answer.commands, left_out)
        trace: dict[str, Any] = dict(answer.trace)
        if left_out:
            trace["dropped"] = [*trace.get("dropped", ()), *told(left_out)]
        return Understood(
            commands=commands, parse_data={**answer.parse_data, **parse_data}, trace=trace, prompts=answer.prompts
        )

    def _commands(self, tracker: Tracker, assistant: Assistant, parse_data: Mapping[str, Any]) -> list[Command]:
        intent = parse_data.get("intent") or {}
        name, confidence = intent.get("name"), intent.get("confidence") or 0.0
        if not isinstance(name, str) or not name:
            return []
        if self._program is None or self._program.assistant is not assistant:
            self._program = Program(assistant)
        found = commands_of_intent(self._program, tracker, name, float(confidence), parse_data.get("entities") or ())
        return [command for command in found if not isinstance(command, CannotHandle)]

    async def close(self) -> None:
        """Close all connections."""
        await self._llm.close()


def adapted(llm: LlmUnderstanding, parser: Parser, assistant: Assistant) -> LlmUnderstanding | AdaptedUnderstanding:
    """The model as it is, or with the adapter that the pipeline names."""
    names = list(_components(assistant.config))
    if _ADAPTER not in names:
        return llm
    generator = llm.generator.component
    before = generator not in names or names.index(_ADAPTER) < names.index(generator)
    return AdaptedUnderstanding(llm, parser, first=before)


def _components(config: Mapping[str, Any]) -> Iterator[str]:
    pipeline = config.get("pipeline")
    for entry in pipeline if isinstance(pipeline, list) else ():
        name = entry.get("name") if isinstance(entry, Mapping) else entry
        yield str(name).rpartition(".")[2]
