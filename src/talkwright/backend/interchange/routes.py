"""Routes of imports, downloads and examples."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from talkwright.assistant.project import Limits, Project, to_tar_gz, to_zip
from talkwright.backend.assistants import service
from talkwright.backend.assistants.schemas import Example, ExampleRequest, Imported, Name, Title
from talkwright.backend.audit import origin_of
from talkwright.backend.content.checking import CHECKER
from talkwright.backend.content.permissions import demand_write
from talkwright.backend.content.service import find_assistant
from talkwright.backend.content.writing import ChangeRequest, begin, first_answer
from talkwright.backend.context import ServicesOf, Session
from talkwright.backend.errors import ProblemError
from talkwright.backend.interchange.downloads import attachment
from talkwright.backend.interchange.examples import list_examples
from talkwright.backend.interchange.importing import import_project, read
from talkwright.backend.interchange.service import import_as_new, read_example
from talkwright.backend.interchange.settings import ExampleSettings
from talkwright.backend.interchange.titles import free_title
from talkwright.backend.security import SignedIn, require
from talkwright.database.ids import uuid7
from talkwright.database.projects import Stored, load_project, written
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


@router.post(
    "/assistants/import",
    status_code=201,
    response_model=Imported,
    responses={200: {"model": Imported, "description": "What an import would make; nothing was made."}},
    openapi_extra=ARCHIVES,
)
async def import_assistant(
    maker: Maker,
    services: ServicesOf,
    session: Session,
    request: Request,
    response: Response,
    *,
    id: Annotated[UUID, Query(description="The new assistant's uuid, made by the client.")],  # noqa: A002 - the API's word
    name: Annotated[Name | None, Query(description="Without it, the config's `assistant_id`.")] = None,
    title: Annotated[Title | None, Query(description="Without it, one made of the names.")] = None,
    file: Annotated[str | None, Query(max_length=255, description="The archive's name, for the title.")] = None,
    trial: Annotated[bool, Query(description="Only tell what would come of it, and make nothing.")] = False,
) -> Any:
    """Make an assistant from an archive; asking twice with one id makes one."""
    project = await _archive(request, services)
    origin = origin_of(request)
    report = await import_as_new(session, maker, origin, project, assistant=id, name=name, title=title, file=file)
    answer = {"assistant": await service.one_assistant(session, maker, id), "report": report}
    if trial:  # it is the import itself, taken back: so it finds what that will find
        await session.rollback()
        response.status_code = 200
    return answer


@router.post("/assistants/examples/{example}", status_code=201, response_model=Imported)
async def import_example(example: str, wanted: ExampleRequest, maker: Maker, session: Session, request: Request) -> Any:
    """Make an assistant from an example."""
    project, title = await read_example(ExampleSettings().examples_root, example)
    free = await free_title(session, title)
    report = await import_as_new(session, maker, origin_of(request), project, assistant=wanted.id, title=free)
    return {"assistant": await service.one_assistant(session, maker, wanted.id), "report": report}


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
    demand_write(importer, aid, {str(item.kind) for item in project.items})
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
    stored = await load_project(session, aid, at)
    await record(session, origin_of(request), "assistants.download", assistant=aid, target=aid)
    data = await asyncio.to_thread(_packed, stored, to_zip if format == "zip" else to_tar_gz)
    suffix = "" if at is None else f"-{at}"
    return attachment(data, f"{row.name}{suffix}.{format}", MEDIA_TYPES[format])


def _packed(stored: Stored, pack: Callable[[Mapping[str, bytes]], bytes]) -> bytes:
    return pack(written(stored))


@router.get("/examples", response_model=list[Example])
async def read_examples(_person: SignedIn) -> Any:
    """The examples that can be imported."""
    return await asyncio.to_thread(list_examples, ExampleSettings().examples_root)
