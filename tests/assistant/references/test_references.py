from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.assistant.parsing.flows import parse_flow
from talkwright.assistant.pointers import pointer_split
from talkwright.assistant.references import Reference, declared, references, rename_in, rename_patch, renamed_body

FLOW: dict[str, Any] = {
    "description": "pay a person",
    "if": "slots.ok and context.x = 'slots.amount' or slots.amount.part > 3",
    "persisted_slots": ["amount", "note"],
    "nlu_trigger": [{"intent": "pay"}, {"intent": {"name": "send", "confidence_threshold": 0.5}}],
    "steps": [
        {
            "collect": "amount",
            "rejections": [{"if": "slots.amount > 1000 or slots.amount < 1", "utter": "utter_too_much"}],
            "next": [
                {
                    "if": "slots.{{ context.c }} is 'amount' and slots.amount = 1",
                    "then": [{"set_slots": [{"z": 1}, {"amount": None}, {"k": 2}], "next": "pay_0_collect_amount"}],
                },
                {"else": [{"link": "other"}]},
            ],
        },
        {"id": "check", "call": "check_funds"},
        {"action": "utter_done"},
        {"action": "action_pay", "next": "check"},
        {"action": "utter_{{ context.x }}"},
    ],
}
RESPONSE: list[Any] = [
    {
        "text": "Send {amount} and {amount}? {{amount}}",
        "condition": "slots.amount > 1",
        "buttons": [
            {"title": "{amount}", "payload": "/SetSlots(amount=1, note=[a,b])"},
            {"title": "x", "payload": '/send{{"amount": 3}}'},
        ],
        "translation": {"de": "{amount} senden?"},
        "custom": {"deep": [{"value": "{amount}"}]},
    },
    {
        "text": "{% for amount_item in items %}{{ amount_item }}{% endfor %} {{ amount | int }} {{ slots.amount }}",
        "metadata": {"template": "jinja"},
        "condition": [{"type": "slot", "name": "amount", "value": 3}],
    },
]
SLOT: dict[str, Any] = {
    "type": "float",
    "mappings": [
        {"type": "from_llm"},
        {"type": "from_entity", "entity": "number", "not_intent": ["deny"], "conditions": [{"active_flow": "pay"}]},
        {"type": "controlled", "run_action_every_turn": "action_pay"},
    ],
    "validation": {"rejections": [{"if": "slots.amount < 0", "utter": "utter_negative"}]},
}
TEST: dict[str, Any] = {
    "fixtures": [{"rich": [{"amount": 5}]}],
    "stub_custom_actions": {"action_pay": {"events": []}, "file::action_pay": {}},
    "test_cases": [
        {
            "test_case": "pays",
            "steps": [
                {"user": "/SetSlots(amount=5)"},
                {"utter": "utter_done"},
                {"slot_was_set": ["amount", {"amount": 5}]},
                {
                    "user": "pay",
                    "assertions": [
                        {"flow_started": "pay"},
                        {"flow_started": {"operator": "any", "flow_ids": ["pay", "other"]}},
                        {"flow_completed": {"flow_id": "pay"}},
                        {"slot_was_set": [{"name": "amount", "value": 5}]},
                        {"bot_uttered": {"utter_name": "utter_done"}},
                        {"action_executed": "action_pay"},
                    ],
                },
            ],
        }
    ],
}
PROJECT = [
    ItemBody("flow", "pay", FLOW),
    ItemBody("flow", "other", {"description": "other", "steps": [{"collect": "note"}]}),
    ItemBody("flow", "check_funds", {"description": "funds", "steps": [{"collect": "amount", "utter": "utter_done"}]}),
    ItemBody("response", "utter_done", RESPONSE),
    ItemBody("response", "utter_ask_amount", [{"text": "How much?"}]),
    ItemBody("slot", "amount", SLOT),
    ItemBody("slot", "note", {"type": "text"}),
    ItemBody(
        "intent",
        "send",
        {"domain": {"use_entities": ["number"]}, "examples": ["send [5](number)", 'send [x]{"entity": "number"}']},
    ),
    ItemBody("domain", "domain.yml", {"forms": {"f": {"required_slots": ["amount"], "ignored_intents": ["send"]}}}),
    ItemBody("config", "config.yml", {"pipeline": [{"name": "X", "prompt_template": "./prompts/a.jinja2"}]}),
    ItemBody("test", "tests/pay.yml", TEST),
]


