"""What the session's routes answer."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from talkwright.backend import samples


class Person(BaseModel):
    """Somebody, as pages show them."""

    id: UUID
    name: str


class SessionAnswer(BaseModel):
    """Who is signed in, what they may do everywhere, and the token for unsafe requests."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.SESSION]})

    person: Person
    roles: list[str]
    permissions: list[str]
    csrf: str | None
    instance: str


class SignedOut(BaseModel):
    """Where the browser goes next."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.SIGNED_OUT]})

    redirect: str
