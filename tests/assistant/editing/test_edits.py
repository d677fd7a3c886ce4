"""Edits touch the lines that they change, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.assistant.editing.material import changed_lines, item_of, project_files, replace_at

from talkwright.assistant.editing import EditError, apply_edit, excerpt_at
from talkwright.assistant.project import fit, read_contents, write_project
from talkwright.assistant.yamls import load


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_one_caption_of_thirty_steps_changes_only_its_scalar(newline: str) -> None:
    gone, come = changed_lines("flow", "big", replace_at("/steps/17/description", "It's new: really"), newline)
    assert gone == ["        description: 'caption 17'"]
    assert come == ["        description: 'It''s new: really'"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_one_step_of_thirty_changes_only_its_lines(newline: str) -> None:
    step = {
        "id": "s3",
        "collect": "slot_3",
        "description": "caption 3",
        "next": [{"if": "slots.a", "then": "END"}, {"else": "s5"}],
    }
    gone, come = changed_lines("flow", "big", replace_at("/steps/3", step), newline)
    assert gone == []
    assert come == ["        next:", "          - if: slots.a", "            then: END", "          - else: s5"]


def test_replacing_all_steps_by_almost_the_same_changes_only_what_differs() -> None:
    steps = [dict(step) for step in item_of("flow", "big").body["steps"]]
    steps[4]["description"] = "new"
    del steps[20]
    gone, come = changed_lines("flow", "big", replace_at("/steps", steps))
    assert come == ["        description: 'new'"]
    assert gone == [
        "        description: 'caption 4'",
        "",
        "      # step 20",
        "      - id: s20",
        "        collect: slot_20   # asks",
        "        description: 'caption 20'",
    ]


CASES = load((Path(__file__).parent / "cases.yml").read_text())


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['item']} {case['patch'][0]['op']} {case['patch'][0]['path']}"
)
def test_an_edit_touches_only_its_own_lines(case: dict[str, Any], newline: str) -> None:
    kind, _, name = case["item"].partition(" ")
    assert changed_lines(kind, name, case["patch"], newline) == (case["gone"], case["come"])


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        ("flow", "big", "/steps/0"),
        ("flow", "big", "/steps/7"),
        ("flow", "big", "/steps/29"),
        ("flow", "big", "/description"),
        ("slot", "amount", "/min_value"),
        ("slot", "amount", "/type"),
        ("response", "utter_greet", "/0"),
        ("response", "utter_greet", "/1"),
        ("response", "utter_folded", "/0/metadata/b"),
        ("response", "utter_greet", "/1/text"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_is_removed_comes_back_with_its_old_text(kind: str, name: str, path: str, newline: str) -> None:
    old = item_of(kind, name, newline)
    without = apply_edit(old, [{"op": "remove", "path": path}])
    assert without.body != old.body
    container, _, key = path.rpartition("/")
    operation: dict[str, Any] = {"op": "add", "path": path, **excerpt_at(old, path)}
    keys = list(body_at(old.body, container)) if not key.isdigit() else []
    if keys and keys.index(key) + 1 < len(keys):
        operation["before"] = keys[keys.index(key) + 1]
    assert apply_edit(without, [operation]) == old


def body_at(body: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        body = body[int(token) if isinstance(body, list) else token]
    return body


@pytest.mark.parametrize("path", ["/0/text", "/1/text", "/1/buttons", "/1"])
def test_what_is_replaced_comes_back_with_its_old_text(path: str) -> None:
    old = item_of("response", "utter_greet")
    other = apply_edit(old, replace_at(path, "something: else"))
    assert apply_edit(other, [{"op": "replace", "path": path, **excerpt_at(old, path)}]) == old


def test_a_step_that_is_moved_takes_its_text_along() -> None:
    old = item_of("flow", "big")
    new = apply_edit(old, [{"op": "move", "from": "/steps/2", "path": "/steps/5"}])
    assert [step["id"] for step in new.body["steps"][:7]] == ["s0", "s1", "s3", "s4", "s5", "s2", "s6"]
    assert sorted(new.parts[0].source.splitlines()) == sorted(old.parts[0].source.splitlines())
    assert "      # step 2\n      - id: s2\n        collect: slot_2   # asks\n" in new.parts[0].source
    assert apply_edit(new, [{"op": "move", "from": "/steps/5", "path": "/steps/2"}]) == old


def test_an_emptied_intent_finds_its_old_place_again() -> None:
    files = project_files()
    project = read_contents(files)
    old = item_of("intent", "greet")
    without = apply_edit(old, replace_at("/domain", None))
    again = apply_edit(without, replace_at("/domain", {}), project.files)
    assert fit(project.files, again) == ()
    assert write_project(project.files, [again if item == old else item for item in project.items]) == files


def test_editing_an_anchors_home_leaves_those_who_use_it_as_they_were() -> None:
    project = read_contents(project_files())
    home = item_of("slot", "other")
    edited = apply_edit(home, replace_at("/type", "bool"))
    written = write_project(project.files, [edited if item == home else item for item in project.items])
    again = read_contents(written)
    derived, other = again.item("slot", "derived"), again.item("slot", "other")
    assert derived is not None
    assert other is not None
    assert other.body == {"type": "bool"}
    assert derived.body == {"type": "text", "initial_value": "x"}
    assert b"<<: {type: text}" in written["domain.yml"]


def test_deleting_an_anchors_home_leaves_those_who_use_it_as_they_were() -> None:
    project = read_contents(project_files())
    written = write_project(project.files, [item for item in project.items if item.name != "other"])
    derived = read_contents(written).item("slot", "derived")
    assert derived is not None
    assert derived.body == {"type": "text", "initial_value": "x"}


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ([{"op": "replace", "path": "/nowhere", "value": 1}], "Nothing stands"),
        ([{"op": "remove", "path": "/nowhere"}], "Nothing stands"),
        ([{"op": "add", "path": "/a/b", "value": 1}], "Nothing stands"),
        ([{"op": "test", "path": "/type", "value": "text"}], "not what was expected"),
        ([{"op": "jump", "path": "/type"}], "not known"),
        ([{"op": "add", "path": "type", "value": 1}], "begins with"),
        ([{"op": "add", "path": "/x"}], "needs a 'value'"),
        ([{"op": "add", "path": "/x", "value": "\ud800"}], "surrogate"),
        ([{"op": "add", "path": "/x", "value": "\0"}], "NUL"),
        ([{"op": "add", "path": "/x", "value": float("inf")}], "finite"),
        ([{"op": "remove", "path": ""}], "delete the item"),
        ([{"op": "move", "from": "/type", "path": "/type/x"}], "into itself"),
        (["nonsense"], "a map"),
        ("nonsense", "a list"),
    ],
)
def test_an_edit_that_cannot_be_made_says_why(patch: Any, words: str) -> None:
    with pytest.raises(EditError) as caught:
        apply_edit(item_of("slot", "amount"), patch)
    assert words in caught.value.message


def test_values_nested_too_deep_are_refused() -> None:
    value: Any = "x"
    for _ in range(1000):
        value = [value]
    with pytest.raises(EditError, match="too deep"):
        apply_edit(item_of("slot", "amount"), [{"op": "add", "path": "/x", "value": value}])
