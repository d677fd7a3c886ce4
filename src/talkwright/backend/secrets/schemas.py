"""What the routes of secrets take and answer; no answer holds a value."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from talkwright.backend import samples
from talkwright.backend.names import Person

LONGEST_VALUE = 3000
MOST_SECRETS = 20
"""So many times the longest value still fits into what a process can be given."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]


class Secret(BaseModel):
    """A name that the project uses or somebody has set; `set` says whether the assistant has a value for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.SECRET]})

    name: str
    set: bool
    given: bool = Field(description="Whether the operator gives it to all jobs.")
    named_in: list[str] = Field(description="Kinds of the settings that write it as ${NAME} or need it.")
    changed_at: datetime | None
    by: Person | None


class Secrets(BaseModel):
    """All secrets of an assistant by name, those that its project names and nobody has set among them."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.SECRETS]})

    items: list[Secret]


class NewValue(BaseModel):
    """A value; it is never told again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": "the key of your provider"}]})

    value: SecretStr = Field(max_length=LONGEST_VALUE, description="Printable characters of ASCII, in one line.")


class Changed(BaseModel):
    """A secret was set or deleted; `restarting` is the deployment that starts in place of what runs, where it does."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.SECRET_CHANGED]})

    name: str
    restarting: UUID | None
