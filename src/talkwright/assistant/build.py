"""Items to one typed assistant: what training, the engine and validation build from JSON bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.builtins import REQUESTED_SLOT, builtin_slots
from talkwright.assistant.collecting import collection_paused
from talkwright.assistant.compatibility import compatibility_of
from talkwright.assistant.domain import ActionDeclaration, Domain, Response, Slot
from talkwright.assistant.flows import Flow
from talkwright.assistant.items import ItemBody
from talkwright.assistant.nlu import Example, NluData
from talkwright.assistant.parsing.domain import parse_action, parse_response, parse_session, parse_slot
from talkwright.assistant.parsing.flows import parse_flow
from talkwright.assistant.parsing.nlu import parse_examples, parse_terms
from talkwright.assistant.parsing.shape import Findings
from talkwright.assistant.parsing.stories import STORIES, parse_forms, parse_talks
from talkwright.assistant.patterns import default_items
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.stories import Rule, Story

DEFAULT_ASSISTANT_ID = "assistant"
DEFAULT_LANGUAGE = "en"

T = TypeVar("T")


def build_assistant(items: Iterable[ItemBody], with_patterns: bool = True) -> tuple[Assistant, list[Problem]]:
    """The assistant that the items make, and what is wrong with their shapes.

    With patterns, an assistant that has a flow gets the default patterns, their responses and slots, and the
    built-in slots; what the user wrote wins, and a user's pattern replaces the default one whole
    (dialogue-semantics 1.1). Raises nothing: what can't be read is reported and left out.
    """
    with collection_paused():
        return _built(items, with_patterns=with_patterns)


def _built(items: Iterable[ItemBody], *, with_patterns: bool) -> tuple[Assistant, list[Problem]]:
    problems: list[Problem] = []
    by_kind = _grouped(items, problems)
    config = merged_document(by_kind["config"].values(), "config", problems)
    language, additional = languages(config)
    defaults: Mapping[str, Mapping[str, ItemBody]] = {}
    if with_patterns and by_kind["flow"]:
        defaults = _grouped(default_items(), problems)
    rest = merged_document(by_kind["domain"].values(), "domain", problems)
    flows = _flows(by_kind["flow"], defaults.get("flow", {}), problems)
    domain = _domain(by_kind, defaults, rest, problems)
    if defaults or (domain.forms and with_patterns):
        known = builtin_slots(language, additional, forms=bool(domain.forms), compatibility=compatibility_of(config))
        builtins = known if defaults else {REQUESTED_SLOT: known[REQUESTED_SLOT]}
        domain = replace(domain, slots={**builtins, **domain.slots})
    domain = replace(domain, raw=_raw_domain(by_kind, defaults, rest, domain))
    rules, stories = _talks(by_kind[STORIES], problems)
    assistant_id = config.get("assistant_id")
    assistant = Assistant(
        id=assistant_id if isinstance(assistant_id, str) and assistant_id else DEFAULT_ASSISTANT_ID,
        language=language,
        additional_languages=additional,
        flows=flows,
        domain=domain,
        nlu=_nlu(by_kind, problems),
        rules=rules,
        stories=stories,
        config=config,
        endpoints=merged_document(by_kind["endpoints"].values(), "endpoints", problems),
        credentials=merged_document(by_kind["credentials"].values(), "credentials", problems),
        prompts={name: item.body for name, item in by_kind["prompt"].items() if isinstance(item.body, str)},
    )
    return assistant, problems


def languages(config: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The default language of a merged config and the additional ones, without the default."""
    written = config.get("language")
    language = written if isinstance(written, str) and written else DEFAULT_LANGUAGE
    additional = config.get("additional_languages")
    names = [str(name) for name in additional] if isinstance(additional, list) else []
    return language, tuple(dict.fromkeys(name for name in names if name != language))


