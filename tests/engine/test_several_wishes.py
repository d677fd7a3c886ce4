"""Messages with two wishes, or with an answer and a wish."""

import asyncio
from typing import Any

import pytest

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.engine.agent import Agent
from talkwright.engine.commands import SetSlot, StartFlow
from talkwright.engine.ports import UserMessage
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

from .conftest import NoActions

SLOTS = {
    "number_of_pots": {"type": "float"},
    "colour": {"type": "categorical", "values": ["white", "black"]},
    "with_lid": {"type": "bool"},
    "street": {"type": "text"},
}
COLLECTED = ("number_of_pots", "colour", "with_lid", "street")
FLOWS = {
    "order_pots": {
        "name": "order pots",
        "description": "Orders flower pots",
        "translation": {"de": {"name": "Töpfe bestellen"}},
        "steps": [*({"collect": name} for name in COLLECTED), {"action": "utter_ordered"}],
    },
    "opening_hours": {
        "name": "opening hours",
        "description": "Tells when the pottery is open",
        "translation": {"de": {"name": "Öffnungszeiten"}},
        "steps": [{"action": "utter_open"}],
    },
    "clay_course": {
        "name": "clay course",
        "description": "Books a course for beginners",
        "translation": {"de": {"name": "Töpferkurs buchen"}},
        "steps": [{"action": "utter_course"}],
    },
}
SAID = {"ordered": "Ordered.", "open": "From nine.", "course": "Booked.", **{f"ask_{name}": name for name in SLOTS}}
ORDER, HOURS, COURSE = (StartFlow(flow).to_dict() for flow in FLOWS)


@pytest.fixture(scope="module")
def agent() -> Agent:
    items = [ItemBody("slot", name, body) for name, body in SLOTS.items()]
    items += [ItemBody("flow", name, body) for name, body in FLOWS.items()]
    items += [ItemBody("response", f"utter_{name}", [{"text": text}]) for name, text in SAID.items()]
    config = ItemBody("config", "config.yml", {"language": "en", "additional_languages": ["de"]})
    assistant, _ = build_assistant([*items, config])
    return Agent(assistant, LocalUnderstanding(train_classifier(assistant)), NoActions())


def turn(agent: Agent, *texts: str) -> tuple[list[dict[str, Any]], list[str | None]]:
    """What the last of some messages was taken for, and what was said to it."""
    tracker = agent.new_tracker("ann")
    for text in texts:
        result = asyncio.run(agent.handle(tracker, UserMessage(text=text, sender="ann")))
    heard = next(one for one in result.events if one.type == "user").get("parse_data")
    return heard["trace"]["predicted"], [message.text for message in result.messages]


def sets(name: str, value: Any) -> dict[str, Any]:
    return SetSlot(name, value, "LLM").to_dict()


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("opening hours please, and order pots", [HOURS, ORDER]),
        ("order pots and tell me the opening hours", [ORDER, HOURS]),
        ("clay course. also opening hours?", [COURSE, HOURS]),
        ("I want to order pots but first tell me the opening hours", [HOURS, ORDER]),
        ("Öffnungszeiten bitte, und Töpfe bestellen", [HOURS, ORDER]),
        ("opening hours and order 3 pots", [HOURS, ORDER, sets("number_of_pots", 3.0)]),
    ],
)
def test_two_sure_wishes_start_two_flows_the_first_one_first(
    agent: Agent, text: str, commands: list[dict[str, Any]]
) -> None:
    assert turn(agent, text)[0] == commands


def test_the_first_flow_runs_before_the_second_and_nothing_is_offered(agent: Agent) -> None:
    assert turn(agent, "opening hours please, and order pots")[1] == ["From nine.", "number_of_pots"]


@pytest.mark.parametrize("text", ["order white pots and black", "order pots, please", "order pots and lids"])
def test_one_wish_stays_one(agent: Agent, text: str) -> None:
    commands = turn(agent, text)[0]
    assert [command["flow"] for command in commands if command["command"] == "start flow"] == ["order_pots"]


@pytest.mark.parametrize(
    ("talk", "commands"),
    [
        (("white", "yes, and tell me the opening hours"), [sets("with_lid", True), HOURS]),
        (("white", "no and a clay course please"), [sets("with_lid", False), COURSE]),
        (("black, and the opening hours please",), [sets("colour", "black"), HOURS]),
    ],
)
def test_an_answer_and_a_wish_both_count(agent: Agent, talk: tuple[str, ...], commands: list[dict[str, Any]]) -> None:
    assert turn(agent, "order pots", "2", *talk)[0] == commands


def test_after_the_wish_the_flow_goes_on_behind_the_answer(agent: Agent) -> None:
    talk = ("order pots", "2", "white", "yes, and tell me the opening hours")
    offer = "Shall we go on with “order pots”?"
    assert turn(agent, *talk)[1] == ["From nine.", offer]
    assert turn(agent, *talk, "yes")[1] == ["street"]


@pytest.mark.parametrize(("text", "kind"), [("thanks", "thanks"), ("Danke!", "thanks"), ("bye", "farewell")])
def test_thanks_are_no_answer_in_words(agent: Agent, text: str, kind: str) -> None:
    assert turn(agent, "order pots", "2", "white", "yes", text)[0] == [{"command": "chitchat", "kind": kind}]


def test_an_answer_in_words_may_hold_any_and(agent: Agent) -> None:
    text = "Mill Lane 5 and ring twice"
    assert turn(agent, "order pots", "2", "white", "yes", text)[0] == [sets("street", text)]


def test_of_several_numbers_the_one_that_counts_the_slots_thing_fills_it(agent: Agent) -> None:
    assert turn(agent, "order 12 pots for 20 Mill Lane")[0] == [ORDER, sets("number_of_pots", 12.0)]
