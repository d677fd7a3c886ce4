"""What slots, intents and the rest of a domain name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from talkwright.assistant.parsing.nlu import example_texts
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references.reference import Reference, condition, entries, value

_ENTITY = re.compile(r"""\]\(\s*([^:)\[\]\s][^:)\[\]]*?)\s*[:)]|"entity"\s*:\s*"([^"\\]+)\"""")


def slot_references(name: str, body: Any) -> Iterator[Reference]:
    """Entities, intents, actions, flows and forms of a slot's mappings, and its validation's slots and responses."""
    if not isinstance(body, Mapping):
        return
    for path, mapping in entries(body, "mappings", ""):
        if not isinstance(mapping, Mapping):
            continue
        yield from value(mapping, path, "entity", "entity")
        yield from value(mapping, path, "intent", "intent")
        yield from value(mapping, path, "not_intent", "intent")
        yield from value(mapping, path, "action", "action")
        yield from value(mapping, path, "run_action_every_turn", "action")
        for at, entry in entries(mapping, "conditions", path):
            yield from value(entry, at, "active_flow", "flow")
            yield from value(entry, at, "active_loop", "form")
    validation = body.get("validation")
    if not isinstance(validation, Mapping):
        return
    for path, rejection in entries(validation, "rejections", "/validation"):
        yield from condition(rejection, path, "if")
        yield from value(rejection, path, "utter", "response")
    if isinstance(validation.get("refill_utter"), str):
        yield from value(validation, "/validation", "refill_utter", "response")
    else:
        yield Reference("/validation", "response", f"utter_ask_{name}", "implied")


def intent_references(_name: str, body: Any) -> Iterator[Reference]:
    """The entities that an intent's examples mark and its domain part uses or ignores."""
    if not isinstance(body, Mapping):
        return
    declaration = body.get("domain")
    yield from value(declaration, "/domain", "use_entities", "entity")
    yield from value(declaration, "/domain", "ignore_entities", "entity")
    for path, text in example_texts(body):
        for match in _ENTITY.finditer(text):
            group = 1 if match.group(1) is not None else 2
            yield Reference(path, "entity", match.group(group), "annotation", match.span(group))


def domain_references(_name: str, body: Any) -> Iterator[Reference]:
    """The slots and intents that forms name."""
    forms = body.get("forms") if isinstance(body, Mapping) else None
    for form, settings in (forms if isinstance(forms, Mapping) else {}).items():
        path = pointer_join("/forms", form)
        yield from value(settings, path, "required_slots", "slot")
        yield from value(settings, path, "ignored_intents", "intent")