def merged_document(items: Iterable[ItemBody], kind: str, problems: list[Problem]) -> dict[str, Any]:
    """Several files of one kind as one map, `<kind>.yml` first, then by name.

    Maps join, the domain's lists too; of two different values the first stays and the other is reported.
    """
    merged: dict[str, Any] = {}
    for item in sorted(items, key=lambda item: (item.name != f"{kind}.yml", item.name)):
        if not isinstance(item.body, Mapping):
            if item.body is not None:
                Findings(kind, item.name, problems=problems).wrong_shape(
                    "", f"The file “{item.name}”", "a map of keys", item.body
                )
            continue
        for key, value in item.body.items():
            present = merged.get(key)
            if key not in merged or present is None:
                merged[key] = value
            elif isinstance(present, Mapping) and isinstance(value, Mapping):
                merged[key] = {**value, **present}
            elif kind == "domain" and isinstance(present, list) and isinstance(value, list):
                merged[key] = present + [entry for entry in value if entry not in present]
            elif present != value and key != "version":
                Findings(kind, item.name, problems=problems).warning(
                    "key-in-two-files",
                    f"/{key}",
                    f"`{key}` is set differently in another {kind} file, so the value in"
                    f" “{item.name}” is not used. Keep one of them.",
                )
    return merged


def declared_twice(item: ItemBody) -> Problem:
    """What is wrong with the second of two items of one kind and name."""
    return Problem(
        "declared-twice",
        Severity.ERROR,
        f"There are two {item.kind}s named “{item.name}”. Rename or delete one of them.",
        kind=item.kind,
        name=item.name,
    )


def _grouped(items: Iterable[ItemBody], problems: list[Problem]) -> dict[str, dict[str, ItemBody]]:
    by_kind: dict[str, dict[str, ItemBody]] = defaultdict(dict)
    for item in items:
        if item.name in by_kind[item.kind]:
            problems.append(declared_twice(item))
            continue
        by_kind[item.kind][item.name] = item
    return by_kind


def _flows(own: Mapping[str, ItemBody], defaults: Mapping[str, ItemBody], problems: list[Problem]) -> dict[str, Flow]:
    flows: dict[str, Flow] = {}
    for name, item in {**defaults, **own}.items():
        flow, found = parse_flow(name, item.body)
        problems.extend(found)
        if flow is not None:
            flows[name] = flow
    return flows


def _typed(
    own: Mapping[str, ItemBody], parse: Callable[[str, Any], tuple[T | None, list[Problem]]], problems: list[Problem]
) -> dict[str, T]:
    typed: dict[str, T] = {}
    for name, item in own.items():
        value, found = parse(name, item.body)
        problems.extend(found)
        if value is not None:
            typed[name] = value
    return typed


def _domain(
    by_kind: Mapping[str, Mapping[str, ItemBody]],
    defaults: Mapping[str, Mapping[str, ItemBody]],
    rest: Mapping[str, Any],
    problems: list[Problem],
) -> Domain:
    own_slots: dict[str, Slot] = _typed(by_kind["slot"], parse_slot, problems)
    own_responses: dict[str, Response] = _typed(by_kind["response"], parse_response, problems)
    default_slots = _typed(defaults.get("slot", {}), parse_slot, problems)
    default_responses = _typed(defaults.get("response", {}), parse_response, problems)
    actions: dict[str, ActionDeclaration] = _typed(by_kind["action"], parse_action, problems)
    findings = Findings("domain", _first_name(by_kind["domain"]), problems=problems)
    return Domain(
        slots={**{name: replace(slot, builtin=True) for name, slot in default_slots.items()}, **own_slots},
        responses={
            **{name: replace(response, builtin=True) for name, response in default_responses.items()},
            **own_responses,
        },
        actions=actions,
        intents={name: _declaration(item.body, "domain") for name, item in by_kind["intent"].items()},
        entities={name: _declaration(item.body) for name, item in by_kind["entity"].items()},
        forms=parse_forms(rest.get("forms"), findings),
        session=parse_session(rest, findings),
    )


