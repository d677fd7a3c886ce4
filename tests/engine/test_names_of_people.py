"""Answers to a question for somebody's name, and values that stand alone where yes or no is asked."""

import asyncio
from typing import Any

import pytest

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.engine.agent import Agent
from talkwright.engine.commands import SetSlot
from talkwright.engine.ports import UserMessage
from talkwright.engine.understanding.local.answers.persons import is_no_name, looks_like_a_name
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

from .conftest import NoActions

NONE = "the second one|die zweite|first|vier Kilo|4 kilos|twelve|12,5|zwölf Säcke|a dog|ein Hund|7"
NAMES = "Ann Lee|Kim|Jürgen Groß|Corrie ten Boom|Ten Boom|Otto der Große|An Nguyen|Li|O'Neill|max|John Smith the third"
ALONE = "Kim|Kim Park|Anna-Lena Weber|Jean-Luc|Zoë O'Neill|Bärbel"
NOT_ALONE = "kim|Maybe|Vielleicht|Tomorrow|Hund|Four|The second|It is a dog which barks|Kim!?|Montag"
SLOTS = {
    "instrument": {"type": "categorical", "values": ["piano", "violin"]},
    "weeks": {"type": "float"},
    "pupil_name": {"type": "text"},
    "right": {"type": "bool"},
    "lesson_day": {"type": "text"},
}
COLLECTED = [{"collect": name} for name in ("instrument", "weeks", "pupil_name")]
FLOWS = {
    "take_lessons": {
        "name": "take music lessons",
        "description": "Books music lessons",
        "steps": [*COLLECTED, {"collect": "right", "ask_before_filling": True}, {"action": "utter_booked"}],
    },
    "move_lesson": {
        "name": "move a lesson",
        "description": "Puts off lessons that were booked",
        "steps": [{"collect": "lesson_day"}],
    },
}
SAID = {"ask_right": "All right so?", "booked": "Booked.", **{f"ask_{name}": f"The {name}, please." for name in SLOTS}}
TALK = ("take music lessons", "piano", "6", "Ann Lee")


@pytest.fixture(scope="module")
def agent() -> Agent:
    items = [ItemBody("slot", name, body) for name, body in SLOTS.items()]
    items += [ItemBody("flow", name, body) for name, body in FLOWS.items()]
    items += [ItemBody("response", f"utter_{name}", [{"text": text}]) for name, text in SAID.items()]
    assistant, _ = build_assistant([*items, ItemBody("config", "config.yml", {"language": "en"})])
    return Agent(assistant, LocalUnderstanding(train_classifier(assistant)), NoActions())


def predicted(agent: Agent, *texts: str) -> list[dict[str, Any]]:
    """What the last of some messages was taken for."""
    tracker, found = agent.new_tracker("ann"), []
    for text in texts:
        result = asyncio.run(agent.handle(tracker, UserMessage(text=text, sender="ann")))
        found = next(one for one in result.events if one.type == "user").get("parse_data")["trace"]["predicted"]
    return found


def sets(name: str, value: Any) -> dict[str, Any]:
    return SetSlot(name, value, "LLM").to_dict()


@pytest.mark.parametrize("text", NONE.split("|"))
def test_places_quantities_and_things_are_no_names(text: str) -> None:
    assert is_no_name(text, "en")
    assert is_no_name(text, "de")


@pytest.mark.parametrize("text", NAMES.split("|"))
def test_names_stay_names(text: str) -> None:
    assert not is_no_name(text, "en")
    assert not is_no_name(text, "de")


@pytest.mark.parametrize("text", ALONE.split("|"))
def test_capitals_and_no_known_word_look_like_a_name(text: str) -> None:
    assert looks_like_a_name(text, "en")
    assert looks_like_a_name(text, "de")


@pytest.mark.parametrize("text", NOT_ALONE.split("|"))
def test_words_of_the_language_do_not(text: str) -> None:
    assert not looks_like_a_name(text, "de")


@pytest.mark.parametrize("text", ["the second one", "4 kilos", "lesson", "move a lesson"])
def test_a_question_for_a_name_takes_nothing_that_is_none(agent: Agent, text: str) -> None:
    assert all(command.get("name") != "pupil_name" for command in predicted(agent, *TALK[:3], text))


@pytest.mark.parametrize("text", ["Kim", "ann", "Lesson", "Ten Boom"])
def test_a_question_for_a_name_takes_names(agent: Agent, text: str) -> None:
    assert predicted(agent, *TALK[:3], text) == [sets("pupil_name", text)]


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("8 weeks", "weeks", 8.0),
        ("ten", "weeks", 10.0),
        ("Kim", "pupil_name", "Kim"),
        ("Kim Park", "pupil_name", "Kim Park"),
        ("violin", "instrument", "violin"),
        ("the violin", "instrument", "violin"),
    ],
)
def test_a_value_alone_at_a_confirmation_corrects_the_one_answer_of_its_kind(
    agent: Agent, text: str, slot: str, value: Any
) -> None:
    assert predicted(agent, *TALK, text) == [sets(slot, value)]


def test_a_choice_alone_where_a_number_is_asked_corrects_the_choice(agent: Agent) -> None:
    assert predicted(agent, *TALK[:2], "violin") == [sets("instrument", "violin")]


@pytest.mark.parametrize("text", ["Maybe", "6", "piano", "guitar", "the second one", "Ann Lee"])
def test_what_is_no_other_value_of_one_kind_is_asked_again(agent: Agent, text: str) -> None:
    assert [command["command"] for command in predicted(agent, *TALK, text)] == ["cannot handle"]


@pytest.mark.parametrize(("text", "kind"), [("thanks", "thanks"), ("bye", "farewell"), ("that's all", "farewell")])
def test_thanks_and_farewells_are_told_apart_from_other_small_talk(agent: Agent, text: str, kind: str) -> None:
    assert predicted(agent, text) == [{"command": "chitchat", "kind": kind}]


@pytest.mark.parametrize("text", ["bye", "no thanks", "thanks", "that's all", "Nein, danke"])
def test_no_rating_is_wanted(agent: Agent, text: str) -> None:
    assert predicted(agent, "move a lesson", "Monday", "no", text) == [{"command": "cancel flow"}]


def test_a_plain_no_is_a_rating(agent: Agent) -> None:
    assert predicted(agent, "move a lesson", "Monday", "no", "no") == [sets("csat_score", "unsatisfied")]
