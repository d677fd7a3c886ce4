"""A training consumer: runs the training job of an attempt, publishes the model, writes one outcome."""

from __future__ import annotations

import asyncio
import json
import tempfile
from datetime import UTC
from pathlib import Path
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from talkwright.database.ids import uuid7
from talkwright.database.tables import models
from talkwright.modelservice.artefacts import ModelArchiveError, ModelFile, read_model
from talkwright.modelservice.engines import talkwright
from talkwright.modelservice.executors.base import Executor, JobError, RunningJob
from talkwright.modelservice.jobs import Ended
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.leases import LeaseLostError
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.transitions import Outcome
from talkwright.modelservice.variables import Variables
from talkwright.operations.logs import get_logger
from talkwright.operations.waiting import first_of
from talkwright.storage.keys import model_key, models_prefix, project_key
from talkwright.storage.objects import ObjectStore, StorageError

log = get_logger(__name__)


class Training:
    """The trade of a training consumer."""

    def __init__(
        self, executor: Executor, store: ObjectStore, variables: Variables, settings: ModelServiceSettings
    ) -> None:
        self._executor = executor
        self._variables = variables
        self._store = store
        self._settings = settings
        self.site: str | None = None

    async def keep(self, keeper: Keeper) -> None:
        """Run one attempt's job to its end and write the outcome."""
        attempt = keeper.attempt
        key = model_key(attempt.assistant, attempt.work, attempt.id)
        try:
            keeper.given = await keeper.write(lambda session: self._variables.of(session, attempt.assistant))
            job = talkwright.training_job(
                keeper.job_name,
                project=project_key(attempt.version),
                model=key,
                requested_at=attempt.requested_at.astimezone(UTC).isoformat(),
                variables=keeper.given,
                settings=self._settings,
            )
            await keeper.save({"state": "running", "started_at": func.clock_timestamp()}, tell="running")
            running = await self._executor.start(job)
        except LeaseLostError:
            return
        except JobError as error:
            await keeper.end(Outcome.LOST_JOB, str(error))
            return
        try:
            ended = await self._watch(keeper, running)
            if ended is None:
                return
            outcome, reason = judged(ended, len(keeper.problems), keeper)
            if outcome is Outcome.SUCCEEDED:
                await self._publish(keeper, running, key)
            else:
                await keeper.end(outcome, reason)
        finally:
            await running.discard()

    async def _watch(self, keeper: Keeper, running: RunningJob) -> Ended | None:
        """Follow the log until the job ends or must end; None where the attempt is no longer ours."""
        reading = asyncio.create_task(_read(keeper, running))
        try:
            await first_of(running.ended(), keeper.stop.wait(), keeper.leave.wait())
            stopped = keeper.stop.is_set() or keeper.leave.is_set()
            ended = await running.stop() if stopped else await running.ended()
            await reading
        finally:
            reading.cancel()
        return None if keeper.leave.is_set() and not keeper.shutdown else ended

    async def _publish(self, keeper: Keeper, running: RunningJob, key: str) -> None:
        """Store the model, read what it says of itself, and write model row and outcome in one fenced transaction."""
        try:
            await running.store_outputs()
            file = await self._inspect(key)
        except ModelArchiveError as error:
            await keeper.end(Outcome.FAILED, str(error))
            return
        except (JobError, StorageError) as error:
            await keeper.end(Outcome.LOST_JOB, str(error))
            return
        try:
            model, kept = await self._record(keeper, key, file)
        except LeaseLostError:
            return
        await keeper.end(Outcome.SUCCEEDED, None, {"result": json.dumps({"model": model}), "progress": 1.0})
        await self._clear(keeper, kept)

    async def _inspect(self, key: str) -> ModelFile:
        with tempfile.TemporaryDirectory(prefix="talkwright-") as folder:
            path = Path(folder) / "model.tar.gz"
            await self._store.get_to(key, path)
            return await asyncio.to_thread(read_model, path)

    async def _record(self, keeper: Keeper, key: str, file: ModelFile) -> tuple[str, str]:
        """Enter the model, gives its id and object; equal content is an equal model, whose first row stays."""
        attempt = keeper.attempt
        row: dict[str, Any] = {
            "id": uuid7(),
            "model_id": file.model_id,
            "assistant": attempt.assistant,
            "version": attempt.version,
            "training": attempt.work,
            "engine": attempt.engine,
            "object": key,
            "bytes": file.size,
            "sha256": file.sha256,
        }
        statement = insert(models).values(row)
        unchanged = {"model_id": statement.excluded.model_id}
        kept = statement.on_conflict_do_update(index_elements=["model_id"], set_=unchanged)
        done = await keeper.write(lambda session: session.execute(kept.returning(models.c.id, models.c.object)))
        found = done.one()
        return str(found.id), str(found.object)

    async def _clear(self, keeper: Keeper, key: str) -> None:
        """Delete what lost attempts of this training, or an equal model, left in the store."""
        try:
            for other in await self._store.keys(models_prefix(keeper.attempt.assistant, keeper.attempt.work)):
                if other != key:
                    await self._store.delete(other)
        except StorageError as error:
            log.warning("models.not_cleared", error=str(error))


def judged(ended: Ended, problems: int, keeper: Keeper) -> tuple[Outcome, str | None]:
    """What a job's end means, and in which words."""
    if keeper.shutdown:
        return Outcome.RELEASED, "The consumer stopped."
    if keeper.stop.is_set():
        return Outcome.CANCELLED, "The training was stopped."
    if ended.why == "time limit":
        return Outcome.FAILED, "The training took longer than it may and was ended."
    if ended.why == "out of memory":
        return Outcome.FAILED, "The training needed more memory than it may use and was ended."
    if ended.code == 0:
        return Outcome.SUCCEEDED, None
    if ended.code == talkwright.CONTENT_PROBLEMS and problems:
        return (
            Outcome.CONTENT,
            f"The content has {problems} problem{'s that stop' if problems > 1 else ' that stops'} the training.",
        )
    if ended.code is None or ended.code < 0:
        return Outcome.LOST_JOB, ended.why or f"ended by signal {-(ended.code or 0)}"
    return Outcome.FAILED, f"The training ended with code {ended.code}; the last lines of its log say why."


async def _read(keeper: Keeper, running: RunningJob) -> None:
    async for line in running.lines():
        keeper.note(line)
