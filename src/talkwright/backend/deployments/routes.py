"""Routes of deployments."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from talkwright.backend.audit import origin_of
from talkwright.backend.context import ServicesOf, Session
from talkwright.backend.deployments import service
from talkwright.backend.deployments.schemas import Deployment, Deployments, NewDeployment
from talkwright.backend.paging import Limit, Number
from talkwright.backend.progress.history import StateChanges, page_of_states
from talkwright.backend.security import require
from talkwright.identity.principal import Principal

router = APIRouter(tags=["deployments"], prefix="/assistants/{aid}/deployments")

Reader = Annotated[Principal, Depends(require("trainings:read"))]
Writer = Annotated[Principal, Depends(require("deployments:write"))]


@router.post("", status_code=201)
async def request_deployment(
    aid: UUID, wanted: NewDeployment, *, writer: Writer, services: ServicesOf, request: Request, response: Response
) -> Deployment:
    """Have a trained version run; it gets the assistant's talk as soon as it answers."""
    deployment, is_new = await service.request_deployment(services, aid, writer.user_id, wanted, origin_of(request))
    if not is_new:
        response.status_code = 200
    return deployment


@router.get("")
async def list_deployments(
    aid: UUID,
    _reader: Reader,
    session: Session,
    cursor: Number = None,
    limit: Limit = 50,
    version: Annotated[UUID | None, Query(description="Only those of this version.")] = None,
) -> Deployments:
    """The assistant's deployments, newest first."""
    return await service.page_of_deployments(session, aid, int(cursor) if cursor else None, limit, version)


@router.get("/{deployment}")
async def read_deployment(aid: UUID, deployment: UUID, _reader: Reader, session: Session) -> Deployment:
    """One deployment and how it is."""
    return await service.one_deployment(session, aid, deployment)


@router.post("/{deployment}/stop")
async def stop_deployment(
    aid: UUID, deployment: UUID, _writer: Writer, session: Session, request: Request
) -> Deployment:
    """Ask for the end of a deployment; one that has ended stays as it is."""
    return await service.stop_deployment(session, aid, deployment, origin_of(request))


@router.get("/{deployment}/states")
async def deployment_states(
    aid: UUID, deployment: UUID, _reader: Reader, session: Session, cursor: Number = None, limit: Limit = 50
) -> StateChanges:
    """What became of the deployment: each change of its state, with who made it, when and why."""
    await service.one_deployment(session, aid, deployment)
    return await page_of_states(session, "deployment", deployment, int(cursor) if cursor else None, limit)
