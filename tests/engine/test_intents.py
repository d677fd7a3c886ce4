"""Intents by their examples: names, probabilities, triggers and what lies outside of all of them."""

from typing import Any

import numpy as np
import pytest

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.flows import ActionStep, Flow, NluTrigger
from talkwright.assistant.nlu import Example, NluData
from talkwright.conversation.tracker import Tracker
from talkwright.engine.understanding.local import solving
from talkwright.engine.understanding.local.classifier import FlowClassifier
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

THINGS = [
    *("lamp", "table", "sofa", "shelf", "carpet", "mirror", "clock", "chair"),
    *("desk", "wardrobe", "curtain", "vase", "pillow", "bench", "stool"),
]
SENTENCES = {
    "order": ["i want to order a {}", "please send me one {}", "can i buy the {} here", "add a {} to my basket"],
    "return": ["i want to return my {}", "send back the {}", "the {} does not fit, take it back", "refund for a {}"],
    "deliver": ["when does my {} arrive", "where is the {} i ordered", "is the {} on its way", "track my {}"],
}
STRANGE = ["what is the capital of {}", "who invented the {}", "write a poem about a {}", "how old is the moon {}"]


def examples(patterns: list[str], things: list[str] = THINGS[:10]) -> tuple[Example, ...]:
    return tuple(Example(text=pattern.format(thing)) for thing in things for pattern in patterns)


def shop(
    *, strange: bool = False, flows: dict[str, Flow] | None = None, config: dict[str, Any] | None = None
) -> Assistant:
    intents = {name: examples(patterns) for name, patterns in SENTENCES.items()}
    if strange:
        intents["out_of_scope"] = examples(STRANGE)
    return Assistant(nlu=NluData(intents=intents), flows=flows or {}, config=config or {})


def flow(name: str, *triggers: NluTrigger) -> Flow:
    step = ActionStep(id="only", path="/steps/0", action="utter_done")
    return Flow(id=name, name=name, description="", steps=(step,), nlu_triggers=triggers)


def parse_data(assistant: Assistant, text: str, classifier: FlowClassifier | None = None) -> dict[str, Any]:
    understanding = LocalUnderstanding(classifier or train_classifier(assistant))
    return dict(understanding.understand(text, Tracker("x", {}), assistant, language="en").parse_data)


@pytest.mark.parametrize(("text", "name"), [("please send me one bench", "order"), ("track my stool", "deliver")])
def test_parse_data_names_the_intent_and_ranks_the_others(text: str, name: str) -> None:
    found = parse_data(shop(), text)
    assert found["intent"]["name"] == name
    assert found["intent"]["confidence"] > 0.5
    assert found["intent_ranking"][0] == found["intent"]
    assert {one["name"] for one in found["intent_ranking"]} == set(SENTENCES)
    assert sum(one["confidence"] for one in found["intent_ranking"]) <= 1.001


def test_the_same_examples_give_the_same_numbers() -> None:
    one, other = train_classifier(shop()), train_classifier(shop())
    assert np.array_equal(one.sparse_weights, other.sparse_weights)
    assert one.intents("track my stool") == other.intents("track my stool")


def test_a_retrieval_intent_counts_under_its_first_name() -> None:
    intents = {f"faq/{name}": examples(patterns) for name, patterns in SENTENCES.items()}
    assert parse_data(Assistant(nlu=NluData(intents=intents)), "track my stool")["intent"]["name"] == "faq"


def test_without_examples_the_intent_has_no_name() -> None:
    assistant = Assistant(flows={"order": flow("order a lamp")})
    found = parse_data(assistant, "order a lamp")
    assert found["intent"] == {"name": None, "confidence": 0.0}
    assert found["intent_ranking"] == []


def test_messages_like_out_of_scope_examples_get_that_intent() -> None:
    assistant = shop(strange=True)
    assert parse_data(assistant, "who invented the stool")["intent"]["name"] == "out_of_scope"
    assert parse_data(assistant, "track my stool")["intent"]["name"] == "deliver"


def test_an_intent_starts_the_first_flow_that_it_triggers_and_shares_its_label() -> None:
    flows = {
        "buying": flow("buying", NluTrigger(intent="order")),
        "again": flow("again", NluTrigger(intent="order")),
        "caring": flow("caring", NluTrigger(intent="return"), NluTrigger(intent="deliver")),
    }
    classifier = train_classifier(shop(flows=flows))
    assert classifier.candidates("please send me one bench")[0].flow == "buying"
    assert [classifier.candidates(text)[0].flow for text in ("track my stool", "send back the bench")] == ["caring"] * 2


def test_a_trigger_waits_for_its_confidence() -> None:
    text = "please send me one bench"
    likely = train_classifier(shop()).intents(text)[0].confidence
    found = {}
    for least in (likely - 0.1, min(likely + 0.1, 1.0)):
        trigger = NluTrigger(intent="order", confidence_threshold=least)
        classifier = train_classifier(shop(flows={"buying": flow("buying", trigger)}))
        found[least] = next(one.probability for one in classifier.candidates(text) if one.flow == "buying")
    enough, too_little = found.values()
    assert enough > 0.5
    assert too_little < 0.2


def test_with_a_fallback_classifier_an_unsure_message_has_the_intent_nlu_fallback() -> None:
    for settings, name in (
        ({"threshold": 0.99}, "nlu_fallback"),
        ({"threshold": 0.1, "ambiguity_threshold": 0}, "order"),
    ):
        config = {"pipeline": [{"name": "FallbackClassifier", **settings}]}
        found = parse_data(shop(config=config), "please send me one bench")
        assert found["intent"]["name"] == name
        assert found["intent_ranking"][0] == found["intent"]


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of texts counts as many."""
    monkeypatch.setattr(solving, "FEW", 10)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("strange", [False, True])
def test_many_texts_are_learned_in_another_way_and_understood_alike(strange: bool) -> None:
    assistant = shop(strange=strange)
    classifier = train_classifier(assistant)
    assert classifier.gate is not None
    test = {name: examples(patterns, THINGS[10:]) for name, patterns in SENTENCES.items()}
    right = [classifier.intents(one.text)[0].name == name for name, texts in test.items() for one in texts]
    accepted = [classifier.accepts(one.text) for texts in test.values() for one in texts]
    assert sum(right) / len(right) >= 0.95
    assert sum(accepted) / len(accepted) >= 0.9
    if strange:
        refused = [not classifier.accepts(one.text) for one in examples(STRANGE, THINGS[10:])]
        assert sum(refused) / len(refused) >= 0.9


@pytest.mark.usefixtures("many")
def test_a_message_that_the_gate_refuses_starts_no_flow() -> None:
    assistant = shop(strange=True, flows={"buying": flow("buying", NluTrigger(intent="order"))})
    classifier = train_classifier(assistant)
    refused = [one.text for one in examples(STRANGE, THINGS[10:]) if not classifier.accepts(one.text)]
    assert refused
    for text in refused:
        assert all(one.probability < classifier.threshold for one in classifier.candidates(text))
