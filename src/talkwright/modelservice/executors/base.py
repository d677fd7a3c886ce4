"""What an executor offers; consumers know nothing else of the place where jobs run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from talkwright.modelservice.jobs import Cause, Desk, Ended, Job, LogLine


class JobError(Exception):
    """A job could not be started; the message says why, and `cause` in a word where that is known."""

    def __init__(self, message: str, cause: Cause | None = None) -> None:
        super().__init__(message)
        self.cause = cause


class PlaceAwayError(JobError):
    """The place where jobs run does not answer: whoever needs it waits, and no job is lost by that."""


class RunningJob(Protocol):
    """One started job."""

    @property
    def name(self) -> str:
        """The job's name."""

    @property
    def handle(self) -> Mapping[str, Any]:
        """What another holder needs to take the job over, as JSON."""

    def lines(self) -> AsyncIterator[LogLine]:
        """The log as it comes, until the job has ended; where the stream is cut, lines are missing. To be read once."""

    async def ended(self) -> Ended:
        """Wait for the end, and for what the job leaves to be stored."""

    def address(self, port: int) -> str:
        """The base URL at which the job's `port` is reached."""

    async def stop(self, grace: float | None = None) -> Ended:
        """Tell the job to end and wait until it and its descendants are gone; after `grace` seconds they are killed."""

    async def leave(self) -> None:
        """Let go of the job without ending it: another holder takes it over, or it ends by itself."""

    async def discard(self) -> None:
        """Delete what the job left where it ran, unless another has taken it over."""


class Executor(Protocol):
    """A place where jobs run.

    `site` is the same text for all executors that can take over each other's jobs.
    """

    @property
    def site(self) -> str:
        """Where jobs can be taken over."""

    async def start(self, job: Job) -> RunningJob:
        """Fetch the inputs and start the job. Raises JobError, and StorageError where the store is away for now."""

    async def adopt(self, handle: Mapping[str, Any], desk: Desk | None) -> RunningJob | None:
        """Take over a job from a holder that is gone, with its whole log; None where it is lost. Raises JobError."""

    async def end_orphans(self) -> list[str]:
        """End and delete what vanished holders left behind and nobody can take over; gives the names of those jobs."""
