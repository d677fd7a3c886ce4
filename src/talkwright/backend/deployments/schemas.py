"""What the routes of deployments take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from talkwright.backend import samples
from talkwright.backend.names import VersionName
from talkwright.backend.progress.problems import problems_of
from talkwright.backend.progress.waiting import deployment_words
from talkwright.database.states import DeploymentState

SLEEPS = "Nobody talked to it for a while; the next message wakes it."
"""Why who sleeps doesn't run. What its history tells of it stays true once another one is talked to."""
MADE_ROOM = "It made room for a newer version, and runs again if that one doesn't start."


class NewDeployment(BaseModel):
    """A trained version to run; `id` is made by the client."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [samples.NEW_DEPLOYMENT]})

    id: UUID
    version: UUID


class Deployment(BaseModel):
    """A version being run so that somebody can talk to it."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.DEPLOYMENT]})

    id: UUID
    assistant: UUID
    environment: str
    version: VersionName
    training: UUID | None
    state: DeploymentState
    active: bool = Field(description="Whether the assistant's talk goes to it.")
    asleep: bool = Field(description="Whether it is stopped until a message or the failure of a newer one wakes it.")
    waiting: str | None = Field(description="Why it waits, in words.")
    reason: str | None
    problems: list[dict[str, Any]] = Field(description="What the running model can't use, with how to mend it.")
    created_at: datetime
    ready_at: datetime | None
    engine: str | None = Field(description="The engine that made the model, and runs it.")


class Deployments(BaseModel):
    """A page of deployments, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.DEPLOYMENTS]})

    items: list[Deployment]
    next: str | None


def _reason(row: Mapping[str, Any]) -> str | None:
    if not row["asleep"]:
        return cast(str | None, row["reason"])
    return MADE_ROOM if row["made_room"] else SLEEPS


def deployment_of(row: Mapping[str, Any]) -> Deployment:
    """A row of the repository as the API's shape."""
    return Deployment(
        id=row["id"],
        assistant=row["assistant"],
        environment=row["environment"],
        version=VersionName.of(row),
        training=row["training"],
        state=row["state"],
        active=row["active"],
        asleep=row["asleep"],
        waiting=deployment_words(row),
        reason=_reason(row),
        problems=problems_of(row["attempt_problems"]),
        created_at=row["created_at"],
        ready_at=row["ready_at"],
        engine=row["engine"],
    )
