"""Steps of a timeline under the keys that the editor knows."""

from talkwright.backend.chats.placing import place_state, place_turn, places_of
from talkwright.database.models import FlowRevision

BODY = {
    "description": "pay",
    "steps": [
        {
            "collect": "amount",
            "next": [{"if": "slots.x", "then": [{"action": "utter_a", "next": "END"}]}, {"else": "done"}],
        },
        {"id": "done", "action": "utter_done"},
    ],
}
KEYS = {"/steps/0": "k-amount", "/steps/0/next/0/then/0": "k-a", "/steps/1": "done"}
FLOW = FlowRevision(model="m", name="pay", body=BODY, keys=KEYS)


def test_default_ids_nested_steps_and_explicit_ids_get_their_keys() -> None:
    assert places_of(FLOW) == {
        ("pay", "pay_0_collect_amount"): "k-amount",
        ("pay", "pay_1_utter_a"): "k-a",
        ("pay", "done"): "done",
    }


def test_a_turn_is_told_in_keys_and_unknown_steps_keep_their_ids() -> None:
    turn = {
        "entries": [
            {"kind": "step", "flow": "pay", "step": "pay_0_collect_amount"},
            {"kind": "step", "flow": "other", "step": "pay_0_collect_amount"},
            {"kind": "bot", "text": "hi"},
        ]
    }
    place_turn(turn, places_of(FLOW))
    assert [entry.get("step") for entry in turn["entries"]] == ["k-amount", "pay_0_collect_amount", None]


def test_where_the_conversation_stands_is_told_in_keys_too() -> None:
    state = {"flow": "pay", "step": "pay_0_collect_amount"}
    place_state(state, places_of(FLOW))
    assert state["step"] == "k-amount"


def test_a_flow_whose_body_is_no_map_has_no_places() -> None:
    assert places_of(FlowRevision(model="m", name="x", body=None, keys={})) == {}
