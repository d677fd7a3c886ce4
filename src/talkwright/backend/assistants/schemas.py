"""What the routes of assistants take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from talkwright.backend import samples
from talkwright.backend.content.schemas import Counts, Problem
from talkwright.backend.deployments.schemas import Deployment
from talkwright.backend.names import Person
from talkwright.backend.trainings.schemas import Training

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$")]
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")
]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}$")]
_ID = "01990000-0000-7000-8000-000000000003"


class NewAssistant(BaseModel):
    """An assistant to be made from the starter; `id` is made by the client, `name` is the bot's `assistant_id`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"id": _ID, "name": "wheel-workshop", "title": "Wheel Workshop", "language": "en"}]
        },
    )

    id: UUID
    name: Name
    title: Title
    language: Language = "en"


class NewTitle(BaseModel):
    """Another title."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "Wheel Workshop"}]})

    title: Title


class ExampleRequest(BaseModel):
    """An assistant to be made from an example; `id` is made by the client."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"id": _ID}]})

    id: UUID


class LastChange(BaseModel):
    """The latest change of an assistant."""

    number: int
    at: datetime
    by: Person
    words: str


class AssistantSummary(BaseModel):
    """An assistant with its figures and what the caller may do in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.SUMMARY]})

    id: UUID
    name: str
    title: str
    language: str
    additional_languages: list[str]
    problems: Counts
    counts: dict[str, int]
    training: Training | None
    deployment: Deployment | None
    failed_start: Deployment | None = Field(description="The newest deployment, where it didn't start.")
    last_change: LastChange | None
    permissions: list[str]
    engine: str = Field(description="The engine that its next training is made with.")


class NewEngine(BaseModel):
    """Another engine for the next trainings."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"engine": "talkwright"}]})

    engine: str = Field(min_length=1, max_length=40)


class Assistants(BaseModel):
    """A page of assistants by title."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.ASSISTANTS]})

    items: list[AssistantSummary]
    next: str | None


class ImportedFile(BaseModel):
    """One file of an import; `kept` says that it was kept as it is."""

    path: str
    items: int
    kept: bool


class ImportedProblem(Problem):
    """What is wrong with an imported project; `line` counts in the item's text, `file_line` in its file."""

    file_line: int | None = None


class Report(BaseModel):
    """What an import found."""

    items: dict[str, int]
    files: list[ImportedFile]
    left_out: list[str]
    problems: list[ImportedProblem]
    change: int | None = None


class Imported(BaseModel):
    """An imported assistant and the report."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.IMPORTED]})

    assistant: AssistantSummary
    report: Report


class Example(BaseModel):
    """An example that can be imported."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.EXAMPLE]})

    name: str
    title: str
    description: str
    languages: list[str]
