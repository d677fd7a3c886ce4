"""The search of documents: what its policy may say, where the documents lie, and who asks for it (7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talkwright.assistant.flows import ActionStep
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.search_policy import (
    DEFAULT_SOURCE,
    POLICY,
    SUFFIXES,
    TRIGGER,
    folder_of,
    is_document,
    is_folder_store,
    search_policy,
)
from talkwright.assistant.validation.check import Check

_PATTERN = "pattern_search"
_WHAT = f"`{POLICY}`"
_FLAGS = ("use_generative_llm", "citation_enabled", "check_relevancy", "trace_prompt_tokens")
_COUNTS = ("max_history", "max_messages_in_query")
_MAPS = ("llm", "embeddings", "vector_store")
_KEYS = ("name", *_MAPS, *_FLAGS, *_COUNTS, "prompt_template", "prompt")
_HOW = f"`vector_store: {{type: faiss, source: {DEFAULT_SOURCE}}}`"


def check_search(check: Check, config: Mapping[str, Any]) -> None:
    """Checks the search policy of one config file, where it has one."""
    found = search_policy(config)
    if found is None:
        return
    path, policy = found
    _check_keys(check, path, policy)
    store = policy.get("vector_store")
    if store is None or isinstance(store, Mapping):
        _check_store(check, pointer_join(path, "vector_store") if store else path, store or {})
    _check_pattern(check, path)


def _check_keys(check: Check, path: str, policy: Mapping[str, Any]) -> None:
    check.findings.unknown_keys(policy, _KEYS, path, _WHAT)
    for key in _MAPS:
        if not isinstance(policy.get(key), Mapping | None):
            check.findings.wrong_shape(pointer_join(path, key), f"`{key}` of {_WHAT}", "a map of keys", policy[key])
    for key in _FLAGS:
        check.findings.flag(policy, key, path, _WHAT, default=False)
    for key in _COUNTS:
        value = policy.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            check.findings.wrong_shape(
                pointer_join(path, key), f"`{key}` of {_WHAT}", "a whole number of 1 or more", value
            )


def _check_store(check: Check, path: str, store: Mapping[str, Any]) -> None:
    threshold = check.findings.number(store, "threshold", path, "`vector_store`")
    if threshold is not None and not 0 <= threshold < 1:
        check.findings.warning(
            "search-threshold",
            pointer_join(path, "threshold"),
            f"`threshold` is {threshold:g}, but scores lie between 0 and 1. Write a number such as 0.3.",
        )
    if not is_folder_store(store):
        check.findings.warning(
            "search-store-unknown",
            pointer_join(path, "type"),
            f"The vector store `{store.get('type')}` is not built in, so questions find nothing. Put the documents as"
            f" {_suffixes()} into a folder of the project and write {_HOW}: they are indexed with each training.",
        )
        return
    folder = folder_of(store)
    if folder is None:
        check.findings.error(
            "search-source-outside",
            pointer_join(path, "source"),
            f"`source` is `{store.get('source')}`, which is no folder inside of the project. Put the documents"
            f" into one and name it, such as {_HOW}.",
        )
    elif not any(is_document(name, folder) for name in check.facts.names("file")):
        check.findings.warning(
            "search-without-documents",
            pointer_join(path, "source") if "source" in store else path,
            f"There is no document in `{folder or '.'}`, so questions find nothing. Add some as {_suffixes()}.",
        )


def _check_pattern(check: Check, path: str) -> None:
    pattern = check.facts.flow(_PATTERN)
    if pattern is None or any(isinstance(step, ActionStep) and step.action == TRIGGER for step in pattern.steps):
        return
    check.findings.warning(
        "search-not-triggered",
        path,
        f"Nothing asks {_WHAT}: `{_PATTERN}` does not run `{TRIGGER}`. Write a flow `{_PATTERN}` with the step"
        f" `- action: {TRIGGER}`.",
    )


def _suffixes() -> str:
    return " or ".join(f"*{suffix}" for suffix in SUFFIXES)
