"""Flows that would never end: each is stopped, told, and the conversation goes on (5.2)."""

from typing import Any

import pytest
from tests.dialogue.agents import Listening, made, said, say, shape

from talkwright.assistant.items import ItemBody
from talkwright.engine.commands import CancelFlow, StartFlow
from talkwright.engine.dialogue.executor import MAX_MOVES
from talkwright.engine.dialogue.profile import Profile
from talkwright.engine.testing.scenario_results import shown_stack

ROUNDS: dict[str, dict[str, list[dict[str, Any]]]] = {
    "links in a circle": {"round": [{"link": "other"}], "other": [{"link": "round"}]},
    "links to itself": {"round": [{"link": "round"}]},
    "calls itself": {"round": [{"call": "round"}]},
    "calls in a circle": {"round": [{"call": "other"}], "other": [{"call": "round"}]},
    "writes for ever": {
        "round": [
            {"id": "a", "set_slots": [{"note": "x"}], "next": "b"},
            {"id": "b", "set_slots": [{"note": "y"}], "next": "a"},
        ]
    },
}


@pytest.mark.parametrize("flows", ROUNDS.values(), ids=ROUNDS.keys())
def test_a_flow_without_an_end_is_stopped_and_told(flows: dict[str, list[dict[str, Any]]]) -> None:
    items = [ItemBody("flow", name, {"description": name, "steps": steps}) for name, steps in flows.items()]
    listening = Listening(StartFlow("round"))
    agent = made(listening, *items)
    tracker = agent.new_tracker("me")
    result = say(agent, tracker)
    assert said(result) == ["internal_error_rasa", "ask_continue_conversation"]
    assert shown_stack(tracker) == "pattern_completed ?continue_conversation"
    assert shape(result.events).count("stack") < 4 * MAX_MOVES
    listening.commands = [StartFlow("balance")]
    assert said(say(agent, tracker)) == ["balance", "ask_continue_conversation"]


def test_a_loop_through_a_filled_question_is_cut_short_with_the_turn() -> None:
    steps = [{"set_slots": [{"note": "x"}]}, {"id": "a", "collect": "note", "next": "a"}]
    listening = Listening(StartFlow("round"))
    round_ = ItemBody("flow", "round", {"description": "r", "steps": steps})
    agent = made(listening, round_, profile=Profile(max_actions=30))
    tracker = agent.new_tracker("me")
    result = say(agent, tracker)
    assert said(result) == []
    assert shape(result.events).count("action action_run_slot_rejections") == 30
    listening.commands = [CancelFlow()]
    assert said(say(agent, tracker)) == ["flow_cancelled_rasa", "ask_continue_conversation"]


LOOP = [{"id": "a", "noop": True, "next": "b"}, {"id": "b", "noop": True, "next": "a"}]


@pytest.mark.parametrize("error", [LOOP, [{"noop": True, "next": "END"}]], ids=["loops too", "says nothing"])
def test_patterns_of_a_project_that_never_end_cost_the_stack_and_not_the_bot(error: list[dict[str, Any]]) -> None:
    items = [
        ItemBody("flow", "pattern_internal_error", {"description": "e", "steps": error}),
        ItemBody("flow", "pattern_completed", {"description": "c", "steps": [{"link": "round"}]}),
        ItemBody("flow", "round", {"description": "r", "steps": [{"noop": True, "next": "END"}]}),
    ]
    agent = made(Listening(StartFlow("round")), *items)
    tracker = agent.new_tracker("me")
    result = say(agent, tracker)
    assert said(result) == []
    assert shown_stack(tracker) == "idle"
    assert shape(result.events)[-1] == "bot_turn_ended"


def test_a_long_flow_without_an_action_between_ends_where_the_limit_is() -> None:
    def ended(steps: int) -> list[str]:
        long = ItemBody(
            "flow",
            "long",
            {
                "description": "l",
                "steps": [{"noop": True, "next": f"s{n + 1}", "id": f"s{n}"} for n in range(steps)]
                + [{"id": f"s{steps}", "action": "utter_sent"}],
            },
        )
        agent = made(Listening(StartFlow("long")), long)
        return said(say(agent, agent.new_tracker("me")))

    assert ended(MAX_MOVES - 2) == ["sent", "ask_continue_conversation"]
    assert ended(2 * MAX_MOVES) == ["internal_error_rasa", "ask_continue_conversation"]
