"""Whatever way an item is written and whatever is done to it: its text says its body, and its neighbours stay."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from talkwright.assistant.editing import apply_edit, apply_operation, excerpt_at, new_item, same
from talkwright.assistant.items import Item, Kind
from talkwright.assistant.project import Project, body_of, fit, read_contents, write_project
from talkwright.assistant.yaml_writing import flow_text, is_plain, literal_lines

KEYS = st.sampled_from(["id", "a", "text", "on", "key with: colon", "1", "é", "-x", "next", "#no"])
TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            "x",
            "yes",
            "12:30",
            "1.0",
            "a: b",
            "# no",
            "two\nlines",
            "ends\n",
            " lead",
            "it's",
            '"q"',
            "- d",
            "{x}",
            "a\n\nb\n",
            "*a",
        ]
    ),
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-999, 999), st.floats(-9, 9), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
TREES = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


class Scribe:
    """Writes a value in many ways: block or flow, quoted or plain, with comments and blank lines between."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._step = draw(st.sampled_from([2, 4, 1]))
        self._dash = draw(st.sampled_from([0, 2, 3]))

    def _chance(self) -> bool:
        return self._draw(st.integers(0, 3)) == 0

    def _note(self, indent: int) -> list[str]:
        notes = ["", " " * indent + "# note", " " * (indent + 1) + "# deeper", "# far left"]
        return self._draw(st.lists(st.sampled_from(notes), max_size=2)) if self._chance() else []

    def _tail(self) -> str:
        return "  # beside" if self._chance() else ""

    def scalar(self, value: Any, indent: int) -> list[str]:
        if isinstance(value, str):
            printable = value.replace("\n", "").isprintable()
            if "\n" in value.strip("\n") and printable and not value.startswith((" ", "\n")):
                lines = literal_lines(value)
                if all(line.strip() or not line for line in value.split("\n")):
                    return [lines[0] + self._tail(), *(" " * indent + line if line else line for line in lines[1:])]
            if value and printable and "\n" not in value and self._chance():
                return ["'" + value.replace("'", "''") + "'" + self._tail()]
            if is_plain(value, flow=False) and len(value.split()) == 2 and self._chance():
                first, second = value.split()
                if is_plain(first, flow=False) and is_plain(second, flow=False):
                    return [first, " " * (indent + 1) + second]
        return [flow_text(value) + self._tail()]

    def block(self, value: Any, indent: int) -> list[str]:
        """The lines of a map or list that is not empty, at an indentation."""
        lines: list[str] = []
        blanks = " " * indent
        for key in value:
            lines += self._note(indent)
            inner = value[key] if isinstance(value, dict) else key
            head = blanks + (f"{flow_text(key, key=True)}:" if isinstance(value, dict) else "-")
            if isinstance(inner, dict | list) and inner and not self._chance():
                if isinstance(value, list) and not self._chance():
                    first, *rest = self.block(inner, indent + 2)
                    if first.startswith(blanks + "  ") and not first.lstrip().startswith("#"):
                        lines += [head + " " + first[indent + 2 :], *rest]
                        continue
                    lines += [head + self._tail(), first, *rest]
                    continue
                below = indent + (self._dash if isinstance(inner, list) and isinstance(value, dict) else self._step)
                lines += [head + self._tail(), *self.block(inner, below)]
                continue
            first, *rest = self.scalar(inner, indent + max(self._step, 2))
            lines += [f"{head} {first}", *rest]
        return lines


@st.composite
def projects(draw: st.DrawFn) -> tuple[dict[str, bytes], str]:
    """A project with three flows of which `mine`, in the middle, is written in some odd way."""
    scribe = Scribe(draw)
    lines = scribe.block(draw(TREES), 4)
    text = "\n".join(
        [
            "flows:",
            "  first: {description: one}",
            "  # about mine",
            "  mine:",
            *lines,
            "",
            "  last:",
            "    description: |",
            "      three",
            "",
        ]
    )
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return {"data/flows.yml": text.replace("\n", newline).encode()}, newline


def paths_in(value: Any, path: str = "") -> list[str]:
    found = [path]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += paths_in(inner, f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}")
    return found


@st.composite
def operations(draw: st.DrawFn, body: Any) -> dict[str, Any]:
    path = draw(st.sampled_from(paths_in(body)))
    value = body
    for token in path.split("/")[1:]:
        value = value[int(token)] if isinstance(value, list) else value[token.replace("~1", "/").replace("~0", "~")]
    choices = ["replace"] + (["remove"] if path else []) + (["add"] if isinstance(value, dict | list) else [])
    name = draw(st.sampled_from(choices))
    if name == "remove":
        return {"op": "remove", "path": path}
    new = draw(VALUES if path else TREES)
    if name == "replace":
        return {"op": "replace", "path": path, "value": new}
    if isinstance(value, list):
        return {"op": "add", "path": f"{path}/{draw(st.integers(0, len(value)))}", "value": new}
    operation = {"op": "add", "path": f"{path}/{draw(KEYS)}", "value": new}
    if value and draw(st.booleans()):
        operation["before"] = draw(st.sampled_from(list(value)))
    return operation


