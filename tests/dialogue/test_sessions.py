"""Sessions: their beginning, end, language, and what the project adds."""

from tests.dialogue.agents import Acting, Listening, made, said, say, shape

from talkwright.assistant.items import ItemBody
from talkwright.conversation import events as ev
from talkwright.engine.commands import StartFlow
from talkwright.engine.ports import ActionResult
from talkwright.engine.testing.scenario_results import shown_stack


def test_every_event_carries_model_assistant_and_session_and_a_later_time() -> None:
    agent = made(Listening(StartFlow("balance")))
    tracker = agent.new_tracker("me")
    say(agent, tracker)
    assert tracker.current_session_id is not None
    for event in tracker.events[1:]:
        assert event.metadata["model_id"] == "m1"
        assert event.metadata["model_name"] == "n"
        assert event.metadata["assistant_id"] == "scenarios"
        assert event.metadata["default_language"] == "en"
        assert event.metadata["session_id"] == tracker.current_session_id
    times = [event.timestamp for event in tracker.events]
    assert times == sorted(set(times))


def test_a_message_after_the_end_begins_a_new_session() -> None:
    agent = made(Listening(StartFlow("balance")))
    tracker = agent.new_tracker("me")
    say(agent, tracker, "/session_end")
    assert tracker.terminated
    assert said(say(agent, tracker)) == ["balance", "ask_continue_conversation"]
    assert not tracker.terminated
    assert shape(tracker.events).count("session_started") == 2


def test_a_session_takes_the_language_that_the_channel_tells() -> None:
    config = ItemBody(
        "config", "config.yml", {"assistant_id": "scenarios", "language": "en", "additional_languages": ["de"]}
    )
    agent = made(Listening(StartFlow("balance")), config)
    tracker = agent.new_tracker("me")
    result = say(agent, tracker, metadata={"language": "de"})
    assert result.messages[-1].text == "Kann ich sonst noch etwas für Sie tun?"
    other = agent.new_tracker("you")
    result = say(agent, other, metadata={"language": "fr"})
    assert result.messages[-1].text == "Is there anything else I can do for you?"


def test_the_project_may_add_to_the_session_start() -> None:
    answer = ActionResult(
        events=[
            {"event": "session_started"},
            {"event": "slot", "name": "note", "value": "new here"},
            {"event": "action", "name": "action_listen"},
        ],
        responses=[{"text": "Welcome!"}],
    )
    actions = Acting(answer)
    agent = made(Listening(StartFlow("balance")), ItemBody("action", "action_session_start", {}), actions=actions)
    tracker = agent.new_tracker("me")
    result = say(agent, tracker)
    assert actions.asked == ["action_session_start"]
    assert result.messages[0].text == "Welcome!"
    assert shape(result.events).count("session_started") == 1
    assert shape(result.events).index("action action_listen") < shape(result.events).index("user")
    assert tracker.slots["note"] == "new here"


def test_events_written_before_a_restart_keep_their_session() -> None:
    agent = made(Listening(StartFlow("send_money")))
    tracker = agent.new_tracker("me")
    say(agent, tracker)
    first = tracker.current_session_id
    result = say(agent, tracker, "/restart")
    assert next(event for event in result.events if event.type == "user").metadata["session_id"] == first
    assert result.events[-1].metadata["session_id"] == tracker.current_session_id != first


def test_a_paused_conversation_is_listened_to_and_not_answered() -> None:
    agent = made(Listening(StartFlow("balance")))
    tracker = agent.new_tracker("me")
    agent.start_session(tracker)
    tracker.apply(ev.plain("pause"))
    assert said(say(agent, tracker)) == []
    assert shown_stack(tracker) == "idle"
    tracker.apply(ev.plain("resume"))
    assert said(say(agent, tracker)) == ["balance", "ask_continue_conversation"]
