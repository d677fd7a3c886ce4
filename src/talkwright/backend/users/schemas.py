"""What the users' routes take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from talkwright.backend import samples

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class GrantShown(BaseModel):
    """A role for one assistant."""

    assistant: UUID
    role: str


class UserShown(BaseModel):
    """A person as the users' page shows them."""

    id: UUID
    name: str
    email: str | None
    usernames: list[str]
    has_account_here: bool
    disabled: bool
    roles: list[str]
    grants: list[GrantShown]
    created_at: datetime
    seen_at: datetime | None


class UserList(BaseModel):
    """A page of people."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.USERS]})

    items: list[UserShown]
    next: str | None


class NewUser(BaseModel):
    """Somebody to let in."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.NEW_USER]})

    username: Name
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    roles: Annotated[list[str], Field(max_length=20)] = []
    assistant: UUID | None = Field(None, description="Where the roles count; unset is everywhere.")


class Invited(BaseModel):
    """The new person, and the one-time link to give them: it is shown once."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.INVITED]})

    id: UUID
    link: str


class PasswordLink(BaseModel):
    """A one-time link for a new password: it is shown once."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.PASSWORD_LINK]})

    link: str


class RoleShown(BaseModel):
    """A role and what it allows."""

    key: str
    title: str
    permissions: list[str]


class RoleList(BaseModel):
    """All roles."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.ROLES]})

    items: list[RoleShown]
