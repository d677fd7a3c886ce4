"""Every rule once: a project that breaks it, the problem that says so, and the fix that mends it."""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch
import pytest
from tests.assistant.validation import rules_of_content, rules_of_flows, rules_of_stories
from tests.assistant.validation.projects import BASE, H, codes, flow, items_of, problems_with

from talkwright.assistant.patterns import default_items
from talkwright.assistant.problems import Severity
from talkwright.assistant.validation import ItemFacts, check_assistant, check_item

RULES = [*rules_of_flows.RULES, *rules_of_content.RULES, *rules_of_stories.RULES]


def test_the_base_project_has_no_problem() -> None:
    assert check_assistant(items_of(BASE)) == []


def test_the_default_patterns_have_no_errors_and_warnings() -> None:
    found = check_assistant(default_items())
    assert [problem for problem in found if problem.severity is not H] == []


@pytest.mark.parametrize(
    ("broken", "code", "severity", "path"), RULES, ids=[f"{number}-{rule[1]}" for number, rule in enumerate(RULES)]
)
def test_a_broken_rule_is_found_at_its_place(
    broken: tuple[str, str, Any], code: str, severity: Severity, path: str
) -> None:
    kind, name, body = broken
    found = problems_with(kind, name, body)
    matching = [problem for problem in found if problem.code == code and problem.path == path]
    assert matching, [(problem.code, problem.path, problem.message) for problem in found]
    assert matching[0].severity is severity
    assert (matching[0].kind, matching[0].name) == (kind, name)
    assert matching[0].message.endswith((".", "?", ")"))
    assert len({problem.key for problem in found}) == len(found), "keys tell problems apart"


def test_an_item_that_is_there_but_broken_is_told_once_and_not_as_missing() -> None:
    found = check_assistant(items_of(BASE | {("response", "utter_done"): {"text": "hi"}}))
    assert {(problem.kind, problem.name) for problem in found} == {("response", "utter_done")}


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("flow", flow({"action": "utter_done"}), "A flow has an empty id: use letters"),
        ("slot", {"type": "text"}, "A slot has an empty name: conditions"),
    ],
)
def test_an_empty_name_is_told_in_words(kind: str, body: Any, said: str) -> None:
    messages = [problem.message for problem in problems_with(kind, "", body)]
    assert [message for message in messages if message.startswith(said)], messages


WITH_FIX = [rule for rule in RULES if any(p.fix for p in problems_with(*rule[0]) if p.code == rule[1])]


@pytest.mark.parametrize(("broken", "code", "severity", "path"), WITH_FIX, ids=[rule[1] for rule in WITH_FIX])
def test_a_fix_mends_what_it_belongs_to(broken: tuple[str, str, Any], code: str, severity: Severity, path: str) -> None:
    del severity
    kind, name, body = broken
    problem = next(p for p in problems_with(kind, name, body) if p.code == code and p.path == path and p.fix)
    mended = jsonpatch.apply_patch(copy.deepcopy(body), list(problem.fix))
    after = problems_with(kind, name, mended)
    assert not [p for p in after if p.code == code and p.path == path]
    assert not {"wrong-shape", "condition-broken"} & codes(after)


def test_most_common_mistakes_come_with_a_fix() -> None:
    assert {
        "unknown-step",
        "link-with-next",
        "if-without-else",
        "branch-end-without-next",
        "noop-without-next",
        "undeclared-slot",
        "undeclared-response",
        "condition-name",
        "wrong-type-compared",
        "value-not-listed",
        "set-compared",
        "mixed-and-or",
        "slot-value",
        "unknown-variable",
        "jinja-without-template",
        "unknown-mapping",
    } <= {rule[1] for rule in WITH_FIX}


@pytest.mark.parametrize(("question", "after"), [(None, {}), ("utter_ask_amnt", {"utter": "utter_ask_amnt"})])
def test_a_slot_whose_slip_is_mended_asks_its_own_question_where_there_is_no_other(
    question: str | None, after: dict[str, str]
) -> None:
    body = flow({"collect": "amnt"})
    more = {} if question is None else {("response", question): [{"text": "How much is it?"}]}
    problems = check_item("flow", "f", body, ItemFacts(items_of({**BASE, ("flow", "f"): body, **more})))
    (problem,) = (problem for problem in problems if problem.code == "undeclared-slot")
    (step,) = jsonpatch.apply_patch(copy.deepcopy(body), list(problem.fix))["steps"]
    assert {key: value for key, value in step.items() if key in ("collect", "utter")} == {"collect": "amount"} | after


