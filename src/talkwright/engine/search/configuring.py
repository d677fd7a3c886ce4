"""How a project wants its documents searched: the keys of `EnterpriseSearchPolicy`, as the engine uses them (7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
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


UNTIL_WORDED = "Until then answers are taken out of the documents as they are written there."
UNTIL_MEANT = "Until then documents are found by their words and by the local vectors alone."


def read_search(
    assistant: Assistant, *, with_models: bool, environment: Mapping[str, str] | None = None
) -> tuple[SearchSettings | None, list[str]]:
    """The settings, None where the project has no search that is built in, and why not where it names one.

    `with_models`: whether language models may be asked at all. One that can't be is done without.
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
    generation, embeddings = None, None
    if with_models:
        with suppress(SettingsFault):
            generation = read_generation(assistant, environment)
        with suppress(SettingsFault):
            embeddings = read_embeddings(assistant, environment)
    settings = SearchSettings(
        threshold=_share(store.get("threshold")),
        messages=_count(policy.get("max_messages_in_query"), _MESSAGES),
        cites=policy.get("citation_enabled") is True,
        seconds=_seconds(policy),
        generation=generation,
        embeddings=embeddings,
    )
    return settings, []


def read_generation(assistant: Assistant, environment: Mapping[str, str] | None = None) -> Generation | None:
    """The model that words answers; None where the project wants none, or names none and has no key for the usual one.

    Raises SettingsFault, NoKey among them.
    """
    found = search_policy(assistant.config)
    if found is None or found[1].get("use_generative_llm") is False:
        return None
    policy = found[1]
    named = policy.get("llm")
    model: Mapping[str, Any] = named if isinstance(named, Mapping) else _DEFAULT_MODEL
    try:
        return Generation(
            group=read_group(model, assistant.endpoints, environment=environment),
            template=_template(assistant, policy),
            lines=_LINES_A_TURN * _count(policy.get("max_history"), 0) or _LINES,
            checks_relevancy=policy.get("check_relevancy") is True,
        )
    except NoKey:
        if isinstance(named, Mapping) or policy.get("use_generative_llm") is True:
            raise
        return None


def read_embeddings(assistant: Assistant, environment: Mapping[str, str] | None = None) -> Group | None:
    """The project's own embeddings, where its search names some. Raises SettingsFault, NoKey among them."""
    found = search_policy(assistant.config)
    named = found[1].get("embeddings") if found is not None else None
    if not isinstance(named, Mapping):
        return None
    return read_group(named, assistant.endpoints, completes=False, environment=environment)


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


def _seconds(policy: Mapping[str, Any]) -> float:
    llm = policy.get("llm")
    limit = llm.get("timeout") if isinstance(llm, Mapping) else None
    return float(limit) if isinstance(limit, int | float) and not isinstance(limit, bool) and limit > 0 else _SECONDS


def _share(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _count(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else otherwise
