"""The names that a project leaves to whoever runs it."""

from __future__ import annotations

from typing import Any

import pytest

from talkwright.assistant.variables import named_variables

COMPACT = {"name": "CompactLLMCommandGenerator"}


def test_what_settings_write_is_named_with_the_kinds_that_do() -> None:
    settings = {
        "config": {"pipeline": [{"name": "x", "note": "${ONE} and ${TWO}"}]},
        "endpoints": {"action_endpoint": {"url": "http://${TWO}/${TALKWRIGHT_SECRET_KEYS}", "token": "$NO {NO}"}},
        "credentials": {"callback": {"url": ["${THREE}"]}},
    }
    assert named_variables(settings) == {"ONE": ("config",), "THREE": ("credentials",), "TWO": ("config", "endpoints")}


@pytest.mark.parametrize(
    ("config", "endpoints", "names"),
    [
        ({"pipeline": [COMPACT]}, {}, {"OPENAI_API_KEY": ("config",)}),
        ({"pipeline": [{**COMPACT, "llm": {"model": "m", "api_base": "http://x"}}]}, {}, {}),
        ({"pipeline": [{**COMPACT, "llm": {"model": "m", "api_key": "${MY_KEY}"}}]}, {}, {"MY_KEY": ("config",)}),
        (
            {"pipeline": [{**COMPACT, "llm": {"model_group": "g"}}]},
            {"model_groups": [{"id": "g", "models": [{"provider": "azure"}, {"provider": "self-hosted"}]}]},
            {"AZURE_API_KEY": ("endpoints",)},
        ),
        ({}, {"nlg": {"type": "rephrase"}}, {"OPENAI_API_KEY": ("endpoints",)}),
        ({"pipeline": [{"name": "NLUCommandAdapter"}]}, {"model_groups": [{"id": "g", "models": [{}]}]}, {}),
    ],
)
def test_models_without_a_key_of_their_own_need_their_providers(
    config: dict[str, Any], endpoints: dict[str, Any], names: dict[str, tuple[str, ...]]
) -> None:
    assert named_variables({"config": config, "endpoints": endpoints}) == names


@pytest.mark.parametrize(
    "broken", [None, [], "text", {"pipeline": "text", "policies": [3]}, {"pipeline": [{"llm": 4}]}]
)
def test_what_has_another_shape_names_nothing(broken: Any) -> None:
    assert named_variables({"config": broken, "endpoints": broken}) == {}


def test_a_deep_document_ends() -> None:
    deep: Any = "${NAME}"
    for _ in range(5000):
        deep = [deep]
    assert named_variables({"config": {"a": deep}}) == {}
