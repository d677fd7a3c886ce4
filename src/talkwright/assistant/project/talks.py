"""The rules and stories of a project: they stand in files of any kind, beside other sections or alone (3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from talkwright.assistant.items import ItemBody
from talkwright.assistant.parsing.stories import STORIES
from talkwright.assistant.project.structure import is_yaml
from talkwright.assistant.project.values import Project, ProjectFile
from talkwright.assistant.project.writing import write_file
from talkwright.assistant.yamls import YamlError, load

_SECTIONS = ("rules", "stories")
_LINE = re.compile(r"^\ufeff?[\"']?(?:rules|stories)[\"']?[ \t]*:", re.MULTILINE)


def talks_of(project: Project) -> Iterator[ItemBody]:
    """What each file says under `rules` and `stories`, as a body of its own; tests of stories teach nothing."""
    items = {(str(item.kind), item.name): item for item in project.items}
    for file in project.files:
        if not _may_teach(file):
            continue
        data = write_file(file, items)
        body = _sections((data or b"").decode("utf-8", "replace"))
        if body:
            yield ItemBody(STORIES, file.path, body)


def _may_teach(file: ProjectFile) -> bool:
    path = PurePosixPath(file.path)
    tests = path.parts[0] == "tests" or path.name.startswith("test_")
    if file.data is not None or tests or not is_yaml(file.path):
        return False
    whole = (ref.kind == "file" for ref in file.refs)
    return any(whole) or any(isinstance(piece, str) and _LINE.search(piece) for piece in file.skeleton)


def _sections(text: str) -> dict[str, Any]:
    if not _LINE.search(text):
        return {}
    try:
        document = load(text)
    except YamlError:  # reported where the project is read
        return {}
    if not isinstance(document, dict):
        return {}
    return {key: document[key] for key in _SECTIONS if document.get(key) is not None}
