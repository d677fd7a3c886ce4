"""What goes wrong around the model service, each once: uploads, clocks, wishes that meet."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.services.faketime import faketime_missing, wrong_by
from tests.services.faults import DOWNLOAD, UPLOAD, FaultProxy, Passage, faults_before, trains_once
from tests.services.modelservice import Service, project, service_at, talking, texts
from tests.services.objects import ObjectServer, s3_missing, s3_server

from talkwright.database import assistants as assistant_rows
from talkwright.database.announcements import wake
from talkwright.storage.objects import open_store
from talkwright.storage.settings import StorageSettings

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]
SECONDS = 200.0
"""More than a busy machine takes: each wait ends with what it waits for."""


@pytest.fixture
async def service(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with service_at(fresh_database_url, tmp_path) as service:
        yield service


@dataclass
class Beset:
    """A service whose objects lie on a real S3 server, behind a proxy that makes things go wrong."""

    service: Service
    server: ObjectServer
    proxy: FaultProxy

    def stop(self, *words: str) -> asyncio.Queue[str]:
        """Have the server stop as it stands when such a request comes to it; gives what tells of that."""
        stopped = asyncio.Queue[str]()

        async def stops(request: Passage) -> None:
            self.server.process.send_signal(signal.SIGSTOP)
            stopped.put_nowait(request.head.decode())
            await request.go_on()

        self.proxy.faults += [(one, stops) for one in words]
        return stopped

    def exchange(self) -> None:
        """Kill the server and start it again over what it holds."""
        self.server.kill()
        self.server.start_again()


@pytest.fixture
async def beset(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Beset]:
    if (missing := s3_missing()) is not None:
        pytest.skip(reason=missing)
    (tmp_path / "server").mkdir()
    with s3_server(tmp_path / "server") as server:
        for name, value in server.variables.items():
            monkeypatch.setenv(name, value)
        async with faults_before(server.endpoint) as proxy:
            settings = server.settings(TALKWRIGHT_STORAGE_ENDPOINT=proxy.endpoint, TALKWRIGHT_STORAGE_RETRY_SECONDS="1")
            async with service_at(fresh_database_url, tmp_path / "home", **settings) as service:
                direct = {"storage_url": server.url, "storage_endpoint": server.endpoint, "storage_allow_http": True}
                service.store = open_store(StorageSettings(**direct), tmp_path)
                yield Beset(service, server, proxy)


async def test_what_is_cut_unanswered_or_finds_no_room_is_sent_again_and_published_once(beset: Beset) -> None:
    for role in ("training-orchestrator", "training-consumer"):
        beset.service.start(role)
    await trains_once(beset.service, beset.proxy, SECONDS)


@pytest.mark.slow
async def test_a_store_that_stops_and_dies_is_waited_for_by_a_training_and_by_a_bot_that_starts(beset: Beset) -> None:
    service = beset.service
    for role in ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer"):
        service.start(role)
    assistant = await service.assistant("away")
    stopped = beset.stop(UPLOAD, DOWNLOAD)
    training = await service.train(assistant, project("away"))

    async with asyncio.timeout(SECONDS):
        assert (await stopped.get()).startswith("PUT ")  # by the job, which has trained
        assert (await service.row("training", training)).state == "running"
        beset.exchange()
        assert (await stopped.get()).startswith("GET ")  # by the consumer, which publishes
        beset.server.kill()
        away = "The store is away, the model waits for it: The object models/"
        while not any(line.startswith(away) for line in await service.log("training", training)):  # noqa: ASYNC110 - rows tell nobody
            await asyncio.sleep(0.1)
        assert (await service.row("training", training)).state == "running"
        beset.server.start_again()
    trained = await service.becomes("training", training, "succeeded", "failed", seconds=SECONDS)
    assert (trained.state, trained.attempt) == ("succeeded", 1), trained.reason
    assert trained.reason == "The model is trained and stored."
    (attempt,) = await service.attempts("training", training)
    assert attempt.outcome == "succeeded"
    assert len(await service.models_of(training)) == 1

    stopped = beset.stop(DOWNLOAD)
    deployment = await service.deploy(assistant, training)
    async with asyncio.timeout(SECONDS):
        await stopped.get()
    assert (await service.row("deployment", deployment)).state == "starting"
    beset.exchange()
    await service.becomes("deployment", deployment, "running", seconds=SECONDS)
    (attempt,) = await service.attempts("deployment", deployment)
    assert (attempt.number, attempt.state, attempt.outcome) == (1, "ready", None)
    async with talking(service, assistant) as talk:
        assert texts(await talk.say(await talk.begin(), "send money")) == ["Who shall get the money?"]


@pytest.mark.slow
@pytest.mark.skipif(faketime_missing() is not None, reason=str(faketime_missing()))
@pytest.mark.parametrize("wrong", ["training-consumer", "running-orchestrator"])
async def test_a_role_whose_clock_is_wrong_by_hours_works_as_any_other(service: Service, wrong: str) -> None:
    shift = {"training-consumer": "-2h", "running-orchestrator": "+2h"}[wrong]
    for role in ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer"):
        service.start(role, **(wrong_by(shift) if role == wrong else {}))
    assistant = await service.assistant("clock")
    training = await service.train(assistant, project("clock"), deploy=True)
    deployment = await service.active(assistant, training=training, seconds=SECONDS)
    async with talking(service, assistant) as talk:
        assert texts(await talk.say(await talk.begin(), "send money")) == ["Who shall get the money?"]
    trained = await service.row("training", training)
    made = [await service.attempts(*of) for of in (("training", training), ("deployment", deployment.id))]
    assert [len(each) for each in made] == [1, 1], [(one.outcome, one.reason) for each in made for one in each]
    ((one,), (other,)) = made
    now = datetime.now(UTC)
    for moment in (trained.started_at, trained.ended_at, one.started_at, one.ended_at, other.ready_at):
        assert timedelta(0) <= now - moment < timedelta(hours=1)
    assert (one.outcome, other.state) == ("succeeded", "ready")


async def test_an_assistant_that_is_deleted_while_it_trains_leaves_nothing(service: Service) -> None:
    for role in ("training-orchestrator", "training-consumer"):
        service.start(role)
    assistant = await service.assistant("gone")
    training = await service.train(assistant, project("gone"), deploy=True)
    folder = service.home / "jobs" / "training" / f"tw-t-{training}-1"
    job = None
    async with asyncio.timeout(SECONDS):
        while job is None:
            with contextlib.suppress(OSError, ValueError):
                job = json.loads((folder / "status.json").read_text())["pid"]
            await asyncio.sleep(0.002)
    os.kill(job, signal.SIGSTOP)  # it can't end before the assistant does
    async with service.database.transaction() as session:
        await assistant_rows.delete(session, assistant)
        await wake(session)
    await service.becomes("training", training, "cancelled", seconds=SECONDS)
    assert await service.models_of(training) == []
    async with asyncio.timeout(SECONDS):
        while service.jobs() or folder.exists():  # noqa: ASYNC110 - processes tell nobody that they end
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_of_two_versions_that_are_started_at_once_the_later_one_runs_alone(service: Service) -> None:
    for role in ("training-orchestrator", "training-consumer", "running-orchestrator", *["running-consumer"] * 2):
        service.start(role)
    assistant = await service.assistant("twice")
    training = await service.train(assistant, project("twice"))
    await service.becomes("training", training, "succeeded", seconds=SECONDS)
    both = await asyncio.gather(*(service.deploy(assistant, training) for _ in range(2)))
    rows = {one: await service.row("deployment", one) for one in both}
    later = max(both, key=lambda one: rows[one].sequence)
    (earlier,) = [one for one in both if one != later]
    await service.becomes("deployment", later, "running", seconds=SECONDS)
    await service.becomes("deployment", earlier, "stopped", seconds=SECONDS)
    assert (await service.active(assistant)).id == later
    async with asyncio.timeout(SECONDS):
        while len(list((service.home / "jobs" / "running").glob("*"))) != 1:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    assert service.engine_of(later) in service.jobs()
