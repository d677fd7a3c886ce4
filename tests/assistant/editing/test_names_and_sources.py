"""Names and typed sources: an item keeps everything else, and the manner of its file."""

from __future__ import annotations

import pytest
from tests.assistant.editing.material import item_of, project_files

from talkwright.assistant.editing import EditError, new_item, renamed, with_source
from talkwright.assistant.items import Kind
from talkwright.assistant.project import read_contents, rename_refs, write_project


@pytest.mark.parametrize(
    ("kind", "name", "new", "source"),
    [
        ("flow", "big", "a_new-one", "  a_new-one:\n"),
        ("slot", "amount", "yes", "  'yes':\n"),
        ("action", "action_y", "action_z", "'action_z'"),
        ("response", "utter_greet", "utter_x/y", "  utter_x/y:\n"),
    ],
)
def test_a_renamed_item_keeps_everything_but_its_name(kind: str, name: str, new: str, source: str) -> None:
    files = project_files()
    project = read_contents(files)
    old = item_of(kind, name)
    changed = renamed(old, new)
    assert changed.body == old.body
    assert source in changed.parts[0].source
    refs = {file.path: file for file in (*project.files, *rename_refs(project.files, kind, name, new))}
    written = write_project(refs.values(), [changed if item == old else item for item in project.items])
    assert read_contents(written).item(kind, new) == changed
    assert renamed(changed, name).body == old.body


def test_an_intent_is_renamed_in_all_its_parts() -> None:
    changed = renamed(item_of("intent", "bye"), "good bye")
    assert [part.source.splitlines()[0] for part in changed.parts] == [
        "- intent: good bye",
        "- good bye: {use_entities: []}",
    ]


def test_a_file_moves_with_its_name() -> None:
    files = {"prompts/a.jinja2": b"x"}
    project = read_contents(files)
    changed = renamed(project.items[0], "prompts/b.jinja2")
    refs = rename_refs(project.files, "prompt", "prompts/a.jinja2", "prompts/b.jinja2")
    assert write_project(refs, [changed]) == {"prompts/b.jinja2": b"x"}


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 501, "\ud800"])
def test_a_name_that_no_file_can_hold_is_refused(name: str) -> None:
    with pytest.raises(EditError):
        renamed(item_of("slot", "amount"), name)


@pytest.mark.parametrize("name", ["../x.yml", "/x.yml", "a//b", "a/./b", "C:/x", "a\\b"])
def test_a_files_name_stays_inside_the_project(name: str) -> None:
    with pytest.raises(EditError, match="path"):
        new_item(Kind.FILE, name, "text")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_typed_source_gets_the_files_manner(newline: str) -> None:
    old = item_of("slot", "amount", newline)
    typed = "amount:\n  type: any\n  # note\n  values:\n  - a"
    new = with_source(old, 0, typed)
    assert new.body == {"type": "any", "values": ["a"]}
    assert new.parts[0].source == "  amount:\n    type: any\n    # note\n    values:\n    - a\n".replace("\n", newline)
    assert with_source(new, 0, old.parts[0].source) == old


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("amount:\n  type: [a\n", 2, "missing in a list"),
        ("\n\namount:\n  type: [a\n", 4, "missing in a list"),
        ("amount:\n  type: a\n  type: b\n", 3, "second time"),
        ("amount: {}\nother: {}\n", 1, "One entry"),
        ("- amount\n", 1, "One entry"),
        ("", 1, "One entry"),
    ],
)
def test_a_typed_source_that_is_no_sound_entry_is_refused_with_its_line(source: str, line: int, words: str) -> None:
    with pytest.raises(EditError) as caught:
        with_source(item_of("slot", "amount"), 0, source)
    assert caught.value.line == line
    assert words in caught.value.message


def test_a_typed_source_of_another_name_is_refused() -> None:
    with pytest.raises(EditError, match="Rename"):
        with_source(item_of("slot", "amount"), 0, "  sum:\n    type: float\n")
