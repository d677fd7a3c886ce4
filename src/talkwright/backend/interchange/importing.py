"""Importing: from an archive to one change and a report of what was found."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from talkwright.assistant.items import Kind
from talkwright.assistant.naming import assistant_id
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.project import Limits, Project, ProjectRefusedError, read_contents, read_project
from talkwright.assistant.validation.in_files import InFiles
from talkwright.backend.content.builtin import builtin_id, builtin_items
from talkwright.backend.content.loading import Loaded, as_files, unique_names
from talkwright.backend.content.presenting import found_problem
from talkwright.backend.content.workspace import Workspace
from talkwright.backend.content.writing import ChangeRequest, Writing, Written
from talkwright.backend.errors import ProblemError
from talkwright.backend.interchange.merging import ids_for, merge
from talkwright.database.changes import save_change
from talkwright.database.files import load_files
from talkwright.database.ids import uuid7
from talkwright.database.items import StoredItem, load_heads, load_named

MOST_PROBLEMS = 500
LONGEST_NAME = 500


async def read(source: bytes | Path | Mapping[str, bytes], limits: Limits | None = None) -> Project:
    """Read a project beside the event loop; raises ProblemError 422 for one that is not taken at all."""
    try:
        project = await asyncio.to_thread(_read, source, limits)
    except ProjectRefusedError as error:
        problem = error.problem
        raise ProblemError(
            422, problem.code, "The project can't be imported", problem.message, problems=[found_problem(problem)]
        ) from error
    for item in project.items:
        if len(item.name) > LONGEST_NAME or "\0" in item.name:
            raise ProblemError(
                422,
                "invalid-name",
                "The project can't be imported",
                f"The name of the {item.kind} “{item.name[:60].replace(chr(0), '?')}…” is longer than {LONGEST_NAME} "
                "characters or holds characters that no name has. Give it another name in its file.",
            )
    return project


def _read(source: bytes | Path | Mapping[str, bytes], limits: Limits | None) -> Project:
    return read_contents(source, limits=limits) if isinstance(source, Mapping) else read_project(source, limits)


async def import_project(writing: Writing, project: Project, request: ChangeRequest) -> dict[str, Any]:
    """Write a project into the assistant as one change; returns its report, which is the change's answer too."""
    session, locked = writing.session, writing.locked
    is_new = locked.last_change == 0
    heads = [] if is_new else await load_heads(session, locked.id)
    files = [] if is_new else await load_files(session, locked.id)
    names = {} if is_new else await unique_names(session, locked.id)
    living = [head.item for head in heads]
    merged = await asyncio.to_thread(merge, project, as_files(files, names) or [], living)
    start = {(head.kind, head.name): head for head in heads}
    missing = [named for named in merged.items if named not in start]
    if not is_new:
        dead = await load_named(session, locked.id, missing, dead=True)
        start |= {(head.kind, head.name): head for head in sorted(dead, key=lambda head: head.change)}
    ids = ids_for(
        merged.items,
        {named: head.id for named, head in start.items()},
        {named: builtin_id(locked.id, *named) for named in builtin_items("en", ())},
        iter(uuid7, None),
    )
    workspace = Workspace([*start.values()], list(merged.files.values()), {}, writing.known.living())
    bytes_before = {file.path: file.data for file in files}
    for named, item in merged.items.items():
        workspace.put(ids[named], item, {"op": "import", "item": ids[named]})
        if not item.parts and item.name in merged.files:
            data = merged.files[item.name].data
            workspace.items[ids[named]].new_bytes = data != bytes_before.get(item.name)
    for named in merged.gone:
        workspace.apply({"op": "delete", "item": start[named].id})
    written = await writing.write(Loaded(workspace, files, names), request)
    report = await asyncio.to_thread(_report, project, written, _other_name(project, locked.name, is_new=is_new))
    await save_change(session, written.change, report)
    return report


def _other_name(project: Project, name: str, *, is_new: bool) -> list[Problem]:
    """That the config calls the assistant otherwise than the studio does, whose name its models get."""
    config = next((item for item in project.items if item.kind is Kind.CONFIG), None)
    said = assistant_id(project.items)
    if said == name or (config is None and not is_new):
        return []
    told = f"The config calls the assistant “{said}”" if said else "No config gives the assistant an `assistant_id`"
    message = f"{told}; here it is called “{name}”, and so its models call it. The project's files stay as they are."
    where = None if config is None else config.name
    return [Problem("assistant-id-differs", Severity.HINT, message, Kind.CONFIG, where, path="/assistant_id")]


def _report(project: Project, written: Written, own: Sequence[Problem]) -> dict[str, Any]:
    """What the import found: in the project, in the items that it wrote, and as a whole (`own`)."""
    kinds = Counter(str(item.kind) for item in project.items)
    by_name = {(item.kind, item.name): item for item in written.items}
    unread = {problem.file for problem in project.problems if problem.code == "file-unreadable"}
    found = [*project.problems, *written.problems, *own]
    known = {problem.key for problem in found}
    for checked in written.checked.values():
        found += [problem for problem in checked.problems if problem.key not in known]
    found.sort(key=lambda problem: (("error", "warning", "hint").index(problem.severity), problem.kind or ""))
    return {
        "items": dict(sorted(kinds.items())),
        "files": [_told_file(file.path, file.names, file.path not in unread) for file in project.files],
        "left_out": list(project.left_out[:MOST_PROBLEMS]),
        "problems": _in_files(project, found[:MOST_PROBLEMS], by_name),
        "change": written.change.number,
    }


def _in_files(
    project: Project, problems: Iterable[Problem], items: Mapping[tuple[str, str], StoredItem]
) -> list[dict[str, Any]]:
    """Problems with the places in the project's files, which whoever imports it knows, and in their items."""
    in_files = InFiles(project)
    told = []
    for problem in problems:
        place = in_files.of(problem)
        found = found_problem(problem, items.get((str(problem.kind), problem.name or "")))
        told.append({**found, "message": place.message, "file": place.file, "file_line": place.line})
    return told


def _told_file(path: str, names: frozenset[tuple[str, str]], is_read: bool) -> dict[str, Any]:
    """One line of the report: how many items were found in a file; one that is kept as it is has none.

    One that can't be read is told among the problems.
    """
    items = [name for name in names if name[0] != "file"]
    return {"path": path, "items": len(items), "kept": is_read and not items}


def creation_change(
    assistant: UUID, command: str, source: str, arguments: Mapping[str, Any] | None = None
) -> ChangeRequest:
    """The first change of a new assistant; its id follows from the assistant's, so that asking twice makes it once."""
    return ChangeRequest(
        id=builtin_id(assistant, "change", "first"),
        command={"name": command, "arguments": dict(arguments or {})},
        edits=(),
        source=source,
    )
