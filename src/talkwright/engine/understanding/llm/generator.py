"""The command generator that a project's pipeline names, with its model and its prompt (7.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from talkwright.assistant.assistant import Assistant
from talkwright.engine.llm.settings import Group, SettingsFault, read_group
from talkwright.engine.understanding.llm.command_lines import Syntax

SYNTAX_OF: Mapping[str, Syntax] = {
    "SingleStepLLMCommandGenerator": "v1",
    "LLMCommandGenerator": "v1",
    "CompactLLMCommandGenerator": "v2",
    "SearchReadyLLMCommandGenerator": "v3",
}
MULTI_STEP = "MultiStepLLMCommandGenerator"
_SECONDS = 7.0
_FLOWS = 20
_DEFAULT_MODEL = {"provider": "openai", "model": "gpt-4o-2024-11-20"}
_DEFAULT_EMBEDDINGS = {"provider": "openai", "model": "text-embedding-3-large"}


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """Flows are chosen for the prompt by what they are about (7.1)."""

    group: Group
    flows: int = _FLOWS
    turns: int = 1
    slots: bool = True


@dataclass(frozen=True, kw_only=True)
class Generator:
    """How a model is asked for commands. `seconds` are for a turn's answer, tries that failed included."""

    component: str
    syntax: Syntax
    group: Group
    template: str
    seconds: float = _SECONDS
    minimize_calls: bool = True
    zone: ZoneInfo | None = None
    retrieval: Retrieval | None = None


def read_generator(assistant: Assistant, environment: Mapping[str, str] | None = None) -> Generator | None:
    """The pipeline's command generator; None where it names none.

    Raises SettingsFault, NoKey among them, where it can't be used as it is.
    """
    found = next(_generators(assistant.config), None)
    if found is None:
        return None
    name, entry = found
    if name == MULTI_STEP:
        raise SettingsFault(
            f"`{name}` asks in several steps, which is not built in; use `CompactLLMCommandGenerator` instead."
        )
    model = entry.get("llm") if isinstance(entry.get("llm"), Mapping) else _DEFAULT_MODEL
    assert isinstance(model, Mapping)  # noqa: S101 - chosen above; the type checker can't know
    return Generator(
        component=name,
        syntax=SYNTAX_OF[name],
        group=read_group(model, assistant.endpoints, environment=environment),
        template=_template(assistant, name, entry),
        seconds=_positive(model.get("timeout"), _SECONDS),
        minimize_calls=entry.get("minimize_num_calls") is not False,
        zone=_zone(entry),
        retrieval=_retrieval(assistant, entry, environment),
    )


def _generators(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    pipeline = config.get("pipeline")
    for entry in pipeline if isinstance(pipeline, list) else ():
        if isinstance(entry, Mapping):
            name = str(entry.get("name", "")).rpartition(".")[2]
            if name in SYNTAX_OF or name == MULTI_STEP:
                yield name, entry


def _template(assistant: Assistant, name: str, entry: Mapping[str, Any]) -> str:
    """The project's own prompt, or ours for the generator's syntax."""
    path = entry.get("prompt_template") or entry.get("prompt")
    if path is None:
        return resources.files(__package__).joinpath("prompts", f"{SYNTAX_OF[name]}.jinja").read_text(encoding="utf-8")
    text = assistant.prompts.get(str(path).removeprefix("./"))
    if text is None:
        raise SettingsFault(
            f"The prompt {path} of `{name}` is not among the project's prompts (*.jinja2, *.jinja, *.j2)."
        )
    return text


def _zone(entry: Mapping[str, Any]) -> ZoneInfo | None:
    """The zone in which the prompt tells the time; None where it does not."""
    if entry.get("include_date_time") is False:
        return None
    name = str(entry.get("timezone") or "UTC")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as problem:
        raise SettingsFault(f"`timezone: {name}` is no time zone; name one such as Europe/Vienna.") from problem


def _retrieval(
    assistant: Assistant, entry: Mapping[str, Any], environment: Mapping[str, str] | None
) -> Retrieval | None:
    written = entry.get("flow_retrieval")
    settings = written if isinstance(written, Mapping) else {}
    if settings.get("active") is False or not settings:
        return None
    embeddings = settings.get("embeddings") if isinstance(settings.get("embeddings"), Mapping) else _DEFAULT_EMBEDDINGS
    assert isinstance(embeddings, Mapping)  # noqa: S101 - as above
    return Retrieval(
        group=read_group(embeddings, assistant.endpoints, completes=False, environment=environment),
        flows=_at_least_one(settings.get("num_flows"), _FLOWS),
        turns=_at_least_one(settings.get("turns_to_embed"), 1),
        slots=settings.get("should_embed_slots") is not False,
    )


def _positive(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else otherwise


def _at_least_one(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else otherwise
