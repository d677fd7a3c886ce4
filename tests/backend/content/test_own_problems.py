"""What an assistant has as a whole: one without anything that could answer is told so."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from talkwright.assistant.validation import NO_FLOW
from talkwright.backend.content.checking import Known, own_problems

RULE = "rules:\n- rule: r\n  steps:\n  - intent: greet\n  - action: utter_hello\n"


@pytest.mark.parametrize(
    ("items", "answers"),
    [
        ([], False),
        ([("intent", "greet", {})], False),
        ([("flow", "f", {})], True),
        ([("file", "data/rules.yml", RULE)], True),
        ([("file", "tests/test_rules.yml", RULE), ("file", "notes.txt", RULE), ("file", "picture.png", None)], False),
    ],
)
def test_flows_rules_and_stories_answer_and_nothing_else_does(items: list[tuple[str, str, Any]], answers: bool) -> None:
    known = Known()
    for kind, name, body in items:
        item = uuid4()
        known.items[item], known.bodies[item] = (kind, name, 1), body
    assert own_problems(known) == ([] if answers else [NO_FLOW])
