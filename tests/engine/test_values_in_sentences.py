"""What a message gives to slots of texts: moments as they are said, no yes or no, what mappings make of an intent."""

from datetime import UTC, datetime
from typing import Any

import pytest

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.domain import Slot
from talkwright.assistant.items import ItemBody
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import NLU, CannotHandle, SetSlot, StartFlow
from talkwright.engine.ports import Understood
from talkwright.engine.testing.heldout import asking
from talkwright.engine.understanding.local.answers.moments import moment_answer, moments_in
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.recognisers.dates import moments
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday


def found(text: str, language: str = "en") -> list[Any]:
    return list(moments(text, language, NOW.replace(tzinfo=None)))


@pytest.mark.parametrize(
    ("name", "text", "language", "value"),
    [
        ("visit_day", "tomorrow", "en", "tomorrow"),
        ("visit_day", "on Friday", "en", "Friday"),
        ("visit_day", "am 3. Mai", "de", "3. Mai"),
        ("visit_day", "next friday please", "en", "next friday"),
        ("visit_day", "I'll drop it off on Monday", "en", "Monday"),
        ("visit_day", "nicht am Montag", "de", None),
        ("visit_day", "the day after my trip on Monday", "en", None),
        ("visit_day", "Monday or Tuesday", "en", None),
        ("visit_day", "Monday if my car runs", "en", None),
        ("note", "on Friday", "en", "Friday"),
        ("note", "I'll drop it off on Monday", "en", None),
    ],
)
def test_an_answer_is_a_moment_where_it_says_nothing_else(name: str, text: str, language: str, value: str) -> None:
    assert moment_answer(text, found(text, language), language, Slot(name=name, type="text")) == value


@pytest.mark.parametrize(
    ("text", "language", "slots", "values"),
    [
        ("a table for tomorrow", "en", ["guest", "day"], {"day": "tomorrow"}),
        ("ein Tisch für nächsten Freitag", "de", ["wunschtag", "datum"], {"datum": "nächsten Freitag"}),
        ("a table for tomorrow or Friday", "en", ["day"], {}),
        ("a table, but not tomorrow", "en", ["day"], {}),
        (
            "a room from 3 May to 10 May",
            "en",
            ["stay_start", "stay_end"],
            {"stay_start": "3 May", "stay_end": "10 May"},
        ),
        ("ab Montag", "de", ["beginn", "ende"], {"beginn": "Montag"}),
        ("I need it until Sunday", "en", ["rent_start", "rent_end"], {"rent_end": "Sunday"}),
        ("a room on Sunday", "en", ["arrival_city"], {"arrival_city": "Sunday"}),
        ("a table for Anna", "en", ["day"], {}),
        ("bring it tomorrow", "en", ["pickup_day", "return_day"], {}),
        ("bring it tomorrow", "en", ["topic"], {}),
    ],
)
def test_a_sentence_fills_the_slot_of_a_time_that_can_be_meant(
    text: str, language: str, slots: list[str], values: dict[str, str]
) -> None:
    wanted = [Slot(name=name, type="text") for name in slots]
    assert {slot.name: value for slot, value in moments_in(text, found(text, language), wanted)} == values


def assistant_of(question: str, *items: ItemBody, mappings: Any = None) -> Assistant:
    """A flow that asks for one text and says what it got."""
    flow = {"description": "Put somebody on the guest list", "steps": [{"collect": "guest"}]}
    slot = {"type": "text"} | ({"mappings": mappings} if mappings else {})
    return build_assistant(
        [
            ItemBody("flow", "invite_guest", flow),
            ItemBody("slot", "guest", slot),
            ItemBody("response", "utter_ask_guest", [{"text": question}]),
            *items,
        ]
    )[0]


def understood(assistant: Assistant, text: str, asked: str | None = None) -> Understood:
    understanding = LocalUnderstanding(train_classifier(assistant), now=NOW.timestamp)
    tracker = Tracker("x", {"guest": None})
    if asked is not None:
        tracker.stack = tuple(asking(assistant, asked))
    return understanding.understand(text, tracker, assistant, language="en")


@pytest.mark.parametrize("question", ["Who shall come?", "Please tell me the name.", "Nice. What is the name?"])
@pytest.mark.parametrize("said", ["yes", "No.", "ja, bitte", "yep!"])
def test_yes_and_no_are_no_answers_to_a_question_for_something(question: str, said: str) -> None:
    assert list(understood(assistant_of(question), said, "guest").commands) == [CannotHandle()]


@pytest.mark.parametrize("question", ["Is there anything else that we should know?", "Any wishes?"])
def test_yes_and_no_are_kept_where_a_text_is_asked_for_so_that_they_fit(question: str) -> None:
    assert list(understood(assistant_of(question), "no", "guest").commands) == [SetSlot("guest", "no")]


def test_the_trace_offers_the_date_of_what_was_said() -> None:
    told = understood(assistant_of("When?"), "next friday", "guest")
    assert list(told.commands) == [SetSlot("guest", "next friday")]
    assert told.trace["moments"] == [{"text": "next friday", "value": "2026-03-06", "grain": "day"}]


FAMILY_SAYS = ("all my relatives", "the whole family", "my mother and father", "parents and sisters", "our family")
FRIENDS_SAY = ("my best mates", "some friends of mine", "a few old friends", "buddies from school", "my close friends")
FAMILY = ItemBody("intent", "name_family", {"examples": list(FAMILY_SAYS)})
FRIENDS = ItemBody("intent", "name_friends", {"examples": list(FRIENDS_SAY)})
MAPPED = [
    {"type": "from_intent", "intent": "name_family", "value": "family"},
    {"type": "from_intent", "intent": "name_friends", "value": "friends"},
]


@pytest.mark.parametrize(
    ("said", "value"), [("my whole family", "family"), ("some friends", "friends"), ("best mates of mine", "friends")]
)
def test_a_free_answer_sets_what_the_mapping_of_its_intent_says(said: str, value: str) -> None:
    assistant = assistant_of("Who shall come?", FAMILY, FRIENDS, mappings=MAPPED)
    assert list(understood(assistant, said, "guest").commands) == [SetSlot("guest", value, NLU)]


def test_an_intent_that_no_mapping_names_sets_nothing() -> None:
    assistant = assistant_of("Who shall come?", FAMILY, FRIENDS, mappings=MAPPED[:1])
    assert SetSlot("guest", "friends", NLU) not in understood(assistant, "some friends", "guest").commands


INVITING = ("invite my friends", "ask friends to come", "send friends an invitation", "let some friends come")


def test_the_first_sentence_sets_it_too() -> None:
    start = ItemBody("intent", "ask_friends", {"examples": list(INVITING)})
    flow = {
        "description": "Put somebody on the guest list",
        "nlu_trigger": [{"intent": "ask_friends"}],
        "steps": [{"collect": "guest"}],
    }
    mapping = [{"type": "from_intent", "intent": "ask_friends", "value": "friends"}]
    assistant, _ = build_assistant(
        [
            ItemBody("flow", "invite_guest", flow),
            ItemBody("slot", "guest", {"type": "text", "mappings": mapping}),
            start,
        ]
    )
    said = list(understood(assistant, "please invite some friends").commands)
    assert said == [StartFlow("invite_guest"), SetSlot("guest", "friends", NLU)]
