"""The rules and stories of a project: they stand in files of any kind, beside other sections or alone (3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from talkwright.assistant.items import ItemBody
from talkwright.assistant.parsing.stories import STORIES
from talkwright.assistant.pointers import pointer_split
from talkwright.assistant.problems import Problem
from talkwright.assistant.project.structure import is_yaml
from talkwright.assistant.project.values import Project, ProjectFile
from talkwright.assistant.project.writing import write_file
from talkwright.assistant.yamls import YamlError, line_and_column, load, load_marked

_SECTIONS = ("rules", "stories")
_LINE = re.compile(r"^\ufeff?[\"']?(?:rules|stories)[\"']?[ \t]*:", re.MULTILINE)


def talks_of(project: Project) -> Iterator[ItemBody]:
    """What each file says under `rules` and `stories`, as a body of its own; tests of stories teach nothing."""
    for path, text in _texts(project):
        body = sections_in(path, text)
        if body:
            yield ItemBody(STORIES, path, body)


def located(project: Project, problems: Iterable[Problem]) -> list[Problem]:
    """The problems, those of rules and stories with the file and the line that they stand in."""
    texts: dict[str, str] | None = None
    found = []
    for problem in problems:
        if problem.kind == STORIES and problem.name is not None:
            texts = dict(_texts(project)) if texts is None else texts
            line = line_at(texts.get(problem.name, ""), problem.path)
            found.append(replace(problem, file=problem.name, line=line))
        else:
            found.append(problem)
    return found


def sections_in(path: str, text: str) -> dict[str, Any]:
    """What a file's text says under `rules` and `stories`; nothing for tests, and for what is no YAML."""
    if not _may_teach(path) or not _LINE.search(text):
        return {}
    try:
        document = load(text)
    except YamlError:  # reported where the project is read
        return {}
    if not isinstance(document, dict):
        return {}
    return {key: document[key] for key in _SECTIONS if document.get(key) is not None}


def line_at(text: str, pointer: str) -> int | None:
    """The line, from 1, of what stands at a JSON pointer of a YAML text, or of the nearest thing around it."""
    try:
        node = load_marked(text)
    except YamlError:
        return None
    at = node.start
    for part in pointer_split(pointer):
        entry = node.entry(part)
        if entry is not None:
            at, node = entry[0].start, entry[1]
        elif part.isdigit() and int(part) < len(node.elements):
            node = node.elements[int(part)]
            at = node.start
        else:
            break
    return line_and_column(text, at)[0]


def text_of(project: Project, path: str) -> str:
    """The text of a file; empty where it is kept as bytes, or isn't there."""
    items = {(str(item.kind), item.name): item for item in project.items}
    found = next((file for file in project.files if file.path == path and file.data is None), None)
    return "" if found is None else (write_file(found, items) or b"").decode("utf-8", "replace")


def _texts(project: Project) -> Iterator[tuple[str, str]]:
    """The texts of the files that may teach, by their paths."""
    items = {(str(item.kind), item.name): item for item in project.items}
    for file in project.files:
        if file.data is None and _may_teach(file.path) and _may_hold(file):
            yield file.path, (write_file(file, items) or b"").decode("utf-8", "replace")


def _may_teach(path: str) -> bool:
    pure = PurePosixPath(path)
    return is_yaml(path) and pure.parts[0] != "tests" and not pure.name.startswith("test_")


def _may_hold(file: ProjectFile) -> bool:
    whole = any(ref.kind == "file" for ref in file.refs)
    return whole or any(isinstance(piece, str) and _LINE.search(piece) for piece in file.skeleton)
