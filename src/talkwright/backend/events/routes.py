"""The route of the event stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from talkwright.backend.context import Services, ServicesOf
from talkwright.backend.errors import ProblemError
from talkwright.backend.events.bus import Bus
from talkwright.backend.events.stream import MOST_SCOPES, Stream
from talkwright.backend.security import SignedIn, demand
from talkwright.database.announcements import KEPT, STUDIO
from talkwright.identity.principal import Principal, allowed

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


def _demand_one(principal: Principal, wanted: Sequence[UUID]) -> None:
    """Raise the refusal where the person may read none of the assistants; single facts are checked as they come."""
    if wanted and not any(allowed(principal, "assistants:read", one) for one in wanted):
        demand(principal, "assistants:read", wanted[0])


@router.get("/events", response_class=StreamingResponse)
async def read_events(
    request: Request,
    *,
    principal: SignedIn,
    services: ServicesOf,
    assistant: Annotated[list[UUID], Query(max_length=MOST_SCOPES)] = [],  # noqa: B006 - FastAPI copies it
    position: Annotated[str | None, Query(alias="since", max_length=2000)] = None,
    age: Annotated[float | None, Query(ge=0, le=KEPT.total_seconds())] = None,
    last_event_id: Annotated[str | None, Header(max_length=2000)] = None,
) -> StreamingResponse:
    """Facts of the studio and of some assistants after a position, and frames; as server-sent events.

    One stream serves all pages of a browser. An assistant that the person may not see is passed over, unless there is
    no other. `Last-Event-ID`, which browsers send when they connect again, wins over `since`. A page that has neither
    gets the facts of its `age` in seconds: it may have read before it connected.
    """
    _demand_one(principal, assistant)

    async def reauthenticate() -> Principal | None:
        try:
            now = await services.authenticator.authenticate(request)
            if now is not None:
                _demand_one(now, assistant)
        except ProblemError:
            return None
        return now

    scopes: list[UUID | str] = [STUDIO, *dict.fromkeys(assistant)]
    stream = Stream(services.database, services.get(Bus), principal, reauthenticate, scopes)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    since = None if age is None else timedelta(seconds=age)
    events = stream.events(last_event_id or position, since)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