def mine(project: Project) -> Item:
    found = project.item("flow", "mine")
    assert found is not None, project.problems
    return found


def check_in_file(project: Project, new: Item) -> None:
    """The item's text says its body, also in its file, and the neighbours say what they said."""
    assert repr(body_of(new.kind, new.parts)) == repr(new.body)
    items = [new if item.name == "mine" else item for item in project.items]
    again = read_contents(write_project(project.files, items))
    assert not again.problems
    assert [item.name for item in again.items] == ["first", "mine", "last"]
    assert same([item.body for item in again.items], [item.body for item in items])


@given(st.data(), projects())
@settings(max_examples=150)
def test_the_text_says_the_body_after_any_operations(data: st.DataObject, made: tuple[dict[str, bytes], str]) -> None:
    files, newline = made
    project = read_contents(files)
    item = mine(project)
    for _ in range(data.draw(st.integers(1, 3))):
        operation = data.draw(operations(item.body))
        wanted = apply_operation(item.body, operation)
        if not isinstance(wanted, dict) or not wanted:
            break
        new = apply_edit(item, [operation])
        assert same(new.body, wanted)
        if operation.get("before") and operation["before"] != operation["path"].rpartition("/")[2]:
            assert list(new.body) == list(wanted)
        check_in_file(project, new)
        if newline == "\r\n":
            assert "\n" not in new.parts[0].source.replace("\r\n", "")
        item = new


@given(st.data(), projects())
@settings(max_examples=120)
def test_a_scalar_that_changes_leaves_every_other_line_as_it_was(
    data: st.DataObject, made: tuple[dict[str, bytes], str]
) -> None:
    project = read_contents(made[0])
    item = mine(project)
    scalars = [path for path in paths_in(item.body) if not isinstance(excerpt_at(item, path)["value"], dict | list)]
    if not scalars:
        return
    path = data.draw(st.sampled_from(scalars))
    new = apply_edit(item, [{"op": "replace", "path": path, "value": "new-value"}])
    before, after = item.parts[0].source.splitlines(), new.parts[0].source.splitlines()
    written = excerpt_at(item, path)["source"]["excerpt"]["lines"]
    head = next((n for n, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), len(after))
    tail = len(before) - head - len(written)
    assert before[len(before) - tail :] == after[len(after) - tail :]
    assert len(after) - head - tail <= 2
    assert "#" not in "".join(before[head + 1 : len(before) - tail]) or len(written) > 1


@given(st.data(), projects())
@settings(max_examples=120)
def test_an_operation_undone_with_the_old_text_gives_the_old_text(
    data: st.DataObject, made: tuple[dict[str, bytes], str]
) -> None:
    project = read_contents(made[0])
    item = mine(project)
    path = data.draw(st.sampled_from([path for path in paths_in(item.body) if path]))
    container, _, key = path.rpartition("/")
    values = excerpt_at(item, container)["value"]
    undo: dict[str, Any]
    match data.draw(st.sampled_from(["replace", "remove", "add"])):
        case "replace":
            changed = apply_edit(item, [{"op": "replace", "path": path, "value": data.draw(VALUES)}])
            undo = {"op": "replace", "path": path, **excerpt_at(item, path)}
        case "remove":
            changed = apply_edit(item, [{"op": "remove", "path": path}])
            behind = key_behind(values, key.replace("~1", "/").replace("~0", "~"))
            undo = {"op": "add", "path": path, **excerpt_at(item, path), **behind}
        case _:
            place = path if isinstance(values, list) else f"{container}/new key"
            before = {} if isinstance(values, list) else {"before": key.replace("~1", "/").replace("~0", "~")}
            changed = apply_edit(item, [{"op": "add", "path": place, "value": data.draw(VALUES), **before}])
            undo = {"op": "remove", "path": place}
    assert apply_edit(changed, [undo]) == item
    check_in_file(project, changed)


def key_behind(container: Any, key: str) -> dict[str, str]:
    """`before` for a key that is to come back to its place."""
    keys = list(container) if isinstance(container, dict) else []
    behind = keys[keys.index(key) + 1 :] if key in keys else []
    return {"before": behind[0]} if behind else {}


@given(
    st.lists(st.tuples(st.sampled_from(["slot", "response", "action", "entity", "intent"]), KEYS, SCALARS), max_size=6)
)
@settings(max_examples=100)
def test_any_new_items_can_be_read_again(wanted: list[tuple[str, str, Any]]) -> None:

    project = read_contents({"domain.yml": b"intents: [a]\nslots:\n  q: {}\n"})
    files = {file.path: file for file in project.files}
    items = {(item.kind, item.name): item for item in project.items}
    for kind, name, value in wanted:
        bodies: dict[str, Any] = {
            "response": [{"text": value}],
            "intent": {"domain": {"x": value}, "examples": [f"hello {name}"]},
        }
        item = new_item(Kind(kind), name, bodies.get(kind, {"x": value}), files.values())
        items[(item.kind, item.name)] = item
        files.update((file.path, file) for file in fit(files.values(), item))
    again = read_contents(write_project(files.values(), items.values()))
    assert not again.problems
    assert {(item.kind, item.name): item.body for item in again.items} == {
        key: item.body for key, item in items.items()
    }
