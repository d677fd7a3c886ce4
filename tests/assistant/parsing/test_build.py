from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.assistant.build import build_assistant
from talkwright.assistant.digests import digest
from talkwright.assistant.domain import SlotMapping
from talkwright.assistant.items import ItemBody
from talkwright.assistant.nlu import Annotation
from talkwright.assistant.parsing.domain import parse_response, parse_slot
from talkwright.assistant.parsing.nlu import AnnotationError, parse_example, parse_examples

FLOW = ItemBody("flow", "pay", {"description": "pay", "steps": [{"collect": "amount"}]})


@pytest.mark.parametrize(
    ("written", "text", "annotations"),
    [
        ("hello", "hello", ()),
        ("from [Rome](city) now", "from Rome now", (Annotation(start=5, end=9, entity="city"),)),
        ("[NYC](city:New York)", "NYC", (Annotation(start=0, end=3, entity="city", value="New York"),)),
        (
            '[Rome]{"entity": "city", "role": "from", "group": "1", "value": "ROM"} to [Oslo]{"entity":"city"}',
            "Rome to Oslo",
            (
                Annotation(start=0, end=4, entity="city", role="from", group="1", value="ROM"),
                Annotation(start=8, end=12, entity="city"),
            ),
        ),
        (
            '[X][{"entity": "a"}, {"entity": "b", "value": "2"}]!',
            "X!",
            (Annotation(start=0, end=1, entity="a"), Annotation(start=0, end=1, entity="b", value="2")),
        ),
        ("a [b] c [d", "a [b] c [d", ()),
        ("[b][c] x", "[b][c] x", ()),
        ("[] (x)", "[] (x)", ()),
        ("say [über](w)", "say über", (Annotation(start=4, end=8, entity="w"),)),
    ],
)
def test_examples_lose_their_marks_and_keep_the_spans(written: str, text: str, annotations: tuple[Any, ...]) -> None:
    example = parse_example(written)
    assert example.text == text
    assert example.annotations == annotations


@pytest.mark.parametrize(("text", "column"), [("a [b](c", 6), ('a [b]{"entity": }', 6), ('[b]{"role": "x"}', 4)])
def test_broken_marks_say_where(text: str, column: int) -> None:
    with pytest.raises(AnnotationError) as caught:
        parse_example(text)
    assert caught.value.column == column


@given(st.text(alphabet='ab []{}()":,entiy', max_size=30))
def test_any_text_is_an_example_or_an_annotation_error(text: str) -> None:
    examples, problems = parse_examples("i", {"examples": [text]})
    assert len(examples) + len(problems) == (1 if text.strip() or problems else 0)


def test_a_broken_example_is_left_out_and_reported_at_its_place() -> None:
    examples, problems = parse_examples("i", {"examples": ["fine", {"text": "[a](b"}, 3]})
    assert [example.text for example in examples] == ["fine"]
    assert [(problem.code, problem.path) for problem in problems] == [
        ("wrong-shape", "/examples/2"),
        ("broken-annotation", "/examples/1/text"),
    ]


def test_slots_have_the_defaults_of_the_format() -> None:
    slot, problems = parse_slot("a", {"type": "text"})
    assert not problems
    assert slot is not None
    assert slot.mappings == (SlotMapping(type="from_llm"),)
    assert slot.influence_conversation
    anything, _ = parse_slot("b", {"type": "any"})
    assert anything is not None
    assert not anything.influence_conversation


def test_a_slots_validation_asks_again_by_its_own_question() -> None:
    slot, _ = parse_slot("code", {"type": "text", "validation": {"rejections": [{"if": "true", "utter": "utter_no"}]}})
    assert slot is not None
    assert slot.validation is not None
    assert slot.validation.refill_utter == "utter_ask_code"


def test_an_unknown_slot_type_has_a_fix() -> None:
    slot, problems = parse_slot("a", {"type": "flaot"})
    assert slot is not None
    assert slot.type == "any"
    assert problems[0].fix == ({"op": "replace", "path": "/type", "value": "float"},)


def test_variations_keep_what_the_engine_sends_as_data() -> None:
    response, problems = parse_response(
        "utter_a", [{"text": "x", "buttons": [], "channel": "voice", "metadata": {"rephrase": True}}, "bare"]
    )
    assert response is not None
    assert response.variations[0].data == {"buttons": []}
    assert response.variations[0].channel == "voice"
    assert response.variations[1].text == "bare"
    assert [problem.code for problem in problems] == ["wrong-shape"]


def test_an_assistant_has_everything_in_its_place() -> None:
    assistant, problems = build_assistant(
        [
            FLOW,
            ItemBody("slot", "amount", {"type": "float"}),
            ItemBody("response", "utter_ask_amount", [{"text": "How much?"}]),
            ItemBody("action", "action_a", {"send_domain": True}),
            ItemBody("intent", "i", {"domain": {"use_entities": []}, "examples": ["in [NYC](city:New York)"]}),
            ItemBody("entity", "city", {"roles": ["from"]}),
            ItemBody("synonym", "New York", ["big apple"]),
            ItemBody("regex", "zip", [r"\d{5}"]),
            ItemBody("lookup", "city", ["Rome"]),
            ItemBody(
                "config", "config.yml", {"assistant_id": "bank", "language": "de", "additional_languages": ["en"]}
            ),
            ItemBody("domain", "domain.yml", {"session_config": {"session_expiration_time": 5}, "forms": {"f": {}}}),
        ],
        with_patterns=False,
    )
    assert problems == []
    assert (assistant.id, assistant.language, assistant.additional_languages) == ("bank", "de", ("en",))
    assert assistant.domain.session.expiration_minutes == 5
    assert assistant.domain.actions["action_a"].send_domain
    assert assistant.domain.intents == {"i": {"use_entities": []}}
    assert assistant.nlu.synonyms == {"New York": ("big apple", "NYC")}
    assert assistant.domain.raw["actions"] == [{"action_a": {"send_domain": True}}]
    assert assistant.domain.raw["slots"] == {"amount": {"type": "float"}}
    assert "language" not in assistant.domain.slots


