"""New items are written where their neighbours are, as they are; deleted ones leave no trace."""

from __future__ import annotations

from typing import Any

import pytest
from tests.assistant.editing.material import project_files

from talkwright.assistant.editing import EditError, item_from_source, new_item
from talkwright.assistant.items import Kind
from talkwright.assistant.project import fit, read_contents, write_project

NEW: list[tuple[Kind, str, Any, str, str]] = [
    (
        Kind.FLOW,
        "new",
        {"description": "d", "steps": [{"action": "a"}]},
        "data/flows/new.yml",
        "flows:\n  new:\n    description: d\n    steps:\n      - action: a\n",
    ),
    (Kind.RESPONSE, "utter_n", [{"text": "a\nb\n"}], "domain.yml", "  utter_n:\n  - text: |\n      a\n      b\n"),
    (Kind.SLOT, "s", {"type": "text"}, "domain.yml", "  s:\n    type: text\n"),
    (Kind.ACTION, "action_n", {}, "domain.yml", "actions: [action_x, 'action_y', action_n]\n"),
    (Kind.ACTION, "action_n", {"send_domain": True}, "domain.yml", "'action_y', {action_n: {send_domain: true}}]\n"),
    (
        Kind.INTENT,
        "i",
        {"domain": {}, "examples": ["a", "b"]},
        "data/nlu.yml",
        "- intent: i\n  examples: |\n    - a\n    - b\n",
    ),
    (Kind.INTENT, "i", {"domain": {}, "examples": []}, "domain.yml", "- bye: {use_entities: []}\n- i\n"),
    (Kind.ENTITY, "e", {"roles": ["r"]}, "domain.yml", "\nentities:\n- e:\n    roles:\n    - r\n"),
    (Kind.SYNONYM, "s", ["a", " b"], "data/nlu.yml", "- synonym: s\n  examples:\n  - a\n  - ' b'\n"),
    (Kind.REGEX, "r", [r"\d+"], "data/nlu.yml", "- regex: r\n  examples: |\n    - \\d+\n"),
    (Kind.CONFIG, "config.yml", {"language": "en"}, "config.yml", "language: en\n"),
    (Kind.PROMPT, "prompts/p.jinja2", "hi", "prompts/p.jinja2", "hi"),
]


@pytest.mark.parametrize("case", NEW, ids=lambda case: f"{case[0]} {case[1]}")
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_new_item_is_written_where_and_as_its_neighbours_are(
    case: tuple[Kind, str, Any, str, str], newline: str
) -> None:
    kind, name, body, path, text = case
    project = read_contents(project_files(newline))
    item = new_item(kind, name, body, project.files)
    changed = fit(project.files, item)
    files = {file.path: file for file in (*project.files, *changed)}
    written = write_project(files.values(), [*project.items, item])
    wanted = text if path not in project_files() else text.replace("\n", newline)
    assert wanted.encode() in written[path]
    again = read_contents(written)
    assert again.item(kind, name) == item
    assert not again.problems
    if path in project_files() and kind is not Kind.ENTITY:
        assert write_project(files.values(), project.items) == project_files(newline)


def test_a_new_item_in_an_empty_project_goes_to_the_usual_files() -> None:
    wanted = {
        Kind.SLOT: "domain.yml",
        Kind.RESPONSE: "domain.yml",
        Kind.ACTION: "domain.yml",
        Kind.ENTITY: "domain.yml",
        Kind.INTENT: "data/nlu.yml",
        Kind.SYNONYM: "data/nlu.yml",
        Kind.FLOW: "data/flows/x.yml",
    }
    bodies: dict[Kind, Any] = {
        Kind.RESPONSE: [{"text": "a"}],
        Kind.SYNONYM: ["a"],
        Kind.INTENT: {"domain": None, "examples": ["a"]},
    }
    for kind, path in wanted.items():
        item = new_item(kind, "x", bodies.get(kind, {}))
        assert [part.file for part in item.parts] == [path]
        written = write_project(fit((), item), [item])
        assert read_contents(written).item(kind, "x") == item


