"""The history tells what an edit did, where it did one thing."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest

from talkwright.assistant.items import Item, Kind
from talkwright.backend.content.builtin import as_stored
from talkwright.backend.content.telling import only_difference, told
from talkwright.backend.content.words import words_of
from talkwright.backend.content.workspace import Working
from talkwright.database.ids import uuid7

ORDER: dict[str, Any] = {
    "name": "order tea",
    "description": "Order some tea",
    "steps": [
        {"id": "ask_size", "collect": "size", "description": "how large"},
        {
            "action": "action_price",
            "next": [
                {"if": "slots.price > 5", "then": [{"action": "utter_dear", "next": "END"}]},
                {"else": [{"collect": "paid", "ask_before_filling": True}]},
            ],
        },
    ],
}
GREET: list[dict[str, Any]] = [
    {"text": "Hi", "translation": {"de": "Hallo"}, "buttons": [{"title": "Go", "payload": "/go"}]},
    {"text": "Hello"},
]
SLOT: dict[str, Any] = {"type": "categorical", "values": ["small", "large"]}
INTENT: dict[str, Any] = {"domain": {}, "examples": ["tea please", "some tea"]}


def _working(kind: Kind, name: str, before: Any, after: Any) -> Working:
    start = as_stored(uuid7(), Item(kind=kind, name=name, body=before, parts=()))
    return Working(start.id, start, Item(kind=kind, name=name, body=after, parts=()), edits=[{}])


def _edited(body: Any, *edits: tuple[list[Any], Any]) -> Any:
    """A copy with values put; `...` ends a place behind a list's end, and as a value removes the member."""
    made = copy.deepcopy(body)
    for place, value in edits:
        whole = made
        for part in place[:-1]:
            whole = whole[part]
        if value is ...:
            del whole[place[-1]]
        elif place[-1] is ...:
            whole.append(value)
        else:
            whole[place[-1]] = value
    return made


_AT_BRANCH = ["steps", 1, "next", 1, "else", 0]


@pytest.mark.parametrize(
    ("kind", "before", "edits", "words"),
    [
        (Kind.RESPONSE, GREET, [([1, "text"], "Hey")], "Changed text 2 of it"),
        (Kind.RESPONSE, GREET[:1], [([0, "text"], "Hey")], "Changed the text of it"),
        (Kind.RESPONSE, GREET, [([0, "translation", "de"], "Servus")], "Changed text 1 of it in DE"),
        (Kind.RESPONSE, GREET[1:], [([0, "translation"], {"de": "Hallo"})], "Set the text of it in DE"),
        (Kind.RESPONSE, GREET, [([0, "translation", "de"], ...)], "Removed text 1 of it in DE"),
        (Kind.RESPONSE, GREET, [([...], {"text": "Yo"})], "Added variation 3 to it"),
        (Kind.RESPONSE, GREET, [([0], ...)], "Removed variation 1 from it"),
        (Kind.RESPONSE, GREET, [([0, "buttons", ...], {"title": "x"})], "Added a button to variation 1 of it"),
        (Kind.RESPONSE, GREET[1:], [([0, "buttons"], [{"title": "x"}])], "Added a button to it"),
        (Kind.RESPONSE, GREET[:1], [([0, "buttons", 0, "title"], "x")], "Changed the title of button 1 of it"),
        (Kind.RESPONSE, GREET[:1], [([0, "buttons", 0, "payload"], "x")], "Changed what button 1 of it sends"),
        (Kind.RESPONSE, GREET, [([1, "condition"], "true")], "Set the condition of variation 2 of it"),
        (Kind.RESPONSE, GREET[1:], [([0, "metadata"], {"rephrase": True})], "Set the rephrasing of it"),
        (Kind.RESPONSE, GREET, [([0, "text"], "x"), ([1, "text"], "y")], "Edit text"),
        (Kind.SLOT, SLOT, [(["type"], "text")], "Changed the type of the slot it"),
        (Kind.SLOT, SLOT, [(["values", ...], "huge")], "Added a value to the slot it"),
        (Kind.SLOT, SLOT, [(["values", 1], "big")], "Changed value 2 of the slot it"),
        (Kind.INTENT, INTENT, [(["examples", ...], "a tea")], "Added an example to it"),
        (Kind.INTENT, INTENT, [(["examples", 0], "a tea")], "Changed example 1 of it"),
        (Kind.CONFIG, {"language": "en"}, [(["pipeline"], [])], "Set pipeline in it"),
        (Kind.FLOW, ORDER, [(["description"], "Buy tea")], "Changed the description of it"),
        (Kind.FLOW, ORDER, [(["if"], "slots.a")], "Set the condition to start of it"),
        (
            Kind.FLOW,
            ORDER,
            [(["steps", 0, "description"], "what size")],
            "Changed the description of the step ask_size in it",
        ),
        (Kind.FLOW, ORDER, [(["steps", 0, "id"], "ask")], "Renamed the step ask_size to ask in it"),
        (
            Kind.FLOW,
            ORDER,
            [([*_AT_BRANCH, "ask_before_filling"], ...)],
            "Removed the setting “ask before filling” of the question for paid in it",
        ),
        (
            Kind.FLOW,
            ORDER,
            [(["steps", 1, "next", 0, "if"], "slots.price > 9")],
            "Changed the condition of branch 1 at the action action_price in it",
        ),
        (Kind.FLOW, ORDER, [(["steps", ...], {"action": "utter_bye"})], "Added the message utter_bye to it"),
        (Kind.FLOW, ORDER, [(_AT_BRANCH, ...)], "Removed the question for paid from it"),
        (Kind.FLOW, ORDER, [(["steps", 1], ...)], "Removed 3 steps from it"),
        (
            Kind.FLOW,
            ORDER,
            [(["steps", 0, "next"], "bye"), (["steps", ...], {"id": "bye", "action": "utter_bye"})],
            "Added the step bye to it",
        ),
        (
            Kind.FLOW,
            ORDER,
            [(["steps", 0, "collect"], "other"), (["steps", ...], {"action": "utter_bye"})],
            "Edit text",
        ),
        (Kind.FLOW, ORDER, [(["description"], "x"), (["steps", ...], {"action": "utter_bye"})], "Edit text"),
        (Kind.PROMPT, "a", [], "Edit text"),
    ],
)
def test_one_edit_is_told_and_its_undo_as_what_it_takes_back(
    kind: Kind, before: Any, edits: list[tuple[list[Any], Any]], words: str
) -> None:
    after = _edited(before, *edits)
    command = {"name": "edit-text", "arguments": {}}
    assert words_of(command | {"told": told(command, [_working(kind, "it", before, after)])}) == words
    undo = {"name": "undo", "arguments": {"words": "edit text"}}
    said = words_of(undo | {"told": told(undo, [_working(kind, "it", after, before)])})
    assert said.casefold() == f"Undid: {words}".casefold()