def test_patterns_come_with_the_first_flow_and_the_users_own_win() -> None:
    mine = ItemBody("flow", "pattern_completed", {"description": "mine", "steps": [{"action": "utter_mine"}]})
    spoken = ItemBody("response", "utter_flow_cancelled_rasa", [{"text": "Stopped."}])
    counted = ItemBody("slot", "silence_timeout", {"type": "float", "initial_value": 3.0})
    assistant, _ = build_assistant([FLOW, mine, spoken, counted])
    assert assistant.flows["pattern_completed"].description == "mine"
    assert len(assistant.flows["pattern_completed"].steps) == 1
    assert "pattern_collect_information" in assistant.flows
    assert set(assistant.user_flows) == {"pay"}
    assert assistant.domain.responses["utter_flow_cancelled_rasa"].variations[0].text == "Stopped."
    assert not assistant.domain.responses["utter_flow_cancelled_rasa"].builtin
    assert assistant.domain.responses["utter_ask_rephrase"].builtin
    assert assistant.domain.slots["silence_timeout"].initial_value == 3.0
    assert not assistant.domain.slots["silence_timeout"].builtin
    assert assistant.domain.slots["csat_score"].builtin
    assert assistant.domain.slots["language"].values == ("en",)
    assert assistant.domain.raw["slots"]["csat_score"]["values"] == ["satisfied", "unsatisfied"]


def test_without_a_flow_there_are_no_patterns() -> None:
    assistant, _ = build_assistant([ItemBody("slot", "a", {"type": "text"})])
    assert assistant.flows == {}
    assert set(assistant.domain.slots) == {"a"}


def test_several_domain_and_config_files_join() -> None:
    assistant, problems = build_assistant(
        [
            ItemBody("domain", "domain/a.yml", {"forms": {"a": {}}, "e2e_actions": ["x"], "version": "3.0"}),
            ItemBody("domain", "domain/b.yml", {"forms": {"b": {}}, "e2e_actions": ["y", "x"], "version": "3.1"}),
            ItemBody("config", "alternatives/config.yml", {"language": "fr", "pipeline": [{"name": "B"}]}),
            ItemBody("config", "config.yml", {"language": "en", "pipeline": [{"name": "A"}]}),
        ]
    )
    assert set(assistant.domain.forms) == {"a", "b"}
    assert assistant.domain.raw["e2e_actions"] == ["x", "y"]
    assert assistant.language == "en"
    assert assistant.config["pipeline"] == [{"name": "A"}]
    assert [(problem.code, problem.name, problem.path) for problem in problems] == [
        ("key-in-two-files", "alternatives/config.yml", "/language"),
        ("key-in-two-files", "alternatives/config.yml", "/pipeline"),
    ]


def test_a_name_that_stands_twice_is_reported() -> None:
    _, problems = build_assistant([FLOW, FLOW], with_patterns=False)
    assert [problem.code for problem in problems] == ["declared-twice"]


@pytest.mark.parametrize(
    "kind", ["flow", "slot", "response", "action", "intent", "entity", "synonym", "config", "domain"]
)
@pytest.mark.parametrize("body", [None, 3, "x", [], {}, [None, 3], {"x": [1]}])
def test_bodies_of_any_shape_build_something(kind: str, body: Any) -> None:
    build_assistant([ItemBody(kind, "a", body)])
    digest(kind, body, "a")


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (
            "slot",
            {"type": "text"},
            {"influence_conversation": True, "type": "text", "mappings": [{"type": "from_llm"}]},
        ),
        ("response", [{"text": "a"}], [{"text": "a", "metadata": {}, "buttons": []}]),
        ("action", {}, {"send_domain": False}),
        ("action", None, {}),
        ("intent", {"domain": {}, "examples": ["a"]}, {"examples": [{"text": "a"}]}),
        ("flow", {"nlu_trigger": [{"intent": "a"}]}, {"nlu_trigger": [{"intent": {"name": "a"}}]}),
        ("flow", {"if": False}, {"if": "false"}),
    ],
)
def test_two_ways_to_write_the_same_have_one_digest(kind: str, one: Any, other: Any) -> None:
    assert digest(kind, one, "x") == digest(kind, other, "x")


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("slot", {"type": "text"}, {"type": "any"}),
        ("slot", {"type": "any"}, {"type": "any", "influence_conversation": True}),
        ("slot", {"type": "any", "initial_value": True}, {"type": "any", "initial_value": 1}),
        ("response", [{"text": "a"}, {"text": "b"}], [{"text": "b"}, {"text": "a"}]),
        ("config", {"a": 1}, {"a": 2}),
    ],
)
def test_what_differs_has_another_digest(kind: str, one: Any, other: Any) -> None:
    assert digest(kind, one, "x") != digest(kind, other, "x")
