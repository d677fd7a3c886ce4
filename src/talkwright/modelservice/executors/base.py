"""What an executor offers; consumers know nothing else of the place where jobs run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from talkwright.modelservice.jobs import Ended, Job, LogLine


class JobError(Exception):
    """A job could not be started or its outputs could not be stored; the message says why."""


class RunningJob(Protocol):
    """One started job."""

    @property
    def name(self) -> str:
        """The job's name."""

    @property
    def uid(self) -> str:
        """What tells this run from every other one of the same name."""

    def lines(self) -> AsyncIterator[LogLine]:
        """The log as it comes, until the job has ended. To be read once."""

    async def ended(self) -> Ended:
        """Wait for the end."""

    def address(self, port: int) -> str:
        """The base URL at which the job's `port` is reached."""

    async def stop(self, grace: float | None = None) -> Ended:
        """Tell the job to end and wait until it and its descendants are gone; after `grace` seconds they are killed."""

    async def store_outputs(self) -> dict[str, int]:
        """Put the outputs into the store; gives bytes by key. Raises JobError for a missing one."""

    async def discard(self) -> None:
        """Delete what the job left on the machine."""


class Executor(Protocol):
    """A place where jobs run."""

    async def start(self, job: Job) -> RunningJob:
        """Fetch the inputs and start the job. Raises JobError."""

    async def end_orphans(self) -> list[str]:
        """End and delete what vanished supervisors on this machine left behind; gives the names of those jobs."""
