"""A project can be given the name that the studio has for its assistant, and nothing else of it changes."""

from __future__ import annotations

import pytest

from talkwright.assistant.naming import assistant_id, with_assistant_id
from talkwright.assistant.project import read_contents, write_project

DOMAIN = {"domain.yml": b"# words\nresponses:\n  utter_a:\n  - text: one\n"}


def named(files: dict[str, bytes], name: str) -> dict[str, bytes]:
    """The files under another name; reading them again must give it."""
    project = read_contents(files)
    written = write_project(*with_assistant_id(project.files, project.items, name))
    assert assistant_id(read_contents(written).items) == name
    return written


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"# ours\nassistant_id: lamp  # old\nlanguage: en\n", b"# ours\nassistant_id: bank  # old\nlanguage: en\n"),
        (b"language: en\r\npolicies: []\r\n", b"language: en\r\npolicies: []\r\nassistant_id: bank\r\n"),
        (b"{language: en}\n", b"{language: en, assistant_id: bank}\n"),
        (b"# nothing yet\n", b"# nothing yet\n"),
        (b"assistant_id: bank", b"assistant_id: bank"),
        (b"assistant_id: 7\n", b"assistant_id: bank\n"),
    ],
)
def test_only_the_name_in_the_config_changes(before: bytes, after: bytes) -> None:
    written = named(DOMAIN | {"config.yml": before}, "bank")
    assert written["domain.yml"] == DOMAIN["domain.yml"]
    assert written["config.yml"] == after


def test_a_project_without_config_gets_one() -> None:
    assert named(DOMAIN, "bank") == DOMAIN | {"config.yml": b"assistant_id: bank\n"}


def test_all_config_files_that_give_a_name_give_the_new_one() -> None:
    files = {"config.yml": b"language: en\n", "config/more.yml": b"assistant_id: lamp\n"}
    assert assistant_id(read_contents(files).items) == "lamp"
    assert b"lamp" not in b"".join(named(files, "bank").values())


def test_a_name_that_yaml_would_read_as_something_else_is_quoted() -> None:
    assert named({"config.yml": b"assistant_id: lamp\n"}, "1e3") != {"config.yml": b"assistant_id: 1e3\n"}
