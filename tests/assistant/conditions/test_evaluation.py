"""The measured results of dialogue-semantics 1.7, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from talkwright.assistant.conditions import EvaluationError, evaluate, parse

SLOTS: dict[str, Any] = {
    "yes": True,
    "no": False,
    "unset": None,
    "name": "Jack",
    "empty_text": "",
    "empty_list": [],
    "list": ["a", "b"],
    "number": 5,
    "zero": 0.0,
    "digit": "5",
    "map": {"inner": {"deep": 1}},
    "größe": "XL",
    "with-dash": "x",
}
DOCUMENT = {"slots": SLOTS, "context": {"collect": "amount", "nothing": None}}


def answer(text: str) -> bool:
    return evaluate(parse(text), DOCUMENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # and/or have one precedence and group to the right
        ("slots.no and slots.yes or slots.yes", False),
        ("slots.yes or slots.no and slots.no", True),
        ("slots.no or slots.yes and slots.no", False),
        ("(slots.no and slots.yes) or slots.yes", True),
        # not binds tighter
        ("not slots.no and slots.yes", True),
        ("not slots.yes and slots.no", False),
        ("not slots.no or slots.no", True),
        ("not slots.name = 'Jim'", True),
        ("not not slots.yes", True),
        # undeclared is not null
        ("slots.undeclared is null", False),
        ("slots.undeclared is not null", True),
        ("slots.undeclared = undefined", True),
        ("slots.undeclared != 'x'", True),
        ("slots.undeclared.part is undefined", True),
        ("slots.unset is null", True),
        ("slots.unset is not null", False),
        ("slots.unset is undefined", False),
        # undefined never compares by order
        ("slots.undeclared < 5", False),
        ("slots.undeclared >= 5", False),
        ("5 < slots.undeclared", False),
        # kinds of values
        ("'5' = 5", False),
        ("slots.digit = 5", False),
        ("slots.number = 5.0", True),
        ("slots.yes = 'true'", False),
        ("slots.yes = true", True),
        ("slots.yes = 1", True),
        ("slots.zero is false", True),
        ("slots.name is Jack", False),
        ("slots.name is 'Jack'", True),
        ('slots.name is "Jack"', True),
        ("slots.name = 'jack'", False),
        ("slots.name == 'Jack'", True),
        ("slots.name != 'Jack'", False),
        # empty
        ("slots.empty_text is empty", True),
        ("slots.empty_list = empty", True),
        ("slots.unset is empty", False),
        ("slots.name is not empty", True),
        ("slots.zero is empty", False),
        ("slots.undeclared is empty", True),  # measured again with the library itself
        ("slots.undeclared != empty", True),
        # sets and contains
        ("{'Jack' 'Jim'} contains slots.name", True),
        ("{'Jim'} contains slots.name", False),
        ("{} contains slots.name", False),
        ("{1 5 10} contains slots.number", True),
        ("{true} contains slots.yes", True),
        ("slots.name is {'Jack'}", False),
        ("slots.list contains 'a'", True),
        ("slots.list contains 'c'", False),
        ("slots.name contains 'ac'", True),
        ("slots.unset contains 'a'", False),
        ("slots.undeclared contains 'a'", False),
        # matches searches, and texts only
        ("slots.name matches 'ac'", True),
        ("slots.name matches '^ac'", False),
        ("slots.number matches '5'", False),
        ("slots.unset matches '.'", False),
        # truth
        ("slots.name", True),
        ("slots.empty_text", False),
        ("slots.empty_list", False),
        ("slots.zero", False),
        ("slots.unset", False),
        ("slots.undeclared", False),
        ("true", True),
        ("FALSE", False),
        ("null", False),
        # order
        ("slots.number > 4 AND slots.number <= 5", True),
        ("slots.number >= -1.5", True),
        ("slots.name < 'Jim'", True),
        # names
        ("slots.größe = 'XL'", True),
        ("slots.with-dash = 'x'", True),
        ("slots.map.inner.deep = 1", True),
        ("slots.map.other is undefined", True),
        ("context.collect = 'amount'", True),
        ("context.missing is undefined", True),
        ("other.thing is undefined", True),
        ("slots.name.part is undefined", True),
        # comments and layout
        ("slots.yes # and slots.no", True),
        ("slots.yes\n  and\tslots.yes", True),
    ],
)
def test_gives_the_measured_result(text: str, expected: bool) -> None:
    assert answer(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "slots.unset < 5",
        "slots.unset >= 5",
        "5 > slots.unset",
        "slots.name < 5",
        "slots.digit > 4",
        "slots.list < 5",
        "slots.unset.part is null",
        "slots.number.part is null",
        "slots.name contains 5",
        "slots.map < slots.map",
    ],
)
def test_has_no_answer_where_values_do_not_fit(text: str) -> None:
    with pytest.raises(EvaluationError):
        answer(text)


def test_does_not_ask_the_right_side_when_the_left_decides() -> None:
    assert answer("slots.no and slots.unset < 5") is False
    assert answer("slots.yes or slots.unset < 5") is True


def test_long_chains_and_deep_brackets_within_the_limits_are_answered() -> None:
    assert answer(" and ".join(["slots.yes"] * 200)) is True
    assert answer("(" * 50 + "slots.yes" + ")" * 50) is True
    assert answer("not " * 100 + "slots.yes") is True
