"""What the routes of versions take and answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from talkwright.backend import samples
from talkwright.backend.content.schemas import Touched
from talkwright.backend.names import Person
from talkwright.backend.trainings.schemas import Training


class ModelSize(BaseModel):
    """A version's model."""

    id: UUID
    bytes: int


class Version(BaseModel):
    """An immutable snapshot of an assistant's content."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.VERSION]})

    id: UUID
    name: str
    number: int
    change: int = Field(description="The last change that it holds.")
    digest: str
    description: str
    created_at: datetime
    by: Person
    training: Training | None
    model: ModelSize | None
    model_deleted: Touched | None = Field(
        description="When and by whom its model was deleted, where it has none now; a training makes another."
    )
    active: bool = Field(description="Whether the assistant's talk in `try` goes to it.")


class Versions(BaseModel):
    """A page of versions, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.VERSIONS]})

    items: list[Version]
    next: str | None


class Description(BaseModel):
    """A version's description."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"description": "Before the new card flows"}]}
    )

    description: str = Field(max_length=2000)
