"""Flows that change under a running conversation, and flows that must not be changed by one."""

import json

from tests.dialogue.agents import ITEMS, Listening, made, said, say, shape

from talkwright.assistant.items import ItemBody
from talkwright.conversation import events as ev
from talkwright.engine.commands import SetSlot, StartFlow
from talkwright.engine.testing.scenario_results import shown_stack


def edited(step: str) -> ItemBody:
    steps = [{"collect": "recipient"}, {"action": step}]
    return ItemBody("flow", "send_money", {"description": "pay a person", "steps": steps})


def test_an_edited_flow_on_the_stack_is_told_and_ended() -> None:
    before, after = made(Listening(StartFlow("send_money"))), made(Listening(), edited("utter_sent"))
    tracker = before.new_tracker("me")
    say(before, tracker)
    moved = after.restored_tracker("me", tracker.events)
    assert said(say(after, moved)) == ["inform_code_change", "ask_continue_conversation"]
    assert shown_stack(moved) == "pattern_completed ?continue_conversation"


def test_an_edited_flow_elsewhere_changes_nothing() -> None:
    balance = ItemBody("flow", "balance", {"description": "b", "steps": [{"action": "utter_sent"}]})
    before, after = made(Listening(StartFlow("send_money"))), made(Listening(SetSlot("recipient", "Ann")), balance)
    tracker = before.new_tracker("me")
    say(before, tracker)
    moved = after.restored_tracker("me", tracker.events)
    result = say(after, moved)
    assert said(result) == ["ask_amount"]
    assert "slot flow_hashes" in shape(result.events)
    assert "slot flow_hashes" not in shape(say(after, moved).events)


def test_another_text_or_description_is_no_edit_of_the_flow() -> None:
    body = next(item.body for item in ITEMS if (item.kind, item.name) == ("flow", "send_money"))
    other = ItemBody("flow", "send_money", {**body, "description": "other words", "name": "pay"})
    before, after = made(Listening(StartFlow("send_money"))), made(Listening(SetSlot("recipient", "Ann")), other)
    tracker = before.new_tracker("me")
    say(before, tracker)
    assert said(say(after, after.restored_tracker("me", tracker.events))) == ["ask_amount"]


def test_a_step_that_is_gone_takes_its_frame_along() -> None:
    agent = made(Listening(StartFlow("balance")))
    tracker = agent.new_tracker("me")
    agent.start_session(tracker)
    frame = {"frame_id": "X", "type": "flow", "flow_id": "balance", "step_id": "gone", "frame_type": "regular"}
    update = json.dumps([{"op": "add", "path": "/0", "value": frame}])
    tracker.apply(ev.stack(update))
    agent._understanding = Listening()
    assert said(say(agent, tracker)) == []
    assert shown_stack(tracker) == "idle"


def test_a_persisted_list_stays_as_written_after_a_hundred_runs() -> None:
    child = ItemBody(
        "flow", "child", {"description": "c", "if": False, "persisted_slots": ["c"], "steps": [{"collect": "c"}]}
    )
    agent = made(Listening(StartFlow("parent"), SetSlot("p", "1"), SetSlot("c", "2")), child)
    tracker = agent.new_tracker("me")
    for _ in range(100):
        assert said(say(agent, tracker)) == ["parent_done", "ask_continue_conversation"]
    assert agent.assistant.flows["parent"].persisted_slots == ()
    assert agent.assistant.flows["child"].persisted_slots == ("c",)
    assert tracker.slots["c"] == "2"
    assert tracker.slots["p"] is None
