"""What the table of scenarios can't say of a turn: order of events, what they carry, repeated messages."""

from tests.dialogue.agents import Broken, Listening, Waiting, made, said, say, shape

from talkwright.conversation.timeline import timeline
from talkwright.engine.commands import SetSlot, StartFlow


def test_the_events_of_a_turn_stand_in_the_canonical_order() -> None:
    agent = made(Listening(StartFlow("send_money"), SetSlot("recipient", "Ann")))
    tracker = agent.new_tracker("me")
    result = say(agent, tracker)
    assert shape(result.events) == [
        "action action_session_start",
        "session_started",
        "action action_listen",
        "user",
        "slot flow_hashes",
        "stack",
        "slot recipient",
        "user_featurization",
        "stack",
        "flow_started send_money",
        "stack",
        "stack",
        "flow_started pattern_collect_information",
        "action action_run_slot_rejections",
        "stack",
        "stack",
        "flow_completed pattern_collect_information",
        "stack",
        "stack",
        "stack",
        "flow_started pattern_collect_information",
        "action action_run_slot_rejections",
        "stack",
        "stack",
        "action utter_ask_amount",
        "bot",
        "stack",
        "stack",
        "action action_listen",
        "bot_turn_ended",
    ]


def test_bot_events_tell_response_flow_and_step() -> None:
    agent = made(Listening(StartFlow("send_money")))
    result = say(agent, agent.new_tracker("me"))
    event = next(event for event in result.events if event.type == "bot")
    assert event.metadata["utter_action"] == "utter_ask_recipient"
    assert event.metadata["active_flow"] == "send_money"
    assert event.metadata["step_id"] == "send_money_0_collect_recipient"


def test_the_user_event_carries_commands_and_trace() -> None:
    agent = made(Listening(StartFlow("balance"), SetSlot("nonsense", 1)))
    result = say(agent, agent.new_tracker("me"), message_id="m-1", channel="web", metadata={"button_title": "Go"})
    event = next(event for event in result.events if event.type == "user")
    assert event.get("message_id") == "m-1"
    assert event.get("input_channel") == "web"
    assert event.metadata["button_title"] == "Go"
    parsed = event.get("parse_data")
    assert parsed["commands"] == [{"command": "start flow", "flow": "balance"}]
    assert len(parsed["trace"]["predicted"]) == 2
    assert parsed["trace"]["candidates"] == [{"flow": "x", "score": 1}]
    assert timeline(result.events)[-1]["user"] == {"text": "hello", "title": "Go", "message_id": "m-1"}


def test_a_repeated_message_id_is_ignored_and_a_new_one_is_not() -> None:
    agent = made(Listening(StartFlow("balance")))
    tracker = agent.new_tracker("me")
    assert said(say(agent, tracker, message_id="one")) == ["balance", "ask_continue_conversation"]
    count = len(tracker.events)
    assert say(agent, tracker, message_id="one").events == ()
    assert len(tracker.events) == count
    assert said(say(agent, tracker, message_id="two")) == ["balance", "ask_continue_conversation"]


def test_an_understanding_that_waits_is_awaited() -> None:
    agent = made(Waiting())
    assert said(say(agent, agent.new_tracker("me"))) == ["balance", "ask_continue_conversation"]


def test_an_understanding_that_fails_understands_nothing() -> None:
    agent = made(Broken())
    tracker = agent.new_tracker("me")
    assert said(say(agent, tracker, "/ask_send_money")) == ["ask_recipient"]
    assert said(say(agent, tracker)) == ["ask_recipient"]
