"""Routes of trainings."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from talkwright.backend.audit import origin_of
from talkwright.backend.context import ServicesOf, Session
from talkwright.backend.paging import Limit, Number
from talkwright.backend.progress.history import StateChanges, page_of_states
from talkwright.backend.security import require
from talkwright.backend.trainings import service
from talkwright.backend.trainings.schemas import Log, NewTraining, Training, Trainings
from talkwright.identity.principal import Principal

router = APIRouter(tags=["trainings"], prefix="/assistants/{aid}/trainings")

Reader = Annotated[Principal, Depends(require("trainings:read"))]
Writer = Annotated[Principal, Depends(require("trainings:write"))]
MOST_LINES = 2000


@router.post("", status_code=201)
async def request_training(
    aid: UUID, wanted: NewTraining, *, writer: Writer, services: ServicesOf, request: Request, response: Response
) -> Training:
    """Pin the content as it is, queue its training; asked twice, by its id or while it waits or runs, it is one."""
    training, is_new = await service.request_training(services, aid, writer.user_id, wanted, origin_of(request))
    if not is_new:
        response.status_code = 200
    return training


@router.get("")
async def list_trainings(
    aid: UUID, _reader: Reader, session: Session, cursor: Number = None, limit: Limit = 50
) -> Trainings:
    """The assistant's trainings, newest first."""
    return await service.page_of_trainings(session, aid, int(cursor) if cursor else None, limit)


@router.get("/{training}")
async def read_training(aid: UUID, training: UUID, _reader: Reader, session: Session) -> Training:
    """One training: state, place in the queue, progress, end."""
    return await service.one_training(session, aid, training)


@router.post("/{training}/stop")
async def stop_training(aid: UUID, training: UUID, _writer: Writer, session: Session, request: Request) -> Training:
    """Ask for the end of a training; one that has ended stays as it is."""
    return await service.stop_training(session, aid, training, origin_of(request))


@router.get("/{training}/log")
async def read_log(
    aid: UUID,
    training: UUID,
    _reader: Reader,
    session: Session,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 1000,
) -> Log:
    """The training's log after a number; live lines also come as frames of the event stream."""
    await service.one_training(session, aid, training)
    return await service.log_of(session, training, after, limit)


@router.get("/{training}/states")
async def training_states(
    aid: UUID, training: UUID, _reader: Reader, session: Session, cursor: Number = None, limit: Limit = 50
) -> StateChanges:
    """What became of the training: each change of its state, with who made it, when and why."""
    await service.one_training(session, aid, training)
    return await page_of_states(session, "training", training, int(cursor) if cursor else None, limit)
