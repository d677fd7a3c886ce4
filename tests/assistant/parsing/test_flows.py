from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.assistant.digests import digest
from talkwright.assistant.flows import END, CallStep, CollectStep, Flow, NluTrigger, NoopStep, SetSlotsStep, Transition
from talkwright.assistant.parsing.flows import parse_flow
from talkwright.assistant.problems import Severity

SEND_MONEY: dict[str, Any] = {
    "description": "pay a person",
    "steps": [
        {"collect": "recipient"},
        {"collect": "amount", "rejections": [{"if": "slots.amount > 1000", "utter": "utter_too_much"}]},
        {
            "collect": "confirm",
            "ask_before_filling": True,
            "next": [
                {"if": "slots.confirm", "then": [{"action": "utter_sent"}, {"action": "utter_bye", "next": "END"}]},
                {"if": False, "then": "send_money_0_collect_recipient"},
                {"else": [{"id": "no", "action": "utter_not_sent", "next": "last"}]},
            ],
        },
        {"id": "last", "noop": True, "next": "END"},
    ],
}


def flow_of(body: Any, name: str = "send_money") -> Flow:
    flow, problems = parse_flow(name, body)
    assert problems == []
    assert flow is not None
    return flow


def codes(body: Any) -> list[str]:
    return [problem.code for problem in parse_flow("f", body)[1]]


def test_steps_stand_depth_first_with_default_ids_and_resolved_ways() -> None:
    flow = flow_of(SEND_MONEY)
    assert [(step.id, step.path, step.next) for step in flow.steps] == [
        ("send_money_0_collect_recipient", "/steps/0", (Transition(None, "send_money_1_collect_amount"),)),
        ("send_money_1_collect_amount", "/steps/1", (Transition(None, "send_money_2_collect_confirm"),)),
        (
            "send_money_2_collect_confirm",
            "/steps/2",
            (
                Transition("slots.confirm", "send_money_3_utter_sent"),
                Transition("false", "send_money_0_collect_recipient"),
                Transition(None, "no"),
            ),
        ),
        ("send_money_3_utter_sent", "/steps/2/next/0/then/0", (Transition(None, "send_money_4_utter_bye"),)),
        ("send_money_4_utter_bye", "/steps/2/next/0/then/1", (Transition(None, END),)),
        ("no", "/steps/2/next/2/else/0", (Transition(None, "last"),)),
        ("last", "/steps/3", (Transition(None, END),)),
    ]


def test_defaults_are_those_of_the_format() -> None:
    flow = flow_of({"description": "d", "steps": [{"collect": "a"}]}, "send-my_money")
    step = flow.steps[0]
    assert (flow.name, flow.guard, flow.run_pattern_completed, flow.persisted_slots) == (
        "send my money",
        None,
        True,
        (),
    )
    assert isinstance(step, CollectStep)
    assert (step.utter, step.ask_action, step.reset_after_flow_ends) == ("utter_ask_a", "action_ask_a", True)
    assert step.next == (Transition(None, END),)


def test_all_kinds_of_steps_and_keys_are_read() -> None:
    flow = flow_of(
        {
            "description": "d",
            "name": "All",
            "if": False,
            "nlu_trigger": [{"intent": "a"}, {"intent": {"name": "b", "confidence_threshold": 0.7}}],
            "persisted_slots": ["x"],
            "run_pattern_completed": False,
            "always_include_in_prompt": True,
            "translation": {"de": {"name": "Alles"}},
            "steps": [
                {"collect": "x", "silence_timeout": {"voice": 5}, "utter": "utter_x", "force_slot_filling": True},
                {"call": "agent", "exit_if": ["slots.x"]},
                {"set_slots": [{"a": None}, {"b": 2}]},
                {"noop": True, "next": "end"},
                {"id": "end", "link": "other"},
            ],
        }
    )
    assert flow.guard == "false"
    assert flow.nlu_triggers == (NluTrigger(intent="a"), NluTrigger(intent="b", confidence_threshold=0.7))
    assert flow.readable_name("de") == "Alles"
    collect, call, set_slots, noop, link = flow.steps
    assert isinstance(collect, CollectStep)
    assert collect.silence_timeout == {"voice": 5.0}
    assert isinstance(call, CallStep)
    assert call.exit_if == ("slots.x",)
    assert isinstance(set_slots, SetSlotsStep)
    assert set_slots.slots == (("a", None), ("b", 2))
    assert isinstance(noop, NoopStep)
    assert link.next == (Transition(None, END),)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "wrong-shape"),
        ({"steps": [{"action": "a"}]}, "flow-without-description"),
        ({"description": "d"}, "flow-without-steps"),
        ({"description": "d", "steps": []}, "flow-without-steps"),
        ({"description": "d", "steps": ["a"]}, "wrong-shape"),
        ({"description": "d", "steps": [{"id": "a"}]}, "step-without-kind"),
        ({"description": "d", "steps": [{"action": "a", "collect": "b"}]}, "step-with-two-kinds"),
        ({"description": "d", "steps": [{"action": None}]}, "empty-name"),
        ({"description": "d", "steps": [{"action": ["a"]}]}, "wrong-shape"),
        ({"description": "d", "steps": [{"action": "a", "next": 3}]}, "wrong-shape"),
        ({"description": "d", "steps": [{"action": "a", "next": [{"then": "b"}]}]}, "wrong-shape"),
        ({"description": "d", "steps": [{"action": "a", "next": [{"if": "true"}]}]}, "branch-without-target"),
        ({"description": "d", "steps": [{"collect": "a", "rejections": [{"if": "true"}]}]}, "wrong-shape"),
        ({"description": "d", "steps": [{"set_slots": {}}], "persisted_slots": "a"}, "wrong-shape"),
        ({"description": "d", "stepps": [], "steps": [{"action": "a"}]}, "unknown-key"),
        ({"description": "d", "steps": [{"action": "a", "nxt": "END"}]}, "unknown-key"),
        ({"description": "d", "nlu_trigger": [3], "steps": [{"action": "a"}]}, "wrong-shape"),
    ],
)
def test_wrong_shapes_are_reported_and_never_raise_and_one_fault_is_told_once(body: Any, code: str) -> None:
    assert code in codes(body)
    assert code == "flow-without-steps" or "flow-without-steps" not in codes(body)


