"""The understanding without a language model, on an assistant and sentences made for it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.assistant.nlu import Annotation, Example, NluData
from talkwright.assistant.project import read_project
from talkwright.assistant.yamls import load
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.commands import (
    PAYLOAD,
    CancelFlow,
    CannotHandle,
    ChitChat,
    Clarify,
    HumanHandoff,
    Repeat,
    SetSlot,
    SkipQuestion,
    StartFlow,
)
from talkwright.engine.model import Model
from talkwright.engine.ports import UserMessage
from talkwright.engine.testing.heldout import measure
from talkwright.engine.understanding.local.entities import EntityFinder, usable_regexes
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

from .conftest import ROOT, NoActions

SENTENCES = load((Path(__file__).parent / "sentences.yml").read_text(encoding="utf-8"))


class Talk:
    """One conversation; each line gives the user event's predicted commands."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.tracker: Tracker = agent.new_tracker("ann")
        self.said: list[str | None] = []

    def say(self, *texts: str) -> list[dict[str, Any]]:
        predicted: list[dict[str, Any]] = []
        for text in texts:
            result = asyncio.run(self.agent.handle(self.tracker, UserMessage(text=text, sender="ann")))
            self.said = [message.text for message in result.messages]
            user = next(event for event in result.events if event.type == "user")
            predicted = user.get("parse_data")["trace"]["predicted"]
        return predicted


@pytest.fixture
def talk(agent: Agent) -> Talk:
    return Talk(agent)


def sets(name: str, value: Any, extractor: str = "LLM") -> dict[str, Any]:
    return SetSlot(name, value, extractor).to_dict()


def share_right(model: Model, language: str) -> float:
    understanding = LocalUnderstanding(model.classifier)
    slots = {name: slot.initial_value for name, slot in model.assistant.domain.slots.items()}
    right = [
        isinstance(first, StartFlow) and first.flow == flow
        for flow, texts in SENTENCES["first"][language].items()
        for text in texts
        for first in understanding.understand(text, Tracker("x", slots), model.assistant, language="en").commands[:1]
    ]
    return sum(right) / len(right)


@pytest.mark.parametrize(("language", "least"), [("en", 0.85), ("de", 0.75)])
def test_unseen_sentences_start_the_right_flow_with_a_handful_of_examples(
    workshop: Model, language: str, least: float
) -> None:
    assert share_right(workshop, language) >= least


def test_most_sentences_of_other_matters_start_nothing(workshop: Model) -> None:
    understanding = LocalUnderstanding(workshop.classifier)
    slots = {name: slot.initial_value for name, slot in workshop.assistant.domain.slots.items()}
    refused = [
        not any(isinstance(command, StartFlow | Clarify) for command in understood.commands)
        for text in SENTENCES["first"]["none"]
        for understood in [understanding.understand(text, Tracker("x", slots), workshop.assistant, language="en")]
    ]
    assert sum(refused) / len(refused) >= 0.8


def test_the_bank_is_understood_on_sentences_that_nobody_tuned_on() -> None:
    items = [ItemBody(item.kind, item.name, item.body) for item in read_project(ROOT / "examples" / "bank").items]
    assistant, _ = build_assistant(items)
    scores = measure(assistant, LocalUnderstanding(train_classifier(assistant)), ROOT / "examples" / "bank" / "heldout")
    assert scores["first command en"].share >= 0.85
    assert scores["first command de"].share >= 0.75
    assert scores["out of scope"].share >= 0.8
    assert scores["answers"].share >= 0.9


def test_a_flow_with_nothing_but_name_and_description_can_be_started(talk: Talk) -> None:
    assert talk.say("when is the next repair course")[0] == StartFlow("repair_course").to_dict()


def test_values_in_the_first_sentence_are_taken_where_they_are_plain(talk: Talk) -> None:
    assert talk.say("I'd like to buy a gift voucher for Emma worth 30 euros") == [
        StartFlow("gift_voucher").to_dict(),
        sets("gift_receiver", "Emma"),
        sets("gift_amount", 30.0),
    ]


def test_a_value_is_not_guessed_in_the_first_sentence(talk: Talk) -> None:
    assert talk.say("rent me a bike please") == [StartFlow("rent_bike").to_dict()]


@pytest.mark.parametrize("text", ["/SetSlots(nope=1)", "/SetSlots(gift_receiver=Bob, nope=1)", "/SetSlots(nope=1, x"])
def test_a_button_of_another_assistant_is_no_answer(talk: Talk, text: str) -> None:
    talk.say("buy a voucher")
    assert [command["command"] for command in talk.say(text)] == ["cannot handle"]
    assert talk.tracker.slots["gift_receiver"] is None
    assert talk.say("/SetSlots(gift_receiver=Bob)") == [sets("gift_receiver", "Bob", PAYLOAD)]


