"""What the routes of trainings take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from talkwright.backend import samples
from talkwright.backend.names import Person, VersionName
from talkwright.backend.progress.problems import problems_of
from talkwright.backend.progress.waiting import training_words
from talkwright.database.states import ENDED_TRAININGS, TrainingState


class NewTraining(BaseModel):
    """A training to queue; `id` is made by the client, so that asking twice trains once."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"id": "01990000-0000-7000-8000-000000000001", "deploy": True}]}
    )

    id: UUID
    deploy: bool = Field(True, description="Whether the model shall run as soon as it is trained.")


class Training(BaseModel):
    """One training of a version."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.TRAINING]})

    id: UUID
    assistant: UUID
    version: VersionName
    state: TrainingState
    place: int | None = Field(description="Its place in the queue, 1 is the next.")
    waiting: str | None = Field(description="Why it waits, in words.")
    stage: str | None
    progress: float = Field(ge=0, le=1)
    reason: str | None
    problems: list[dict[str, Any]]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    by: Person
    deploy: bool
    stopping: bool
    engine: str = Field(description="The engine that makes the model.")


class Trainings(BaseModel):
    """A page of trainings, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.TRAININGS]})

    items: list[Training]
    next: str | None


class LogLine(BaseModel):
    """One line of a training's log; numbers only grow."""

    number: int
    at: datetime
    stage: str | None
    level: str
    message: str
    progress: float | None


class Log(BaseModel):
    """Lines after a number; `next` is what to ask for as `after` next time."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.LOG]})

    lines: list[LogLine]
    next: int


def training_of(row: Mapping[str, Any]) -> Training:
    """A row of the repository as the API's shape."""
    ended = row["state"] in ENDED_TRAININGS
    problems = row["problems"] if ended else row["attempt_problems"]
    return Training(
        id=row["id"],
        assistant=row["assistant"],
        version=VersionName.of(row),
        state=row["state"],
        place=row["place"],
        waiting=training_words(row),
        stage=row["stage"],
        progress=1.0 if row["state"] == TrainingState.SUCCEEDED else row["progress"],
        reason=row["reason"],
        problems=problems_of(problems),
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        by=Person(id=row["created_by"], name=row["by_name"]),
        deploy=row["deploy"],
        stopping=not ended and row["cancel_requested_at"] is not None,
        engine=row["engine"],
    )
