"""Routes of versions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from talkwright.backend.audit import origin_of
from talkwright.backend.context import ServicesOf, Session
from talkwright.backend.errors import ProblemError, not_found
from talkwright.backend.interchange.downloads import attachment
from talkwright.backend.paging import Limit
from talkwright.backend.security import require
from talkwright.backend.versions import service
from talkwright.backend.versions.schemas import Description, Version, Versions
from talkwright.database import versions
from talkwright.database.deployments import model_of_version
from talkwright.database.projects import version_archive
from talkwright.identity.audit import record
from talkwright.identity.principal import Principal
from talkwright.storage.objects import ObjectStore, StorageError

router = APIRouter(tags=["versions"], prefix="/assistants/{aid}/versions")

Reader = Annotated[Principal, Depends(require("trainings:read"))]
Writer = Annotated[Principal, Depends(require("trainings:write"))]
Exporter = Annotated[Principal, Depends(require("assistants:export"))]


@router.get("", response_model=Versions)
async def list_versions(
    aid: UUID,
    _reader: Reader,
    session: Session,
    *,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Limit = 50,
) -> Any:
    """The assistant's versions, newest first."""
    return await service.page_of_versions(session, aid, cursor, limit)


@router.get("/{version}", response_model=Version)
async def read_version(aid: UUID, version: UUID, _reader: Reader, session: Session) -> Any:
    """One version."""
    return await service.one_version(session, aid, version)


@router.patch("/{version}", response_model=Version)
async def describe_version(
    aid: UUID, version: UUID, body: Description, _writer: Writer, session: Session, request: Request
) -> Any:
    """Describe a version."""
    if not await versions.describe(session, aid, version, body.description.replace("\0", "")):
        raise not_found("version")
    await record(session, origin_of(request), "versions.describe", assistant=aid, target=version)
    return await service.one_version(session, aid, version)


@router.get("/{version}/project", response_class=Response)
async def download_project(
    aid: UUID, version: UUID, _exporter: Exporter, session: Session, request: Request
) -> Response:
    """The version's project as .tar.gz: what its training got."""
    found = await versions.find_version(session, aid, version)
    if found is None:
        raise not_found("version")
    archive = await version_archive(session, aid, version)
    await record(session, origin_of(request), "versions.project", assistant=aid, target=version)
    return attachment(archive, f"{found.name}.tar.gz", "application/gzip")


@router.delete("/{version}/model", status_code=204)
async def delete_model(aid: UUID, version: UUID, writer: Writer, session: Session, request: Request) -> None:
    """Delete the version's model, which frees its place in the quotas; refused while it runs or is to run.

    The version stays, with its content, its trainings and what became of them; another training makes another model.
    """
    await service.delete_model(session, aid, version, writer.user_id, origin_of(request))


@router.get("/{version}/model", response_class=StreamingResponse)
async def download_model(
    aid: UUID, version: UUID, _exporter: Exporter, services: ServicesOf, request: Request
) -> Response:
    """The version's model."""
    async with services.transaction() as session:
        found = await versions.find_version(session, aid, version)
        model = None if found is None else await model_of_version(session, version)
        if found is None or model is None:
            raise not_found("model", "Train the version first.")
        await record(session, origin_of(request), "versions.model", assistant=aid, target=version)
    store = services.get(ObjectStore)
    try:
        if not await store.exists(model["object"]):
            raise not_found("model", "It is no longer in the storage; train the version again.")
    except StorageError as error:
        raise ProblemError(503, "storage-unavailable", "The storage doesn't answer", str(error)) from error

    async def chunks() -> AsyncIterator[bytes]:
        async for chunk in store.stream(model["object"]):
            yield bytes(chunk)

    headers = {
        "Content-Disposition": f'attachment; filename="{found.name}.tar.gz"',
        "Content-Length": str(model["bytes"]),
    }
    return StreamingResponse(chunks(), media_type="application/gzip", headers=headers)
