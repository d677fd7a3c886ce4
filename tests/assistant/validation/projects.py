"""A small project without a problem, and ways to write the pieces that break one rule each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from talkwright.assistant.items import ItemBody
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.validation import ItemFacts, check_item

Rule: TypeAlias = tuple[tuple[str, str, Any], str, Severity, str]
"""An item (kind, name, body), the problem's code and severity, and the pointer of its place."""

E, W, H = Severity.ERROR, Severity.WARNING, Severity.HINT


def collect(slot: str, **more: Any) -> dict[str, Any]:
    return {"collect": slot, **more}


def flow(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"description": "does something of its own", "steps": list(steps), **more}


BASE: dict[tuple[str, str], Any] = {
    ("flow", "pay"): flow(collect("amount"), {"action": "utter_done"}, name="pay someone", description="pay a person"),
    ("flow", "child"): flow(collect("note"), description="take a note"),
    ("flow", "linking"): flow({"link": "pay"}, description="goes on"),
    ("slot", "amount"): {"type": "float"},
    ("slot", "note"): {"type": "text"},
    ("slot", "sure"): {"type": "bool"},
    ("slot", "plan"): {"type": "categorical", "values": ["Basic", "Pro"]},
    ("slot", "many"): {"type": "list"},
    ("slot", "started"): {"type": "text", "initial_value": "x"},
    ("response", "utter_done"): [{"text": "Done with {amount}."}],
    ("response", "utter_ask_amount"): [{"text": "How much?"}],
    ("response", "utter_ask_note"): [{"text": "Which note?"}],
    ("response", "utter_ask_sure"): [{"text": "Sure?"}],
    ("response", "utter_ask_plan"): [{"text": "Which plan?"}],
    ("action", "action_pay"): {},
    ("action", "action_ask_both"): {},
    ("slot", "both"): {"type": "text"},
    ("response", "utter_ask_both"): [{"text": "Both?"}],
    ("intent", "greet"): {"domain": {}, "examples": ["hello there", "good day"]},
    ("entity", "city"): {"roles": ["from"]},
    ("config", "config.yml"): {"assistant_id": "bank", "language": "en", "pipeline": [{"name": "NLUCommandAdapter"}]},
    ("file", "sub_agents/helper/config.yml"): None,
}


def items_of(bodies: Mapping[tuple[str, str], Any]) -> list[ItemBody]:
    return [ItemBody(kind, name, body) for (kind, name), body in bodies.items()]


def problems_with(kind: str, name: str, body: Any) -> list[Problem]:
    facts = ItemFacts(items_of({**BASE, (kind, name): body}))
    return check_item(kind, name, body, facts)


def codes(problems: list[Problem]) -> set[str]:
    return {problem.code for problem in problems}


def steps(*written: dict[str, Any], **more: Any) -> tuple[str, str, Any]:
    return ("flow", "f", flow(*written, **more))


def branch(text: Any, **more: Any) -> tuple[str, str, Any]:
    return steps({"noop": True, "next": [{"if": text, "then": "END"}, {"else": "END"}], **more})


def response(*variations: Any) -> tuple[str, str, Any]:
    return ("response", "utter_r", list(variations))


def button(payload: Any) -> tuple[str, str, Any]:
    return response({"text": "x", "buttons": [{"title": "b", "payload": payload}]})


def slot(**body: Any) -> tuple[str, str, Any]:
    return ("slot", "s", body)