@pytest.mark.parametrize(
    "head",
    [
        "slots: {}\n",
        "slots:\n",
        "slots:   # none yet\n",
        "version: '3.1'\nslots: []\n\n# end\n",
        "version: '3.1'",
        "\ufeffslots:\n",
    ],
)
def test_a_new_item_opens_its_section_where_there_is_none(head: str) -> None:
    project = read_contents({"domain.yml": head.encode()})
    item = new_item(Kind.SLOT, "x", {"type": "text"}, project.files)
    assert [part.file for part in item.parts] == ["domain.yml"]
    files = fit(project.files, item)
    written = write_project(files, [item])
    again = read_contents(written)
    assert again.item("slot", "x") == item
    assert not again.problems
    assert written["domain.yml"].decode().count("slots") == 1


def test_a_deleted_item_leaves_no_trace_and_comes_back_to_its_place() -> None:
    files = project_files()
    project = read_contents(files)
    for item in project.items:
        rest = [other for other in project.items if other != item]
        written = write_project(project.files, rest)
        again = read_contents(written)
        assert not again.problems, item
        assert {(other.kind, other.name) for other in again.items} == {(other.kind, other.name) for other in rest}
        assert all(again.item(other.kind, other.name).body == other.body for other in rest)  # type: ignore[union-attr] # all are there
        if item.kind in (Kind.FLOW, Kind.SLOT, Kind.RESPONSE, Kind.ACTION, Kind.INTENT):
            made = new_item(item.kind, item.name, item.body, project.files)
            assert fit(project.files, made) == ()
            assert [(part.file, part.section) for part in made.parts] == [
                (part.file, part.section) for part in item.parts
            ]


def test_a_body_of_the_wrong_shape_is_refused() -> None:
    for kind, body in [(Kind.SYNONYM, "x"), (Kind.INTENT, []), (Kind.FILE, {}), (Kind.ACTION, ["x"])]:
        with pytest.raises(EditError):
            new_item(kind, "x", body)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("kind", "name", "source", "body"),
    [
        (Kind.SLOT, "s", "s:\n  type: text\n  # why\n  values:\n    - a\n", {"type": "text", "values": ["a"]}),
        (Kind.SLOT, "s", "        s:\n          type: text", {"type": "text"}),
        (Kind.RESPONSE, "utter_s", "# about\nutter_s:\n- text: |\n    a\n\n    b\n", [{"text": "a\n\nb\n"}]),
        (Kind.ACTION, "action_s", "- action_s: {send_domain: true}", {"send_domain": True}),
        (Kind.INTENT, "s", "- intent: s\n  examples: |\n    - a\n", {"domain": None, "examples": ["a"]}),
        (Kind.FLOW, "s", "s:\n  description: x\n  steps: []\n", {"description": "x", "steps": []}),
        (Kind.DOMAIN, "domain.yml", "forms: {}\n", {"forms": {}}),
        (Kind.ENDPOINTS, "endpoints.yml", "# none\nmodel_groups: []\n", {"model_groups": []}),
        (Kind.FILE, "notes/a.md", "# hello\n", "# hello\n"),
    ],
)
def test_a_new_items_typed_text_is_moved_to_its_place(
    kind: Kind, name: str, source: str, body: Any, newline: str
) -> None:
    project = read_contents({"domain.yml": project_files(newline)["domain.yml"].split(b"session_config")[0]})
    item = item_from_source(kind, name, source, project.files)
    assert item.body == body
    files = {file.path: file for file in (*project.files, *fit(project.files, item))}
    again = read_contents(write_project(files.values(), [*project.items, item]))
    assert not again.problems
    found = again.item(kind, name)
    assert found is not None
    assert found.body == body
    assert len(again.items) == len(project.items) + 1


def test_a_text_written_for_another_column_is_moved_when_its_file_is_written() -> None:
    project = read_contents({"domain.yml": b"slots:\n    a:\n        type: text\n"})
    item = new_item(Kind.SLOT, "b", {"type": "text", "values": ["x"]})
    files = fit(project.files, item)
    again = read_contents(write_project(files, [*project.items, item]))
    assert {(item.name, item.body["type"]) for item in again.items} == {("a", "text"), ("b", "text")}


@pytest.mark.parametrize(
    ("source", "line"), [("s:\n  type: [\n", 2), ("other: {}\n", None), ("s: {}\nt: {}\n", 1), ("s: 'x", 1)]
)
def test_a_new_items_typed_text_that_is_no_sound_entry_is_refused(source: str, line: int | None) -> None:
    with pytest.raises(EditError) as caught:
        item_from_source(Kind.SLOT, "s", source)
    assert caught.value.line == line
