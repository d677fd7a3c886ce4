"""What a check asked decides what is checked again: an answer may depend on nothing that was not asked."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.assistant.items import ItemBody
from talkwright.assistant.validation import ItemFacts, Property, check_item

KINDS = [
    "flow",
    "slot",
    "response",
    "action",
    "intent",
    "entity",
    "synonym",
    "config",
    "endpoints",
    "domain",
    "test",
    "prompt",
]
ITEMS = [
    ItemBody("flow", "pay", {"description": "pay", "steps": [{"collect": "amount"}, {"call": "child"}]}),
    ItemBody("flow", "child", {"description": "child", "steps": [{"action": "utter_done"}]}),
    ItemBody("slot", "amount", {"type": "float"}),
    ItemBody("slot", "unrelated", {"type": "text"}),
    ItemBody("response", "utter_ask_amount", [{"text": "How much?"}]),
    ItemBody("response", "utter_done", [{"text": "Done."}]),
    ItemBody("response", "utter_unrelated", [{"text": "x"}]),
    ItemBody("intent", "greet", {"domain": {}, "examples": ["hello"]}),
    ItemBody("intent", "bye", {"domain": {}, "examples": ["goodbye"]}),
]


def asked_by(name: str) -> set[tuple[str, str]]:
    facts = ItemFacts(ITEMS)
    asked = facts.watch()
    item = next(item for item in ITEMS if item.name == name)
    check_item(item.kind, item.name, item.body, facts)
    return asked


def test_a_flow_asks_for_what_it_names_and_nothing_else() -> None:
    asked = asked_by("pay")
    assert {("slot", "amount"), ("response", "utter_ask_amount"), ("flow", "child")} <= asked
    assert not {("slot", "unrelated"), ("response", "utter_unrelated"), ("slot", "*"), ("response", "*")} & asked


def test_a_missing_name_makes_every_new_item_of_its_kind_matter() -> None:
    items = [ItemBody("flow", "f", {"description": "d", "steps": [{"action": "utter_missing"}]})]
    facts = ItemFacts(items)
    asked = facts.watch()
    check_item("flow", "f", items[0].body, facts)
    assert ("response", "utter_missing") in asked


@pytest.mark.parametrize("left_out", [item.name for item in ITEMS])
def test_items_that_were_not_asked_for_change_nothing(left_out: str) -> None:
    others = [item for item in ITEMS if item.name != left_out]
    gone = next(item for item in ITEMS if item.name == left_out)
    for item in others:
        with_all, without = ItemFacts(ITEMS), ItemFacts(others)
        asked = with_all.watch()
        before = check_item(item.kind, item.name, item.body, with_all)
        after = check_item(item.kind, item.name, item.body, without)
        shared = [(kind, value) for kind, value in asked if kind in get_args(Property)]
        touched = {(gone.kind, gone.name), (gone.kind, "*")} & asked or any(
            gone.name in with_all.sharing(of, value) for of, value in shared
        )
        if not touched:
            assert before == after


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "steps",
                        "next",
                        "if",
                        "then",
                        "else",
                        "collect",
                        "action",
                        "set_slots",
                        "rejections",
                        "id",
                        "utter",
                    ),
                    *(
                        "type",
                        "values",
                        "mappings",
                        "validation",
                        "text",
                        "buttons",
                        "payload",
                        "title",
                        "condition",
                        "domain",
                    ),
                    *(
                        "examples",
                        "forms",
                        "pipeline",
                        "name",
                        "test_cases",
                        "call",
                        "link",
                        "exit_if",
                        "nlu_trigger",
                        "f",
                    ),
                    *(
                        "persisted_slots",
                        "description",
                        "metadata",
                        "translation",
                        "model_groups",
                        "action_endpoint",
                        "url",
                    ),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.sampled_from(KINDS), JSON)
def test_bodies_of_any_shape_are_checked_without_an_exception(kind: str, body: Any) -> None:
    check_item(kind, "x", body, ItemFacts([*ITEMS, ItemBody(kind, "x", body)]))


@given(st.lists(st.fixed_dictionaries({"collect": st.text(max_size=3), "next": JSON}), max_size=4))
def test_flows_of_any_shape_are_checked_without_an_exception(steps: list[Any]) -> None:
    body = {"description": "d", "steps": steps}
    check_item("flow", "x", body, ItemFacts([*ITEMS, ItemBody("flow", "x", body)]))


def test_built_in_slots_and_patterns_come_and_go_with_the_first_flow() -> None:
    slot = ItemBody("slot", "a", {"type": "text"})
    flow = ItemBody("flow", "f", {"description": "d", "steps": [{"action": "utter_x"}]})
    kept: dict[tuple[str, str], Any] = {}
    for items, there in (([slot], False), ([slot, flow], True), ([slot], False)):
        facts = ItemFacts(items)
        facts._typed = kept
        assert (facts.slot("csat_score") is not None) is there
        assert (facts.response("utter_ask_rephrase") is not None) is there
        assert facts.has("slot", "csat_score") is there
        assert facts.has("action", "action_listen")


def test_asking_for_shared_values_does_not_count_as_asking_for_every_flow() -> None:
    facts = ItemFacts(ITEMS)
    asked = facts.watch()
    assert facts.sharing("flow-name", "pay") == {"pay"}
    assert asked == {("flow-name", "pay")}
