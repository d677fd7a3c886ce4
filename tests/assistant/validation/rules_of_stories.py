"""What can be wrong with rules, stories and forms: one row per rule of the format."""

from __future__ import annotations

from typing import Any

from tests.assistant.validation.projects import E, Rule, W

NAME = "data/rules.yml"
GREET: dict[str, Any] = {"intent": "greet"}
DONE: dict[str, Any] = {"action": "utter_done"}


def rule(*steps: Any, **more: Any) -> tuple[str, str, Any]:
    return ("stories", NAME, {"rules": [{"rule": "r", "steps": list(steps), **more}]})


def story(*steps: Any) -> tuple[str, str, Any]:
    return ("stories", NAME, {"stories": [{"story": "s", "steps": list(steps)}]})


def forms(body: Any) -> tuple[str, str, Any]:
    return ("domain", "domain.yml", {"forms": body})


RULES: list[Rule] = [
    (("stories", NAME, ["x"]), "wrong-shape", E, ""),
    (("stories", NAME, {"rules": {"rule": "r"}}), "wrong-shape", E, "/rules"),
    (("stories", NAME, {"rules": [{"steps": [GREET]}]}), "wrong-shape", E, "/rules/0"),
    (rule(GREET, DONE, conditon=[]), "unknown-key", W, "/rules/0/conditon"),
    (rule(), "story-without-steps", E, "/rules/0/steps"),
    (rule(GREET, {"acton": "utter_done"}), "story-step", E, "/rules/0/steps/1"),
    (rule(GREET, "utter_done"), "story-step", E, "/rules/0/steps/1"),
    (rule(GREET, {"action": ["utter_done"]}), "wrong-shape", E, "/rules/0/steps/1/action"),
    (rule({"intent": None}, DONE), "wrong-shape", E, "/rules/0/steps/0/intent"),
    (rule({"intent": "greet", "entities": [1]}, DONE), "wrong-shape", E, "/rules/0/steps/0/entities/0"),
    (rule({"or": [{"action": "utter_done"}]}, DONE), "story-step", E, "/rules/0/steps/0/or/0"),
    (rule({"or": []}, DONE), "story-step", E, "/rules/0/steps/0"),
    (rule(GREET, DONE, condition=[GREET]), "rule-condition", E, "/rules/0/condition"),
    (rule(GREET, DONE, conversation_start="yes"), "wrong-shape", E, "/rules/0/conversation_start"),
    (rule(GREET, DONE, GREET, DONE), "rule-with-two-messages", E, "/rules/0"),
    (rule(GREET, DONE, {"checkpoint": "c"}), "rule-with-checkpoint", E, "/rules/0"),
    (rule({"intent": "gret"}, DONE), "undeclared-intent", W, "/rules/0"),
    (rule({"intent": "greet", "entities": [{"citty": "x"}]}, DONE), "undeclared-entity", W, "/rules/0"),
    (rule(GREET, {"action": "utter_gone"}), "undeclared-response", E, "/rules/0"),
    (rule(GREET, {"action": "action_gone"}), "undeclared-action", E, "/rules/0"),
    (rule(GREET, {"action": "action_two_stage_fallback"}), "action-not-built-in", W, "/rules/0"),
    (rule(GREET, DONE, {"slot_was_set": [{"nope": 1}]}), "undeclared-slot", E, "/rules/0"),
    (rule(GREET, DONE, {"slot_was_set": [3]}), "wrong-shape", E, "/rules/0/steps/2/slot_was_set/0"),
    (rule(GREET, DONE, condition=[{"active_loop": "gone_form"}]), "undeclared-form", E, "/rules/0"),
    (rule(GREET, DONE), "talks-without-router", W, ""),
    (story({"user": "hello"}, DONE), "story-end-to-end", W, "/stories/0/steps/0/user"),
    (story(GREET, {"bot": "hello"}), "story-end-to-end", W, "/stories/0/steps/1/bot"),
    (forms("x"), "wrong-shape", E, "/forms"),
    (forms({"f": ["amount"]}), "wrong-shape", E, "/forms/f"),
    (forms({"f": {"required_slots": {"amount": []}}}), "form-with-mappings", E, "/forms/f/required_slots"),
    (forms({"f": {"required_slot": ["amount"]}}), "unknown-key", W, "/forms/f/required_slot"),
    (forms({"f": {"required_slots": ["started"]}}), "form-question-missing", W, "/forms/f/required_slots"),
]
