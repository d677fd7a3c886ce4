"""Rules, stories and forms of the public format become typed values, from whatever file they stand in."""

from __future__ import annotations

from typing import Any

import pytest

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.assistant.parsing.stories import parse_talks
from talkwright.assistant.problems import Severity
from talkwright.assistant.project import located, read_contents, talks_of
from talkwright.assistant.stories import AnyOf, Checkpoint, Done, Form, Heard, InLoop, Mention, SlotMark, SlotsSet
from talkwright.assistant.validation import ItemFacts, check_item

RULES = """\
rules:
- rule: only at the start
  conversation_start: true
  wait_for_user_input: false
  condition:
  - active_loop: null
  - slot_was_set:
    - member: true
    - name
  steps:
  - intent: greet
    entities:
    - city
    - city: Rome
      role: from
  - action: utter_hello
stories:
- story: two ways in
  steps:
  - checkpoint: asked
    slot_was_set:
    - member: null
  - or:
    - intent: affirm
    - slot_was_set:
      - member: true
  - action: order_form
  - active_loop: order_form
"""


def test_a_rule_and_a_story_are_read_step_by_step() -> None:
    project = read_contents({"data/talks.yml": RULES.encode()})
    assistant, problems = build_assistant(talks_of(project))
    assert problems == []
    (rule,) = assistant.rules
    assert (rule.at_start, rule.waits, rule.file, rule.path) == (True, False, "data/talks.yml", "/rules/0")
    named = SlotMark(name="name", any_value=True)
    assert rule.conditions == (InLoop(None), SlotsSet((SlotMark(name="member", value=True), named)))
    mentions = (Mention(entity="city"), Mention(entity="city", value="Rome", role="from"))
    assert rule.steps == (Heard(intent="greet", mentions=mentions), Done("utter_hello"))
    (story,) = assistant.stories
    ways = (Heard(intent="affirm"), SlotsSet((SlotMark(name="member", value=True),)))
    assert story.steps == (
        Checkpoint("asked", (SlotMark(name="member"),)),
        AnyOf(ways),
        Done("order_form"),
        InLoop("order_form"),
    )


def test_rules_beside_examples_count_and_tests_of_stories_do_not() -> None:
    beside = "nlu:\n- intent: greet\n  examples: |\n    - hi\n" + RULES
    files = {"data/nlu.yml": beside, "tests/test_stories.yml": RULES, "data/test_more.yml": RULES, "data/x.txt": RULES}
    project = read_contents({name: text.encode() for name, text in files.items()})
    assert [item.name for item in talks_of(project)] == ["data/nlu.yml"]
    assert project.item("intent", "greet") is not None


def test_a_file_that_is_no_yaml_is_passed_over_because_reading_has_told_of_it() -> None:
    project = read_contents({"data/rules.yml": b"rules:\n- rule: [broken\n"})
    assert list(talks_of(project)) == []
    assert [problem.code for problem in project.problems] == ["file-unreadable"]


def test_problems_of_rules_stand_at_the_line_of_their_file() -> None:
    text = "version: '3.1'\nrules:\n- rule: a\n  steps:\n  - intent: greet\n  - acton: utter_hello\n"
    project = read_contents({"data/rules.yml": text.encode()})
    _, problems = build_assistant(talks_of(project))
    (problem,) = located(project, problems)
    assert (problem.code, problem.file, problem.line) == ("story-step", "data/rules.yml", 6)


def test_the_studio_finds_the_same_problems_in_the_text_of_the_file() -> None:
    text = "rules:\n- rule: a\n  steps:\n  - intent: greet\n  - action: utter_gone\n- rule: b\n"
    found = check_item("file", "data/rules.yml", text, ItemFacts([]))
    assert [(one.code, one.kind, one.line, one.path) for one in found if one.severity is Severity.ERROR] == [
        ("story-without-steps", "file", 6, ""),
        ("undeclared-response", "file", 2, ""),
    ]
    assert check_item("file", "tests/test_stories.yml", text, ItemFacts([])) == []
    assert check_item("file", "data/rules.yml", None, ItemFacts([])) == []
    assert check_item("file", "notes.txt", text, ItemFacts([])) == []


