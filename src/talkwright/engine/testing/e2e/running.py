"""Puts a bot together for the cases: of a project or a model, with the understanding that is asked for."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, redirect_stdout
from enum import StrEnum
from pathlib import Path

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.problems import Severity
from talkwright.assistant.project import ProjectRefusedError, read_project
from talkwright.assistant.validation import check_assistant
from talkwright.engine.agent import Agent
from talkwright.engine.model import load_model
from talkwright.engine.ports import ActionRunner
from talkwright.engine.running import chosen_profile, make_actions, make_agent
from talkwright.engine.settings import load_settings
from talkwright.engine.shell import TrainingRefusedError, is_model, load_or_train
from talkwright.engine.testing.e2e.bots import AgentBot
from talkwright.engine.testing.e2e.cases import Case
from talkwright.engine.testing.e2e.oracle import Oracle
from talkwright.engine.testing.e2e.playing import Bot
from talkwright.engine.training import items_for_running
from talkwright.engine.understanding.choice import Choice


class Asked(StrEnum):
    """Which understanding the cases are played with."""

    LOCAL = "local"
    LLM = "llm"
    ORACLE = "oracle"


@asynccontextmanager
async def bot_of(source: Path, asked: Asked, cases: Sequence[Case]) -> AsyncIterator[Bot]:
    """A bot of a project or model in this process; a project is trained first where its understanding needs it.

    Raises ModelError, TrainingRefusedError, CaseError, or ChoiceFault where the project names no usable language model.
    """
    settings = load_settings()
    if asked is not Asked.ORACLE:
        settings = settings.model_copy(update={"engine_understanding": Choice(asked)})
    model = None if asked is Asked.ORACLE else load_or_train(source)
    assistant = model.assistant if model is not None else _assistant(source)
    oracle = Oracle(cases, assistant) if model is None else None
    with redirect_stdout(io.StringIO()):  # a job's line; here the action that fails says it again
        actions = make_actions(assistant.endpoints, settings)

    def make(runner: ActionRunner) -> Agent:
        if model is not None:
            return make_agent(model, runner, settings)
        assert oracle is not None  # noqa: S101 - there is a model or an oracle, see above
        return Agent(assistant, oracle, runner, profile=chosen_profile(assistant, settings), parser=oracle)

    try:
        yield AgentBot(make, actions, oracle)
    finally:
        await actions.close()


def _assistant(source: Path) -> Assistant:
    """What a project or model holds, checked as for a training but not trained."""
    if is_model(source):
        return load_model(source).assistant
    try:
        read = read_project(source)
    except (ProjectRefusedError, OSError) as problem:
        raise TrainingRefusedError(f"{source} can't be read: {problem}") from problem
    items = items_for_running(read)
    assistant, problems = build_assistant(items)
    errors = [one for one in (*read.problems, *problems, *check_assistant(items)) if one.severity is Severity.ERROR]
    if errors:
        raise TrainingRefusedError(
            "\n".join(f"{one.kind or 'project'} {one.name or ''}: {one.message}" for one in errors)
        )
    return assistant
