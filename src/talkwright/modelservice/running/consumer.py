"""A running consumer: starts one model, says where it answers, and ends it when another has taken over."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets

import httpx2
from sqlalchemy import func

from talkwright.database.deployments import ADDRESSED, SECRET_PURPOSE
from talkwright.database.work import HeldAttempt
from talkwright.identity.secrets import Keyring, SecretsError
from talkwright.modelservice.consuming import GONE, remember
from talkwright.modelservice.engines import talkwright
from talkwright.modelservice.executors.base import Executor, JobError, RunningJob
from talkwright.modelservice.gaps import fill_gaps
from talkwright.modelservice.granting import JobDesk
from talkwright.modelservice.jobs import OVER
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.leases import LeaseLostError
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.transitions import Outcome
from talkwright.modelservice.variables import Variables
from talkwright.operations.logs import get_logger
from talkwright.operations.waiting import first_of
from talkwright.storage.objects import ObjectStore

log = get_logger(__name__)

PROBE_SECONDS = 0.05
PROBE = "/session_start"
"""What a model is given to read before talk goes to it: a payload, which every engine understands by itself."""


class StartError(Exception):
    """The model did not begin to answer; the message says why."""


class Running:
    """The trade of a running consumer."""

    def __init__(
        self,
        executor: Executor,
        store: ObjectStore,
        variables: Variables,
        desk: JobDesk,
        *,
        keyring: Keyring,
        settings: ModelServiceSettings,
    ) -> None:
        self._executor = executor
        self._store = store
        self._desk = desk
        self._variables = variables
        self._keyring = keyring
        self._settings = settings
        self.site = executor.site if settings.adopt_seconds else None

    async def keep(self, keeper: Keeper) -> None:
        """Start the attempt's model, report it, keep it until it ends or shall end, write the outcome."""
        if keeper.attempt.model_object is None:
            await keeper.end(Outcome.FAILED, "The version has no model; train it first.")
            return
        try:
            running, token = await self._begin(keeper)
        except LeaseLostError:
            return
        except JobError as error:
            await keeper.end(Outcome.LOST_JOB, str(error))
            return
        try:
            goes_on = await self._serve(keeper, running, token)
        except BaseException:
            await running.stop()
            await running.discard()
            raise
        if goes_on:
            await running.leave()
        else:
            await running.stop()
            await running.discard()

    async def _begin(self, keeper: Keeper) -> tuple[RunningJob, str]:
        """The attempt's job, one that runs already or a new one, and its token. Raises JobError, LeaseLostError."""
        attempt = keeper.attempt
        keeper.given = await keeper.write(lambda session: self._variables.of(session, attempt.assistant))
        desk = self._desk.of(keeper)
        if attempt.job is not None:
            handle = json.loads(attempt.job)
            adopted = await self._executor.adopt(handle, desk)
            if adopted is None:
                raise JobError(GONE)
            return adopted, self._opened(handle["token"])
        token = secrets.token_urlsafe(32)
        job = talkwright.running_job(
            keeper.job_name,
            model=str(attempt.model_object),
            deployment=str(attempt.work),
            token=token,
            variables=keeper.given,
            desk=desk,
            settings=self._settings,
        )
        await keeper.save({"state": "running", "started_at": func.clock_timestamp()}, tell="starting")
        running = await self._executor.start(job)
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
            if keeper.leave.is_set() and self.site is not None and not keeper.is_over:
                return True
            if address is not None:
                await self._drain(keeper, running)
            await self._end(keeper, running, reading, started=address is not None)
        except StartError as error:
            await running.stop()
            await reading
            await keeper.end(Outcome.LOST_JOB, str(error))
        except LeaseLostError:
            return self.site is not None
        finally:
            reading.cancel()
        return False

    async def _ready(self, keeper: Keeper, running: RunningJob, port: asyncio.Future[int], token: str) -> str | None:
        """Wait until the model answers, and say where; None where the attempt is to end before that."""
        address = await self._answering(keeper, running, port, token)
        if address is not None:
            ready = {
                "state": "ready",
                "address": address,
                "secret": self._keyring.encrypt(token.encode(), SECRET_PURPOSE),
                "problems": json.dumps(keeper.problems),
                "ready_at": func.clock_timestamp(),
            }
            await keeper.save(ready, tell="ready")
        return address

    async def _answering(
        self, keeper: Keeper, running: RunningJob, port: asyncio.Future[int], token: str
    ) -> str | None:
        """The address once the expected model answers there; None where the attempt is to end before that."""
        ends = (running.ended, keeper.stop.wait, keeper.leave.wait)
        done = await first_of(asyncio.shield(port), *(wait() for wait in ends), seconds=self._settings.start_seconds)
        if not port.done():
            if not done:
                raise StartError(f"The model did not start within {self._settings.start_seconds:.0f} seconds.")
            return None
        address = running.address(port.result())
        probe = self._probe(address, token, keeper.attempt)
        done = await first_of(probe, *(wait() for wait in ends))
        return address if done == {0} else None

    async def _probe(self, address: str, token: str, attempt: HeldAttempt) -> None:
        """Ask until the expected model answers, and takes in what a message says."""
        deadline = asyncio.get_running_loop().time() + self._settings.start_seconds
        proof, meant = {"token": token}, {ADDRESSED: str(attempt.work)}
        async with httpx2.AsyncClient(
            base_url=address, params=proof, headers=meant, timeout=5.0, trust_env=False
        ) as client:
            while True:
                if await answers(client, attempt.model_id):
                    return
                if asyncio.get_running_loop().time() > deadline:
                    raise StartError("The started program does not answer with the expected model.")
                await asyncio.sleep(PROBE_SECONDS)

    async def _drain(self, keeper: Keeper, running: RunningJob) -> None:
        """Have a replaced model go on until nobody asks it any more, then until no turn is under way."""
        if keeper.stop.is_set() and not keeper.leave.is_set():
            await first_of(running.ended(), keeper.leave.wait(), seconds=self._settings.drain_least_seconds)
        if keeper.stop.is_set() and not keeper.leave.is_set():
            await first_of(running.stop(self._settings.drain_seconds), keeper.leave.wait())

    async def _end(self, keeper: Keeper, running: RunningJob, reading: asyncio.Task[None], *, started: bool) -> None:
        asked = keeper.stop.is_set() or keeper.leave.is_set()
        ended = await running.stop() if asked else await running.ended()
        await reading
        if keeper.leave.is_set() and not keeper.shutdown:
            return
        await fill_gaps(keeper, self._store, ended)
        if keeper.stop.is_set():
            await keeper.end(Outcome.STOPPED, None)
        elif keeper.shutdown or ended.why == OVER:
            await keeper.end(Outcome.RELEASED, "The consumer stopped.")
        elif ended.code == talkwright.REFUSED and not started:
            await keeper.end(Outcome.CONTENT, f"The model can't be run: {keeper.last_message}")
        elif ended.why is None and ended.code is not None and ended.code > 0 and not started and keeper.last_message:
            await keeper.end(Outcome.LOST_JOB, keeper.last_message)
        else:
            await keeper.end(Outcome.LOST_JOB, ended.why or _words(ended.code))


async def answers(client: httpx2.AsyncClient, model_id: str | None) -> bool:
    """Whether the expected model is loaded and reads a message.

    The message is a payload: it begins no conversation, and no language model and no action is asked.
    """
    try:
        status = await client.get("/status")
        if status.status_code != 200 or status.json().get("model_id") != model_id:
            return False
        parsed = await client.post("/model/parse", json={"text": PROBE})
        return parsed.status_code == 200 and parsed.json().get("text") == PROBE
    except (httpx2.HTTPError, ValueError, AttributeError):
        return False


def _words(code: int | None) -> str:
    if code is not None and code < 0:
        return f"ended by signal {-code}"
    return f"ended with code {code}; the last lines of its log say why"


async def _read(keeper: Keeper, running: RunningJob, port: asyncio.Future[int]) -> None:
    async for line in running.lines():
        if line.port is not None and not port.done():
            port.set_result(line.port)
        keeper.note(line)