def test_forms_are_values_and_their_requested_slot_is_built_in_without_any_flow() -> None:
    body = {"forms": {"order_form": {"required_slots": ["size", "size", "when"], "ignored_intents": "chat"}}}
    assistant, problems = build_assistant([ItemBody("domain", "domain.yml", body)])
    assert problems == []
    form = Form(name="order_form", required_slots=("size", "when"), ignored_intents=("chat",))
    assert assistant.domain.forms == {"order_form": form}
    assert list(assistant.domain.slots) == ["requested_slot"]
    assert assistant.domain.raw["forms"] == body["forms"]


def _codes(config: dict[str, Any], *, flow: bool = False, **body: Any) -> set[str]:
    items = [
        ItemBody("config", "config.yml", config),
        ItemBody("intent", "greet", {"domain": {}, "examples": []}),
        ItemBody("response", "utter_hello", [{"text": "Hello"}]),
        *([ItemBody("flow", "f", {"description": "f", "steps": [{"action": "utter_hello"}]})] if flow else []),
    ]
    item = ItemBody("stories", "data/talks.yml", body)
    return {one.code for one in check_item(item.kind, item.name, item.body, ItemFacts([*items, item]))}


STEPS = [{"intent": "greet"}, {"action": "utter_hello"}]


@pytest.mark.parametrize(
    ("config", "flow", "found"),
    [
        ({}, False, set()),
        ({"policies": [{"name": "RulePolicy"}, {"name": "MemoizationPolicy"}]}, False, set()),
        ({"policies": ["MemoizationPolicy"]}, False, {"rules-without-policy"}),
        ({"policies": [{"name": "RulePolicy"}]}, False, {"stories-without-policy"}),
        ({"pipeline": [{"name": "LLMBasedRouter"}]}, True, {"router-not-available"}),
        ({"pipeline": [{"name": "IntentBasedRouter"}]}, True, set()),
        ({"pipeline": [{"name": "KeywordIntentClassifier"}]}, True, {"talks-without-router"}),
    ],
)
def test_rules_and_stories_that_nobody_would_follow_are_told(
    config: dict[str, Any], flow: bool, found: set[str]
) -> None:
    rules, stories = [{"rule": "r", "steps": STEPS}], [{"story": "s", "steps": STEPS}]
    assert _codes(config, flow=flow, rules=rules, stories=stories) == found


def test_a_rule_may_have_two_messages_where_the_policy_does_not_restrict_rules() -> None:
    rules = [{"rule": "r", "steps": STEPS + STEPS}]
    assert _codes({"policies": [{"name": "RulePolicy", "restrict_rules": False}]}, rules=rules) == set()


def test_a_rule_may_answer_by_a_retrieval_response() -> None:
    rules = ItemBody("stories", "x.yml", {"rules": [{"rule": "r", "steps": [{"action": "utter_faq"}]}]})
    responses = [ItemBody("response", name, [{"text": "x"}]) for name in ("utter_faq/a", "utter_faqs")]
    assert check_item(rules.kind, rules.name, rules.body, ItemFacts([rules, *responses])) == []
    without = check_item(rules.kind, rules.name, rules.body, ItemFacts([rules, responses[1]]))
    assert [problem.code for problem in without] == ["undeclared-response"]


def test_a_broken_story_is_left_out_and_the_others_stay() -> None:
    broken = {"story": "b", "steps": [{"user": "hello"}]}
    _, stories, problems = parse_talks("x.yml", {"stories": [broken, {"story": "s", "steps": STEPS}]})
    assert [story.name for story in stories] == ["s"]
    assert [problem.code for problem in problems] == ["story-end-to-end"]
