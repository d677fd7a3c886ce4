"""Text and state of the conversation → commands and a trace, by a language model (7)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import ErrorCommand
from talkwright.engine.dialogue.availability import available_flows
from talkwright.engine.dialogue.program import Program
from talkwright.engine.dropped import told as told_dropped
from talkwright.engine.generation.templates import TemplateError, fill_prompt
from talkwright.engine.llm.port import LanguageModel, ModelFailed
from talkwright.engine.ports import Understood
from talkwright.engine.understanding.llm.command_lines import read_answer
from talkwright.engine.understanding.llm.generator import Generator
from talkwright.engine.understanding.llm.prompting import prompt_variables
from talkwright.engine.understanding.llm.retrieval import FlowRetrieval

_SHOWN = 2_000  # characters of an answer in a trace


class LlmUnderstanding:
    """The understanding by a language model: one prompt and one answer for a message."""

    def __init__(
        self,
        generator: Generator,
        model: LanguageModel,
        *,
        embeddings: LanguageModel | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.generator = generator
        self._model = model
        self._embeddings = embeddings
        self._clock = clock
        self._retrieval = (
            FlowRetrieval(generator.retrieval, embeddings)
            if generator.retrieval is not None and embeddings is not None
            else None
        )
        self._models = tuple(dict.fromkeys(one.model for one in generator.group.deployments))
        self._program: Program | None = None

    async def understand(
        self, text: str, tracker: Tracker, assistant: Assistant, *, language: str, earlier: bool = False
    ) -> Understood:
        """Understands one message; where the model fails this is the error command, and the trace says why.

        `earlier` says whether something before the model has understood the message already (4.2).
        """
        program = self._program_of(assistant)
        trace: dict[str, Any] = {"source": "llm", "component": self.generator.component, "language": language}
        flows: Collection[str] = available_flows(program, tracker)
        started = time.perf_counter()
        try:
            told = await self._told(program, tracker, text, flows)
            variables = prompt_variables(program, tracker, text, told, self._now())
            prompt = fill_prompt(self.generator.template, variables)
            left = self.generator.seconds - (time.perf_counter() - started)
            answer = await self._model.complete([{"role": "user", "content": prompt}], seconds=max(left, 0.01))
        except (ModelFailed, TemplateError) as fault:
            took = round((time.perf_counter() - started) * 1000, 1)
            why = {"model": ", ".join(self._models), "failed": str(fault), "ms": took}
            return Understood(commands=[ErrorCommand()], trace={**trace, **why})
        commands, dropped = read_answer(answer.text, self.generator.syntax, flows=flows, earlier=earlier)
        told_of = {
            "flows": len(told),
            "answer": answer.text[:_SHOWN],
            "read": [command.to_dict() for command in commands],
            **answer.told(),
            **({"dropped": told_dropped(dropped)} if dropped else {}),
        }
        recorded = answer.recorded(self.generator.component, "command_generator_prompt", prompt)
        return Understood(commands=commands, trace={**trace, **told_of}, prompts=(recorded,))

    async def close(self) -> None:
        """Close all connections."""
        await self._model.close()
        if self._embeddings is not None:
            await self._embeddings.close()

    async def _told(self, program: Program, tracker: Tracker, text: str, flows: Collection[str]) -> Collection[str]:
        """The flows that the prompt tells of: all that may start, or those that are about what was said."""
        if self._retrieval is None:
            return flows
        return await self._retrieval.choose(program, tracker, text, flows, seconds=self.generator.seconds)

    def _now(self) -> datetime | None:
        zone = self.generator.zone
        return None if zone is None else datetime.fromtimestamp(self._clock(), zone)

    def _program_of(self, assistant: Assistant) -> Program:
        if self._program is None or self._program.assistant is not assistant:
            self._program = Program(assistant)
        return self._program
