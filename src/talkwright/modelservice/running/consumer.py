"""A running consumer: starts one model, says where it answers, and ends it when another has taken over."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets

import httpx2
from sqlalchemy import func

from talkwright.database.deployments import SECRET_PURPOSE
from talkwright.database.work import HeldAttempt
from talkwright.identity.secrets import SecretsError
from talkwright.modelservice.consuming import ALLOWS, GONE, ROOM, begun, ending, remember, timed, traced
from talkwright.modelservice.engines.base import REFUSED, Engine, Order, Serving
from talkwright.modelservice.executors.base import JobError, RunningJob
from talkwright.modelservice.gaps import fill_gaps
from talkwright.modelservice.jobs import Cause, Ended
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.leases import LeaseLostError
from talkwright.modelservice.means import Means
from talkwright.modelservice.patience import patiently
from talkwright.modelservice.projects import archive_of
from talkwright.modelservice.transitions import Outcome
from talkwright.operations import tracing
from talkwright.operations.logs import get_logger
from talkwright.operations.waiting import first_of
from talkwright.storage.keys import project_key

log = get_logger(__name__)

PROBE_SECONDS = 0.05
LONGEST_PROBE_SECONDS = 0.5
"""An engine that takes long to start is asked less often."""


class StartError(Exception):
    """The model did not begin to answer; the message says why."""


class Running:
    """The trade of a running consumer."""

    def __init__(self, means: Means) -> None:
        self._executor = means.executor
        self._store = means.store
        self._desk = means.desk
        self._variables = means.variables
        self._keyring = means.keyring
        self._settings = means.settings
        self._engines = means.engines
        self.engines = means.engines.names
        self.site = means.site

    async def keep(self, keeper: Keeper) -> None:
        """Start the attempt's model, report it, keep it until it ends or shall end, write the outcome."""
        if keeper.attempt.model_object is None:
            await keeper.end(Outcome.FAILED, "The version has no model; train it first.")
            return
        beginning = await begun(keeper, self._begin(keeper))
        if beginning is None:
            return
        running, token = beginning
        async with ending(running):
            goes_on = await self._serve(keeper, running, token)
        if goes_on:
            await running.leave()
        else:
            await running.stop()
            await running.discard()

    async def _begin(self, keeper: Keeper) -> tuple[RunningJob, str]:
        """The attempt's job, one that runs already or a new one, and its token.

        Raises JobError, EngineError, StorageError, LeaseLostError.
        """
        attempt = keeper.attempt
        engine = self._engines.named(attempt.engine)
        keeper.told = engine.told
        keeper.given = await keeper.write(lambda session: self._variables.of(session, attempt.assistant))
        desk = self._desk.of(keeper)
        if attempt.job is not None:
            handle = json.loads(attempt.job)
            adopted = await patiently(keeper, lambda: self._executor.adopt(handle, desk))
            if adopted is None:
                raise JobError(GONE)
            return adopted, self._opened(handle["token"])
        token = secrets.token_urlsafe(32)
        order = Order(
            name=keeper.job_name,
            project=project_key(attempt.version),
            archive=await patiently(keeper, lambda: archive_of(keeper, self._store)) if engine.reads_projects else None,
            variables=keeper.given,
            desk=desk,
            code=self._settings.project_code(attempt.assistant, attempt.assistant_name),
        )
        job = await asyncio.to_thread(engine.running_job, order, _serving(attempt, token))
        await keeper.save({"state": "running", "started_at": func.clock_timestamp()}, tell="starting")
        with timed(keeper, "starting"):
            running = await patiently(keeper, lambda: self._executor.start(traced(job)))
        sealed = base64.b64encode(self._keyring.encrypt(token.encode(), SECRET_PURPOSE)).decode()
        await remember(keeper, running, token=sealed)
        return running, token

    def _opened(self, sealed: str) -> str:
        try:
            return self._keyring.decrypt(base64.b64decode(sealed), SECRET_PURPOSE).decode()
        except SecretsError as error:
            raise JobError("the job was started under keys that are gone") from error

    async def _serve(self, keeper: Keeper, running: RunningJob, token: str) -> bool:
        """Keep the model to its end and write the outcome; True where it shall go on without this consumer."""
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        reading = asyncio.create_task(_read(keeper, running, port))
        try:
            address = keeper.attempt.address or await self._ready(keeper, running, port, token)
            if address is not None:
                await first_of(running.ended(), keeper.stop.wait(), keeper.leave.wait())
                await self._drain(keeper, running)
            if keeper.leave.is_set() and self._can_go_on(keeper):  # with the turns under way, in other hands
                return True
            is_written = await self._end(keeper, running, reading, started=address is not None)
            return not is_written and self._can_go_on(keeper)
        except StartError as error:
            await running.stop()
            await reading
            await keeper.end(Outcome.LOST_JOB, str(error), cause=Cause.NO_START)
        except LeaseLostError:
            return self.site is not None
        finally:
            reading.cancel()
        return False

    def _can_go_on(self, keeper: Keeper) -> bool:
        """Whether another consumer can have the job, or what it left."""
        return self.site is not None and not keeper.is_over

    async def _ready(self, keeper: Keeper, running: RunningJob, port: asyncio.Future[int], token: str) -> str | None:
        """Wait until the model answers, and say where; None where the attempt is to end before that."""
        address = await self._answering(keeper, running, port, token)
        if address is not None:
            ready = {
                "state": "ready",
                "address": address,
                "secret": self._keyring.encrypt(token.encode(), SECRET_PURPOSE),
                "protocol": self._engines.named(keeper.attempt.engine).protocol,
                "problems": json.dumps(keeper.problems),
                "ready_at": func.clock_timestamp(),
            }
            await keeper.save(ready, tell="ready")
            if (span := tracing.current()) is not None:
                span.finish()  # its start is over; it may answer for months
        return address

    async def _answering(
        self, keeper: Keeper, running: RunningJob, port: asyncio.Future[int], token: str
    ) -> str | None:
        """The address once the expected model answers there; None where the attempt is to end before that."""
        ends = (running.ended, keeper.stop.wait, keeper.leave.wait)
        engine = self._engines.named(keeper.attempt.engine)
        done = await first_of(asyncio.shield(port), *(wait() for wait in ends), seconds=engine.start_seconds)
        if not port.done():
            if not done:
                seconds = f"{engine.start_seconds:g} seconds"
                raise StartError(f"The model did not start within {seconds}. {ALLOWS} {engine.start_setting}.")
            return None
        address = running.address(port.result())
        probe = _probe(engine, address, _serving(keeper.attempt, token), keeper.attempt.model_id)
        done = await first_of(probe, *(wait() for wait in ends))
        return address if done == {0} else None

    async def _drain(self, keeper: Keeper, running: RunningJob) -> None:
        """Have a replaced model go on until nobody asks it any more, then until no turn is under way."""
        if keeper.stop.is_set() and not keeper.leave.is_set():
            await first_of(running.ended(), keeper.leave.wait(), seconds=self._settings.drain_least_seconds)
        if keeper.stop.is_set() and not keeper.leave.is_set():
            await first_of(running.stop(self._settings.drain_seconds), keeper.leave.wait())

    async def _end(self, keeper: Keeper, running: RunningJob, reading: asyncio.Task[None], *, started: bool) -> bool:
        """End it where it has not ended, and write what that means; False where the attempt is no longer ours."""
        asked = keeper.stop.is_set() or keeper.leave.is_set()
        ended = await running.stop() if asked else await running.ended()
        await reading
        if keeper.leave.is_set() and not keeper.shutdown:
            return False
        await fill_gaps(keeper, self._store, ended)
        if keeper.stop.is_set():
            return await keeper.end(Outcome.STOPPED, None)
        if keeper.shutdown or ended.is_blameless:
            return await keeper.end(Outcome.RELEASED, "The consumer stopped.")
        if ended.code == REFUSED and not started:
            return await keeper.end(Outcome.CONTENT, f"The model can't be run: {keeper.last_message}")
        if ended.why is None and ended.code is not None and ended.code > 0 and not started and keeper.last_message:
            return await keeper.end(Outcome.LOST_JOB, keeper.last_message)
        return await keeper.end(Outcome.LOST_JOB, _words(ended), cause=ended.cause)


