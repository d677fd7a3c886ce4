"""Corrections as people say them, at a confirmation, at an offer to go on and while a text is asked for."""

import asyncio
from typing import Any

import pytest

from talkwright.engine.agent import Agent
from talkwright.engine.commands import SetSlot, StartFlow
from talkwright.engine.ports import UserMessage

GIFT = ("buy a gift voucher", "Bob", "50")
RENTAL = ("rent me a bike please", "3")


def said(agent: Agent, *texts: str) -> list[dict[str, Any]]:
    """What the last of some messages was taken for."""
    tracker, predicted = agent.new_tracker("ann"), []
    for text in texts:
        result = asyncio.run(agent.handle(tracker, UserMessage(text=text, sender="ann")))
        predicted = next(one for one in result.events if one.type == "user").get("parse_data")["trace"]["predicted"]
    return predicted


def sets(name: str, value: Any) -> dict[str, Any]:
    return SetSlot(name, value, "LLM").to_dict()


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("wait, 60", "gift_amount", 60.0),
        ("no wait, it is 70 euros", "gift_amount", 70.0),
        ("Nein warte, siebzig", "gift_amount", 70.0),
        ("oops - 80", "gift_amount", 80.0),
        ("the receiver is Anna", "gift_receiver", "Anna"),
        ("no, the receiver is Anna", "gift_receiver", "Anna"),
        ("the receiver should be Anna", "gift_receiver", "Anna"),
        ("my amount is 90", "gift_amount", 90.0),
        ("Der Betrag ist 90", "gift_amount", 90.0),
    ],
)
def test_an_answer_is_corrected_at_the_confirmation(agent: Agent, text: str, slot: str, value: Any) -> None:
    assert said(agent, *GIFT, text) == [sets(slot, value)]


@pytest.mark.parametrize("text", ["no wait", "no, wait a moment", "the receiver is right"])
def test_a_message_without_a_value_changes_no_answer(agent: Agent, text: str) -> None:
    assert all(command.get("name") not in ("gift_amount", "gift_receiver") for command in said(agent, *GIFT, text))


def test_a_text_question_takes_no_new_value_of_an_earlier_answer(agent: Agent) -> None:
    assert said(agent, *RENTAL, "wait, 5 days") == [sets("rental_days", 5.0)]


def test_what_answers_the_open_question_is_its_answer_even_behind_a_wait(agent: Agent) -> None:
    assert said(agent, "rent me a bike please", "wait, 5") == [sets("rental_days", 5.0)]


@pytest.mark.parametrize(("text", "value"), [("no, 70", 70.0), ("wait, it is 60", 60.0), ("Nein, 40 Euro", 40.0)])
def test_a_correction_at_the_offer_to_go_on_goes_on(agent: Agent, text: str, value: float) -> None:
    talk = (*GIFT, "when are you open today?", text)
    assert said(agent, *talk) == [StartFlow("gift_voucher").to_dict(), sets("gift_amount", value)]


def test_the_flow_goes_on_with_the_corrected_answer(agent: Agent) -> None:
    tracker = agent.new_tracker("ann")
    for text in (*GIFT, "when are you open today?", "no, 70"):
        result = asyncio.run(agent.handle(tracker, UserMessage(text=text, sender="ann")))
    assert tracker.slots["gift_amount"] == 70.0
    assert [message.text for message in result.messages][-1] == "A voucher of 70 for Bob?"


def test_a_plain_no_at_the_offer_is_one(agent: Agent) -> None:
    talk = (*GIFT, "when are you open today?", "no, thanks")
    assert said(agent, *talk) == [sets("continue_interrupted_flow_confirmation", False)]
