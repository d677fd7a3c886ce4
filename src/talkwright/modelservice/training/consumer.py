"""A training consumer: runs the training job of an attempt, publishes the model, writes one outcome."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from functools import partial
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.modelservice.artefacts import ModelArchiveError
from talkwright.modelservice.consuming import ALLOWS, GONE, ROOM, begun, ending, lost, remember, timed, traced
from talkwright.modelservice.engines.base import MODEL, REFUSED, Engine, Order
from talkwright.modelservice.executors.base import JobError, RunningJob
from talkwright.modelservice.gaps import fill_gaps
from talkwright.modelservice.jobs import Cause, Desk, Ended
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.means import Means
from talkwright.modelservice.patience import patiently
from talkwright.modelservice.projects import archive_of, keep_stored
from talkwright.modelservice.publication import Publication, Published, enter_model
from talkwright.modelservice.transitions import Outcome
from talkwright.operations.waiting import first_of
from talkwright.storage.keys import project_key
from talkwright.storage.objects import StorageError


class Training:
    """The trade of a training consumer."""

    def __init__(self, means: Means) -> None:
        self._executor = means.executor
        self._variables = means.variables
        self._store = means.store
        self._publication = Publication(means.store)
        self._desk = means.desk
        self._settings = means.settings
        self._engines = means.engines
        self.engines = means.engines.names
        self.site = means.site

    async def keep(self, keeper: Keeper) -> None:
        """Run one attempt's job to its end, or go on with it, and write the outcome."""
        running = await begun(keeper, self._begin(keeper))
        if running is None:
            return
        async with ending(running):
            ended = await self._watch(keeper, running)
            is_written = ended is not None and await self._conclude(keeper, ended)
        if is_written:
            await running.discard()
        else:  # what became of it is for whoever holds the attempt now
            await running.leave()

    async def _begin(self, keeper: Keeper) -> RunningJob | None:
        """The attempt's job: the one that runs already, or a new one; None where the model is there without one."""
        attempt = keeper.attempt
        keeper.given = await keeper.write(lambda session: self._variables.of(session, attempt.assistant))
        desk = self._desk.of(keeper)
        engine = self._engines.named(attempt.engine)
        keeper.told = engine.told
        if attempt.job is not None:
            handle = json.loads(attempt.job)
            running = await patiently(keeper, lambda: self._executor.adopt(handle, desk))
            if running is not None:
                return running
        published = await patiently(keeper, lambda: self._publication.found(attempt, engine.check))
        if published is not None:
            await self._enter(keeper, published)
            return None
        if attempt.job is not None:
            raise JobError(GONE)
        job = await asyncio.to_thread(engine.training_job, await self._order(keeper, engine, desk))
        await keeper.save({"state": "running", "started_at": func.clock_timestamp()}, tell="running")
        with timed(keeper, "starting"):
            running = await patiently(keeper, lambda: self._executor.start(traced(job)))
        await remember(keeper, running)
        return running

    async def _order(self, keeper: Keeper, engine: Engine, desk: Desk) -> Order:
        attempt = keeper.attempt
        archive: bytes | None = None
        if engine.reads_projects:
            archive = await patiently(keeper, lambda: archive_of(keeper, self._store))
        else:
            await patiently(keeper, lambda: keep_stored(keeper, self._store))
        return Order(
            name=keeper.job_name,
            project=project_key(attempt.version),
            archive=archive,
            requested_at=attempt.requested_at.astimezone(UTC).isoformat(),
            variables=keeper.given,
            desk=desk,
            code=self._settings.project_code(attempt.assistant, attempt.assistant_name),
        )

    async def _watch(self, keeper: Keeper, running: RunningJob) -> Ended | None:
        """Follow the log until the job ends or must end; None where it shall go on without this consumer."""
        reading = asyncio.create_task(_read(keeper, running))
        try:
            await first_of(running.ended(), keeper.stop.wait(), keeper.leave.wait())
            if keeper.leave.is_set() and self.site is not None and not keeper.is_over:
                return None
            stopped = keeper.stop.is_set() or keeper.leave.is_set()
            ended = await running.stop() if stopped else await running.ended()
            await reading
        finally:
            reading.cancel()
        return ended

    async def _conclude(self, keeper: Keeper, ended: Ended) -> bool:
        """Write what the job's end means; False where the attempt is no longer ours."""
        await fill_gaps(keeper, self._store, ended)
        ended = certain(ended)
        outcome, reason = judged(ended, len(keeper.problems), keeper)
        if outcome is Outcome.SUCCEEDED:
            return await self._publish(keeper, ended)
        return await keeper.end(outcome, reason, cause=ended.cause)

    async def _publish(self, keeper: Keeper, ended: Ended) -> bool:
        """Publish what the job stored, and enter it; False where the attempt is no longer ours."""
        stored = ended.outputs.get(MODEL)
        if stored is None:
            return await keeper.end(Outcome.LOST_JOB, ended.problem or "The job stored no model.", cause=Cause.STORAGE)
        try:
            check = self._engines.named(keeper.attempt.engine).check
            publish = partial(self._publication.publish, keeper.attempt, stored, check)
            with timed(keeper, "publishing"):
                published = await patiently(keeper, publish, says=True)
        except ModelArchiveError as error:
            return await keeper.end(Outcome.FAILED, str(error))
        except StorageError as error:
            return await keeper.end(lost(keeper), str(error), cause=Cause.STORAGE)
        return await self._enter(keeper, published)

    async def _enter(self, keeper: Keeper, published: Published) -> bool:
        """Write model and outcome in one fenced transaction; False where the attempt is no longer ours."""

        async def enter(session: AsyncSession) -> Mapping[str, Any]:
            return {"result": json.dumps({"model": await enter_model(session, keeper.attempt, published)})}

        is_written = await keeper.end(Outcome.SUCCEEDED, None, {"progress": 1.0}, act=enter)
        if is_written:
            await self._publication.clear(keeper.attempt, published)
        return is_written


