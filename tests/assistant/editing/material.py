"""The project that the tests of editing work on, and how they look at what an edit does to it."""

from __future__ import annotations

import difflib
from typing import Any

from talkwright.assistant.editing import apply_edit
from talkwright.assistant.items import Item
from talkwright.assistant.project import body_of, fit, read_contents, write_project

STEPS = "".join(
    f"      # step {n}\n      - id: s{n}\n        collect: slot_{n}   # asks\n        description: 'caption {n}'\n\n"
    for n in range(30)
)
FLOW = f"""\
flows:
  # before
  big:
    description: a big flow
    steps:
{STEPS}
  # after
  small: {{description: other, steps: [{{action: a, next: END}}]}}
"""
DOMAIN = """\
slots:
  amount:
    type: float   # kind
    # the least
    min_value: 1.0
    max_value: 12345678901234567890
  other: &base
    type: text
  derived:
    <<: *base
    initial_value: x
responses:
  utter_greet:
    - text: 'Hi there'   # say hi
    # second

    - text: |
        Long
        text
      buttons:
      - title: "Yes"
        payload: /yes
  utter_folded:
  - text: >-
      some
      folded text
    metadata: {a: 1, b: [1, 2]}
intents:
- greet
- bye: {use_entities: []}
actions: [action_x, 'action_y']
session_config:
  session_expiration_time: 60.0
"""
NLU = """\
nlu:
- intent: greet
  examples: |
    - hi
    - hello

    - hey
- intent: bye
  examples:
  # the first
  - text: see you
    metadata: {b: 2}
  - ciao
- synonym: x
  examples: |
    - y
"""


def project_files(newline: str = "\n") -> dict[str, bytes]:
    files = {"domain.yml": DOMAIN, "data/nlu.yml": NLU, "data/flows.yml": FLOW}
    return {path: text.replace("\n", newline).encode() for path, text in files.items()}


def item_of(kind: str, name: str, newline: str = "\n") -> Item:
    found = read_contents(project_files(newline)).item(kind, name)
    assert found is not None
    return found


def replace_at(path: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": path, "value": value}]


def living(item: Item | None) -> Any:
    """What of an item is written: its body and the texts of its parts."""
    parts = [part for part in item.parts if part.source] if item else []
    return (item.body, parts) if item and parts else None


def changed_lines(
    kind: str, name: str, patch: list[dict[str, Any]], newline: str = "\n"
) -> tuple[list[str], list[str]]:
    """The lines of the whole project that are gone and those that have come."""
    files = project_files(newline)
    project = read_contents(files)
    old = item_of(kind, name, newline)
    new = apply_edit(old, patch, project.files)
    assert body_of(new.kind, new.parts) == new.body
    changed = {file.path: file for file in (*project.files, *fit(project.files, new))}
    items = [new if item == old else item for item in project.items]
    written = write_project(changed.values(), items)
    again = read_contents(written)
    assert living(again.item(kind, name)) == living(new)
    assert not again.problems
    before, after = (
        [line for path in sorted(texts) for line in texts[path].decode().split(newline)] for texts in (files, written)
    )
    lines = list(difflib.ndiff(before, after))
    return [line[2:] for line in lines if line.startswith("- ")], [line[2:] for line in lines if line.startswith("+ ")]
