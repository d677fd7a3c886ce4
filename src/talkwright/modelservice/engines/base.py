"""What an engine says of itself: how it trains and runs, what its log means, how it is asked whether it is ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from talkwright.modelservice.artefacts import ModelFile
from talkwright.modelservice.jobs import Desk, Job, LogLine
from talkwright.modelservice.project_code import ProjectCode

if TYPE_CHECKING:
    import httpx2  # the training consumer needs no HTTP

PROJECT = "project.tar.gz"
"""Where a job finds its version's project, below its own folder."""
MODEL = "model.tar.gz"
"""Where a training leaves its model, and where a running job finds it."""
REFUSED = 2
"""The exit code of a job that content, model or settings make impossible: another try would end the same."""


class EngineError(Exception):
    """An engine can't do this work here, however often it is tried; the message says why and how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a job is made of, whatever the engine.

    `project` is the storage key of the version's archive, and `archive` its bytes for an engine that `reads_projects`.
    `requested_at` (ISO 8601) is when the work was asked for; `variables` are what `${NAME}` in the project is filled
    from. `code` is where the modules lie that the project names; without one no code of the project runs.
    """

    name: str
    project: str
    requested_at: str = ""
    archive: bytes | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    desk: Desk | None = None
    code: ProjectCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What a running job serves besides: the storage key of its model, the deployment, the token that it asks for."""

    model: str
    deployment: str
    token: str


class Engine(Protocol):
    """One engine, as operators have set it up here.

    `name` stands in rows; `protocol` is how chats talk to its running models, by which the backend chooses;
    `reads_projects` says whether its orders need the project's archive; a model must answer within
    `start_seconds`, which operators set by `start_setting`.
    """

    name: str
    protocol: str
    reads_projects: bool
    start_seconds: float
    start_setting: str

    def training_job(self, order: Order) -> Job:
        """The job that makes `MODEL` of the project. Raises EngineError."""

    def running_job(self, order: Order, serving: Serving) -> Job:
        """The job that serves a model to whoever has the token, on a free port. Raises EngineError."""

    def told(self, line: LogLine) -> LogLine:
        """What a line of its log means: level, stage and progress."""

    def check(self, model: ModelFile) -> None:
        """Look at a model that it made. Raises ModelArchiveError where it is none that it could run."""

    def proof(self, serving: Serving) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Query and headers of a request that may ask the running model."""

    async def answers(self, client: httpx2.AsyncClient, model_id: str | None) -> bool:
        """Whether the expected model is loaded and reads a message, without beginning a conversation."""
