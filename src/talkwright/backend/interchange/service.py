"""Making an assistant of a project that somebody brings, or of an example."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.project import Project
from talkwright.backend.assistants import service
from talkwright.backend.errors import ProblemError, not_found
from talkwright.backend.interchange.examples import example_folder, list_examples
from talkwright.backend.interchange.importing import creation_change, read
from talkwright.backend.interchange.titles import free_title, title_from
from talkwright.database import assistants
from talkwright.identity.audit import Origin, record
from talkwright.identity.principal import Principal


async def read_example(root: Path | None, example: str) -> tuple[Project, str]:
    """An example's project and title; raises 404."""
    folder = await asyncio.to_thread(example_folder, root, example)
    if folder is None:
        raise not_found("example")
    found = next(entry for entry in await asyncio.to_thread(list_examples, root) if entry["name"] == example)
    return await read(folder), found["title"]


async def import_as_new(
    session: AsyncSession,
    maker: Principal,
    origin: Origin,
    project: Project,
    *,
    assistant: UUID,
    name: str | None = None,
    title: str | None = None,
    file: str | None = None,
) -> dict[str, Any]:
    """Make an assistant of a project and give the report; asking twice with one id makes one.

    Without a name it gets the config's `assistant_id`, or one as near to it as is free; without a title, one made of
    these or of the archive's `file` name.
    Raises ProblemError 409 for an id or a given name that is taken, 422 where nothing is of an assistant.
    """
    if project.is_foreign:
        raise ProblemError(
            422,
            "nothing-to-import",
            "Nothing here is an assistant",
            f"No flow, response, slot, NLU data or setting stands in {_these(len(project.files))}. "
            "Choose the folder that holds config.yml and domain.yml, or an archive of it.",
        )
    said, language = service.said_by(project)
    if name is None:  # whoever imports the same at this moment takes the first name; the next one is free after that
        await assistants.reserve(session, assistant, said)
    called = name or await service.free_name(session, said)
    shown = title or await free_title(session, title_from(name, said, file))
    row = {"id": assistant, "name": called, "title": shown, "language": language}
    change = creation_change(assistant, "import-project", "import", {"items": len(project.items)})
    report = await service.make_assistant(session, maker, row, project, change)
    await record(session, origin, "assistants.import", assistant=assistant, target=assistant)
    return report


def _these(files: int) -> str:
    return "this file" if files == 1 else f"these {files} files"
