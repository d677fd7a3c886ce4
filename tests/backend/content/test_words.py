"""The history speaks plainly, whatever a client calls its commands."""

from __future__ import annotations

from typing import Any

import pytest

from talkwright.backend.content.words import words_of


@pytest.mark.parametrize(
    ("command", "touched", "words"),
    [
        ({"name": "edit-text", "arguments": {"kind": "response", "name": "utter_a"}}, "", "Edited a text of utter_a"),
        ({"name": "create", "arguments": {"kind": "lookup", "name": "cities"}}, "", "Created the lookup table cities"),
        (
            {"name": "rename", "arguments": {"kind": "slot", "name": "a", "new_name": "b"}},
            "",
            "Renamed the slot a to b",
        ),
        (
            {"name": "edit-field", "arguments": {"name": "pay", "what": "description"}},
            "",
            "Edited the description of pay",
        ),
        ({"name": "undo", "arguments": {"words": "edit text"}}, "", "Undid: edit text"),
        ({"name": "edit-text", "arguments": {}}, "utter_a", "Edit text: utter_a"),
        ({"name": "spin-the-wheel", "arguments": {}}, "utter_a", "Spin the wheel: utter_a"),
        ({"name": "", "arguments": {}}, "", "Changed"),
        ({"name": "create", "arguments": {"kind": "{0.__class__}", "name": "x{y}"}}, "", "Created the item x{y}"),
    ],
)
def test_commands_are_said_in_words(command: dict[str, Any], touched: str, words: str) -> None:
    assert words_of(command, touched) == words


def test_a_long_argument_is_cut() -> None:
    said = words_of({"name": "edit-text", "arguments": {"name": "a" * 5000}})
    assert len(said) < 120
