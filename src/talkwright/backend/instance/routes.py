"""The public description of the studio."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

import talkwright
from talkwright.assistant.project.ignoring import LEFT_OUT, LEFT_OUT_BEGINNINGS
from talkwright.backend import samples
from talkwright.backend.context import ServicesOf, Session
from talkwright.backend.security import SignedIn, public
from talkwright.backend.sign_in.service import SignIns
from talkwright.database.tables import instance
from talkwright.database.workers import offered_engines
from talkwright.identity.people import administrator_exists

router = APIRouter(tags=["instance"])


class LeftOut(BaseModel):
    """What is never part of a project, so that a browser doesn't even send it."""

    names: tuple[str, ...]
    beginnings: tuple[str, ...]


class Instance(BaseModel):
    """This studio, as its sign-in page shows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.INSTANCE]})

    name: str
    version: str
    instance: str
    first_administrator_needed: bool
    left_out: LeftOut


class Engines(BaseModel):
    """The engines that assistants can choose, as consumers offer them; the first is the studio's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.ENGINES]})

    items: list[str]


@router.get("/engines")
async def list_engines(_person: SignedIn, session: Session) -> Engines:
    """The engines that the operator has set up here."""
    return Engines(items=await offered_engines(session))


@router.get("/instance", dependencies=[Depends(public)])
async def read_instance(services: ServicesOf, session: Session) -> Instance:
    """Name, version and whether the first administrator is still to be made."""
    is_builtin = services.get(SignIns).connection.kind == "builtin"
    return Instance(
        name=(await session.execute(select(instance.c.name))).scalar_one(),
        version=talkwright.__version__,
        instance=services.instance,
        first_administrator_needed=is_builtin and not await administrator_exists(session),
        left_out=LeftOut(names=LEFT_OUT, beginnings=LEFT_OUT_BEGINNINGS),
    )
