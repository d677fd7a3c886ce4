"""The project's own actions: refused, failing, endless, asking for what they may not have."""

from tests.dialogue.agents import Acting, Listening, made, said, say, shape

from talkwright.assistant.items import ItemBody
from talkwright.conversation.timeline import timeline
from talkwright.engine.commands import StartFlow
from talkwright.engine.ports import ActionFailed, ActionRejected, ActionResult
from talkwright.engine.testing.scenario_results import shown_stack

ACT = (
    ItemBody(
        "flow",
        "act",
        {
            "description": "a",
            "run_pattern_completed": False,
            "steps": [{"action": "action_x"}, {"action": "utter_sent"}],
        },
    ),
    ItemBody("action", "action_x", {}),
)


def test_a_rejected_action_is_told_and_the_flow_goes_on() -> None:
    agent = made(Listening(StartFlow("act")), *ACT, actions=Acting(ActionRejected("no")))
    result = say(agent, agent.new_tracker("me"))
    assert said(result) == ["sent"]
    assert "action_execution_rejected action_x" in shape(result.events)


def test_a_failed_action_tells_its_address_in_the_timeline() -> None:
    failure = ActionFailed("No connection.", address="http://localhost:5055/webhook")
    agent = made(Listening(StartFlow("act")), *ACT, actions=Acting(failure))
    result = say(agent, agent.new_tracker("me"))
    assert said(result) == ["internal_error_rasa", "flow_cancelled_rasa"]
    errors = [entry for entry in timeline(result.events)[-1]["entries"] if entry["kind"] == "error"]
    assert [(line["name"], line["error"], line["address"]) for line in errors] == [
        ("action_x", "No connection.", "http://localhost:5055/webhook")
    ]


def test_whatever_an_action_raises_the_conversation_goes_on() -> None:
    agent = made(Listening(StartFlow("act")), *ACT, actions=Acting(KeyError("x")))
    tracker = agent.new_tracker("me")
    assert said(say(agent, tracker)) == ["internal_error_rasa", "flow_cancelled_rasa"]
    assert shown_stack(tracker) == "idle"


def test_an_action_can_neither_touch_the_stack_nor_flows_nor_unknown_slots() -> None:
    answer = ActionResult(
        events=[
            {"event": "stack", "update": '[{"op":"remove","path":"/0"}]'},
            {"event": "flow_completed", "flow_id": "act"},
            {"event": "user", "text": "I said this"},
            {"event": "slot", "name": "unheard_of", "value": 1},
            {"event": "slot", "name": "note", "value": {"any": "value"}},
            {"no": "event"},
        ]
    )
    agent = made(Listening(StartFlow("act")), *ACT, actions=Acting(answer))
    tracker = agent.new_tracker("me")
    result = say(agent, tracker)
    assert said(result) == ["sent"]
    assert "unheard_of" not in tracker.slots
    assert tracker.slots["note"] == {"any": "value"}
    assert tracker.filled_by["note"] == "CUSTOM"
    assert shape(result.events).count("flow_completed act") == 1
    assert shape(result.events).count("user") == 1


def test_what_an_action_may_not_write_is_dropped_and_named() -> None:
    events = [{"event": "stack", "update": "[]"}, {"event": "undo"}, {"event": "slot", "name": "note", "value": "x"}]
    agent = made(Listening(StartFlow("act")), *ACT, actions=Acting(ActionResult(events=events)))
    result = say(agent, agent.new_tracker("me"))
    (acted,) = [event for event in result.events if event.get("name") == "action_x"]
    assert acted.metadata["dropped_events"] == ["stack", "undo"]
    assert "undo" not in shape(result.events)


def test_actions_that_call_each_other_for_ever_are_left_after_ten() -> None:
    actions = Acting(ActionResult(events=[{"event": "followup", "name": "action_x"}]))
    agent = made(Listening(StartFlow("act")), *ACT, actions=actions)
    result = say(agent, agent.new_tracker("me"))
    assert len(actions.asked) == 11
    assert said(result)[0] == "sent", "the flow goes on"
    assert shape(result.events)[-2:] == ["action action_listen", "bot_turn_ended"]


def test_controlled_slots_are_filled_by_their_action_with_every_message() -> None:
    answer = ActionResult(
        events=[{"event": "slot", "name": "clock", "value": "noon"}, {"event": "followup", "name": "utter_sent"}]
    )
    slot = {"type": "text", "mappings": [{"type": "controlled", "run_action_every_turn": "action_clock"}]}
    actions = Acting(answer)
    agent = made(Listening(), ItemBody("slot", "clock", slot), ItemBody("action", "action_clock", {}), actions=actions)
    tracker = agent.new_tracker("me")
    assert said(say(agent, tracker)) == []
    assert tracker.slots["clock"] == "noon"
    actions.answer = ActionFailed("gone")
    assert said(say(agent, tracker)) == []
    assert actions.asked == ["action_clock", "action_clock"]
    assert tracker.slots["clock"] == "noon"
