"""The route of the event stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from talkwright.backend.context import Services, ServicesOf
from talkwright.backend.errors import ProblemError
from talkwright.backend.events.bus import Bus
from talkwright.backend.events.stream import Stream
from talkwright.backend.security import SignedIn, demand
from talkwright.database.announcements import STUDIO
from talkwright.identity.principal import Principal

router = APIRouter(tags=["events"])


@asynccontextmanager
async def lifespan(services: Services) -> AsyncIterator[None]:
    """Hear what other roles announce for as long as the server runs."""
    bus = services.get(Bus)
    await bus.start()
    try:
        yield
    finally:
        await bus.stop()


@router.get("/events", response_class=StreamingResponse)
async def read_events(
    request: Request,
    *,
    principal: SignedIn,
    services: ServicesOf,
    assistant: UUID | None = None,
    position: Annotated[str | None, Query(alias="since", max_length=2000)] = None,
    last_event_id: Annotated[str | None, Header(max_length=2000)] = None,
) -> StreamingResponse:
    """Facts of the studio and of one assistant after a position, and frames; as server-sent events.

    `Last-Event-ID`, which browsers send when they connect again, wins over `since`.
    """
    if assistant is not None:
        demand(principal, "assistants:read", assistant)

    async def reauthenticate() -> Principal | None:
        try:
            now = await services.authenticator.authenticate(request)
            if now is not None and assistant is not None:
                demand(now, "assistants:read", assistant)
        except ProblemError:
            return None
        return now

    scopes: list[UUID | str] = [STUDIO] if assistant is None else [STUDIO, assistant]
    stream = Stream(services.database, services.get(Bus), principal, reauthenticate, scopes)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream.events(last_event_id or position), media_type="text/event-stream", headers=headers)
