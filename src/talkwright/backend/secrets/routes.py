"""Routes of secrets: they take values and tell none."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from talkwright.backend.audit import origin_of
from talkwright.backend.context import ServicesOf, Session
from talkwright.backend.secrets import service
from talkwright.backend.secrets.given import GivenNames
from talkwright.backend.secrets.schemas import Changed, Name, NewValue, Secrets
from talkwright.backend.security import require
from talkwright.identity.principal import Principal
from talkwright.identity.secrets import Keyring

router = APIRouter(tags=["secrets"], prefix="/assistants/{aid}/secrets")

Reader = Annotated[Principal, Depends(require("settings:read"))]
Writer = Annotated[Principal, Depends(require("settings:write"))]


@router.get("")
async def list_secrets(aid: UUID, _reader: Reader, session: Session, services: ServicesOf) -> Secrets:
    """Which secrets are set, since when and by whom, and which ones the project names besides; never their values."""
    return await service.list_secrets(session, services.get(Keyring), aid, services.get(GivenNames).names)


@router.put("/{name}")
async def set_secret(
    aid: UUID, name: Name, body: NewValue, *, writer: Writer, session: Session, services: ServicesOf, request: Request
) -> Changed:
    """Set a secret, or another value for it; what runs starts again with it."""
    value = body.value.get_secret_value()
    return await service.set_secret(
        session, services.get(Keyring), aid, name, value=value, by=writer.user_id, origin=origin_of(request)
    )


@router.delete("/{name}")
async def delete_secret(aid: UUID, name: Name, writer: Writer, session: Session, request: Request) -> Changed:
    """Delete a secret; what runs starts again without it."""
    return await service.delete_secret(session, aid, name, writer.user_id, origin_of(request))
