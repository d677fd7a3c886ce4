"""Each component of the classic pipeline: what it was for is done, as the hint says."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.nlu import Annotation, Example, NluData
from talkwright.assistant.validation.classic_components import CLASSIC, DROPPED
from talkwright.conversation.tracker import Tracker
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

NOW = datetime.fromisoformat("2026-11-25T17:20:00").timestamp()
NAMES = ["Ann", "Bob", "Cem", "Dora", "Eva", "Finn", "Gus", "Hana", "Ines", "Jan", "Kim", "Lea"]
GREETINGS = ["hello", "hi there", "good morning", "hey", "greetings to you", "nice to see you"]
PATTERNS = ["please invite {} to the party", "can you ask {} to come", "i want {} at my table"]


def invitation(pattern: str, name: str) -> Example:
    start = pattern.index("{}")
    mark = Annotation(start=start, end=start + len(name), entity="guest")
    return Example(text=pattern.format(name), annotations=(mark,))


DATA = NluData(
    intents={
        "greet": tuple(Example(text=text) for text in GREETINGS),
        "invite": tuple(invitation(pattern, name) for name in NAMES for pattern in PATTERNS),
    },
    synonyms={"Robert": ("Bob",)},
    regexes={"ticket": (r"\bT\d{4}\b",)},
    lookups={"room": ("blue hall", "garden")},
)
LEARNED = train_classifier(Assistant(nlu=DATA))


def parsed(text: str, *parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a message says, with a pipeline of these components."""
    assistant = Assistant(nlu=DATA, config={"pipeline": list(parts)})
    understanding = LocalUnderstanding(LEARNED, lambda: NOW)
    return understanding.understand(text, Tracker("x", {}), assistant, language="en").parse_data


def values(text: str, *parts: Mapping[str, Any]) -> dict[str, Any]:
    return {one["entity"]: one["value"] for one in parsed(text, *parts)["entities"]}


def understands_intents(part: Mapping[str, Any]) -> None:
    assert parsed("good morning to you", part)["intent"]["name"] == "greet"
    assert parsed("can you ask my sister to come", part)["intent"]["name"] == "invite"


def learns_entities(part: Mapping[str, Any]) -> None:
    assert values("please invite Olga to the party", part) == {"guest": "Olga"}


def learns_both(part: Mapping[str, Any]) -> None:
    understands_intents(part)
    learns_entities(part)


def finds_lookups_and_regexes(part: Mapping[str, Any]) -> None:
    text = "the garden with T1234"
    assert values(text, part) == {"room": "garden", "ticket": "T1234"}
    assert values(text, {**part, "name": "RegexEntityExtractor", "use_regexes": False}) == {"room": "garden"}
    assert values(text, {**part, "name": "RegexEntityExtractor", "use_lookup_tables": False}) == {"ticket": "T1234"}


def maps_synonyms(part: Mapping[str, Any]) -> None:
    assert values("please invite Bob to the party", part) == {"guest": "Robert"}


def recognises_dimensions(part: Mapping[str, Any]) -> None:
    text = "tomorrow at 5 pm, 3 tickets, 20 euros"
    assert values(text, part) == {"time": "2026-11-26T17:00:00", "number": 3.0, "amount-of-money": 20.0}
    assert "number" not in values(text, {**part, "dimensions": ["time"]})
    assert not values(text).keys() & {"time", "number", "amount-of-money"}


def falls_back(part: Mapping[str, Any]) -> None:
    assert parsed("good morning", {**part, "threshold": 0.9999})["intent"]["name"] == "nlu_fallback"
    assert parsed("good morning", {**part, "threshold": 0.1})["intent"]["name"] == "greet"


BEHAVIOURS = {
    "DIETClassifier": learns_both,
    "CRFEntityExtractor": learns_entities,
    "MitieEntityExtractor": learns_entities,
    "RegexFeaturizer": finds_lookups_and_regexes,
    "RegexEntityExtractor": finds_lookups_and_regexes,
    "EntitySynonymMapper": maps_synonyms,
    "DucklingEntityExtractor": recognises_dimensions,
    "FallbackClassifier": falls_back,
}


@pytest.mark.parametrize("name", CLASSIC)
def test_what_a_component_was_for_is_done(name: str) -> None:
    BEHAVIOURS.get(name, understands_intents)({"name": name})


@pytest.mark.parametrize("name", CLASSIC)
def test_a_component_may_be_named_with_its_module(name: str) -> None:
    BEHAVIOURS.get(name, understands_intents)({"name": f"some.module.{name}"})


def test_no_component_is_both_done_and_dropped() -> None:
    assert not CLASSIC.keys() & DROPPED.keys()
    assert CLASSIC.keys() >= BEHAVIOURS.keys()
