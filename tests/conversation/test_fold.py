import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from talkwright.assistant.compatibility import DEFAULT
from talkwright.conversation.classic import from_dict
from talkwright.conversation.events import Event
from talkwright.conversation.fold import dump_state, fold, fold_all, load_state, new_state, view
from talkwright.conversation.timeline import replay, timeline
from talkwright.conversation.tracker import Tracker
from talkwright.engine.testing.scenario_files import load_scenarios
from talkwright.engine.testing.scenarios import play

FILES = sorted((Path(__file__).parent.parent / "dialogue" / "scenarios").glob("[a-z]_*.yml"))
SCENARIOS = [scenario for path in FILES for scenario in load_scenarios(path)][::3]


def conversation(name: str = "T09") -> tuple[Event, ...]:
    scenario = next(row for path in FILES for row in load_scenarios(path) if row.id == name)
    return asyncio.run(play(scenario, DEFAULT)).events


VALUE = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4) | st.lists(st.none(), max_size=2)
FOREIGN = st.fixed_dictionaries(
    {
        "event": st.sampled_from(
            [
                "user",
                "bot",
                "action",
                "slot",
                "stack",
                "flow_started",
                "flow_completed",
                "flow_cancelled",
                "session_started",
                "session_ended",
                "restart",
                "reset_slots",
                "bot_turn_ended",
                "error",
                "agent_started",
                "mcp_tool_executed",
                "undo",
                "routing_session_ended",
                "never_heard_of",
            ]
        ),
        "timestamp": st.floats(0, 2e9),
    },
    optional={
        "name": st.sampled_from(["a", "b", "action_listen", "utter_x"]) | VALUE,
        "value": VALUE,
        "flow_id": st.sampled_from(["f", "g"]) | VALUE,
        "step_id": VALUE,
        "text": VALUE,
        "data": VALUE,
        "parse_data": VALUE
        | st.fixed_dictionaries({"commands": VALUE | st.lists(st.just({"command": "cancel flow"}))}),
        "update": VALUE
        | st.sampled_from(
            [
                '[{"op":"add","path":"/0","value":{"frame_id":"X","type":"flow","flow_id":"f","step_id":"START"}}]',
                '[{"op":"replace","path":"/0/step_id","value":"s1"}]',
                '[{"op":"add","path":"/0","value":7}]',
                '[{"op":"remove","path":"/0"}]',
            ]
        ),
        "metadata": VALUE | st.fixed_dictionaries({"session_id": VALUE, "model_id": VALUE, "execution_times": VALUE}),
    },
).map(from_dict)


