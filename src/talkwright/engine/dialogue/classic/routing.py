"""Who answers a message where flows stand beside rules and stories (dialogue-semantics 8.1, 8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.classic.features import names_in
from talkwright.engine.dialogue.program import ROUTING_SLOT, Program
from talkwright.engine.dialogue.triggers import triggers

_ROUTER = "IntentBasedRouter"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message goes; `lasting`: the routing slot is set, so that the next ones go there too."""

    to_flows: bool
    lasting: bool
    why: str


@dataclass(frozen=True, slots=True)
class Router:
    """The lists of intents of an `IntentBasedRouter`."""

    lasting: frozenset[str]
    once: frozenset[str]
    flows: frozenset[str]

    def route(self, program: Program, tracker: Tracker, intent: str | None, confidence: float) -> Route:
        """Where a message of this intent goes. What is decided stays so until the routing is reset."""
        decided = tracker.slots.get(ROUTING_SLOT)
        if isinstance(decided, bool):
            return Route(decided, lasting=False, why="it was decided before")
        if intent in self.flows:
            return Route(to_flows=True, lasting=True, why="the intent is listed for the flows")
        if intent in self.once:
            return Route(to_flows=False, lasting=False, why="the intent is listed for one answer of rules and stories")
        if intent not in self.lasting and intent is not None and triggers(program, intent, confidence):
            return Route(to_flows=True, lasting=True, why="the intent starts a flow")
        why = "the intent is listed for rules and stories" if intent in self.lasting else "no list has the intent"
        return Route(to_flows=False, lasting=True, why=why)


def router_of(program: Program) -> Router | None:
    """The router that the pipeline names; None where it has none, or nowhere to write what it decides."""
    slot = program.slots.get(ROUTING_SLOT)
    settings = _settings(program.assistant.config)
    if settings is None or slot is None or slot.type != "bool":
        return None
    rules, flows = _map(settings.get("nlu_entry")), _map(settings.get("calm_entry"))
    return Router(
        lasting=frozenset(names_in(rules.get("sticky"))),
        once=frozenset(names_in(rules.get("non_sticky"))),
        flows=frozenset(names_in(flows.get("sticky"))),
    )


def _settings(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    pipeline = config.get("pipeline")
    for entry in pipeline if isinstance(pipeline, list) else ():
        written = entry if isinstance(entry, Mapping) else {"name": entry}
        if str(written.get("name")).rpartition(".")[2] == _ROUTER:
            return written
    return None


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
