"""Which models a project names: model groups in endpoints.yml, or a model beside a component (7.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from talkwright.engine.llm.addresses import is_model_forbidden
from talkwright.engine.variables import expand, how_to_set, unset_variable, variables

OPENAI, AZURE, SELF_HOSTED = "openai", "azure", "self-hosted"
PROVIDERS = (OPENAI, AZURE, SELF_HOSTED)
SHUFFLE, LEAST_BUSY, FASTEST = "simple-shuffle", "least-busy", "latency-based-routing"
_OWN_KEYS = frozenset(
    {
        "provider",
        "model",
        "model_group",
        "api_base",
        "api_key",
        "api_version",
        "deployment",
        "timeout",
        "type",
        "api_type",
    }
)
_TOKENS = ("max_completion_tokens", "max_tokens")
_DEFAULT_TOKENS = 256
_KEY_NAMES = {OPENAI: "OPENAI_API_KEY", AZURE: "AZURE_API_KEY"}


class SettingsFault(ValueError):  # noqa: N818 - a fault of what is written
    """The project's model can't be used as it is written; the message says how to mend it."""


class NoKey(SettingsFault):
    """All is well but for a secret that is not set here."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One model at one address. `params` go to it with every request."""

    provider: str
    model: str
    api_base: str | None = None
    api_version: str | None = None
    api_key: str = field(default="", repr=False)
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Deployments that stand in for each other, and how one is chosen."""

    id: str
    deployments: Sequence[Deployment]
    routing: str = SHUFFLE


def read_group(
    named: Mapping[str, Any],
    endpoints: Mapping[str, Any],
    *,
    completes: bool = True,
    environment: Mapping[str, str] | None = None,
) -> Group:
    """The models that a component's `llm` or `embeddings` names, with their secrets from the environment.

    `completes` says whether they are to write texts: only then they get the parameters for it.
    Raises SettingsFault, NoKey among them.
    """
    known = variables(environment)
    group = named.get("model_group")
    if group is None:
        return Group(id=str(named.get("model", "")), deployments=(_deployment(named, {}, known, completes),))
    found = next((one for one in _groups(endpoints) if one.get("id") == group), None)
    if found is None:
        raise SettingsFault(f"The model group “{group}” is not among `model_groups` in endpoints.yml.")
    models = [one for one in found.get("models") or () if isinstance(one, Mapping)]
    if not models:
        raise SettingsFault(f"The model group “{group}” in endpoints.yml has no `models`.")
    router = found.get("router")
    routing = router.get("routing_strategy", SHUFFLE) if isinstance(router, Mapping) else SHUFFLE
    return Group(
        id=str(group),
        deployments=tuple(_deployment(model, named, known, completes) for model in models),
        routing=str(routing),
    )


def _groups(endpoints: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    groups = endpoints.get("model_groups")
    return [one for one in groups if isinstance(one, Mapping)] if isinstance(groups, list) else []


def _deployment(
    written: Mapping[str, Any], beside: Mapping[str, Any], known: Mapping[str, str], completes: bool
) -> Deployment:
    """One model as it is written, with the parameters that stand beside the component's `model_group`."""
    values = {key: expand(value, known) for key, value in written.items()}
    model = str(values.get("model") or values.get("deployment") or "")
    provider = str(values.get("provider") or (SELF_HOSTED if values.get("api_base") else OPENAI))
    if provider not in PROVIDERS:
        raise SettingsFault(
            f"`provider: {provider}` is not spoken here; there are {', '.join(PROVIDERS)}. Put a gateway that speaks "
            "OpenAI's protocol before it, and name that one with `provider: self-hosted` and `api_base`."
        )
    if not model:
        raise SettingsFault("A model without `model` can't be asked: name it.")
    key = str(values.get("api_key") or known.get(_KEY_NAMES.get(provider, ""), ""))
    base = values.get("api_base") or (known.get("AZURE_API_BASE") if provider == AZURE else None)
    version = values.get("api_version") or (known.get("AZURE_API_VERSION") if provider == AZURE else None)
    for value in (key, base, version):
        if name := unset_variable(value):
            raise NoKey(f"The model {model} needs {name}, which is not set here: {how_to_set(name)}.")
    if provider in _KEY_NAMES and not key:
        raise NoKey(f"The model {model} needs a key: {how_to_set(_KEY_NAMES[provider])}.")
    if provider != OPENAI and not base:
        raise SettingsFault(f"The model {model} has no `api_base`: name the address of its server.")
    if base is not None and not str(base).startswith(("http://", "https://")):
        raise SettingsFault(f"The `api_base` of {model} must begin with http:// or https://, but is {base!r}.")
    if base is not None and is_model_forbidden(str(base)):
        raise SettingsFault(
            f"The `api_base` of {model} leads to a link-local or metadata address, or to this machine itself, which is "
            f"not allowed here: {base}. Whoever runs Talkwright allows servers on this machine with "
            "`TALKWRIGHT_JOB_LOCAL_MODELS`."
        )
    params = {key: value for key, value in {**beside, **values}.items() if key not in _OWN_KEYS}
    return Deployment(
        provider=provider,
        model=str(values["deployment"]) if provider == AZURE and values.get("deployment") else model,
        api_base=None if base is None else str(base),
        api_version=None if version is None else str(version),
        api_key=key,
        params=_completing(provider, params) if completes else {},
    )


def _completing(provider: str, params: dict[str, Any]) -> dict[str, Any]:
    """Parameters for writing texts: always the same answer to the same prompt, of limited length, unless told else."""
    if not any(name in params for name in _TOKENS):
        params["max_tokens" if provider == SELF_HOSTED else "max_completion_tokens"] = _DEFAULT_TOKENS
    if "temperature" not in params and "reasoning_effort" not in params:
        params["temperature"] = 0.0
    return params
