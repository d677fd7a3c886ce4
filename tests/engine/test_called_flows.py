"""Flows that call others are told apart by what they say themselves."""

from typing import Any

import pytest

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import CannotHandle, Clarify, Command, StartFlow
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.matching.flow_texts import texts_of_flows
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

FLOWS: dict[str, dict[str, Any]] = {
    "take_lesson": {
        "name": "take a lesson",
        "description": "Register somebody for a lesson at the music school",
        "steps": [{"collect": "instrument"}, {"call": "ask_pupil"}],
    },
    "drop_lesson": {
        "name": "drop a lesson",
        "description": "Call off a lesson that was registered before",
        "steps": [{"call": "ask_pupil"}],
    },
    "ask_pupil": {
        "description": "Find out who the pupil is",
        "if": "false",
        "steps": [{"collect": "pupil_name", "description": "first and last name of the pupil"}],
    },
}
OTHERS = [
    ItemBody("slot", "instrument", {"type": "categorical", "values": ["piano", "violin"]}),
    ItemBody("slot", "pupil_name", {"type": "text"}),
    ItemBody("response", "utter_ask_instrument", [{"text": "For which instrument?"}]),
    ItemBody("response", "utter_ask_pupil_name", [{"text": "What is your name, please?"}]),
]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("my name is Peter Smith", CannotHandle()),
        ("a name", CannotHandle()),
        ("take a lesson", StartFlow("take_lesson")),
        ("drop my lesson", StartFlow("drop_lesson")),
        ("lesson", Clarify(("drop_lesson", "take_lesson"))),
    ],
)
def test_words_of_a_called_flow_start_none_of_its_callers(text: str, command: Command) -> None:
    assistant, _ = build_assistant([*(ItemBody("flow", name, flow) for name, flow in FLOWS.items()), *OTHERS])
    understanding = LocalUnderstanding(train_classifier(assistant))
    understood = understanding.understand(text, Tracker("x", {}), assistant, language="en")
    assert list(understood.commands) == [command]


def test_documents_know_the_questions_of_called_flows_only_if_they_shall() -> None:
    assistant, _ = build_assistant([*(ItemBody("flow", name, flow) for name, flow in FLOWS.items()), *OTHERS])
    whole, own = (texts_of_flows(assistant, with_called=called)[0] for called in (True, False))
    assert whole.flow == own.flow == "drop_lesson"
    assert "What is your name, please?" in whole.about
    assert "What is your name, please?" not in own.about
    assert [slot.name for slot in own.asked] == ["pupil_name"]
