"""Bare yes and no, small words and places in lists: what they may mean, and what never."""

import asyncio
from typing import Any

import pytest

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.commands import CannotHandle, Knowledge
from talkwright.engine.model import Model
from talkwright.engine.ports import UserMessage
from talkwright.engine.understanding.local.answers.categories import Option, category_answer, yes_or_no_choice
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

from .conftest import NoActions

RATING = [Option("satisfied", ("satisfied", "Zufrieden")), Option("unsatisfied", ("unsatisfied", "Nicht zufrieden"))]
COLOURS = [Option("red", ("red",)), Option("blue", ("blue",))]


class KnowsAll:
    """Documents that answer whatever they are asked."""

    sure = 0.5

    def answers(self, message: str) -> float:
        return 1.0


@pytest.fixture(scope="module")
def searching() -> tuple[Assistant, LocalUnderstanding]:
    """An assistant that asks for two things and looks everything else up."""
    steps = [{"collect": "guests"}, {"collect": "seat"}]
    items = [
        ItemBody("flow", "book_table", {"description": "Book a table in the restaurant", "steps": steps}),
        ItemBody("flow", "pattern_search", {"description": "looks up", "steps": [{"action": "action_trigger_search"}]}),
        ItemBody("slot", "guests", {"type": "float"}),
        ItemBody("slot", "seat", {"type": "categorical", "values": ["inside", "garden"]}),
        ItemBody("response", "utter_ask_guests", [{"text": "How many are you?"}]),
        ItemBody("response", "utter_ask_seat", [{"text": "Where would you like to sit?"}]),
    ]
    assistant, _ = build_assistant(items)
    return assistant, LocalUnderstanding(train_classifier(assistant), documents=KnowsAll())


def predicted(assistant: Assistant, understanding: LocalUnderstanding, *texts: str) -> list[dict[str, Any]]:
    """What the last of some messages was taken for."""
    agent = Agent(assistant, understanding, NoActions())
    tracker, found = agent.new_tracker("ann"), []
    for text in texts:
        result = asyncio.run(agent.handle(tracker, UserMessage(text=text, sender="ann")))
        found = next(one for one in result.events if one.type == "user").get("parse_data")["trace"]["predicted"]
    return found


@pytest.mark.parametrize("text", ["no", "Nein.", "yes please", "and", "so", "it is"])
def test_small_words_are_never_looked_up_and_start_nothing(
    searching: tuple[Assistant, LocalUnderstanding], text: str
) -> None:
    assistant, understanding = searching
    understood = understanding.understand(text, Tracker("x", {}), assistant, language="en")
    assert list(understood.commands) == [CannotHandle()]
    assert predicted(*searching, "book a table", text) == [CannotHandle().to_dict()]
    assert predicted(*searching, "book a table", "4", text) == [CannotHandle().to_dict()]


def test_a_short_question_is_looked_up_all_the_same(searching: tuple[Assistant, LocalUnderstanding]) -> None:
    assert predicted(*searching, "where are you?") == [Knowledge().to_dict()]


def test_yes_and_no_choose_among_a_value_and_its_opposite() -> None:
    found = [yes_or_no_choice(said, RATING) for said in (True, False)]
    assert [one.value for one in found if one is not None] == ["satisfied", "unsatisfied"]
    assert yes_or_no_choice(False, COLOURS) is None
    assert yes_or_no_choice(True, RATING[:1]) is None


def test_no_rates_a_conversation_as_unsatisfying(workshop: Model) -> None:
    understanding = LocalUnderstanding(workshop.classifier)
    (rated,) = predicted(workshop.assistant, understanding, "when are you open", "no", "no")
    assert (rated["name"], rated["value"]) == ("csat_score", "unsatisfied")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the first one", "satisfied"),
        ("second one please", "unsatisfied"),
        ("I'd like the second one, if that is all right", "unsatisfied"),
        ("I want something else, but first tell me your address", None),
    ],
)
def test_a_place_in_a_list_is_no_place_in_time(text: str, value: str | None) -> None:
    choice = category_answer(text, RATING, "en")
    assert (choice.value if choice is not None else None) == value


def test_an_article_before_a_choice_is_no_number(searching: tuple[Assistant, LocalUnderstanding]) -> None:
    assert predicted(*searching, "book a table", "ein garden") == [Knowledge().to_dict()]
    assert predicted(*searching, "book a table", "ein Gast")[0]["value"] == 1.0


@pytest.mark.parametrize(("slot", "text", "kept"), [("guest_name", "12,5", False), ("tour_name", "66", True)])
def test_a_bare_number_is_nobodys_name(slot: str, text: str, kept: bool) -> None:
    flow = {"description": "Join a tour of the town", "steps": [{"collect": slot}]}
    items = [
        ItemBody("flow", "join_tour", flow),
        ItemBody("slot", slot, {"type": "text"}),
        ItemBody("response", f"utter_ask_{slot}", [{"text": "What is the name?"}]),
    ]
    assistant, _ = build_assistant(items)
    (found,) = predicted(assistant, LocalUnderstanding(train_classifier(assistant)), "join a tour", text)
    assert found.get("value") == (text if kept else None)
