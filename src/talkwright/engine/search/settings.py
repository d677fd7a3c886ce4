"""How a project wants its documents searched: the keys of `EnterpriseSearchPolicy`, as the engine uses them (7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.search_policy import POLICY, is_folder_store, search_policy, store_of
from talkwright.engine.llm.settings import Group, NoKey, SettingsFault, read_group

_DEFAULT_MODEL = {"provider": "openai", "model": "gpt-4o-mini"}
_SECONDS = 10.0
_MESSAGES = 2
_LINES = 20
_LINES_A_TURN = 2


@dataclass(frozen=True, kw_only=True)
class Generation:
    """How a language model words answers. `lines` are those of the conversation that it reads."""

    group: Group
    template: str
    lines: int = _LINES
    checks_relevancy: bool = False


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """What is asked and which answers count. `messages` is how many of the user's make the query.

    `threshold` is the least score of a passage, `seconds` the time for all that one answer needs. Without `generation`
    answers are taken out of the documents; without `embeddings` the local vectors do alone.
    """

    threshold: float = 0.0
    messages: int = _MESSAGES
    cites: bool = False
    seconds: float = _SECONDS
    generation: Generation | None = None
    embeddings: Group | None = None


def read_search(
    assistant: Assistant, *, with_models: bool, environment: Mapping[str, str] | None = None
) -> tuple[SearchSettings | None, list[str]]:
    """The settings, None where the project has no search that is built in, and notices of what stands in for what.

    `with_models`: whether language models may be asked at all.
    """
    found = search_policy(assistant.config)
    if found is None:
        return None, []
    policy = found[1]
    store = store_of(policy)
    if not is_folder_store(store):
        told = (
            f"`{POLICY}` names the vector store `{store.get('type')}`, which is not built in: questions find nothing. "
            "Put the documents as *.txt or *.md into a folder of the project and write "
            "`vector_store: {type: faiss, source: ./docs}`."
        )
        return None, [told]
    generation, unworded = _generation(assistant, policy, environment) if with_models else (None, [])
    embeddings, unmeant = _embeddings(assistant, policy, environment) if with_models else (None, [])
    settings = SearchSettings(
        threshold=_share(store.get("threshold")),
        messages=_count(policy.get("max_messages_in_query"), _MESSAGES),
        cites=policy.get("citation_enabled") is True,
        seconds=_seconds(policy),
        generation=generation,
        embeddings=embeddings,
    )
    return settings, [*unworded, *unmeant]


def _generation(
    assistant: Assistant, policy: Mapping[str, Any], environment: Mapping[str, str] | None
) -> tuple[Generation | None, list[str]]:
    if policy.get("use_generative_llm") is False:
        return None, []
    named = policy.get("llm")
    model: Mapping[str, Any] = named if isinstance(named, Mapping) else _DEFAULT_MODEL
    try:
        history = policy.get("max_history")
        return Generation(
            group=read_group(model, assistant.endpoints, environment=environment),
            template=_template(assistant, policy),
            lines=_LINES_A_TURN * _count(history, 0) or _LINES,
            checks_relevancy=policy.get("check_relevancy") is True,
        ), []
    except NoKey as fault:
        wanted = isinstance(named, Mapping) or policy.get("use_generative_llm") is True
        return None, [_as_written(fault)] if wanted else []
    except SettingsFault as fault:
        return None, [_as_written(fault)]


def _as_written(fault: SettingsFault) -> str:
    return f"{fault} Until then answers are taken out of the documents as they are written there."


def _template(assistant: Assistant, policy: Mapping[str, Any]) -> str:
    path = policy.get("prompt_template") or policy.get("prompt")
    if path is None:
        return resources.files(__package__).joinpath("prompts", "answer.jinja").read_text(encoding="utf-8")
    text = assistant.prompts.get(str(path).removeprefix("./"))
    if text is None:
        raise SettingsFault(
            f"The prompt {path} of `{POLICY}` is not among the project's prompts (*.jinja2, *.jinja, *.j2)."
        )
    return text


def _embeddings(
    assistant: Assistant, policy: Mapping[str, Any], environment: Mapping[str, str] | None
) -> tuple[Group | None, list[str]]:
    named = policy.get("embeddings")
    if not isinstance(named, Mapping):
        return None, []
    try:
        return read_group(named, assistant.endpoints, completes=False, environment=environment), []
    except SettingsFault as fault:
        return None, [f"{fault} Until then documents are found by their words and by the local vectors alone."]


def _seconds(policy: Mapping[str, Any]) -> float:
    llm = policy.get("llm")
    limit = llm.get("timeout") if isinstance(llm, Mapping) else None
    return float(limit) if isinstance(limit, int | float) and not isinstance(limit, bool) and limit > 0 else _SECONDS


def _share(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _count(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else otherwise
