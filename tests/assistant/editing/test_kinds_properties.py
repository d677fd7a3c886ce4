"""Any edit of any kind of item: its text says its body, in its files too, and nobody else's changes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from talkwright.assistant.editing import EditError, apply_edit, apply_operation, same
from talkwright.assistant.items import Item
from talkwright.assistant.project import body_of, fit, read_contents, write_project

FILES = {
    "domain/main.yml": """\
intents:
  - greet   # hello
  # declared with settings
  - bye:
      use_entities: [a]   # one
  - only_here
entities: [city, {account: {roles: [from, to]}}, other]
actions:
- action_a
- action_b: {send_domain: true}   # needs it

forms:
  f: {required_slots: []}
session_config:   # minutes
  session_expiration_time: 60.0
""",
    "domain/more.yml": "intents: [{second: {ignore_entities: []}}, third]\nslots: {a: {type: text}, b: {type: bool}}",
    "data/a.yml": """\
nlu:
- intent: greet
  examples: |
    - hi
      - indented
    no example

    - hello
- intent: bye
  metadata: {x: 1}
  examples:
  - text: see you
    metadata: {b: 2}
  # the second
  - ciao
- synonym: s
  examples: |
      - one
      - two
- lookup: l
  examples: [a, b]
""",
    "data/b.yml": """\
nlu:
    - intent: greet
      examples: |
        - from b
    - regex: r
      examples: '- x'
    - synonym: s
""",
}
EXAMPLES = st.one_of(
    st.sampled_from(["x", "two words", " lead", "- dash", "a: b", "[Bob](name)", "# no", "two\nlines", "", "yes", "1"]),
    st.builds(lambda text: {"text": text, "metadata": {"a": 1}}, st.sampled_from(["t", "u: v"])),
)
SETTINGS = st.dictionaries(
    st.sampled_from(["use_entities", "roles", "send_domain", "x"]),
    st.sampled_from([[], ["a"], True, {"y": None}]),
    max_size=2,
)
VALUES = st.one_of(EXAMPLES, SETTINGS, st.lists(EXAMPLES, max_size=3), st.none())


@st.composite
def operations(draw: st.DrawFn, body: Any) -> dict[str, Any]:
    paths = [""]
    stack = [("", body)]
    while stack:
        path, value = stack.pop()
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in pairs:
            paths.append(f"{path}/{key}")
            stack.append((paths[-1], inner))
    path = draw(st.sampled_from(paths))
    match draw(st.sampled_from(["replace", "remove", "add", "append", "move"])):
        case "replace":
            return {"op": "replace", "path": path, "value": draw(VALUES)}
        case "remove":
            return {"op": "remove", "path": path}
        case "add":
            return {"op": "add", "path": path or "/x", "value": draw(VALUES)}
        case "append":
            return {"op": "add", "path": f"{path}/-", "value": draw(VALUES)}
        case _:
            return {"op": "move", "from": path, "path": draw(st.sampled_from(paths))}


def sound(item: Item, body: Any) -> bool:
    """Whether a body has the shape that its kind has."""
    if item.kind in ("synonym", "regex", "lookup"):
        return isinstance(body, list) and all(isinstance(one, str) for one in body)
    if item.kind == "intent":
        return (
            isinstance(body, dict)
            and {"domain", "examples"} <= set(body) <= {"domain", "examples", "metadata"}
            and isinstance(body["domain"], dict | None)
            and isinstance(body["examples"], list)
            and all(isinstance(one, str) or (isinstance(one, dict) and len(one) > 1) for one in body["examples"])
        )
    return isinstance(body, dict)


@given(st.data(), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=200)
def test_any_edit_of_any_item_is_written_as_it_is_meant(data: st.DataObject, newline: str) -> None:
    project = read_contents({path: text.replace("\n", newline).encode() for path, text in FILES.items()})
    assert not project.problems
    files = {file.path: file for file in project.files}
    items = {(item.kind, item.name): item for item in project.items}
    for _ in range(data.draw(st.integers(1, 3))):
        item = data.draw(st.sampled_from(list(items.values())))
        operation = data.draw(operations(item.body))
        try:
            wanted = apply_operation(item.body, operation)
        except EditError:
            continue
        if not sound(item, wanted):
            with suppress(EditError):
                apply_edit(item, [operation], files.values())
            continue
        new = apply_edit(item, [operation], files.values())
        assert same(new.body, wanted)
        assert same(body_of(new.kind, new.parts), new.body)
        items[(new.kind, new.name)] = new
        files.update((file.path, file) for file in fit(files.values(), new))
        again = read_contents(write_project(files.values(), items.values()))
        assert not again.problems
        expected = {key: one.body for key, one in items.items() if any(part.source for part in one.parts)}
        found = {(one.kind, one.name): one.body for one in again.items}
        assert found.keys() == expected.keys()
        assert all(same(found[key], expected[key]) for key in expected)
