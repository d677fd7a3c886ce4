"""Which names a project's settings leave to whoever runs it: `${NAME}`, and the keys of models that name none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_OWN_PREFIX = "TALKWRIGHT_"
_KEYS = {"openai": "OPENAI_API_KEY", "azure": "AZURE_API_KEY"}
_DEPTH = 40
SETTINGS = ("config", "endpoints", "credentials")


def named_variables(settings: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Names to the kinds of settings that need them; `settings` has config, endpoints and credentials as maps."""
    found: dict[str, dict[str, None]] = {}
    for kind in SETTINGS:
        for name in _written(settings.get(kind)):
            found.setdefault(name, {})[kind] = None
    for kind, name in _keys_of_models(settings):
        found.setdefault(name, {})[kind] = None
    return {name: tuple(kinds) for name, kinds in sorted(found.items())}


def _written(value: Any, depth: int = 0) -> Iterator[str]:
    """All `${NAME}` in the texts of a JSON value, but for Talkwright's own."""
    if isinstance(value, str):
        yield from (name for name in _VARIABLE.findall(value) if not name.startswith(_OWN_PREFIX))
    elif depth < _DEPTH and isinstance(value, Mapping):
        for item in value.values():
            yield from _written(item, depth + 1)
    elif depth < _DEPTH and isinstance(value, Sequence):
        for item in value:
            yield from _written(item, depth + 1)


def _keys_of_models(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys that models need which are asked and have no `api_key` of their own."""
    groups = _groups(settings.get("endpoints"))
    for kind, model in _asked_models(settings):
        group = model.get("model_group")
        members = [(kind, model)] if group is None else [("endpoints", one) for one in groups.get(str(group), ())]
        for where, written in members:
            provider = str(written.get("provider") or ("self-hosted" if written.get("api_base") else "openai"))
            if provider in _KEYS and not written.get("api_key"):
                yield where, _KEYS[provider]


def _groups(endpoints: Any) -> dict[str, list[Mapping[str, Any]]]:
    listed = endpoints.get("model_groups") if isinstance(endpoints, Mapping) else None
    groups = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return {str(group.get("id")): _maps(group.get("models")) for group in groups}


def _asked_models(settings: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Models beside the components that ask them; a generator without one asks the provider's own."""
    config, endpoints = settings.get("config"), settings.get("endpoints")
    for section in ("pipeline", "policies"):
        for component in _maps(config.get(section) if isinstance(config, Mapping) else None):
            retrieval = component.get("flow_retrieval")
            embeddings = retrieval.get("embeddings") if isinstance(retrieval, Mapping) else component.get("embeddings")
            written = [one for one in (component.get("llm"), embeddings) if isinstance(one, Mapping)]
            is_generator = str(component.get("name", "")).endswith("LLMCommandGenerator")
            yield from (("config", one) for one in (written or ([{}] if is_generator else [])))
    nlg = endpoints.get("nlg") if isinstance(endpoints, Mapping) else None
    if isinstance(nlg, Mapping) and nlg.get("type") == "rephrase":
        llm = nlg.get("llm")
        yield "endpoints", llm if isinstance(llm, Mapping) else {}


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
