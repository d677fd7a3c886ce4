"""What the form of a message says beside its words: a question wants to be told something, one word says too little."""

from typing import Any

import pytest

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.flows import ActionStep, Flow, NluTrigger
from talkwright.assistant.items import ItemBody
from talkwright.assistant.nlu import Example, NluData
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import Clarify, Command, StartFlow
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.matching.forms import tells_something, wants_to_know
from talkwright.engine.understanding.local.matching.matcher import FlowMatcher, fitted
from talkwright.engine.understanding.local.matching.pairs import FEATURES, QUESTION
from talkwright.engine.understanding.local.understanding import LocalUnderstanding


@pytest.mark.parametrize(
    ("text", "language", "wants"),
    [
        ("what's in my basket", "en", True),
        ("How much is left?", "en", True),
        ("and when does it arrive", "en", True),
        ("is it there yet", "en", True),
        ("how do I fill my basket", "en", False),
        ("what do I need to do to join", "en", False),
        ("I want a new basket", "en", False),
        ("can you send it", "en", False),
        ("whatever", "en", False),
        ("was liegt im Korb", "de", True),
        ("wie viel ist noch übrig", "de", True),
        ("wie kann ich den Korb füllen", "de", False),
        ("ich möchte einen Korb", "de", False),
        ("what's in my basket", "fr", False),
    ],
)
def test_a_sentence_that_wants_to_be_told_something_is_known_by_how_it_begins(
    text: str, language: str, wants: bool
) -> None:
    assert wants_to_know(text, language) is wants


@pytest.mark.parametrize(
    ("names", "description", "tells"),
    [
        (["basket"], "Tells what lies in the basket", True),
        (["opening times"], "The shop", True),
        (["Korb anzeigen"], "", True),
        (["fill the basket"], "Put something into the basket", False),
        (["tell us"], "Tell us about damage", False),
        (["report something"], "Say what is broken", True),
    ],
)
def test_a_flow_that_tells_something_is_known_by_its_first_words(
    names: list[str], description: str, tells: bool
) -> None:
    assert tells_something(names, description, ["en", "de"]) is tells


def flow(flow_id: str, name: str, description: str, **more: Any) -> Flow:
    step = ActionStep(id="only", path="/steps/0", action="utter_done")
    return Flow(id=flow_id, name=name, description=description, steps=(step,), **more)


GARDEN = {
    "water": flow("water", "water the garden", "Switch the sprinklers of the garden on"),
    "state": flow("state", "state of the garden", "Tells how dry the soil of the garden is"),
    "gate": flow("gate", "open the gate", "Open the gate to the street"),
}


def first_of(flows: dict[str, Flow], text: str, nlu: NluData | None = None) -> Command:
    assistant = Assistant(flows=flows, nlu=nlu or NluData())
    understanding = LocalUnderstanding(train_classifier(assistant))
    return next(iter(understanding.understand(text, Tracker("x", {}), assistant, language="en").commands))


def test_a_question_takes_from_flows_that_tell_nothing() -> None:
    matcher = FlowMatcher.of(Assistant(flows=GARDEN), None)
    rows, _ = matcher.measured("what's with the garden", "en")
    assert dict(zip(matcher.flows, rows[:, QUESTION].tolist(), strict=True)) == {
        "gate": -1.0,
        "state": 0.0,
        "water": -1.0,
    }
    wished, _ = matcher.measured("the garden please", "en")
    assert not wished[:, QUESTION].any()
    assert FEATURES[QUESTION] == "a question that it leaves open"
    assert all(weights.flow[QUESTION] > 0 for weights in fitted().weights.values())


def test_what_training_says_is_told_by_a_question_too() -> None:
    """A wish's words were learned for one flow; a question with them is about the other."""
    examples = {
        "water": ("the garden needs water", "sprinklers on in the garden", "turn on the garden's water"),
        "state": ("is the garden dry", "soil of the garden", "dryness of the garden"),
    }
    nlu = NluData(intents={name: tuple(Example(text=text) for text in texts) for name, texts in examples.items()})
    taught = {
        name: flow(name, one.name, one.description, nlu_triggers=(NluTrigger(intent=name),))
        for name, one in GARDEN.items()
        if name in examples
    }
    assistant = Assistant(flows=taught, nlu=nlu)
    matcher = FlowMatcher.of(assistant, train_classifier(assistant))
    assert matcher.trust > 0
    asked = {one.flow: one.probability for one in matcher.candidates("what has the garden", "en")}
    wished = {one.flow: one.probability for one in matcher.candidates("garden", "en")}
    assert asked["state"] / asked["water"] > wished["state"] / wished["water"]


@pytest.mark.parametrize("text", ["garden", "the garden please", "Gardens!"])
def test_one_word_that_several_flows_have_in_their_names_is_asked_about(text: str) -> None:
    assert first_of(GARDEN, text) == Clarify(("state", "water"))


def test_a_word_of_one_flow_alone_starts_it() -> None:
    assert first_of(GARDEN, "gate") == StartFlow("gate")


def test_a_word_that_is_a_name_or_an_example_of_the_likeliest_flow_starts_it() -> None:
    named = {**GARDEN, "state": flow("state", "the garden", "Tells how dry the soil of the garden is")}
    assert first_of(named, "garden") == StartFlow("state")


def test_a_word_is_not_asked_about_while_a_flow_runs() -> None:
    items = [
        ItemBody("flow", one.id, {"name": one.name, "description": one.description, "steps": [{"collect": "spot"}]})
        for one in GARDEN.values()
    ]
    spot = ItemBody("slot", "spot", {"type": "text"})
    asked = ItemBody("response", "utter_ask_spot", [{"text": "Where?"}])
    assistant, _ = build_assistant([*items, spot, asked])
    understanding = LocalUnderstanding(train_classifier(assistant))
    tracker = Tracker("x", {"spot": None})
    tracker.stack = (
        {"type": "flow", "frame_id": "AAAAAAAA", "frame_type": "regular", "flow_id": "gate", "step_id": "START"},
    )
    commands = understanding.understand("garden", tracker, assistant, language="en").commands
    assert not any(isinstance(command, Clarify) for command in commands)
