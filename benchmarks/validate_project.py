"""CPU time to validate a generated project of 100 flows, as before a training."""

from __future__ import annotations

import sys
import time
from typing import Any

from _figures import tell

from talkwright.assistant.conditions import holding, parsing
from talkwright.assistant.items import ItemBody
from talkwright.assistant.validation import check_assistant

RUNS = 7


def generated_items(flows: int = 100, examples: int = 20) -> list[ItemBody]:
    """A project with branches, rejections, calls, links, buttons and NLU examples, all of it valid."""
    items = [
        ItemBody(
            "config", "config.yml", {"assistant_id": "generated", "language": "en", "additional_languages": ["de"]}
        ),
        ItemBody("flow", "authenticate", {"description": "check who asks", "if": False, "steps": [{"collect": "pin"}]}),
        ItemBody("slot", "pin", {"type": "text"}),
        *_question("pin"),
    ]
    for number in range(flows - 1):
        items += _flow(number, examples)
    return items


def _question(slot: str, buttons: list[dict[str, Any]] | None = None) -> list[ItemBody]:
    variation = {"text": f"What is the {slot}?", "translation": {"de": f"Wie lautet {slot}?"}}
    return [ItemBody("response", f"utter_ask_{slot}", [{**variation, "buttons": buttons} if buttons else variation])]


def _flow(number: int, examples: int) -> list[ItemBody]:
    amount, plan, sure = f"amount_{number}", f"plan_{number}", f"sure_{number}"
    text = {"text": f"Done {number} with {{{amount}}}.", "translation": {"de": f"Fertig {number} mit {{{amount}}}."}}
    steps = [
        {"call": "authenticate"},
        {"collect": amount, "rejections": [{"if": f"slots.{amount} < {number + 1}", "utter": f"utter_low_{number}"}]},
        {
            "collect": plan,
            "description": "the plan that was chosen",
            "next": [
                {
                    "if": f"slots.{plan} is 'Pro' and slots.{amount} > 100",
                    "then": [{"action": f"utter_pro_{number}", "next": "sure"}],
                },
                {"if": f"slots.{plan} is 'Basic'", "then": [{"set_slots": [{amount: None}], "next": "sure"}]},
                {"else": "sure"},
            ],
        },
        {"id": "sure", "collect": sure, "ask_before_filling": True},
        {"noop": True, "next": [{"if": f"not slots.{sure}", "then": "END"}, {"else": f"done_{number}"}]},
        {"id": f"done_{number}", "action": f"action_do_{number}"},
        {"action": f"utter_pro_{number}"},
    ]
    buttons = [
        {"title": value, "payload": f"/SetSlots({plan}={value})", "translation": {"de": {"title": value}}}
        for value in ("Pro", "Basic")
    ]
    return [
        ItemBody("flow", f"flow_{number}", {"description": f"does thing number {number} for the user", "steps": steps}),
        ItemBody("slot", amount, {"type": "float", "min_value": 0.0, "max_value": 9999.0}),
        ItemBody("slot", plan, {"type": "categorical", "values": ["Pro", "Basic"]}),
        ItemBody("slot", sure, {"type": "bool", "mappings": [{"type": "from_llm"}]}),
        ItemBody("action", f"action_do_{number}", {}),
        ItemBody("response", f"utter_low_{number}", [text]),
        ItemBody("response", f"utter_pro_{number}", [text]),
        *_question(amount),
        *_question(plan, buttons),
        *_question(sure),
        ItemBody(
            "intent",
            f"intent_{number}",
            {"domain": {}, "examples": [f"please do thing {number} way {way}" for way in range(examples)]},
        ),
    ]


def measure(items: list[ItemBody]) -> float:
    """CPU milliseconds of one validation with cold caches."""
    parsing._parsed.cache_clear()  # noqa: SLF001 - what a person waits for is the first time
    holding._answer.cache_clear()  # noqa: SLF001 - as above
    before = time.process_time()
    problems = check_assistant(items)
    spent = (time.process_time() - before) * 1000
    wrong = [problem for problem in problems if problem.severity != "hint"]
    if wrong:
        sys.exit(f"the generated project should be valid: {wrong[0]}")
    return spent


def main() -> None:
    """Tells the best of some rounds with cold caches."""
    items = generated_items()
    tell("validation-100-flows", min(measure(items) for _ in range(RUNS)), "ms CPU", f"{len(items)} items, no caches")


if __name__ == "__main__":
    main()