def _first_name(items: Mapping[str, ItemBody]) -> str:
    return min(items, default="domain.yml")


def _declaration(body: Any, key: str | None = None) -> Mapping[str, Any]:
    if key is not None:
        body = body.get(key) if isinstance(body, Mapping) else None
    return body if isinstance(body, Mapping) else {}


def _nlu(by_kind: Mapping[str, Mapping[str, ItemBody]], problems: list[Problem]) -> NluData:
    intents: dict[str, tuple[Example, ...]] = {}
    for name, item in by_kind["intent"].items():
        intents[name], found = parse_examples(name, item.body)
        problems.extend(found)
    terms: dict[str, dict[str, tuple[str, ...]]] = {}
    for kind in ("synonym", "regex", "lookup"):
        terms[kind] = {}
        for name, item in by_kind[kind].items():
            terms[kind][name], found = parse_terms(kind, name, item.body)
            problems.extend(found)
    return NluData(
        intents=intents,
        synonyms=_with_values(terms["synonym"], intents),
        regexes=terms["regex"],
        lookups=terms["lookup"],
    )


def _with_values(
    synonyms: Mapping[str, tuple[str, ...]], intents: Mapping[str, tuple[Example, ...]]
) -> dict[str, tuple[str, ...]]:
    """Synonyms and what annotations with another value than their text add to them (dialogue-semantics 3)."""
    joined = {name: dict.fromkeys(texts) for name, texts in synonyms.items()}
    for examples in intents.values():
        for example in examples:
            for mark in example.annotations:
                said = example.text[mark.start : mark.end]
                if mark.value is not None and mark.value != said:
                    joined.setdefault(mark.value, {})[said] = None
    return {name: tuple(texts) for name, texts in joined.items()}


def _talks(files: Mapping[str, ItemBody], problems: list[Problem]) -> tuple[tuple[Rule, ...], tuple[Story, ...]]:
    """The rules and stories of all files, in the order of their names."""
    rules: list[Rule] = []
    stories: list[Story] = []
    for name in sorted(files):
        own_rules, own_stories, found = parse_talks(name, files[name].body)
        rules += own_rules
        stories += own_stories
        problems.extend(found)
    return tuple(rules), tuple(stories)


def _raw_domain(
    by_kind: Mapping[str, Mapping[str, ItemBody]],
    defaults: Mapping[str, Mapping[str, ItemBody]],
    rest: Mapping[str, Any],
    domain: Domain,
) -> dict[str, Any]:
    """The domain as action servers get it, built-ins included (dialogue-semantics 11)."""
    slots: dict[str, Any] = {name: _raw_slot(slot) for name, slot in domain.slots.items() if slot.builtin}
    slots.update({name: item.body for name, item in by_kind["slot"].items()})
    responses = {name: item.body for name, item in {**defaults.get("response", {}), **by_kind["response"]}.items()}
    return {
        **rest,
        "version": rest.get("version", "3.1"),
        "intents": [{name: dict(body)} if body else name for name, body in domain.intents.items()],
        "entities": [{name: dict(body)} if body else name for name, body in domain.entities.items()],
        "slots": slots,
        "responses": responses,
        "actions": [
            {name: {"send_domain": True}} if action.send_domain else name for name, action in domain.actions.items()
        ],
        "forms": dict(rest["forms"]) if isinstance(rest.get("forms"), Mapping) else {},
        "session_config": {
            "session_expiration_time": domain.session.expiration_minutes,
            "carry_over_slots_to_new_session": domain.session.carry_over_slots,
            "start_session_after_expiry": domain.session.start_after_expiry,
        },
    }


def _raw_slot(slot: Slot) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "type": "categorical" if slot.type == "strict_categorical" else slot.type,
        "initial_value": slot.initial_value,
        "influence_conversation": slot.influence_conversation,
        "mappings": [{"type": mapping.type, **mapping.keys} for mapping in slot.mappings],
    }
    if slot.values:
        raw["values"] = list(slot.values)
    return raw
