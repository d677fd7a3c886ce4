"""Routes of content: items, changes, history, problems and conditions."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from talkwright.assistant.items import Kind
from talkwright.backend.audit import origin_of
from talkwright.backend.content import service
from talkwright.backend.content.caching import conditional
from talkwright.backend.content.checking import CHECKER
from talkwright.backend.content.conditions import described
from talkwright.backend.content.permissions import demand_write, hidden_kinds
from talkwright.backend.content.reverting import refused, reverting
from talkwright.backend.content.schemas import (
    ChangeAnswer,
    Changes,
    Conditions,
    Expressions,
    History,
    Item,
    Items,
    NewChange,
    Problems,
    Revert,
    Revision,
    Uses,
)
from talkwright.backend.content.writing import ChangeRequest, begin, write_change
from talkwright.backend.context import Session
from talkwright.backend.errors import ProblemError, not_found
from talkwright.backend.paging import Limit
from talkwright.backend.security import ASSISTANT_PARAMETER, require
from talkwright.database.items import kinds_of
from talkwright.database.listings import ItemFilter
from talkwright.identity.audit import record
from talkwright.identity.principal import Principal

router = APIRouter(tags=["content"], prefix="/assistants/{aid}")

Reader = Annotated[Principal, Depends(require("content:read"))]
Cursor = Annotated[str | None, Query(max_length=2000)]


@router.get("/items", response_model=Items)
async def list_items(
    aid: UUID,
    reader: Reader,
    session: Session,
    *,
    kind: Annotated[list[Kind], Query(description="Only items of these kinds.")] = [],  # noqa: B006 - FastAPI copies it
    q: Annotated[str | None, Query(max_length=200, description="Words that name, title or text must hold.")] = None,
    name: Annotated[str | None, Query(max_length=500, description="The exact name.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Any:
    """Items by kind and name, the built-in ones among them."""
    kinds = tuple(str(one) for one in kind)
    wanted = ItemFilter(kinds=kinds, without=hidden_kinds(reader, aid), name=name, words=q)
    return await service.page_of_items(session, aid, wanted, cursor, limit)


@router.get("/items/{item}", response_model=Item, responses={304: {"description": "Unchanged since that ETag."}})
async def read_item(aid: UUID, item: UUID, reader: Reader, session: Session, request: Request) -> Response:
    """One item with its body, text and problems."""
    found = await service.whole_item(session, aid, item, hidden_kinds(reader, aid))
    return conditional(request, Item.model_validate(found))


@router.get("/items/{item}/history", response_model=History)
async def read_history(
    aid: UUID, item: UUID, reader: Reader, session: Session, *, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """The item's revisions, newest first; a deleted item has them still."""
    await _see(session, aid, item, reader)
    return await service.page_of_history(session, aid, item, cursor, limit)


@router.get("/items/{item}/revisions/{number}", response_model=Revision)
async def read_revision(aid: UUID, item: UUID, number: int, reader: Reader, session: Session) -> Any:
    """An old state of the item; number 0 is the built-in one."""
    row = await service.find_assistant(session, aid)
    return await service.old_revision(session, row, item, number, hidden_kinds(reader, aid))


@router.get("/items/{item}/used", response_model=Uses)
async def read_uses(
    aid: UUID, item: UUID, reader: Reader, session: Session, *, cursor: Cursor = None, limit: Limit = 200
) -> Any:
    """Where the item is used."""
    row = await service.find_assistant(session, aid)
    found = await service.find_item(session, row, item, hidden_kinds(reader, aid))
    return await service.page_of_uses(session, row, found, cursor, limit)


@router.post("/changes", response_model=ChangeAnswer)
async def make_change(aid: UUID, change: NewChange, reader: Reader, session: Session, request: Request) -> Any:
    """Change content: all edits or none. Each edit needs the permission of its item's kind."""
    edits = [edit.model_dump(exclude_unset=True, by_alias=True) for edit in change.edits]
    command = change.command.model_dump()
    return await _write(session, aid, ChangeRequest(id=change.id, command=command, edits=edits), reader, request)


@router.get("/changes", response_model=Changes)
async def list_changes(
    aid: UUID, _reader: Reader, session: Session, *, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """The assistant's changes, newest first."""
    return await service.page_of_changes(session, aid, cursor, limit)


@router.post("/changes/{number}/revert", response_model=ChangeAnswer)
async def revert_change(
    aid: UUID, number: int, body: Revert, *, reader: Reader, session: Session, request: Request
) -> Any:
    """Take a change back by a new one."""
    wanted = await reverting(session, aid, number, body.id)
    try:
        return await _write(session, aid, wanted, reader, request)
    except ProblemError as error:
        raise refused(error) from error


@router.get("/problems", response_model=Problems)
async def list_problems(aid: UUID, reader: Reader, session: Session) -> Any:
    """All problems of the assistant, errors first."""
    return await service.all_problems(session, aid, hidden_kinds(reader, aid))


@router.post("/conditions", response_model=Conditions)
async def describe_conditions(
    _aid: Annotated[UUID, Path(alias=ASSISTANT_PARAMETER)], wanted: Expressions, _reader: Reader
) -> Any:
    """Conditions as tree and words."""
    return {"conditions": described(wanted.expressions)}


async def _see(session: Session, assistant: UUID, item: UUID, reader: Principal) -> None:
    """Raise 404 for an item that never was, or that the caller doesn't see."""
    kinds = await kinds_of(session, assistant, [item])
    if kinds.get(item, "") in hidden_kinds(reader, assistant):
        raise not_found("item")


async def _write(session: Session, assistant: UUID, wanted: ChangeRequest, writer: Principal, request: Request) -> Any:
    named = {edit["kind"] for edit in wanted.edits if edit["op"] == "create"}
    known = await service.kinds_of_edits(session, assistant, wanted.edits)
    demand_write(writer, assistant, {str(kind) for kind in named | known})
    writing = await begin(session, CHECKER, assistant, writer.user_id)
    answer = await write_change(writing, wanted)
    # what a change touches besides is known only now (a rename is followed, a mended file may hold flows); a refusal
    # takes the whole transaction back
    demand_write(writer, assistant, {item["kind"] for item in answer["items"]})
    await record(session, origin_of(request), "content.change", assistant=assistant, target=wanted.id)
    return answer