def all_references(items: list[ItemBody]) -> Iterator[Reference]:
    for item in items:
        yield from references(item.kind, item.name, item.body)


def found(kind: str, body: Any, wanted: str, name: str = "x") -> list[tuple[str, str]]:
    return [(ref.name, ref.path) for ref in references(kind, name, body) if ref.kind == wanted]


def test_a_flow_names_slots_in_conditions_keys_and_values() -> None:
    assert found("flow", FLOW, "slot", "pay") == [
        ("ok", "/if"),
        ("amount", "/if"),
        ("amount", "/persisted_slots/0"),
        ("note", "/persisted_slots/1"),
        ("amount", "/steps/0/collect"),
        ("amount", "/steps/0/rejections/0/if"),
        ("amount", "/steps/0/rejections/0/if"),
        ("amount", "/steps/0/next/0/if"),
        ("z", "/steps/0/next/0/then/0/set_slots/0/z"),
        ("amount", "/steps/0/next/0/then/0/set_slots/1/amount"),
        ("k", "/steps/0/next/0/then/0/set_slots/2/k"),
    ]


def test_a_flow_names_responses_actions_flows_and_intents() -> None:
    assert [name for name, _ in found("flow", FLOW, "response", "pay")] == [
        "utter_ask_amount",
        "utter_too_much",
        "utter_done",
    ]
    assert [name for name, _ in found("flow", FLOW, "action", "pay")] == [
        "action_ask_amount",
        "validate_amount",
        "action_pay",
    ]
    assert [name for name, _ in found("flow", FLOW, "flow", "pay")] == ["other", "check_funds"]
    assert [name for name, _ in found("flow", FLOW, "intent", "pay")] == ["pay", "send"]


def test_a_response_names_slots_in_texts_conditions_and_payloads() -> None:
    places = [path for name, path in found("response", RESPONSE, "slot") if name == "amount"]
    assert places == [
        "/0/condition",
        "/0/text",
        "/0/text",
        "/0/custom/deep/0/value",
        "/0/buttons/0/title",
        "/0/translation/de",
        "/0/buttons/0/payload",
        "/1/condition/0/name",
        "/1/text",
        "/1/text",
    ]
    assert found("response", RESPONSE, "intent") == [("send", "/0/buttons/1/payload")]
    assert found("response", RESPONSE, "entity") == [("amount", "/0/buttons/1/payload")]


def test_spans_cover_exactly_the_names() -> None:
    for item in PROJECT:
        for ref in references(item.kind, item.name, item.body):
            if ref.span is not None:
                assert value_at(item.body, ref.path)[slice(*ref.span)] == ref.name


def value_at(body: Any, path: str) -> Any:
    for part in pointer_split(path):
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body


def test_a_domain_declares_its_forms_and_names_their_slots() -> None:
    body = {"forms": {"f": {"required_slots": ["amount"]}}}
    assert declared("domain", "domain.yml", body) == [("domain", "domain.yml"), ("form", "f")]
    assert found("domain", body, "slot") == [("amount", "/forms/f/required_slots/0")]


def test_prompt_paths_of_settings_are_found_without_their_dot() -> None:
    assert found("config", {"pipeline": [{"name": "X", "prompt_template": "./prompts/a.jinja2"}]}, "prompt") == [
        ("prompts/a.jinja2", "/pipeline/0/prompt_template")
    ]


@pytest.mark.parametrize("kind", ["flow", "response", "slot", "intent", "domain", "config", "endpoints", "test"])
@pytest.mark.parametrize(
    "body", [None, 3, "x", [], {}, [None], {"steps": 3}, {"steps": [3, {"next": [4, {"if": []}]}]}]
)
def test_bodies_of_any_shape_name_nothing_and_break_nothing(kind: str, body: Any) -> None:
    assert all(ref.syntax == "implied" or ref.name for ref in references(kind, "x", body))


