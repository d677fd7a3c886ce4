"""Messages that are no language (dialogue-semantics 4.3)."""

import pytest

from talkwright.assistant.payloads import IntentPayload, SlotsPayload, TextPayload, read_payload

SLOTS = frozenset({"a", "b", "long_name"})


@pytest.mark.parametrize(
    ("text", "assignments"),
    [
        ("/SetSlots(a=1)", (("a", "1"),)),
        ("  /SetSlots(a=1, b=x y)  ", (("a", "1"), ("b", "x y"))),
        ("/SetSlots(a=1, b=[x,y])", (("a", "1"), ("b", ["x", "y"]))),
        ("/SetSlots(a='x, y', b=\"z\")", (("a", "x, y"), ("b", "z"))),
        ("/SetSlots(a=none, b=Null)", (("a", None), ("b", None))),
        ("/SetSlots(a=undefined)", (("a", None),)),
        ("/SetSlots(a=f(1, 2))", (("a", "f(1, 2)"),)),
        ("/SetSlots(long_name=O'Neill, a=x)", (("long_name", "O'Neill"), ("a", "x"))),
        ("/SetSlots(a=x=y)", (("a", "x=y"),)),
        ("/SetSlots(a=)", (("a", ""),)),
    ],
)
def test_slots_are_read_in_order(text: str, assignments: tuple[tuple[str, object], ...]) -> None:
    assert read_payload(text, slots=SLOTS) == SlotsPayload(assignments)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "/SetSlots(a=1, nope=2)",
        "/SetSlots()",
        "/SetSlots(a)",
        "/SetSlots(a=[1)",
        f"/SetSlots({','.join(['a=1'] * 11)})",
        "",
    ],
)
def test_what_is_no_whole_payload_stays_free_text(text: str) -> None:
    assert read_payload(text, slots=SLOTS) is None


def test_ten_assignments_are_still_a_payload() -> None:
    payload = read_payload(f"/SetSlots({','.join(['a=1'] * 10)})", slots=SLOTS)
    assert isinstance(payload, SlotsPayload)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/greet", IntentPayload("greet", 1.0, ())),
        ("/greet@0.75", IntentPayload("greet", 0.75, ())),
        ('/greet{"name": "Ann"}', IntentPayload("greet", 1.0, ({"entity": "name", "value": "Ann"},))),
        (
            '/a/b@0.5{"n": [1, 2]}',
            IntentPayload("a/b", 0.5, ({"entity": "n", "value": 1}, {"entity": "n", "value": 2})),
        ),
    ],
)
def test_intents_are_read_with_confidence_and_entities(text: str, expected: IntentPayload) -> None:
    assert read_payload(text, slots=SLOTS) == expected


@pytest.mark.parametrize(
    "text", ["/greet{broken", "/two words", "/greet@1.5", "/greet[1]x y", "/", '/greet{"a": ' + "[" * 5000]
)
def test_malformed_slash_text_goes_on_without_its_slash(text: str) -> None:
    assert read_payload(text, slots=SLOTS) == TextPayload(text[1:].strip())
