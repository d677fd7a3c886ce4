"""Routes of imports, downloads and examples."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from talkwright.assistant.project import Limits, Project, to_tar_gz, to_zip
from talkwright.backend.assistants import service
from talkwright.backend.assistants.schemas import Example, ExampleRequest, Imported, Name, Title
from talkwright.backend.audit import origin_of
from talkwright.backend.content.checking import CHECKER
from talkwright.backend.content.permissions import WRITE
from talkwright.backend.content.service import find_assistant
from talkwright.backend.content.writing import ChangeRequest, begin, first_answer
from talkwright.backend.context import ServicesOf, Session
from talkwright.backend.errors import ProblemError, not_found
from talkwright.backend.interchange.downloads import attachment
from talkwright.backend.interchange.examples import example_folder, list_examples
from talkwright.backend.interchange.importing import creation_change, import_project, read
from talkwright.backend.interchange.settings import ExampleSettings
from talkwright.backend.security import SignedIn, require
from talkwright.database.ids import uuid7
from talkwright.database.projects import load_project, written
from talkwright.identity.audit import record
from talkwright.identity.principal import Principal

router = APIRouter(tags=["interchange"])

Maker = Annotated[Principal, Depends(require("assistants:create"))]
Importer = Annotated[Principal, Depends(require("assistants:import"))]
Exporter = Annotated[Principal, Depends(require("assistants:export"))]
ARCHIVES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("application/zip", "application/gzip")
        },
    }
}
MEDIA_TYPES = {"zip": "application/zip", "tar.gz": "application/gzip"}


async def _archive(request: Request, services: ServicesOf) -> Project:
    """The project in the request's body, read before the transaction begins."""
    data = await request.body()
    if not data:
        raise ProblemError(422, "empty-archive", "The request holds no archive", "Send a .zip or .tar.gz as the body.")
    return await read(data, Limits(archive_bytes=services.settings.archive_limit))


@router.post("/assistants/import", status_code=201, response_model=Imported, openapi_extra=ARCHIVES)
async def import_assistant(
    maker: Maker,
    services: ServicesOf,
    session: Session,
    request: Request,
    *,
    id: Annotated[UUID, Query(description="The new assistant's uuid, made by the client.")],  # noqa: A002 - the API's word
    name: Annotated[Name | None, Query(description="Without it, the config's `assistant_id`.")] = None,
    title: Annotated[Title | None, Query(description="Without it, the name.")] = None,
) -> Any:
    """Make an assistant from an archive; asking twice with one id makes one."""
    project = await _archive(request, services)
    said, language = service.said_by(project)
    called = name or await service.free_name(session, said)
    row = {"id": id, "name": called, "title": title or _title_of(called), "language": language}
    return await _imported(session, maker, row, project, request)


@router.post("/assistants/examples/{example}", status_code=201, response_model=Imported)
async def import_example(example: str, wanted: ExampleRequest, maker: Maker, session: Session, request: Request) -> Any:
    """Make an assistant from an example."""
    root = ExampleSettings().examples_root
    folder = await asyncio.to_thread(example_folder, root, example)
    if folder is None:
        raise not_found("example")
    project = await read(folder)
    found = next(entry for entry in await asyncio.to_thread(list_examples, root) if entry["name"] == example)
    said, language = service.said_by(project)
    name = await service.free_name(session, said)
    row = {"id": wanted.id, "name": name, "title": found["title"], "language": language}
    return await _imported(session, maker, row, project, request)


async def _imported(
    session: Session, maker: Principal, row: dict[str, Any], project: Project, request: Request
) -> dict[str, Any]:
    change = creation_change(row["id"], "import-project", "import", {"items": len(project.items)})
    report = await service.make_assistant(session, maker, row, project, change)
    await record(session, origin_of(request), "assistants.import", assistant=row["id"], target=row["id"])
    return {"assistant": await service.one_assistant(session, maker, row["id"]), "report": report}


def _title_of(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").strip().capitalize() or name


@router.post("/assistants/{aid}/import", response_model=Imported, openapi_extra=ARCHIVES)
async def import_into(
    aid: UUID,
    importer: Importer,
    services: ServicesOf,
    session: Session,
    request: Request,
    *,
    change: Annotated[UUID | None, Query(description="The change's uuid, made by the client.")] = None,
) -> Any:
    """Put an archive over an assistant as one change: files of the same path are replaced, the rest stays."""
    project = await _archive(request, services)
    for kind in sorted({str(item.kind) for item in project.items}):
        if WRITE[kind] not in importer.permissions_in(aid):
            raise ProblemError(403, "forbidden", "You may not do this", f"It needs the permission {WRITE[kind]}.")
    writing = await begin(session, CHECKER, aid, importer.user_id)
    wanted = change or uuid7()
    report = await first_answer(session, aid, wanted)
    if report is None:
        command = {"name": "import-project", "arguments": {"items": len(project.items)}}
        request_ = ChangeRequest(id=wanted, command=command, edits=(), source="import")
        report = await import_project(writing, project, request_)
        await record(session, origin_of(request), "assistants.import", assistant=aid, target=wanted)
    return {"assistant": await service.one_assistant(session, importer, aid), "report": report}


@router.get("/assistants/{aid}/download", response_class=Response)
async def download(
    aid: UUID,
    _exporter: Exporter,
    session: Session,
    request: Request,
    *,
    at: Annotated[int | None, Query(ge=0, le=2**31 - 1, description="Right after this change.")] = None,
    format: Annotated[Literal["zip", "tar.gz"], Query()] = "zip",  # noqa: A002 - the API's word
) -> Response:
    """The whole project, byte for byte as it came, but for what was edited."""
    row = await find_assistant(session, aid)
    files = written(await load_project(session, aid, at))
    await record(session, origin_of(request), "assistants.download", assistant=aid, target=aid)
    data = to_zip(files) if format == "zip" else to_tar_gz(files)
    suffix = "" if at is None else f"-{at}"
    return attachment(data, f"{row.name}{suffix}.{format}", MEDIA_TYPES[format])


@router.get("/examples", response_model=list[Example])
async def read_examples(_person: SignedIn) -> Any:
    """The examples that can be imported."""
    return await asyncio.to_thread(list_examples, ExampleSettings().examples_root)
