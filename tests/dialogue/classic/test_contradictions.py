"""Rules and stories that want different things at one moment are found at training, with words that say where."""

from __future__ import annotations

from typing import Any

import pytest

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.assistant.problems import Severity
from talkwright.engine.dialogue.classic.contradictions import contradictions

GREET = [{"intent": "greet"}, {"action": "utter_a"}]
OTHER = [{"intent": "greet"}, {"action": "utter_b"}]
FORM = {"active_loop": "order_form"}


def assistant(rules: list[Any], stories: list[Any] = [], config: dict[str, Any] | None = None) -> Assistant:  # noqa: B006 -- never changed
    body = {
        "rules": [{"rule": f"rule {number}", **one} for number, one in enumerate(rules)],
        "stories": [{"story": f"story {number}", "steps": steps} for number, steps in enumerate(stories)],
    }
    domain = {"forms": {"order_form": {"required_slots": ["size"]}}}
    items = [
        ItemBody("domain", "domain.yml", domain),
        ItemBody("config", "config.yml", config or {}),
        ItemBody("slot", "size", {"type": "text", "mappings": [{"type": "from_text"}]}),
        ItemBody("slot", "member", {"type": "bool", "mappings": [{"type": "controlled"}]}),
        ItemBody("stories", "talks.yml", body),
    ]
    made, problems = build_assistant(items)
    assert [one.message for one in problems] == []
    return made


def found(made: Assistant) -> list[str]:
    return [problem.code for problem in contradictions(made)]


def test_two_rules_that_answer_one_intent_in_two_ways_contradict_each_other_once() -> None:
    (problem,) = contradictions(assistant([{"steps": GREET}, {"steps": OTHER}]))
    assert (problem.code, problem.severity, problem.name) == ("talks-contradict", Severity.ERROR, "talks.yml")
    assert "After the intent `greet`" in problem.message
    for words in ("“rule 1”", "“rule 0”", "`utter_a`", "`utter_b`"):
        assert words in problem.message


def test_a_story_that_a_rule_would_never_let_happen_is_told() -> None:
    (problem,) = contradictions(assistant([{"steps": GREET}], [OTHER]))
    assert "the story “story 0” wants `utter_b`, but the rule “rule 0” wants `utter_a`" in problem.message
    assert found(assistant([{"steps": GREET}], [GREET])) == []


@pytest.mark.parametrize(
    "second",
    [
        {"condition": [{"slot_was_set": [{"member": True}]}], "steps": OTHER},
        {"condition": [{"slot_was_set": [{"member": None}]}], "steps": OTHER},
        {"condition": [FORM], "steps": OTHER},
        {"conversation_start": True, "steps": OTHER},
        {"steps": [{"intent": "greet", "entities": ["name"]}, {"action": "utter_b"}]},
    ],
)
def test_a_rule_for_a_special_case_stands_beside_the_plain_one(second: dict[str, Any]) -> None:
    assert found(assistant([{"steps": GREET}, second])) == []


def test_a_rule_that_goes_on_contradicts_one_that_waits() -> None:
    longer = [*GREET, {"action": "utter_b"}]
    (problem,) = contradictions(assistant([{"steps": GREET}, {"steps": longer}]))
    assert "waits for the user" in problem.message


def test_rules_that_follow_a_form_in_two_ways_contradict_each_other() -> None:
    ends = [{"action": "order_form"}, {"active_loop": None}]
    first = {"condition": [FORM], "steps": [*ends, {"action": "utter_a"}]}
    assert found(assistant([first, {"condition": [FORM], "steps": [*ends, {"action": "utter_b"}]}])) == [
        "talks-contradict"
    ]
    assert found(assistant([first, {"condition": [FORM], "steps": [*ends, {"action": "utter_a"}]}])) == []


def test_a_rule_beside_a_form_and_the_form_of_a_story_agree() -> None:
    story = [
        {"intent": "order"},
        {"action": "order_form"},
        FORM,
        {"intent": "greet"},
        {"action": "utter_a"},
        {"action": "order_form"},
        {"active_loop": None},
        {"action": "utter_b"},
    ]
    begins = {"steps": [{"intent": "order"}, {"action": "order_form"}, FORM]}
    assert found(assistant([{"steps": GREET}, begins], [story])) == []


def test_a_project_may_turn_the_search_off() -> None:
    config = {"policies": [{"name": "RulePolicy", "check_for_contradictions": False}, {"name": "MemoizationPolicy"}]}
    assert found(assistant([{"steps": GREET}, {"steps": OTHER}], config=config)) == []


def test_a_story_that_begins_nowhere_and_stories_beyond_number_are_told() -> None:
    lost = [{"checkpoint": "never"}, *GREET]
    assert found(assistant([], [lost])) == ["checkpoint-missing"]
    ways = {"or": [{"intent": f"i{number}"} for number in range(20)]}
    assert found(assistant([], [[ways, {"action": "utter_a"}] * 4])) == ["stories-too-many"]


def test_checkpoints_that_lead_in_circles_come_to_an_end() -> None:
    stories = [
        [{"intent": "a"}, {"action": "utter_a"}, {"checkpoint": "x"}],
        [{"checkpoint": "x"}, {"intent": "b"}, {"action": "utter_b"}, {"checkpoint": "y"}],
        [{"checkpoint": "y"}, {"intent": "c"}, {"action": "utter_a"}, {"checkpoint": "x"}],
    ]
    assert found(assistant([], stories)) == []
