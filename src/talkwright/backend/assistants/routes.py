"""Routes of assistants."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from talkwright.assistant.starter import starter_project
from talkwright.backend.assistants import service
from talkwright.backend.assistants.schemas import (
    Assistants,
    AssistantSummary,
    NewAssistant,
    NewEngine,
    NewTitle,
)
from talkwright.backend.audit import origin_of
from talkwright.backend.context import Session
from talkwright.backend.interchange.importing import creation_change, read
from talkwright.backend.paging import Limit
from talkwright.backend.security import SignedIn, require
from talkwright.database import assistants
from talkwright.database.announcements import STUDIO, announce
from talkwright.identity.audit import record
from talkwright.identity.principal import Principal

router = APIRouter(tags=["assistants"], prefix="/assistants")

Maker = Annotated[Principal, Depends(require("assistants:create"))]
Reader = Annotated[Principal, Depends(require("assistants:read"))]
Editor = Annotated[Principal, Depends(require("settings:write"))]
Deleter = Annotated[Principal, Depends(require("assistants:delete"))]


@router.get("", response_model=Assistants)
async def list_assistants(
    person: SignedIn,
    session: Session,
    *,
    name: Annotated[str | None, Query(max_length=200, description="The exact name.")] = None,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    limit: Limit = 50,
) -> Any:
    """The assistants that the caller may see, by title."""
    return await service.page_of_assistants(session, person, cursor, limit, name=name)


@router.post("", status_code=201, response_model=AssistantSummary)
async def create_assistant(wanted: NewAssistant, maker: Maker, session: Session, request: Request) -> Any:
    """Make an assistant from the starter; asking twice with one id makes one."""
    project = await read(starter_project(wanted.name, wanted.language))
    row = wanted.model_dump()
    await service.make_assistant(session, maker, row, project, creation_change(wanted.id, "create-assistant", "create"))
    await record(session, origin_of(request), "assistants.create", assistant=wanted.id, target=wanted.id)
    return await service.one_assistant(session, maker, wanted.id)


@router.get("/{aid}", response_model=AssistantSummary)
async def read_assistant(aid: UUID, reader: Reader, session: Session) -> Any:
    """One assistant."""
    return await service.one_assistant(session, reader, aid)


@router.patch("/{aid}", response_model=AssistantSummary)
async def retitle_assistant(aid: UUID, body: NewTitle, editor: Editor, session: Session, request: Request) -> Any:
    """Give an assistant another title."""
    await assistants.set_title(session, aid, body.title)
    await record(session, origin_of(request), "assistants.retitle", assistant=aid, target=aid)
    announce(session, STUDIO, "assistant", {"assistant": str(aid)})
    return await service.one_assistant(session, editor, aid)


@router.put("/{aid}/engine", response_model=AssistantSummary)
async def choose_engine(aid: UUID, body: NewEngine, editor: Editor, session: Session, request: Request) -> Any:
    """Have an assistant's next trainings made by another engine; what was trained keeps its own."""
    await service.choose_engine(session, aid, body.engine)
    await record(session, origin_of(request), "assistants.engine", assistant=aid, target=aid)
    announce(session, STUDIO, "assistant", {"assistant": str(aid)})
    return await service.one_assistant(session, editor, aid)


@router.delete("/{aid}", status_code=204)
async def delete_assistant(aid: UUID, _deleter: Deleter, session: Session, request: Request) -> Response:
    """Delete an assistant: its trainings and deployments are stopped, its name is free again."""
    await assistants.delete(session, aid)
    await record(session, origin_of(request), "assistants.delete", assistant=aid, target=aid)
    announce(session, STUDIO, "assistant", {"assistant": str(aid), "deleted": True})
    announce(session, aid, "assistant", {"assistant": str(aid), "deleted": True})
    return Response(status_code=204)
