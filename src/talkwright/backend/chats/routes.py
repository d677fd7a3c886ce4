"""Routes of chats."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request, Response

from talkwright.backend.audit import origin_of
from talkwright.backend.chats import service
from talkwright.backend.chats.bots import Bots
from talkwright.backend.chats.schemas import (
    Answer,
    Chat,
    Chats,
    NewChat,
    NewMessage,
    Prompts,
    Restart,
    Suggestions,
    Timeline,
)
from talkwright.backend.chats.turns import NEW_SESSION, Said, Turns
from talkwright.backend.context import ServicesOf, Session
from talkwright.backend.paging import Limit
from talkwright.backend.security import require
from talkwright.identity.principal import Principal

router = APIRouter(tags=["chats"], prefix="/assistants/{aid}/chats")

Reader = Annotated[Principal, Depends(require("chats:read"))]
Writer = Annotated[Principal, Depends(require("chats:write"))]


@router.post("", status_code=201)
async def begin_chat(
    aid: UUID, wanted: NewChat, *, writer: Writer, services: ServicesOf, request: Request, response: Response
) -> Chat:
    """Begin a chat; asking twice with one id begins one."""
    chat, is_new = await service.begin_chat(services, aid, writer.user_id, wanted, origin_of(request))
    if not is_new:
        response.status_code = 200
    return chat


@router.get("")
async def list_chats(
    aid: UUID,
    reader: Reader,
    session: Session,
    *,
    cursor: UUID | None = None,
    limit: Limit = 50,
    mine: Annotated[bool, Query(description="Only those that the caller began.")] = False,
) -> Chats:
    """The assistant's chats, newest first."""
    return await service.page_of_chats(session, aid, cursor, limit, reader.user_id if mine else None)


@router.get("/suggestions")
async def read_suggestions(
    aid: UUID, _reader: Reader, session: Session, language: Annotated[str | None, Query(max_length=20)] = None
) -> Suggestions:
    """Sentences to begin a chat with, in one of the assistant's languages."""
    return await service.suggest(session, aid, language)


@router.get("/{chat}")
async def read_chat(aid: UUID, chat: UUID, _reader: Reader, session: Session) -> Chat:
    """One chat."""
    return await service.one_chat(session, aid, chat)


@router.post("/{chat}/messages")
async def say(
    aid: UUID, chat: UUID, message: NewMessage, _writer: Writer, services: ServicesOf, request: Request
) -> Answer:
    """Say something; answers when the assistant has answered. A message sent again gets the stored answer."""
    said = Said(id=str(message.id), text=message.text, title=message.title)
    return Answer.model_validate(await Turns(services).take(aid, chat, said, origin_of(request)))


@router.get("/{chat}/messages/{message}/prompts")
async def read_prompts(aid: UUID, chat: UUID, message: UUID, _reader: Reader, session: Session) -> Prompts:
    """What a language model was asked about a message, and what it answered; secrets are masked."""
    return await service.read_prompts(session, aid, chat, str(message))


@router.post("/{chat}/restart")
async def restart(
    aid: UUID, chat: UUID, _writer: Writer, services: ServicesOf, request: Request, wanted: Restart | None = None
) -> Answer:
    """Begin a new session in the same chat."""
    own = wanted.id if wanted is not None and wanted.id is not None else uuid4()
    said = Said(id=str(own), text=NEW_SESSION, kind="restart")
    return Answer.model_validate(await Turns(services).take(aid, chat, said, origin_of(request)))


@router.get("/{chat}/timeline")
async def read_timeline(
    aid: UUID,
    chat: UUID,
    _reader: Reader,
    session: Session,
    services: ServicesOf,
    *,
    after: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Limit = 200,
) -> Timeline:
    """What was said and done, turn by turn, and where the conversation stands."""
    return await service.read_timeline(session, services.get(Bots).places, aid, chat, after=after, limit=limit)