_LIMITS = {
    Cause.TIME_LIMIT: f"it took too long. {ALLOWS} TALKWRIGHT_TRAINING_SECONDS.",
    Cause.OUT_OF_MEMORY: f"out of memory. {ALLOWS} TALKWRIGHT_TRAINING_MEMORY.",
    Cause.DISK_FULL: f"the disk of its job is full. {ROOM}",
}


def certain(ended: Ended) -> Ended:
    """A job's end without what is guessed by its words alone, where its program knew why it ended."""
    return replace(ended, why=None) if ended.code == REFUSED and ended.cause is Cause.DISK_FULL else ended


def judged(ended: Ended, problems: int, keeper: Keeper) -> tuple[Outcome, str | None]:
    """What a job's end means, and in which words."""
    if keeper.shutdown:
        return Outcome.RELEASED, "The consumer stopped."
    if keeper.stop.is_set():
        return Outcome.CANCELLED, "The training was stopped."
    if ended.is_blameless:
        return Outcome.RELEASED, "The job's consumers were gone."
    if ended.cause is Cause.DISK_FULL and ended.code is None:  # it has not begun, and elsewhere there may be room
        return Outcome.LOST_JOB, _LIMITS[ended.cause]
    if ended.cause in _LIMITS:
        return Outcome.FAILED, f"The training was ended: {_LIMITS[ended.cause]}"
    if ended.code == 0:
        return Outcome.SUCCEEDED, None
    if ended.code == REFUSED and (problems or keeper.last_message):
        return _refused(problems, keeper.last_message)
    if ended.code is None or ended.code < 0:
        return Outcome.LOST_JOB, ended.why or f"ended by signal {-(ended.code or 0)}"
    return Outcome.FAILED, f"The training ended with code {ended.code}; the last lines of its log say why."


def _refused(problems: int, message: str) -> tuple[Outcome, str]:
    if not problems:
        return Outcome.FAILED, message
    stop = "s that stop" if problems > 1 else " that stops"
    return Outcome.CONTENT, f"The content has {problems} problem{stop} the training."


async def _read(keeper: Keeper, running: RunningJob) -> None:
    async for line in running.lines():
        keeper.note(line)