def test_a_change_of_many_steps_is_told_quickly() -> None:
    before, after = ({"steps": [{"action": f"{name}{n}"} for n in range(5000)]} for name in ("a", "b"))
    started = time.process_time()
    for made in (after, {"steps": [*before["steps"], {"action": "c"}]}):
        told({"name": "edit-source"}, [_working(Kind.FLOW, "it", before, made)])
    assert time.process_time() - started < 1


def test_what_touches_more_than_one_item_or_tells_a_reason_keeps_its_words() -> None:
    one, two = (_working(Kind.SLOT, "it", SLOT, {**SLOT, "type": "any"}) for _ in range(2))
    assert told({"name": "edit-slot"}, [one, two]) is None
    assert told({"name": "apply-fix"}, [one]) is None
    assert told({"name": "rename"}, [one]) is None


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (Kind.RESPONSE, [{"buttons": {"a": {"title": 1}}}], [{"buttons": {"a": {"title": 2}}}]),
        (Kind.RESPONSE, {"a": {"text": 1}}, {"a": {"text": 2}}),
        (Kind.RESPONSE, "a", [{"text": "a"}]),
        (Kind.FLOW, {"steps": [{"next": {"a": {"if": 1}}}]}, {"steps": [{"next": {"a": {"if": 2}}}]}),
        (Kind.FLOW, {"steps": {"a": 1}}, {"steps": {"a": 2}}),
        (Kind.FLOW, {"steps": ["a"]}, {"steps": ["b"]}),
        (Kind.FLOW, {"steps": [{"id": 5}]}, {"steps": [{"id": 6}]}),
        (Kind.SLOT, {"values": {"a": 1}}, {"values": {"a": 2}}),
        (Kind.INTENT, None, {"examples": 5}),
    ],
)
def test_bodies_of_any_shape_are_told_somehow(kind: Kind, before: Any, after: Any) -> None:
    for one, other in ((before, after), (after, before)):
        command = {"name": "edit-source", "arguments": {"kind": str(kind), "name": "it"}}
        assert words_of(command | {"told": told(command, [_working(kind, "it", one, other)])})


def test_equal_numbers_of_other_types_differ() -> None:
    assert only_difference({"a": 1}, {"a": True}) is not None
    assert only_difference({"a": [1, 2]}, {"a": [1, 2]}) is None


def test_a_name_of_any_length_and_shape_stays_a_short_line() -> None:
    after = {**SLOT, "x{y}" * 1000: 1}
    said = words_of(
        {"name": "edit-slot", "told": told({"name": "edit-slot"}, [_working(Kind.SLOT, "it", SLOT, after)])}
    )
    assert said.startswith("Set the x{y}x{y}")
    assert len(said) < 130