@pytest.mark.parametrize(("said", "amount"), [("no, 70", 70.0), ("nope - 80", 80.0), ("Nein, 40.", 40.0)])
def test_a_no_with_another_value_corrects_it(talk: Talk, said: str, amount: float) -> None:
    assert talk.say("buy a gift voucher", "Bob", "50", said) == [sets("gift_amount", amount)]
    assert talk.tracker.slots["confirm_gift"] is None


@pytest.mark.parametrize("said", ["no", "no, thanks", "no, not 50", "no."])
def test_a_no_without_another_value_is_one(talk: Talk, said: str) -> None:
    assert talk.say("buy a gift voucher", "Bob", "50", said) == [sets("confirm_gift", False)]


def test_a_correction_goes_to_the_slot_that_can_take_it(talk: Talk) -> None:
    talk.say("buy a voucher", "Bob")
    assert talk.say("no, I meant Anna") == [sets("gift_receiver", "Anna")]
    assert talk.tracker.slots["gift_receiver"] == "Anna"
    talk.say("50")
    assert talk.say("actually make it 70") == [sets("gift_amount", 70.0)]
    assert talk.say("change the receiver to Tom") == [sets("gift_receiver", "Tom")]
    assert talk.say("nein, ich meinte Eva") == [sets("gift_receiver", "Eva")]
    assert talk.tracker.slots["gift_amount"] == 70.0


def test_another_flow_may_be_started_while_a_question_is_open(talk: Talk) -> None:
    talk.say("buy a voucher")
    assert talk.say("when are you open today?") == [StartFlow("opening_hours").to_dict()]
    assert talk.say("yes, let's go on") == [sets("continue_interrupted_flow_confirmation", True)]
    assert talk.said == ["Who is it for?"]


def test_a_name_is_an_answer_even_if_its_words_are_known(talk: Talk) -> None:
    talk.say("order a spare part")
    assert talk.say("bike lamp") == [sets("part_name", "lamp")]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("forget it", CancelFlow()),
        ("say that again please", Repeat()),
        ("I'd rather not say", SkipQuestion()),
        ("hello", ChitChat()),
        ("can I talk to a human", StartFlow("human_help")),
    ],
)
def test_everyday_phrases_are_understood_while_a_question_is_open(talk: Talk, text: str, command: Any) -> None:
    talk.say("buy a voucher")
    assert talk.say(text) == [command.to_dict()]


@pytest.mark.parametrize(
    "text", ["human please", "I need to speak to a human", "ich möchte mit einem Menschen sprechen"]
)
def test_the_pattern_hands_over_where_no_flow_does(text: str) -> None:
    flow = {"description": "Book a table in the restaurant", "steps": [{"action": "utter_done"}]}
    assistant, _ = build_assistant([ItemBody("flow", "book_table", flow)])
    understanding = LocalUnderstanding(train_classifier(assistant))
    understood = understanding.understand(text, Tracker("x", {}), assistant, language="en")
    assert list(understood.commands) == [HumanHandoff()]


@pytest.mark.parametrize("text", ["what can you do?", "help", "Hilfe", "Was kannst du alles?"])
def test_who_asks_what_there_is_is_told_the_flows_or_asked_again(text: str) -> None:
    flow = {"description": "Book a table in the restaurant", "steps": [{"collect": "guest_name"}]}
    slot = ItemBody("slot", "guest_name", {"type": "text"})
    question = ItemBody("response", "utter_ask_guest_name", [{"text": "What is your name?"}])
    assistant, _ = build_assistant([ItemBody("flow", "book_table", flow), slot, question])
    agent = Agent(assistant, LocalUnderstanding(train_classifier(assistant)), NoActions())
    assert Talk(agent).say(text) == [Clarify(("book_table",)).to_dict()]
    assert Talk(agent).say("book a table", text) == [CannotHandle().to_dict()]


def test_of_the_flows_that_hand_over_the_one_that_asks_for_least_is_started() -> None:
    handoff = {"link": "pattern_human_handoff"}
    flows = {
        "complain": {"description": "Complain about a meal", "steps": [{"collect": "meal"}, handoff]},
        "staff": {"description": "Bring somebody to the staff", "steps": [handoff]},
    }
    domain = ItemBody("slot", "meal", {"type": "text"})
    assistant, _ = build_assistant([domain, *(ItemBody("flow", name, flow) for name, flow in flows.items())])
    understanding = LocalUnderstanding(train_classifier(assistant))
    understood = understanding.understand("human please", Tracker("x", {}), assistant, language="en")
    assert list(understood.commands) == [StartFlow("staff")]


def test_a_malformed_payload_is_read_as_text_without_its_slash(talk: Talk) -> None:
    assert talk.say("/buy a voucher") == [StartFlow("gift_voucher").to_dict()]


