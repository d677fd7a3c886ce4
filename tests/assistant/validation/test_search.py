"""What the search policy of a config may say, and what is missing around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from talkwright.assistant.items import ItemBody
from talkwright.assistant.problems import Problem
from talkwright.assistant.validation import check_assistant

ASKS = {"description": "answers", "steps": [{"action": "action_trigger_search"}]}
GREETS = {"description": "greets", "steps": [{"action": "utter_hello"}]}


def problems_of(policy: Mapping[str, Any], *, asks: bool = True, documents: bool = True) -> list[Problem]:
    """The problems of a project's search policy with these keys."""
    policies = [{"name": "FlowPolicy"}, {"name": "EnterpriseSearchPolicy", **policy}]
    items = [
        ItemBody("config", "config.yml", {"assistant_id": "one", "policies": policies}),
        ItemBody("flow", "greet", GREETS),
        ItemBody("response", "utter_hello", [{"text": "Hello"}]),
    ]
    items += [ItemBody("flow", "pattern_search", ASKS)] if asks else []
    items += [ItemBody("file", "docs/deep/hours.MD", "Open.")] if documents else []
    return [problem for problem in check_assistant(items) if problem.path.startswith("/policies/1")]


def test_a_whole_policy_has_nothing_to_mend() -> None:
    whole = {
        "llm": {"provider": "openai", "model": "m"},
        "embeddings": {"provider": "openai", "model": "m"},
        "vector_store": {"type": "faiss", "source": "./docs", "threshold": 0.4},
        "prompt_template": "x",
        "use_generative_llm": True,
        "citation_enabled": True,
        "check_relevancy": False,
        "max_history": 3,
        "max_messages_in_query": 2,
        "trace_prompt_tokens": True,
    }
    assert problems_of(whole) == []
    assert problems_of({}) == []


@pytest.mark.parametrize(
    ("policy", "code", "severity", "words"),
    [
        ({"vector_store": {"source": "../x"}}, "search-source-outside", "error", "inside of the project"),
        ({"vector_store": {"source": "/etc"}}, "search-source-outside", "error", "/etc"),
        ({"vector_store": {"source": "./other"}}, "search-without-documents", "warning", "*.txt or *.md"),
        ({"vector_store": {"type": "milvus"}}, "search-store-unknown", "warning", "type: faiss"),
        ({"vector_store": {"type": "my.Store"}}, "search-store-unknown", "warning", "my.Store"),
        ({"vector_store": {"threshold": 7}}, "search-threshold", "warning", "between 0 and 1"),
        ({"vector_store": {"threshold": "high"}}, "wrong-shape", "error", "a number"),
        ({"vector_store": "faiss"}, "wrong-shape", "error", "a map of keys"),
        ({"llm": "gpt"}, "wrong-shape", "error", "a map of keys"),
        ({"citation_enabled": "yes"}, "wrong-shape", "error", "`true` or `false`"),
        ({"max_history": 0}, "wrong-shape", "error", "1 or more"),
        ({"max_messages_in_query": True}, "wrong-shape", "error", "1 or more"),
        ({"citations_enabled": True}, "unknown-key", "warning", "citation_enabled"),
    ],
)
def test_each_slip_is_told_with_a_way_to_mend_it(
    policy: Mapping[str, Any], code: str, severity: str, words: str
) -> None:
    (problem,) = problems_of(policy)
    assert (problem.code, problem.severity) == (code, severity)
    assert words in problem.message


def test_a_search_that_nobody_asks_and_one_without_documents_are_told() -> None:
    assert [problem.code for problem in problems_of({}, asks=False)] == ["search-not-triggered"]
    assert [problem.code for problem in problems_of({}, documents=False)] == ["search-without-documents"]