def test_the_step_of_a_problem_is_named() -> None:
    found = problems_with("flow", "f", flow({"action": "utter_done"}, {"action": "action_x"}))
    assert [problem.step for problem in found] == ["f_1_action_x"]


def test_steps_behind_a_jump_to_nowhere_are_not_told_as_never_reached() -> None:
    jump = {"noop": True, "next": [{"if": "slots.sure", "then": "END"}, {"else": "ask_bag"}]}
    after = ({"id": "ask_bags", "action": "utter_done"}, {"action": "utter_done"})
    assert codes(problems_with("flow", "f", flow(jump, *after))) == {"unknown-step"}
    jump["next"] = "END"
    assert codes(problems_with("flow", "f", flow(jump, *after))) == {"unreachable-step"}


def test_intents_that_start_two_flows_and_routers_with_slots_are_seen() -> None:
    trigger = [{"intent": "greet"}]
    bodies = {
        **BASE,
        ("flow", "a"): flow({"action": "utter_done"}, description="a", nlu_trigger=trigger),
        ("flow", "b"): flow({"action": "utter_done"}, description="b", nlu_trigger=trigger),
        ("slot", "route_session_to_calm"): {"type": "bool"},
    }
    found = codes(check_assistant(items_of(bodies)))
    assert {"trigger-intent-twice", "slot-without-router"} <= found


def test_circles_of_calls_are_shown_with_their_way() -> None:
    bodies = {
        **BASE,
        ("flow", "one"): flow({"call": "two"}, description="1"),
        ("flow", "two"): flow({"call": "one"}, description="2"),
    }
    found = [problem for problem in check_assistant(items_of(bodies)) if problem.code == "circular-call"]
    assert {problem.name for problem in found} == {"one", "two"}
    assert "one → two → one" in found[0].message


def test_translations_are_asked_for_only_with_additional_languages() -> None:
    config = {"assistant_id": "a", "language": "en", "additional_languages": ["de"]}
    bodies = {**BASE, ("config", "config.yml"): config}
    bodies["response", "utter_translated"] = [
        {
            "text": "x",
            "translation": {"de": "y"},
            "buttons": [{"title": "a", "payload": "b", "translation": {"de": {"title": "c"}}}],
        }
    ]
    bodies["response", "utter_half"] = [
        {"text": "x", "translation": {"de": "y", "fr": "z"}, "buttons": [{"title": "a", "payload": "b"}]}
    ]
    found = {(problem.code, problem.name) for problem in check_assistant(items_of(bodies))}
    assert {
        ("translation-missing", "utter_done"),
        ("button-translation-missing", "utter_half"),
        ("translation-unused", "utter_half"),
        ("name-translation-missing", "pay"),
    } <= found
    assert "utter_translated" not in {name for _, name in found}


def test_an_assistant_without_a_flow_is_told_so() -> None:
    assert [problem.code for problem in check_assistant([])] == ["no-flow"]


def test_a_linked_rating_needs_both_of_its_values() -> None:
    body = flow({"link": "pattern_customer_satisfaction"})
    assert codes(problems_with("flow", "f", body)) == set()
    rated = {**BASE, ("slot", "csat_score"): {"type": "categorical", "values": ["good"]}}
    found = check_item("flow", "f", body, ItemFacts(items_of({**rated, ("flow", "f"): body})))
    assert codes(found) == {"rating-values"}


def test_slots_filled_by_nlu_tell_what_other_engines_need() -> None:
    bodies = {**BASE, ("config", "config.yml"): {"assistant_id": "a"}}
    body = {"type": "text", "mappings": [{"type": "from_text"}]}
    found = check_item("slot", "s", body, ItemFacts(items_of({**bodies, ("slot", "s"): body})))
    assert codes(found) == {"mapping-without-adapter"}
    assert codes(problems_with("slot", "s", body)) == set()


def test_every_model_group_of_a_settings_file_must_exist() -> None:
    groups = {"model_groups": [{"id": "m", "models": []}]}
    config = {"assistant_id": "a", "pipeline": [{"name": "NLUCommandAdapter", "llm": {"model_group": "m"}}]}
    bodies = {**BASE, ("endpoints", "endpoints.yml"): groups, ("config", "config.yml"): config}
    assert check_assistant(items_of(bodies)) == []
