"""A new assistant begins without a single problem, in its own language and under any name."""

import pytest

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.assistant.project import read_contents
from talkwright.assistant.starter import starter_project
from talkwright.assistant.validation import check_assistant


@pytest.mark.parametrize(
    ("name", "language", "hello"),
    [("my-bot", "en", "Hello!"), ("null", "de", "Hallo!"), ("x.1", "de-AT", "Hallo!"), ("true", "fr", "Hello!")],
)
def test_the_starter_is_sound(name: str, language: str, hello: str) -> None:
    project = read_contents(starter_project(name, language))
    items = [ItemBody(str(item.kind), item.name, item.body) for item in project.items]
    assert not project.problems
    assert check_assistant(items) == []
    assistant, _ = build_assistant(items)
    assert (assistant.id, assistant.language) == (name, language)
    text = assistant.domain.responses["utter_greet"].variations[0].text
    assert text is not None
    assert text.startswith(hello)
