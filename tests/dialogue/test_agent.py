"""What the table of scenarios can't say: order of events, limits, edited flows, faults, repeated messages."""

import asyncio
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.timeline import timeline
from talkwright.conversation.tracker import Tracker
from talkwright.engine import logs
from talkwright.engine.agent import Agent
from talkwright.engine.commands import Command, SetSlot, StartFlow
from talkwright.engine.dialogue.profile import DEFAULT, Profile
from talkwright.engine.ports import ActionFailed, ActionRejected, ActionResult, TurnResult, Understood, UserMessage
from talkwright.engine.testing.scenario_files import load_scenarios
from talkwright.engine.testing.scenarios import shown_stack

ITEMS = load_scenarios(Path(__file__).parent / "scenarios" / "a_basics.yml")[0].items


class Listening:
    """An understanding that gives what it was told to."""

    def __init__(self, *commands: Command) -> None:
        self.commands: Sequence[Command] = commands

    def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:
        return Understood(commands=self.commands, trace={"source": "local", "candidates": [{"flow": "x", "score": 1}]})


class Waiting(Listening):
    """One that has to wait for its answer, as one with a language model has."""

    async def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:  # type: ignore[override] # the other half of the port
        await asyncio.sleep(0)
        return Understood(commands=[StartFlow("balance")])


class Broken(Listening):
    def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:
        raise RuntimeError("no understanding")


class Acting:
    """Custom actions with one answer for all."""

    def __init__(self, answer: ActionResult | Exception | None = None) -> None:
        self.answer = answer or ActionResult()
        self.asked: list[str] = []

    async def run(self, name: str, tracker: Tracker, domain: Any) -> ActionResult:
        self.asked.append(name)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def made(understanding: Listening, *more: ItemBody, actions: Acting | None = None, profile: Profile = DEFAULT) -> Agent:
    named = {(item.kind, item.name) for item in more}
    items = [item for item in ITEMS if (item.kind, item.name) not in named]
    assistant, _ = build_assistant([*items, *more])
    acting = actions or Acting()
    return Agent(assistant, understanding, acting, rng=random.Random(7), model_id="m1", model_name="n", profile=profile)


def say(agent: Agent, tracker: Tracker, text: str = "hello", **values: Any) -> TurnResult:
    return asyncio.run(agent.handle(tracker, UserMessage(text=text, **values)))


def said(result: TurnResult) -> list[str]:
    return [str(message.metadata.get("utter_action")).removeprefix("utter_") for message in result.messages]


def shape(events: Sequence[Event]) -> list[str]:
    """Event types with the name that matters, in order."""
    return [
        " ".join([event.type, *[str(event.get(key)) for key in ("name", "flow_id") if event.get(key)]])
        for event in events
    ]


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


def test_actions_that_call_each_other_for_ever_come_to_an_end() -> None:
    actions = Acting(ActionResult(events=[{"event": "followup", "name": "action_x"}]))
    agent = made(Listening(StartFlow("act")), *ACT, actions=actions, profile=Profile(max_actions=20))
    result = say(agent, agent.new_tracker("me"))
    assert 10 < len(actions.asked) <= 20
    assert shape(result.events)[-2:] == ["action action_listen", "bot_turn_ended"]


def test_a_fault_of_the_engine_itself_is_told_and_the_conversation_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = made(Listening(StartFlow("balance")))
    tracker = agent.new_tracker("me")
    perform = agent._performer.perform

    async def failing(ledger: Any, name: str) -> None:
        if name == "utter_balance":
            raise ZeroDivisionError
        await perform(ledger, name)

    monkeypatch.setattr(agent._performer, "perform", failing)
    assert said(say(agent, tracker)) == ["internal_error_rasa"]
    assert shown_stack(tracker) == "idle"
    monkeypatch.undo()
    assert said(say(agent, tracker)) == ["balance", "ask_continue_conversation"]


def test_logs_of_a_fault_hold_no_words_of_the_conversation(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agent = made(Listening(StartFlow("balance"), SetSlot("recipient", "canary-value")))

    async def failing(ledger: Any, name: str) -> None:
        raise ValueError("canary-value")

    monkeypatch.setattr(agent._performer, "perform", failing)
    tracker = agent.new_tracker("me")
    result = say(agent, tracker, "canary-text")
    assert shape(result.events)[-2:] == ["action action_listen", "bot_turn_ended"]
    assert shown_stack(tracker) == "idle"
    lines = [logs.Lines().format(record) for record in caplog.records]
    assert {json.loads(line)["event"] for line in lines} == {"turn_failed", "apology_failed"}
    assert json.loads(lines[0])["sender_id"] == "me"
    assert not [line for line in lines if "canary" in line]


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
