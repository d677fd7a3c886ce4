"""Language models that a project names and that can't be used as things stand: a problem for each, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.problems import Problem, Severity
from talkwright.engine.generation.rephrasing import read_rephraser
from talkwright.engine.llm.settings import NoKey, SettingsFault
from talkwright.engine.search.configuring import UNTIL_MEANT, UNTIL_WORDED, read_embeddings, read_generation
from talkwright.engine.understanding.choice import Choice
from talkwright.engine.understanding.choosing import chosen
from talkwright.engine.understanding.llm.generator import read_generator

NO_KEY = "language-model-without-key"
UNUSABLE = "language-model-unusable"

_Read = Callable[[Assistant, Mapping[str, str] | None], Any]
_READERS: tuple[tuple[str, str, _Read, str], ...] = (
    ("config", "", read_generator, "Until then the local model understands alone."),
    ("config", "search", read_generation, UNTIL_WORDED),
    ("config", "embeddings", read_embeddings, UNTIL_MEANT),
    ("endpoints", "", read_rephraser, "Until then responses are sent as they are written."),
)


def unused_models(
    assistant: Assistant, setting: Choice | None = None, environment: Mapping[str, str] | None = None
) -> list[Problem]:
    """Warnings about models that are named but not asked; none where only the local model is wanted.

    Raises ChoiceFault for an understanding that the project names and nobody knows.
    """
    return [] if chosen(assistant, setting) is Choice.LOCAL else list(_problems(assistant, environment))


def _problems(assistant: Assistant, environment: Mapping[str, str] | None) -> Iterator[Problem]:
    for kind, subject, read, until in _READERS:
        try:
            read(assistant, environment)
        except SettingsFault as fault:
            code = NO_KEY if isinstance(fault, NoKey) else UNUSABLE
            yield Problem(code, Severity.WARNING, f"{fault} {until}", kind=kind, subject=subject)