def chunked(events: Sequence[Event], cuts: list[int]) -> tuple[str, list]:
    """Folds in pieces, the state saved and loaded between them."""
    state, changes = new_state(), []
    edges = sorted({0, len(events), *(cut % (len(events) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(edges):
        state, made = fold_all(load_state(dump_state(state)), events[start:end])
        changes += made
    return dump_state(state), changes


@given(st.lists(FOREIGN, max_size=25), st.lists(st.integers(0, 50), max_size=5))
@settings(max_examples=150)
def test_events_of_any_bot_fold_the_same_whole_and_in_pieces(events: list[Event], cuts: list[int]) -> None:
    state, changes = fold_all(new_state(), events)
    assert chunked(events, cuts) == (dump_state(state), changes)
    timeline(events)
    view(state)


@given(st.lists(FOREIGN, max_size=25))
@settings(max_examples=150)
def test_the_fold_and_the_tracker_agree_on_stack_slots_and_end(events: list[Event]) -> None:
    state, _ = fold_all(new_state({"a": 1}), events)
    tracker = Tracker.from_events("me", {"a": 1}, events)
    assert (list(state.stack), state.slots) == ([dict(frame) for frame in tracker.stack], tracker.slots)
    assert state.terminated == tracker.terminated


@given(st.data())
@settings(max_examples=25)
def test_real_conversations_fold_the_same_whole_and_in_pieces(data: st.DataObject) -> None:
    events = asyncio.run(play(data.draw(st.sampled_from(SCENARIOS)), DEFAULT)).events
    cuts = data.draw(st.lists(st.integers(0, 200), max_size=6))
    state, changes = fold_all(new_state(), events)
    assert chunked(events, cuts) == (dump_state(state), changes)


def test_a_conversation_becomes_turns_with_their_lines() -> None:
    turns = timeline(conversation("T09"))
    assert [turn["number"] for turn in turns] == [1, 2, 3]
    first = turns[0]
    assert [entry["kind"] for entry in first["entries"]] == [
        "session",
        "command",
        "flow_started",
        "step",
        "bot",
        "flow_completed",
        "flow_started",
        "step",
        "bot",
        "waiting",
    ]
    said = [entry["name"] for entry in first["entries"] if entry["kind"] == "bot"]
    assert said == ["utter_balance", "utter_ask_continue_conversation"]
    waiting = [entry for entry in first["entries"] if entry["kind"] == "waiting"]
    assert [(entry["flow"], entry["slot"]) for entry in waiting] == [("pattern_completed", "continue_conversation")]
    steps = [
        (entry["flow"], entry["step"], entry["data"]["kind"]) for entry in first["entries"] if entry["kind"] == "step"
    ]
    assert steps == [
        ("balance", "balance_0_utter_balance", "action"),
        ("pattern_completed", "anything_else", "collect"),
    ]
    assert first["trace"]["understanding"]["commands"] == [{"command": "start flow", "flow": "balance"}]
    assert set(first["trace"]["times"]) == {"understanding", "dialogue", "total"}
    assert first["duration_ms"] == first["trace"]["times"]["total"] > 0
    assert first["model"] == {"id": "scenario", "version": None}
    assert first["at"].startswith("2027-01-15T08:00:0")


def test_a_branch_taken_is_told_with_its_condition() -> None:
    turns = timeline(conversation("T05"))
    branches = [
        (entry["step"], entry["branch"])
        for entry in turns[-1]["entries"]
        if entry["kind"] == "step" and entry["flow"] == "send_money"
    ]
    assert branches == [("sent", "slots.confirm")]


def test_slots_tell_their_old_and_new_values() -> None:
    turns = timeline(conversation("T05"))
    told = [(entry["name"], entry["old"], entry["new"]) for entry in turns[-1]["entries"] if entry["kind"] == "slot"]
    assert told[0] == ("confirm", None, True)
    assert ("recipient", "Ann", None) in told


def test_the_state_shows_where_the_conversation_stands() -> None:
    turns, state = replay(conversation("T03"))
    shown = view(state)
    assert (shown["flow"], shown["step"]) == ("send_money", "send_money_1_collect_amount")
    assert shown["slots"]["recipient"] == {"value": "Ann", "changed_in_turn": 1}
    assert "flow_hashes" not in shown["slots"]
    assert len(turns) == 1
    assert not shown["terminated"]


def test_runs_of_flows_end_with_an_outcome() -> None:
    _, changes = fold_all(new_state(), conversation("T20"))
    visits = [(change.data["flow"], change.data["outcome"]) for change in changes if change.kind == "visit"]
    assert ("dumb", "cancelled") in visits
    assert ("dumb", "completed") not in visits
    told = [line["kind"] for line in timeline(conversation("T20"))[-1]["entries"] if line.get("flow") == "dumb"]
    assert told == ["flow_started", "step", "flow_cancelled"]


def test_a_failed_action_shows_its_error_and_address() -> None:
    event = from_dict(
        {
            "event": "action",
            "name": "action_pay",
            "timestamp": 3.0,
            "metadata": {
                "execution_success": False,
                "execution_error_message": "no connection",
                "address": "http://localhost:5055/webhook",
            },
        }
    )
    _, changes = fold(new_state(), event)
    line = changes[-1].data
    assert (line["kind"], line["name"], line["error"], line["address"]) == (
        "error",
        "action_pay",
        "no connection",
        "http://localhost:5055/webhook",
    )


def test_an_event_that_cannot_be_taken_in_is_told_to_the_log_once_and_without_its_text() -> None:
    when: Any = "at noon"  # bots of others write what they like
    broken = Event("bot", when, {"text": "my secret", "data": {}}, {})
    with capture_logs() as told:
        for _ in range(3):
            assert fold(new_state(), broken)[1] == []
    (line,) = told
    assert (line["event"], line["kind"], line["error"]) == ("event_not_folded", "bot", "TypeError")
    assert "secret" not in str(line)
    assert "noon" not in str(line)


def test_a_bots_message_tells_what_its_answer_was_found_in() -> None:
    found = {"mode": "extractive", "results": [{"source": "hours.md", "heading": "Weekends", "score": 0.8}]}
    said = Event("bot", 1.0, {"text": "Till noon.", "data": {}}, {"search": found})
    (changed,) = (change for change in fold(new_state(), said)[1] if change.kind == "entry")
    assert changed.data["search"] == found
