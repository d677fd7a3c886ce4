"""Which models a project names, and what is said where one can't be used."""

from typing import Any

import pytest

from talkwright.engine.llm.settings import NoKey, SettingsFault, read_group

KEY = {"OPENAI_API_KEY": "sk-test"}


def test_a_model_beside_its_component_needs_no_group() -> None:
    group = read_group({"provider": "openai", "model": "small", "timeout": 3}, {}, environment=KEY)
    (model,) = group.deployments
    assert (model.provider, model.model, model.api_key, model.api_base) == ("openai", "small", "sk-test", None)
    assert model.params == {"max_completion_tokens": 256, "temperature": 0.0}
    assert "sk-test" not in repr(group)


def test_a_group_has_its_deployments_their_secrets_and_its_routing() -> None:
    models = [
        {"provider": "azure", "deployment": "one", "api_base": "https://${NAME}.example", "api_key": "${ONE}"},
        {"provider": "self-hosted", "model": "two", "api_base": "http://127.0.0.1:8000/v1", "temperature": 0.4},
    ]
    endpoints = {"model_groups": [{"id": "g", "models": models, "router": {"routing_strategy": "least-busy"}}]}
    group = read_group({"model_group": "g", "top_p": 0.5}, endpoints, environment={"NAME": "acme", "ONE": "k"})
    azure, hosted = group.deployments
    assert (azure.model, azure.api_base, azure.api_key) == ("one", "https://acme.example", "k")
    assert (hosted.api_key, hosted.params) == ("", {"top_p": 0.5, "temperature": 0.4, "max_tokens": 256})
    assert group.routing == "least-busy"


def test_a_model_that_thinks_gets_no_temperature() -> None:
    (model,) = read_group({"model": "deep", "reasoning_effort": "low"}, {}, environment=KEY).deployments
    assert model.params == {"reasoning_effort": "low", "max_completion_tokens": 256}


def test_vectors_need_no_parameters_of_texts() -> None:
    (model,) = read_group({"model": "vectors"}, {}, completes=False, environment=KEY).deployments
    assert model.params == {}


@pytest.mark.parametrize(
    ("named", "endpoints", "message"),
    [
        ({"model_group": "g"}, {}, "not among `model_groups`"),
        ({"model_group": "g"}, {"model_groups": [{"id": "g"}]}, "no `models`"),
        ({"provider": "cohere", "model": "m"}, {}, "gateway"),
        ({"provider": "openai"}, {}, "without `model`"),
        ({"provider": "self-hosted", "model": "m"}, {}, "no `api_base`"),
        ({"provider": "self-hosted", "model": "m", "api_base": "file:///etc"}, {}, "must begin with http"),
        ({"provider": "self-hosted", "model": "m", "api_base": "http://169.254.169.254/v1"}, {}, "link-local"),
    ],
)
def test_what_cannot_be_used_is_said(named: dict[str, Any], endpoints: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsFault, match=message):
        read_group(named, endpoints, environment=KEY)


@pytest.mark.parametrize(
    ("named", "variable"),
    [
        ({"model": "m"}, "OPENAI_API_KEY"),
        ({"provider": "azure", "model": "m", "api_base": "https://a.example"}, "AZURE_API_KEY"),
        ({"model": "m", "api_key": "${MINE}"}, "MINE"),
        ({"provider": "self-hosted", "model": "m", "api_base": "http://${HOST}/v1"}, "HOST"),
        ({"model": "m", "api_key": "${TALKWRIGHT_ENGINE_TOKEN}"}, "TALKWRIGHT_ENGINE_TOKEN"),
    ],
)
def test_a_secret_that_is_not_set_is_named(named: dict[str, Any], variable: str) -> None:
    with pytest.raises(NoKey, match=variable):
        read_group(named, {}, environment={"TALKWRIGHT_ENGINE_TOKEN": "never"})
