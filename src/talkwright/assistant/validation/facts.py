"""The only view that a check has of other items. What was asked is recorded, so that a change re-checks few."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

from talkwright.assistant.build import languages, merged_document
from talkwright.assistant.builtins import BUILTIN_ACTIONS, BUILTIN_INTENTS, REQUESTED_SLOT, builtin_slots
from talkwright.assistant.domain import Response, Slot
from talkwright.assistant.flows import PATTERN_PREFIX, Flow
from talkwright.assistant.items import ItemBody
from talkwright.assistant.parsing.domain import parse_response, parse_slot
from talkwright.assistant.parsing.flows import parse_flow, readable_default
from talkwright.assistant.parsing.nlu import example_texts
from talkwright.assistant.patterns import default_items
from talkwright.assistant.problems import Problem

Property: TypeAlias = Literal["flow-name", "flow-description", "trigger-intent", "example"]
Question: TypeAlias = tuple[str, str]
ANY = "*"

_PARSERS: Mapping[str, Callable[[str, Any], tuple[Any, list[Problem]]]] = {
    "slot": parse_slot,
    "response": parse_response,
    "flow": parse_flow,
}
_PUNCTUATION = re.compile(r"[\W_]+")


class Facts(Protocol):
    """What checks may ask; every answer depends only on the items that the question names."""

    def slot(self, name: str) -> Slot | None:
        """The slot, built-in ones included."""

    def response(self, name: str) -> Response | None:
        """The response, built-in ones included."""

    def flow(self, flow_id: str) -> Flow | None:
        """The flow or pattern."""

    def read(self, kind: str, name: str, body: Any) -> tuple[Any, list[Problem]]:
        """The typed slot, response or flow of a body and what is wrong with its shape; not recorded."""

    def has(self, kind: str, name: str) -> bool:
        """Whether an action, intent, entity, form, prompt or agent of this name exists, built-in ones included."""

    def item(self, kind: str, name: str) -> Any:
        """The body of an item, or None."""

    def names(self, kind: str) -> frozenset[str]:
        """All names of a kind, for suggestions and for questions about all of them."""

    def any_flow(self) -> bool:
        """Whether the assistant has a flow; not recorded, because its first flow changes everything."""

    def sharing(self, of: Property, value: str) -> frozenset[str]:
        """The names of the items that have the same value of a property that should be unique."""

    def settings(self, kind: str) -> Mapping[str, Any]:
        """All config, endpoints or domain files as one map."""


class ItemFacts:
    """Facts over a set of items in memory, with the default patterns and built-ins where the set has a flow.

    Bodies are made typed when first asked for. `asked` holds (kind, name), with `*` for all names, and
    (property, value); `watch()` starts a new record.
    """

    def __init__(self, items: Iterable[ItemBody]) -> None:
        own: dict[str, dict[str, ItemBody]] = defaultdict(dict)
        for item in items:
            own[item.kind].setdefault(item.name, item)
        self._items: dict[str, dict[str, ItemBody]] = defaultdict(dict)
        if own["flow"]:
            for item in default_items():
                self._items[item.kind][item.name] = item
        for kind, named in own.items():
            self._items[kind].update(named)
        self._typed: dict[tuple[str, str], tuple[Any, list[Problem]]] = {}
        self.asked: set[Question] = set()

    def watch(self) -> set[Question]:
        """Starts a new record of questions and returns it."""
        self.asked = set()
        return self.asked

    def slot(self, name: str) -> Slot | None:
        """See Facts."""
        slot: Slot | None = self._parsed("slot", name)
        return self._builtins.get(name) if slot is None and name not in self._items["slot"] else slot

    def response(self, name: str) -> Response | None:
        """See Facts."""
        response: Response | None = self._parsed("response", name)
        return response

    def flow(self, flow_id: str) -> Flow | None:
        """See Facts."""
        flow: Flow | None = self._parsed("flow", flow_id)
        return flow

    def read(self, kind: str, name: str, body: Any) -> tuple[Any, list[Problem]]:
        """See Facts."""
        item = self._items[kind].get(name)
        if item is None or item.body is not body:
            return _PARSERS[kind](name, body)
        return self._typed_of(kind, name, body)

    def _parsed(self, kind: str, name: str) -> Any:
        self.asked.add((kind, name))
        item = self._items[kind].get(name)
        return None if item is None else self._typed_of(kind, name, item.body)[0]

    def _typed_of(self, kind: str, name: str, body: Any) -> tuple[Any, list[Problem]]:
        key = (kind, name)
        if (known := self._typed.get(key)) is not None:
            return known
        self._typed[key] = _PARSERS[kind](name, body)
        return self._typed[key]

    def has(self, kind: str, name: str) -> bool:
        """See Facts."""
        self.asked.add((kind, name))
        return name in self._names(kind)

    def item(self, kind: str, name: str) -> Any:
        """See Facts."""
        self.asked.add((kind, name))
        item = self._items[kind].get(name)
        return None if item is None else item.body

    def names(self, kind: str) -> frozenset[str]:
        """See Facts."""
        self.asked.add((kind, ANY))
        return self._names(kind)

    def any_flow(self) -> bool:
        """See Facts."""
        return bool(self._items["flow"])

    def _names(self, kind: str) -> frozenset[str]:
        match kind:
            case "action":
                return BUILTIN_ACTIONS | self._items["action"].keys()
            case "intent":
                return BUILTIN_INTENTS | self._items["intent"].keys()
            case "slot":
                return frozenset(self._builtins) | self._items["slot"].keys()
            case "form":
                forms = self._settings["domain"].get("forms")
                return frozenset(forms) if isinstance(forms, Mapping) else frozenset()
            case "agent":
                return self._agents
            case _:
                return frozenset(self._items[kind])

    @cached_property
    def _agents(self) -> frozenset[str]:
        paths = (name.split("/") for name in self._items["file"])
        return frozenset(path[1] for path in paths if len(path) > 2 and path[0] == "sub_agents")

    @cached_property
    def _builtins(self) -> Mapping[str, Slot]:
        forms = bool(self._settings["domain"].get("forms"))
        language, additional = languages(self._settings["config"])
        known = builtin_slots(language, additional, forms=forms)
        return known if self._items["flow"] else {REQUESTED_SLOT: known[REQUESTED_SLOT]} if forms else {}

    def settings(self, kind: str) -> Mapping[str, Any]:
        """See Facts."""
        self.asked.add((kind, ANY))
        return self._settings[kind]

    @cached_property
    def _settings(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            kind: merged_document(self._items[kind].values(), kind, []) for kind in ("config", "endpoints", "domain")
        }

    def sharing(self, of: Property, value: str) -> frozenset[str]:
        """See Facts."""
        self.asked.add((of, value))
        return frozenset(self._shared[of].get(shared_form(of, value), ()))

    @cached_property
    def _shared(self) -> Mapping[Property, Mapping[str, set[str]]]:
        shared: dict[Property, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for kind in ("flow", "intent"):
            for name, item in self._items[kind].items():
                for of, value in shared_values(kind, name, item.body):
                    shared[of][value].add(name)
        return shared


def shared_values(kind: str, name: str, body: Any) -> set[tuple[Property, str]]:
    """The values of an item that should be unique among its kind, each in its shared form."""
    found: set[tuple[Property, str]] = set()
    if kind == "intent":
        found |= {("example", shared_form("example", text)) for _, text in example_texts(body)}
    if kind != "flow" or not isinstance(body, Mapping):
        return found
    if not name.startswith(PATTERN_PREFIX):
        found.add(("flow-name", shared_form("flow-name", str(body.get("name") or readable_default(name)))))
        found.add(("flow-description", shared_form("flow-description", str(body.get("description") or ""))))
    triggers = body.get("nlu_trigger")
    for trigger in triggers if isinstance(triggers, list) else ():
        intent = trigger.get("intent") if isinstance(trigger, Mapping) else trigger
        intent = intent.get("name") if isinstance(intent, Mapping) else intent
        if isinstance(intent, str):
            found.add(("trigger-intent", intent))
    return found


def shared_form(of: Property, value: str) -> str:
    """The form in which two values count as the same: descriptions without punctuation (dialogue-semantics 1.2)."""
    match of:
        case "flow-description":
            return _PUNCTUATION.sub(" ", value).strip().lower()
        case "example":
            return value.strip()
        case _:
            return value
