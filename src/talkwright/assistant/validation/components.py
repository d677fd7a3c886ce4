"""Pipeline components and policies: who is known, and what stands in for the others (dialogue-semantics 1.8, 7.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from talkwright.assistant.parsing.shape import closest
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.validation.check import Check, replace
from talkwright.assistant.validation.classic_components import CLASSIC, DROPPED
from talkwright.assistant.validation.setting_keys import check_router_keys

LLM_GENERATORS = (
    "CompactLLMCommandGenerator",
    "SearchReadyLLMCommandGenerator",
    "SingleStepLLMCommandGenerator",
    "MultiStepLLMCommandGenerator",
    "LLMCommandGenerator",
)
INTENT_ROUTER, LLM_ROUTER, NLU_ADAPTER = "IntentBasedRouter", "LLMBasedRouter", "NLUCommandAdapter"
ROUTERS = (INTENT_ROUTER, LLM_ROUTER)
_FALLBACK = "FallbackClassifier"
ROUTING_SLOT = "route_session_to_calm"
_LOCAL = "Talkwright's local understanding stands in for it when no model endpoint is set up."
_STAND_INS: Mapping[str, str] = {
    **dict.fromkeys(LLM_GENERATORS, _LOCAL),
    LLM_ROUTER: (
        "Talkwright's engine doesn't ask a language model who answers: every message goes to the flows. Use"
        " `IntentBasedRouter` where rules and stories should answer too."
    ),
    INTENT_ROUTER: "",
    NLU_ADAPTER: "",
    "FlowPolicy": "",
    "EnterpriseSearchPolicy": "",
    "IntentlessPolicy": "Small talk gets the answer of `pattern_chitchat`.",
    **dict.fromkeys(("RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy"), ""),
    "TEDPolicy": "Stories are remembered, not generalised: where none fits as a whole, its latest part may.",
    "UnexpecTEDIntentPolicy": "Unlikely intents are not looked for.",
}


def named(config: Mapping[str, Any], section: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Pointer, name and settings of each component of `pipeline` or `policies`."""
    listed = config.get(section)
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            yield f"/{section}/{index}", entry["name"], entry
        elif isinstance(entry, str):
            yield f"/{section}/{index}", entry, {}


def short(name: str) -> str:
    """The class name of a component that may be given with its module."""
    return name.rpartition(".")[2]


def check_components(check: Check, config: Mapping[str, Any]) -> None:
    """Checks `pipeline` and `policies` of one config file."""
    for section in ("pipeline", "policies"):
        _check_entries(check, config, section)
        for path, name, settings in named(config, section):
            _hint(check, path, name, within="/name" if settings else "")
            if short(name) in ROUTERS:
                own = frozenset({"llm", "prompt"} if short(name) == LLM_ROUTER else ())
                check_router_keys(check, path, settings, own)
    names = [short(name) for _, name, _ in named(config, "pipeline")]
    paths = {short(name): path for path, name, _ in named(config, "pipeline")}
    generators = [name for name in names if name in LLM_GENERATORS]
    if len(generators) > 1:
        check.findings.error(
            "two-generators",
            paths[generators[1]],
            f"The pipeline has {len(generators)} command generators; keep one of {', '.join(generators)}.",
        )
    if all(router in names for router in ROUTERS):
        check.findings.error("two-routers", paths[LLM_ROUTER], "The pipeline has both routers; keep one of them.")
    if INTENT_ROUTER in names and generators and names.index(generators[0]) < names.index(INTENT_ROUTER):
        check.findings.error(
            "router-after-generator",
            paths[INTENT_ROUTER],
            f"`{INTENT_ROUTER}` must stand before the command generator in the pipeline.",
        )
    _check_routing(check, names, paths)
    _check_fallback(check, config, names)


def _check_entries(check: Check, config: Mapping[str, Any], section: str) -> None:
    listed = config.get(section)
    if listed is None:
        return
    if not isinstance(listed, list):
        check.findings.wrong_shape(f"/{section}", f"`{section}`", "a list of components", listed)
        return
    for index, entry in enumerate(listed):
        if not isinstance(entry, str) and not (isinstance(entry, Mapping) and isinstance(entry.get("name"), str)):
            check.findings.error(
                "wrong-shape", f"/{section}/{index}", f"An entry of `{section}` must be a map with `name`."
            )


