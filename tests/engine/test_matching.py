"""Which flow a message is about where nothing but the flows themselves says so, on assistants made for it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.domain import Domain, Slot
from talkwright.assistant.flows import ActionStep, CollectStep, Flow, NluTrigger, Step
from talkwright.assistant.items import ItemBody
from talkwright.assistant.nlu import Example, NluData
from talkwright.assistant.project import read_project
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import Clarify, Command, Knowledge, SetSlot, StartFlow
from talkwright.engine.testing.heldout import measure
from talkwright.engine.understanding.local.classifier import Candidate
from talkwright.engine.understanding.local.cues import cued_values
from talkwright.engine.understanding.local.known_languages import languages_without_words, notice_of
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.matching.matcher import FlowMatcher, fitted, trust_in_training
from talkwright.engine.understanding.local.matching.pairs import FEATURES
from talkwright.engine.understanding.local.matching.reading import read, stem_of
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

from .conftest import ROOT

VALUES = yaml.safe_load((Path(__file__).parent / "cued_values.yml").read_text(encoding="utf-8"))
ABOUT = {
    "water_plants": "Have somebody water the flowers on the balcony",
    "feed_cat": "Give the cat its food while the owner is away",
    "clean_windows": "Send a cleaner for dirty windows",
}


def flow(flow_id: str, description: str, *steps: Step, **more: Any) -> Flow:
    done = ActionStep(id="done", path="/steps/9", action="utter_done")
    return Flow(id=flow_id, name=flow_id.replace("_", " "), description=description, steps=(*steps, done), **more)


def matcher(**flows: Flow) -> FlowMatcher:
    known = flows or {name: flow(name, text) for name, text in ABOUT.items()}
    return FlowMatcher.of(Assistant(flows=known), None)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("my roses need watering", "water_plants"),
        ("could somebody feed my kitten", "feed_cat"),
        ("the window panes are filthy", "clean_windows"),
    ],
)
def test_a_flow_is_found_by_what_it_says_of_itself(text: str, right: str) -> None:
    matching = matcher()
    candidates = matching.candidates(text, "en")
    assert matching.choice(candidates) == (right,), candidates


@pytest.mark.parametrize("text", ["who was the first emperor of Rome", "sing me a song", "1234", "", "   ", "?!"])
def test_a_message_about_something_else_starts_none(text: str) -> None:
    matching = matcher()
    assert matching.choice(matching.candidates(text, "en")) == ()


def test_probabilities_and_what_is_left_for_none_make_one() -> None:
    total = sum(one.probability for one in matcher().candidates("water my flowers please", "en"))
    assert 0.3 < total < 1


def test_a_number_speaks_for_the_flow_that_asks_for_one() -> None:
    slots = {"grams": Slot(name="grams", type="float")}
    asking = flow("a", "Order sweets", CollectStep(id="q", path="/steps/0", slot="grams", utter="utter_ask_grams"))

    known = {"a": asking, "b": flow("b", "Order sweets")}
    matching = FlowMatcher.of(Assistant(flows=known, domain=Domain(slots=slots)), None)
    rows, _ = matching.measured("sweets, 200 of them", "en")
    assert rows[:, FEATURES.index("a number that is asked for")].tolist() == [1.0, 0.0]
    assert matching.candidates("sweets, 200 of them", "en")[0].flow == "a"


@pytest.mark.parametrize(
    ("shares", "chosen"),
    [
        ((0.45, 0.43, 0.02), ("a", "b")),
        ((0.45, 0.3, 0.2), ("a",)),
        ((0.52, 0.48, 0.0), ("a",)),
        ((0.2, 0.19, 0.18), ()),
    ],
)
def test_two_flows_that_are_close_are_asked_about(shares: tuple[float, ...], chosen: tuple[str, ...]) -> None:
    candidates = [Candidate(name, share) for name, share in zip("abc", shares, strict=True)]
    assert matcher().choice(candidates) == chosen


def test_words_of_other_languages_count_by_their_stems() -> None:
    french = Assistant(
        language="fr",
        flows={
            "a": flow("a", "Réserver une chambre pour plusieurs nuits"),
            "b": flow("b", "Commander des fleurs pour un anniversaire"),
        },
    )
    matching = FlowMatcher.of(french, None)
    assert stem_of("fleurs", "fr") == stem_of("fleur", "fr")
    assert matching.candidates("je veux commander une fleur", "fr")[0].flow == "b"


def test_training_has_the_more_say_the_more_examples_it_had() -> None:
    shares = [trust_in_training(count, fitted().half) for count in (0, 1, 3, 8, 20)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0


def test_likeness_never_speaks_against_a_flow() -> None:
    assert all((weights.flow >= 0).all() for weights in fitted().weights.values())


def test_a_text_is_read_the_same_each_time_and_never_fails() -> None:
    for text in ("", "🙂🙂", "ein Wort", "a" * 5000, "one two " * 500):
        for language in ("en", "de", "fr", "xx"):
            first, again = read(text, language), read(text, language)
            assert first.stems == again.stems


def understood(assistant: Assistant, text: str) -> list[Command]:
    understanding = LocalUnderstanding(train_classifier(assistant))
    return list(understanding.understand(text, Tracker("x", {}), assistant, language="en").commands)


def test_the_trace_names_candidates_thresholds_and_what_spoke_for_the_first() -> None:
    assistant = Assistant(flows={name: flow(name, text) for name, text in ABOUT.items()})
    understanding = LocalUnderstanding(train_classifier(assistant))
    trace = understanding.understand("feed my cat", Tracker("x", {}), assistant, language="en").trace
    assert trace["candidates"][0]["flow"] == "feed_cat"
    assert trace["thresholds"]["start"] == fitted().start
    assert trace["words"][:1] in (["cat"], ["feed"])
    assert trace["likeness"].keys() <= set(FEATURES)
    assert trace["decision"] == "the most likely flow"


def test_a_greeting_that_nothing_answers_is_met_with_a_question() -> None:
    assistant, _ = build_assistant(
        [ItemBody(item.kind, item.name, item.body) for item in read_project(ROOT / "examples" / "bank").items]
    )
    assert understood(assistant, "hello") == [Clarify()]


def test_a_question_goes_to_the_search_only_where_the_project_has_one() -> None:
    flows = {name: flow(name, text) for name, text in ABOUT.items()}
    text = "what does the law say about inheritance?"
    assert not any(isinstance(one, Knowledge) for one in understood(Assistant(flows=flows), text))
    searching = Assistant(flows=flows, config={"policies": [{"name": "EnterpriseSearchPolicy"}]})
    assert understood(searching, text) == [Knowledge()]
    assert understood(searching, "feed the cat") == [StartFlow("feed_cat")]


def test_texts_are_taken_as_values_with_a_precision_of_95_per_cent() -> None:
    right = taken = wanted = 0
    for row in VALUES:
        slots = [Slot(name=name, type="text") for name in row["slots"]]
        found = {slot.name: text for slot, text in cued_values(row["text"], row.get("language", "en"), slots)}
        expected = row.get("values") or {}
        taken += len(found)
        wanted += len(expected)
        right += sum(expected.get(name) == text for name, text in found.items())
    assert right / taken >= 0.95
    assert right / wanted >= 0.8


def test_a_sentence_fills_several_slots_of_its_flow() -> None:

    steps = [
        CollectStep(id=name, path=f"/steps/{number}", slot=name, utter=f"utter_ask_{name}")
        for number, name in enumerate(("count", "recipient"))
    ]
    slots = {"count": Slot(name="count", type="float"), "recipient": Slot(name="recipient", type="text")}
    known = {"send_flowers": flow("send_flowers", "Send flowers to somebody", *steps)}
    said = understood(Assistant(flows=known, domain=Domain(slots=slots)), "send 12 flowers to my grandmother")
    assert said == [StartFlow("send_flowers"), SetSlot("count", 12.0), SetSlot("recipient", "my grandmother")]


def test_a_language_that_nothing_is_said_in_is_told_at_training() -> None:
    flows = {name: flow(name, text) for name, text in ABOUT.items()}
    assistant = Assistant(flows=flows, additional_languages=("de", "fr"))
    assert languages_without_words(assistant) == ["de", "fr"]
    assert "`translation: fr:`" in notice_of("fr")
    named = {**flows, "x": flow("x", "x", translation={"fr": {"name": "arroser"}})}
    assert languages_without_words(Assistant(flows=named, additional_languages=("de", "fr"))) == ["de"]
    german = NluData(intents={"feed": (Example(text="ich möchte die Katze füttern lassen"),)})
    triggered = {**flows, "feed_cat": flow("feed_cat", "x", nlu_triggers=(NluTrigger(intent="feed"),))}
    assert languages_without_words(Assistant(flows=triggered, nlu=german, additional_languages=("de",))) == []


def test_an_assistant_that_nobody_tuned_on_is_understood() -> None:
    project = ROOT / "tests" / "projects" / "clinic"
    assistant, _ = build_assistant([ItemBody(item.kind, item.name, item.body) for item in read_project(project).items])
    score = measure(assistant, LocalUnderstanding(train_classifier(assistant)), project / "heldout")["commands"]
    assert score.total >= 150
    assert score.share >= 0.75
