"""Which messages the local understanding takes for questions to the documents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from tests.engine.search.projects import CAKES, HOURS, assistant_with, index_of

from talkwright.conversation.stack import COLLECT_PATTERN
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import CannotHandle, Command, Knowledge, SetSlot, StartFlow
from talkwright.engine.search.ranking import Answerable
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

ASSISTANT = assistant_with()
ORDERING = {"type": "flow", "frame_id": "A", "flow_id": "order_cake", "step_id": "ask", "frame_type": "regular"}


@cache
def understanding(*, documents: bool = True) -> LocalUnderstanding:
    known = Answerable(index_of({"docs/hours.md": HOURS, "docs/cakes.md": CAKES})) if documents else None
    return LocalUnderstanding(train_classifier(ASSISTANT), documents=known)


def asking_for(slot: str) -> tuple[dict[str, object], ...]:
    """The stack while a slot is asked for."""
    question = {"collect": slot, "utter": f"utter_ask_{slot}", "rejections": []}
    return ORDERING, {"type": COLLECT_PATTERN, "frame_id": "B", "flow_id": COLLECT_PATTERN, "step_id": "x", **question}


def commands(text: str, *, asked: str | None = None, documents: bool = True) -> Sequence[Command]:
    slots = {name: slot.initial_value for name, slot in ASSISTANT.domain.slots.items()}
    tracker = Tracker("ann", slots)
    tracker.stack = asking_for(asked) if asked is not None else ()
    found = understanding(documents=documents).understand(text, tracker, ASSISTANT, language="en")
    return list(found.commands)


@pytest.mark.parametrize(
    "text", ["are you open on sundays?", "what does a cake for twelve people cost", "do you deliver wedding cakes?"]
)
def test_a_question_that_the_documents_answer_goes_to_them(text: str) -> None:
    assert commands(text) == [Knowledge()]


@pytest.mark.parametrize("text", ["I want to order a cake", "order a cake please", "can I order a cake?"])
def test_a_wish_for_a_flow_stays_one_though_documents_speak_of_it(text: str) -> None:
    (first, *_) = commands(text)
    assert first == StartFlow("order_cake")


def test_a_question_in_the_middle_of_a_flow_goes_to_the_documents_and_an_answer_does_not() -> None:
    assert commands("are you open on sundays?", asked="people") == [Knowledge()]
    (answer,) = commands("for twelve people", asked="people")
    assert isinstance(answer, SetSlot)
    assert answer.value == 12


def test_a_question_instead_of_yes_or_no_to_anything_else_goes_to_them() -> None:
    assert commands("are you open on sundays?", asked="continue_conversation") == [Knowledge()]


def test_words_that_the_documents_know_are_enough_without_the_form_of_a_question() -> None:
    assert commands("opening hours on saturdays") == [Knowledge()]
    assert commands("opening hours on saturdays", documents=False) == [CannotHandle()]


def test_what_is_of_no_matter_here_is_refused_as_before() -> None:
    assert commands("my bicycle is blue") == [CannotHandle()]


def test_the_trace_tells_how_likely_the_documents_answer() -> None:
    tracker = Tracker("ann", {name: slot.initial_value for name, slot in ASSISTANT.domain.slots.items()})
    found = understanding().understand("are you open on sundays?", tracker, ASSISTANT, language="en")
    assert found.trace["documents"] > 0.9
    assert found.trace["decision"] == "the documents answer it"
