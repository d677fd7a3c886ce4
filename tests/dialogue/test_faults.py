"""Faults of the engine itself: told, logged without words, and survived."""

import json
from typing import Any

import pytest
from tests.dialogue.agents import Listening, made, said, say, shape

from talkwright.engine import logs
from talkwright.engine.commands import SetSlot, StartFlow
from talkwright.engine.testing.scenario_results import shown_stack


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