def _hint(check: Check, path: str, name: str, *, within: str) -> None:
    """What stands in for a component; `within` is the pointer of its name inside its entry."""
    component = short(name)
    if component in CLASSIC:
        check.findings.hint("component-stand-in", path, f"`{component}` is kept as it is. {CLASSIC[component]}")
    elif component in DROPPED:
        check.findings.warning(
            "component-dropped",
            path,
            f"Nothing in Talkwright's engine stands in for `{component}`. {DROPPED[component]}",
        )
    elif component in _STAND_INS:
        if _STAND_INS[component]:
            check.findings.hint("component-stand-in", path, f"`{component}` is kept as it is. {_STAND_INS[component]}")
    elif component == name and (meant := closest(name, {*CLASSIC, *DROPPED, *_STAND_INS})) is not None:
        check.findings.warning(
            "component-unknown",
            path,
            f"Talkwright doesn't know `{name}`; it has no effect in Talkwright's engine. Did you mean `{meant}`?",
            replace(f"{path}{within}", meant),
        )
    else:
        check.findings.hint(
            "component-unknown",
            path,
            f"Talkwright doesn't know `{name}`; it is kept as it is and has no effect in Talkwright's engine.",
        )


def check_model_groups(check: Check, body: Any) -> None:
    """Checks that every `model_group` that a settings file names stands in the endpoints file."""
    groups = check.facts.settings("endpoints").get("model_groups")
    known = (
        {str(group.get("id")) for group in groups if isinstance(group, Mapping)} if isinstance(groups, list) else set()
    )
    for path, part in _maps(body):
        name = part.get("model_group")
        if isinstance(name, str) and name not in known:
            check.findings.warning(
                "undeclared-model-group",
                pointer_join(path, "model_group"),
                f"The model group `{name}` does not exist. Add it to `model_groups` in the endpoints file.",
            )


def _maps(body: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every map inside a JSON value with its pointer."""
    waiting: list[tuple[str, Any]] = [("", body)]
    while waiting:
        path, part = waiting.pop()
        if isinstance(part, list):
            waiting += [(pointer_join(path, index), inner) for index, inner in enumerate(part)]
        elif isinstance(part, Mapping):
            yield path, part
            waiting += [(pointer_join(path, key), inner) for key, inner in part.items()]


def _check_routing(check: Check, names: list[str], paths: Mapping[str, str]) -> None:
    router = next((name for name in names if name in ROUTERS), None)
    slot = check.facts.slot(ROUTING_SLOT)
    if router is not None and (slot is None or slot.type != "bool"):
        check.findings.error(
            "router-without-slot", paths[router], f"`{router}` needs a bool slot `{ROUTING_SLOT}`. Declare it."
        )
    elif router is None and slot is not None and paths:
        check.findings.warning(
            "slot-without-router",
            "/pipeline",
            f"The slot `{ROUTING_SLOT}` is declared, but the pipeline has no router that would use it.",
        )


def check_secrets(check: Check, body: Any) -> None:
    """Checks that no secret is written into a settings file: only `${NAME}` from the environment (1.8)."""
    for path, part in _maps(body):
        for key, inner in part.items():
            if _is_secret(str(key)) and isinstance(inner, str) and inner.strip() and "${" not in inner:
                check.findings.warning(
                    "secret-in-project",
                    pointer_join(path, key),
                    f"`{key}` looks like a secret written into the project, where everybody who may read or download it"
                    f" sees it. Write `${{{str(key).upper()}}}` and set it in the environment.",
                )


def _is_secret(key: str) -> bool:
    key = key.lower().replace("-", "_")
    return key in (
        "api_key",
        "password",
        "secret",
        "access_token",
        "client_secret",
        "secret_key",
        "auth_token",
        "page_access_token",
        "aws_secret_access_key",
    ) or key.endswith(("_api_key", "_password", "_secret"))


def _check_fallback(check: Check, config: Mapping[str, Any], names: list[str]) -> None:
    """Says where messages that no intent is sure of end: people miss them among the router's lists (8.2)."""
    router = next((one for one in named(config, "pipeline") if short(one[1]) == INTENT_ROUTER), None)
    if router is None or not check.facts.any_flow():
        return
    path, _, settings = router
    flows = "add `nlu_fallback` to its `calm_entry.sticky`, so that the flows answer"
    if _FALLBACK not in names:
        check.findings.hint(
            "router-without-fallback",
            path,
            f"`{INTENT_ROUTER}` goes by the likeliest intent, however unlikely it is. Add `{_FALLBACK}`, and"
            f" {flows} what none of the intents means.",
        )
    elif not any("nlu_fallback" in listed for listed in _lists(settings)):
        check.findings.hint(
            "fallback-in-no-list",
            path,
            f"No list of `{INTENT_ROUTER}` has `nlu_fallback`, so messages that no intent is sure of go to the rules"
            f" and stories. If you don't want that, {flows} them.",
        )


def _lists(settings: Mapping[str, Any]) -> Iterator[list[Any]]:
    for entry in ("nlu_entry", "calm_entry"):
        lists = settings.get(entry)
        for listed in lists.values() if isinstance(lists, Mapping) else ():
            if isinstance(listed, list):
                yield listed