def test_the_words_of_a_button_press_it(talk: Talk) -> None:
    talk.say("my bike is broken, can you fix it")
    assert talk.say("Mountain bike") == [sets("bike_kind", "mountain", "CommandPayloadReader")]


def test_anything_else_is_answered_with_yes_no_or_the_next_wish(talk: Talk) -> None:
    talk.say("when are you open")
    assert talk.say("no thanks, that's all") == [sets("continue_conversation", False)]
    talk.say("/restart", "when are you open")
    assert talk.say("yes, and I want to rent a bike") == [StartFlow("rent_bike").to_dict()]


def test_one_of_several_interrupted_flows_is_chosen_by_name_or_none_of_them(talk: Talk) -> None:
    talk.say("buy a voucher", "I want to rent a bike", "when are you open?")
    assert talk.say("the voucher") == [sets("interrupted_flow_to_continue", "buy a gift voucher")]
    talk.say("/restart", "buy a voucher", "I want to rent a bike", "when are you open?")
    assert talk.say("none of them") == [sets("interrupted_flow_to_continue", "none")]


def test_nonsense_is_not_taken_for_an_answer_of_a_typed_slot(talk: Talk) -> None:
    talk.say("buy a voucher", "Bob")
    assert talk.say("purple monkey dishwasher") == [CannotHandle().to_dict()]


def test_the_trace_says_what_was_weighed_and_why(agent: Agent) -> None:
    result = asyncio.run(agent.handle(agent.new_tracker("a"), UserMessage(text="my bike was stolen")))
    trace = next(event for event in result.events if event.type == "user").get("parse_data")["trace"]
    assert trace["source"] == "local"
    assert trace["candidates"][0]["flow"] == "report_theft"
    assert trace["candidates"][0]["score"] > trace["candidates"][1]["score"]
    assert "stolen" in trace["words"]
    assert trace["decision"]


def test_the_trace_says_how_each_value_was_found(agent: Agent) -> None:
    tracker, told = agent.new_tracker("a"), []
    for text in ("I'd like to buy a gift voucher for Emma worth 30 euros", "no, for Eva", "rent me a bike please"):
        result = asyncio.run(agent.handle(tracker, UserMessage(text=text)))
        trace = next(event for event in result.events if event.type == "user").get("parse_data")["trace"]
        told.append([(one["slot"], one["value"], one["why"]) for one in trace.get("values", ())])
        assert {one[0] for one in told[-1]} == {
            command["name"] for command in trace["predicted"] if command["command"] == "set slot"
        }
    first, corrected, bare = told
    assert ("gift_amount", 30.0, "the only number in the message") in first
    assert all(why for _, _, why in (*first, *corrected))
    assert bare == []


def test_an_assistant_without_flows_understands_nothing_and_breaks_nothing() -> None:
    assistant, _ = build_assistant([])
    understanding = LocalUnderstanding(train_classifier(assistant))
    assert list(understanding.understand("hello world", Tracker("x", {}), assistant, language="en").commands) == [
        CannotHandle()
    ]


def test_an_assistant_with_one_flow_tells_it_from_everything_else() -> None:
    flow = {"description": "Book a table in the restaurant", "steps": [{"action": "utter_done"}]}
    assistant, _ = build_assistant([ItemBody("flow", "book_table", flow)])
    classifier = train_classifier(assistant)
    asked, other = (classifier.candidates(text) for text in ("can I book a table", "who painted the mona lisa"))
    assert asked[0].probability > classifier.threshold > other[0].probability


def test_entities_are_found_by_lookup_regex_and_the_words_around_them() -> None:
    sentence = "send it to Ann today"
    data = NluData(
        intents={"x": (Example(text=sentence, annotations=(Annotation(start=11, end=14, entity="person"),)),)},
        synonyms={"New York": ("NYC",)},
        regexes={"code": (r"\b[A-Z]{2}\d{3}\b",)},
        lookups={"city": ("Berlin", "NYC")},
    )
    found = {
        entity.entity: entity.value for entity in EntityFinder.of(data).find("send AB123 to Peter today from nyc", "en")
    }
    assert found == {"code": "AB123", "person": "Peter", "city": "New York"}
    assert EntityFinder.of(data).find("send it to me", "en") == []


def test_regexes_that_do_not_compile_are_left_out_and_those_that_could_run_away_read_short_texts_only() -> None:
    assert usable_regexes(("[", "a" * 2000)) == ()
    runaway = EntityFinder.of(NluData(regexes={"code": ("(a|aa)+$",)}))
    assert [entity.text for entity in runaway.find("aaaa", "en")] == ["aaaa"]
    assert runaway.find("a" * 100 + "b", "en") == [], "never tried, so it can't hang"