def test_a_mistyped_key_comes_with_a_fix() -> None:
    _, problems = parse_flow(
        "f", {"description": "d", "steps": [{"colect": "a", "action": "b", "ask_before_fillin": 1}]}
    )
    assert [problem.fix for problem in problems if problem.code == "unknown-key"] == [
        ({"op": "move", "from": "/steps/0/colect", "path": "/steps/0/collect"},),
        (),
    ]


@pytest.mark.parametrize(
    ("body", "code", "slip", "meant"),
    [
        ({"descripton": "d", "steps": [{"action": "a"}]}, "flow-without-description", "/descripton", "/description"),
        ({"description": "d", "stepps": [{"action": "a"}]}, "flow-without-steps", "/stepps", "/steps"),
    ],
)
def test_a_slip_in_a_key_that_a_flow_needs_is_told_once(body: Any, code: str, slip: str, meant: str) -> None:
    _, (problem,) = parse_flow("f", body)
    assert (problem.code, problem.severity, problem.path) == (code, Severity.ERROR, slip)
    assert problem.message.endswith(f"Did you mean `{meant[1:]}`, which is missing?")
    assert problem.fix == ({"op": "move", "from": slip, "path": meant},)


def test_of_two_slips_in_one_key_the_first_counts() -> None:
    assert codes({"descripton": "d", "descriptio": "e", "steps": [{"action": "a"}]}) == [
        "flow-without-description",
        "unknown-key",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["steps", "next", "if", "then", "else", "collect", "action", "set_slots", "rejections", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_a_flow_or_problems(body: Any) -> None:
    flow, problems = parse_flow("f", body)
    assert flow is not None or problems
    digest("flow", body, "f")


def test_the_digest_does_not_see_order_defaults_and_default_ids() -> None:
    plain = {
        "description": "d",
        "steps": [
            {"collect": "a"},
            {"action": "x", "next": [{"if": "slots.a", "then": "f_0_collect_a"}, {"else": "END"}]},
        ],
    }
    written = {
        "steps": [
            {
                "id": "f_0_collect_a",
                "utter": "utter_ask_a",
                "collect": "a",
                "ask_before_filling": False,
                "next": "f_1_x",
                "rejections": [],
                "metadata": {},
            },
            {"next": [{"then": "f_0_collect_a", "if": "slots.a"}, {"else": "END"}], "action": "x"},
        ],
        "name": "f",
        "run_pattern_completed": True,
        "description": "d",
    }
    assert digest("flow", plain, "f") == digest("flow", written, "f")


@pytest.mark.parametrize(
    "change",
    [
        {"description": "e"},
        {"name": "g"},
        {"if": False},
        {"persisted_slots": ["a"]},
        {"run_pattern_completed": False},
        {"unknown": 1},
        {"steps": [{"collect": "a", "ask_before_filling": True}]},
        {"steps": [{"collect": "a", "id": "own"}]},
        {"steps": [{"collect": "a"}, {"action": "b"}]},
    ],
)
def test_the_digest_sees_every_difference_that_matters(change: dict[str, Any]) -> None:
    body = {"description": "d", "steps": [{"collect": "a"}]}
    assert digest("flow", body, "f") != digest("flow", {**body, **change}, "f")


def test_the_digest_tells_nested_from_following_steps() -> None:
    inside = [{"noop": 1, "next": [{"else": [{"action": "a"}, {"action": "b", "next": "END"}]}]}]
    after = [{"noop": 1, "next": [{"else": [{"action": "a"}]}]}, {"action": "b", "next": "END"}]
    assert digest("flow", {"steps": inside}) != digest("flow", {"steps": after})