async def _probe(engine: Engine, address: str, serving: Serving, model_id: str | None) -> None:
    """Ask until the expected model answers, and takes in what a message says. Raises StartError."""
    deadline = asyncio.get_running_loop().time() + engine.start_seconds
    proof, headers = engine.proof(serving)
    pause = PROBE_SECONDS
    async with httpx2.AsyncClient(
        base_url=address, params=dict(proof), headers=dict(headers), timeout=5.0, trust_env=False
    ) as client:
        while not await engine.answers(client, model_id):
            if asyncio.get_running_loop().time() > deadline:
                raise StartError("The started program does not answer with the expected model.")
            await asyncio.sleep(pause)
            pause = min(pause * 1.05, LONGEST_PROBE_SECONDS)


def _serving(attempt: HeldAttempt, token: str) -> Serving:
    return Serving(model=str(attempt.model_object), deployment=str(attempt.work), token=token)


def _words(ended: Ended) -> str:
    if ended.cause is Cause.OUT_OF_MEMORY:
        return f"{ended.why}. {ALLOWS} TALKWRIGHT_RUNNING_MEMORY"
    if ended.cause is Cause.DISK_FULL:
        return f"the disk of its job is full. {ROOM}"
    if ended.why is not None:
        return ended.why
    if ended.code is not None and ended.code < 0:
        return f"ended by signal {-ended.code}"
    return f"ended with code {ended.code}; the last lines of its log say why"


async def _read(keeper: Keeper, running: RunningJob, port: asyncio.Future[int]) -> None:
    async for line in running.lines():
        if line.port is not None and not port.done():
            port.set_result(line.port)
        keeper.note(line)