def renamed(items: list[ItemBody], kind: str, old: str, new: str) -> list[ItemBody]:
    changed = []
    for item in items:
        wanted = [ref for ref in references(item.kind, item.name, item.body) if (ref.kind, ref.name) == (kind, old)]
        body = rename_in(item.body, wanted, new)
        if (item.kind, item.name) == (kind, old):
            changed.append(ItemBody(kind, new, renamed_body(kind, body, old, new)))
        else:
            changed.append(ItemBody(item.kind, item.name, body))
    return changed


NAMES = st.from_regex(r"new_[a-z0-9_]{1,10}", fullmatch=True)


@given(
    st.sampled_from(
        [
            ("slot", "amount"),
            ("slot", "note"),
            ("response", "utter_done"),
            ("response", "utter_ask_amount"),
            ("flow", "pay"),
            ("flow", "other"),
            ("flow", "check_funds"),
            ("intent", "send"),
            ("entity", "number"),
        ]
    ),
    NAMES,
)
def test_renaming_all_places_gives_the_renamed_project(target: tuple[str, str], new: str) -> None:
    kind, old = target
    new = f"utter_{new}" if kind == "response" else new
    before = copy.deepcopy(PROJECT)
    after = renamed(PROJECT, kind, old, new)
    assert before == PROJECT, "renaming must not change what it is given"

    def name_after(ref: Reference) -> tuple[str, str]:
        return (ref.kind, new if (ref.kind, ref.name) == target else ref.name)

    # Names that a default stands for follow other rules: a renamed slot keeps its question, its actions can't follow.
    written = [ref for ref in all_references(PROJECT) if ref.syntax != "implied"]
    names_after = [(ref.kind, ref.name) for ref in all_references(after) if ref.syntax != "implied"]
    for expected in map(name_after, written):
        assert expected in names_after
    assert target not in names_after
    assert jumps_land(after)


def jumps_land(items: list[ItemBody]) -> bool:
    flows = [flow for item in items if item.kind == "flow" and (flow := parse_flow(item.name, item.body)[0])]
    return all(
        transition.target == "END" or transition.target in flow.by_id
        for flow in flows
        for step in flow.steps
        for transition in step.next
    )


def test_a_renamed_slot_keeps_its_question_and_its_place() -> None:
    flow = {"description": "d", "steps": [{"collect": "a"}, {"set_slots": [{"x": 1, "a": 2, "b": 3}]}]}
    wanted = [ref for ref in references("flow", "f", flow) if (ref.kind, ref.name) == ("slot", "a")]
    changed = rename_in(flow, wanted, "amount")
    assert changed["steps"][0] == {"collect": "amount", "utter": "utter_ask_a"}
    assert list(changed["steps"][1]["set_slots"][0].items()) == [("x", 1), ("amount", 2), ("b", 3)]
    assert {"op": "add", "path": "/steps/1/set_slots/0/amount", "value": 2, "before": "b"} in rename_patch(
        flow, wanted, "amount"
    )


def test_a_renamed_question_is_written_where_it_was_implied() -> None:
    flow = {"description": "d", "steps": [{"collect": "a"}]}
    wanted = [ref for ref in references("flow", "f", flow) if ref.kind == "response"]
    assert rename_in(flow, wanted, "utter_new")["steps"] == [{"collect": "a", "utter": "utter_new"}]


def test_jumps_to_default_ids_follow_a_renamed_flow_and_slot() -> None:
    flow = {
        "description": "d",
        "steps": [
            {"collect": "a"},
            {"action": "x", "next": [{"if": "slots.a", "then": "f_0_collect_a"}, {"else": "END"}]},
        ],
    }
    assert renamed_body("flow", flow, "f", "g")["steps"][1]["next"][0]["then"] == "g_0_collect_a"
    wanted = [ref for ref in references("flow", "f", flow) if (ref.kind, ref.name) == ("slot", "a")]
    assert rename_in(flow, wanted, "b")["steps"][1]["next"][0] == {"if": "slots.b", "then": "f_0_collect_b"}


def test_the_renamed_project_still_builds() -> None:
    _, problems = build_assistant(renamed(PROJECT, "slot", "amount", "total"), with_patterns=False)
    assert not problems
