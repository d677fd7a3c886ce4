"""Each assertion on turns that meet it and on turns that don't (dialogue-semantics 9.3)."""

from typing import Any

import pytest

from talkwright.engine.testing.e2e.assertions import first_miss, read_assertion

TURN: list[dict[str, Any]] = [
    {
        "event": "user",
        "text": "pay",
        "parse_data": {"commands": [{"command": "clarify", "options": ["pay", "refund"]}]},
    },
    {"event": "flow_started", "flow_id": "pay"},
    {"event": "slot", "name": "amount", "value": 5},
    {"event": "slot", "name": "note", "value": None},
    {"event": "slot", "name": "amount", "value": 7.0},
    {"event": "action", "name": "action_pay"},
    {
        "event": "bot",
        "text": "Paid 7 to Ann.",
        "data": {"buttons": [{"title": "Fine", "payload": "/fine"}, {"title": "Undo", "payload": "/undo"}]},
        "metadata": {"utter_action": "utter_paid"},
    },
    {"event": "flow_completed", "flow_id": "pay", "step_id": "told"},
    {"event": "flow_cancelled", "flow_id": "refund", "step_id": "asked"},
]
HOLD: list[dict[str, Any]] = [
    {"flow_started": "pay"},
    {"flow_started": {"operator": "any", "flow_ids": ["refund", "pay"]}},
    {"flow_started": {"operator": "all", "flow_ids": ["pay"]}},
    {"flow_completed": {"flow_id": "pay"}},
    {"flow_completed": {"flow_id": "pay", "flow_step_id": "told"}},
    {"flow_cancelled": {"flow_id": "refund", "flow_step_id": "asked"}},
    {"pattern_clarification_contains": ["refund", "pay"]},
    {"pattern_clarification_contains": {"operator": "all", "flow_ids": ["pay", "refund"]}},
    {"pattern_clarification_contains": {"operator": "any", "flow_ids": ["pay", "other"]}},
    {"action_executed": "action_pay"},
    {"slot_was_set": [{"name": "amount"}]},
    {"slot_was_set": [{"name": "amount", "value": 7}, {"name": "note", "value": None}]},
    {"slot_was_not_set": [{"name": "other"}, {"name": "note"}, {"name": "amount", "value": 5}]},
    {"bot_uttered": {"utter_name": "utter_paid"}},
    {"bot_uttered": {"text_matches": r"Paid \d+"}},
    {
        "bot_uttered": {
            "utter_name": "utter_paid",
            "text_matches": "Ann",
            "buttons": [{"title": "Fine", "payload": "/fine"}, {"title": "Undo", "payload": "/undo"}],
        }
    },
    {"bot_did_not_utter": {"utter_name": "utter_failed"}},
    {"bot_did_not_utter": {"utter_name": "utter_paid", "text_matches": "Bob"}},
]
MISS: list[tuple[dict[str, Any], str]] = [
    ({"flow_started": "refund"}, "there is pay"),
    ({"flow_started": {"operator": "all", "flow_ids": ["refund"]}}, "no flow_started of refund"),
    ({"flow_completed": {"flow_id": "pay", "flow_step_id": "asked"}}, "pay at told"),
    ({"flow_completed": {"flow_id": "refund"}}, "no flow_completed of refund"),
    ({"flow_cancelled": {"flow_id": "pay"}}, "refund at asked"),
    ({"pattern_clarification_contains": ["pay"]}, "pay and refund"),
    ({"pattern_clarification_contains": {"operator": "any", "flow_ids": ["other"]}}, "pay and refund"),
    ({"action_executed": "action_refund"}, "there is action_pay"),
    ({"slot_was_set": [{"name": "other"}]}, "it got nothing"),
    ({"slot_was_set": [{"name": "amount", "value": 6}]}, "5 and 7.0"),
    ({"slot_was_set": [{"name": "note", "value": "x"}]}, "null"),
    ({"slot_was_not_set": [{"name": "amount"}]}, "7.0"),
    ({"slot_was_not_set": [{"name": "amount", "value": 7}]}, "7.0"),
    ({"slot_was_not_set": [{"name": "note", "value": None}]}, "null"),
    ({"bot_uttered": {"utter_name": "utter_failed"}}, "Paid 7 to Ann"),
    ({"bot_uttered": {"text_matches": "^Ann"}}, "utter_paid"),
    ({"bot_uttered": {"buttons": [{"title": "Undo", "payload": "/undo"}]}}, "No message"),
    ({"bot_did_not_utter": {"text_matches": "Paid"}}, "Paid 7 to Ann"),
    ({"generative_response_is_relevant": {"threshold": 0.9}}, "judge"),
]


@pytest.mark.parametrize("written", HOLD, ids=str)
def test_it_holds(written: dict[str, Any]) -> None:
    assert first_miss([read_assertion(written)], TURN, in_order=False) is None


@pytest.mark.parametrize(("written", "why"), MISS, ids=str)
def test_it_misses_and_says_why(written: dict[str, Any], why: str) -> None:
    missed = first_miss([read_assertion(written)], TURN, in_order=False)
    assert missed is not None
    assert why in missed[1]


def test_true_is_not_one() -> None:
    events = [{"event": "slot", "name": "sure", "value": True}]
    assert first_miss([read_assertion({"slot_was_set": [{"name": "sure", "value": 1}]})], events, in_order=False)
    assert (
        first_miss([read_assertion({"slot_was_set": [{"name": "sure", "value": True}]})], events, in_order=False)
        is None
    )


def test_in_order_each_looks_after_what_the_one_before_found() -> None:
    started, ended = read_assertion({"flow_started": "pay"}), read_assertion({"flow_completed": {"flow_id": "pay"}})
    assert first_miss([started, ended], TURN, in_order=True) is None
    assert first_miss([ended, started], TURN, in_order=False) is None
    missed = first_miss([ended, started], TURN, in_order=True)
    assert missed is not None
    assert missed[0] == 1


def test_what_does_not_happen_moves_no_order_on() -> None:
    silent = read_assertion({"bot_did_not_utter": {"utter_name": "utter_failed"}})
    assert first_miss([silent, read_assertion({"flow_started": "pay"})], TURN, in_order=True) is None
