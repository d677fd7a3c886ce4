"""Values inside sentences: by recognisers and by many marked examples; and that no text breaks it."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.domain import Domain
from talkwright.assistant.nlu import Annotation, Example, NluData
from talkwright.assistant.yamls import load
from talkwright.engine.understanding.local.entities import EntityFinder
from talkwright.engine.understanding.local.pipeline import pipeline_of
from talkwright.engine.understanding.local.recognisers import RECOGNISERS, recognised
from talkwright.engine.understanding.local.tagger_training import train_tagger

LABELLED = load((Path(__file__).parent / "recognised.yml").read_text(encoding="utf-8"))
NOW = datetime.fromisoformat(LABELLED["now"])
CITIES = ["Berlin", "paris", "London", "rome", "New York", "vienna", "Oslo", "prague", "San Marino", "athens"]
UNSEEN = ["Helsinki", "zurich", "Los Angeles", "bern", "Porto"]
TRAVEL = ["book a flight from {a} to {b}", "i want to fly to {b} from {a}", "get me from {a} to {b} tomorrow"]
TALK = ["what is the weather", "hello there", "can you help me", "how long does it take", "i changed my mind"]
PIECES = """
to from at um 5 pm half halb drei next nächsten friday Freitag 3. März 2025 03/04 31.02. 99:99 in two weeks vor 999
Jahren +49 170 €50 $ a@b.co www. http://x.y/ . , ( ) 0 00 ² ٣ １２ İ ß \u0307 \u202e \ud83d\ude00 ago uhr
o'clock 29. Februar
"""


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_everybody_writes_alike_is_found_with_its_exact_words(language: str) -> None:
    wrong = []
    for case in LABELLED[language]:
        text = case["text"]
        found = {
            kind: [text[one.start : one.end], one.value] for kind, one in recognised(text, language, NOW, RECOGNISERS)
        }
        if found != {kind: value for kind, value in case.items() if kind != "text"}:
            wrong.append((text, found))
    assert wrong == []


def trip(pattern: str, start: str, goal: str) -> Example:
    """A sentence with both places marked."""
    text, marks = "", []
    for piece in pattern.replace("{a}", "|a|").replace("{b}", "|b|").split("|"):
        place = {"a": start, "b": goal}.get(piece)
        if place is not None:
            marks.append((len(text), len(text) + len(place), "from" if piece == "a" else "to"))
        text += place or piece
    annotations = tuple(Annotation(start=begin, end=end, entity="city", role=role) for begin, end, role in marks)
    return Example(text=text, annotations=annotations)


def travels(places: list[str]) -> list[Example]:
    turned = places[1:] + places[:1]
    return [trip(pattern, start, goal) for pattern in TRAVEL for start, goal in zip(places, turned, strict=True)]


DATA = NluData(intents={"travel": tuple(travels(CITIES)), "talk": tuple(Example(text=text) for text in TALK)})


def test_many_marked_examples_teach_spans_with_roles_and_their_confidence() -> None:
    finder = EntityFinder.of(DATA, train_tagger(DATA))
    wanted, found = set(), set()
    for example in travels(UNSEEN):
        wanted |= {(example.text, one.start, one.end, one.role) for one in example.annotations}
        found |= {(example.text, one.start, one.end, one.role) for one in finder.find(example.text, "en")}
    assert len(wanted & found) / len(found) >= 0.9, "precision"
    assert len(wanted & found) / len(wanted) >= 0.8, "recall"
    (entity, *_) = finder.find("get me from Berlin to Oslo tomorrow", "en")
    assert entity.to_dict()["role"] == "from"
    assert 0.5 <= entity.to_dict()["confidence_entity"] <= 1.0
    assert all(not finder.find(text, "en") for text in TALK)


def test_groups_are_told_apart_like_roles() -> None:
    examples = [
        Example(
            text=f"first {one} then {other}",
            annotations=(
                Annotation(start=6, end=6 + len(one), entity="city", group="1"),
                Annotation(start=12 + len(one), end=12 + len(one) + len(other), entity="city", group="2"),
            ),
        )
        for one in CITIES
        for other in CITIES[:3]
    ]
    data = NluData(intents={"tour": tuple(examples)})
    found = EntityFinder.of(data, train_tagger(data)).find("first Oslo then Berlin", "en")
    assert [(one.text, one.to_dict()["group"]) for one in found] == [("Oslo", "1"), ("Berlin", "2")]


def test_the_same_examples_teach_the_same_numbers() -> None:
    one, other = train_tagger(DATA), train_tagger(DATA)
    assert one is not None
    assert other is not None
    assert np.array_equal(one.emissions, other.emissions)
    assert np.array_equal(one.transitions, other.transitions)


def test_a_few_marked_examples_are_no_matter_for_the_tagger() -> None:
    assert train_tagger(NluData(intents={"travel": tuple(travels(CITIES[:2]))})) is None


def test_a_synonym_stands_for_what_was_found() -> None:
    data = NluData(intents=DATA.intents, synonyms={"Roma": ("rome",)})
    found = EntityFinder.of(data, train_tagger(data)).find("book a flight from rome to Oslo", "en")
    assert [(one.text, one.value) for one in found] == [("rome", "Roma"), ("Oslo", "Oslo")]


def test_a_recogniser_works_where_the_domain_knows_its_entity_and_on_the_clock_of_the_turn() -> None:
    pipeline = pipeline_of(Assistant(domain=Domain(entities={"time": {}})))
    finder = EntityFinder.of(NluData(), None, pipeline, NOW.timestamp)
    (found,) = finder.find("tomorrow at 5 pm, for 3 people", "en")
    assert (found.entity, found.value) == ("time", "2026-11-26T17:00:00")
    assert EntityFinder.of(NluData()).find("tomorrow at 5 pm", "en") == []


@settings(max_examples=400)
@given(
    text=st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES.split()), max_size=12).map(" ".join)),
    language=st.sampled_from(["en", "de", "fr"]),
)
def test_any_text_is_read_and_every_span_lies_inside_it(text: str, language: str) -> None:
    finder = EntityFinder.of(
        DATA, TAGGER, pipeline_of(Assistant(domain=Domain(entities={kind: {} for kind in RECOGNISERS})))
    )
    last = 0
    for entity in finder.find(text, language):
        assert last <= entity.start < entity.end <= len(text)
        assert entity.text == text[entity.start : entity.end]
        last = entity.end


TAGGER = train_tagger(DATA)


@pytest.mark.parametrize(
    "piece", ["5 ", "um ", "+49 ", "a@", "3.", "1/", "next ", "www.", "((", "a.b.", "0-", "half past "]
)
def test_a_very_long_text_is_read_quickly(piece: str) -> None:
    everything: dict[str, Any] = {kind: {} for kind in RECOGNISERS}
    finder = EntityFinder.of(DATA, TAGGER, pipeline_of(Assistant(domain=Domain(entities=everything))))
    started = time.process_time()
    finder.find(piece * 3000, "en")
    assert time.process_time() - started < 1.0


def test_a_value_that_two_entities_know_is_the_one_whose_words_stand_before_it() -> None:
    def example(text: str, entity: str) -> Example:
        at = text.index("Ann")
        return Example(text=text, annotations=(Annotation(start=at, end=at + 3, entity=entity),))

    told = (example("erase Ann", "member"), example("pay Ann now", "payee"))
    finder = EntityFinder.of(NluData(intents={"x": told}))
    assert [one.entity for one in finder.find("pay Ann please", "en")] == ["payee"]
    assert [one.entity for one in finder.find("please erase Ann", "en")] == ["member"]
