"""Trainings with real roles and the real engine: queue, order, cancel, kills."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from tests.services.modelservice import Service, project, service_at
from tests.services.postgres import TestServer

pytestmark = pytest.mark.anyio

BROKEN = """
flows:
  broken:
    description: Goes nowhere.
    steps:
    - action: utter_ask_amount
      next: nowhere
"""


@pytest.fixture(scope="module")
async def shared(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """An orchestrator and a consumer that is free whenever a test begins."""
    async with service_at(database_url, tmp_path_factory.mktemp("shared")) as service:
        for role in ("training-orchestrator", "training-consumer"):
            service.start(role)
        yield service


@pytest.fixture(scope="module")
async def orchestrated(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """An orchestrator."""
    with postgres.database() as database:
        url, home = postgres.settings(database).application, tmp_path_factory.mktemp("orchestrated")
        async with service_at(url, home) as service:
            service.start("training-orchestrator")
            yield service


@pytest.fixture
async def service(orchestrated: Service) -> AsyncIterator[Service]:
    """An orchestrator, and nobody yet who trains."""
    yield orchestrated
    await orchestrated.rest("training")
    for child in orchestrated.children[1:]:
        await orchestrated.stop(child)


async def objects(service: Service, training: UUID) -> list[str]:
    """What is stored of a training, but for the manifest that names its model."""
    keys = [key for key in await service.store.keys("models") if str(training) in key]
    return [key for key in keys if not key.endswith("/published.json")]


async def test_a_training_ends_with_one_model_its_log_and_nothing_left_over(shared: Service) -> None:
    training = await shared.train(await shared.assistant("one"), project("one"))
    row = await shared.becomes("training", training, "succeeded", "failed")
    assert row.state == "succeeded"
    assert None not in (row.started_at, row.ended_at)
    (model,) = await shared.models_of(training)
    assert await objects(shared, training) == [model.object]
    assert await shared.store.size(model.object) == model.bytes
    (attempt,) = await shared.attempts("training", training)
    assert (attempt.outcome, attempt.progress, json.loads(attempt.result)) == (
        "succeeded",
        1.0,
        {"model": str(model.id)},
    )
    messages = await shared.log("training", training)
    assert any("ready" in message for message in messages)
    assert len(messages) == attempt.log_position
    await shared.none_left()
    assert not list((shared.home / "jobs" / "training").glob(f"*{training}*"))


async def test_as_many_run_at_once_as_there_are_consumers_and_the_rest_wait_in_order(service: Service) -> None:
    assistants = [await service.assistant(f"a{n}") for n in range(4)]
    queued = [await service.train(assistant, project(f"a{n}")) for n, assistant in enumerate(assistants)]
    service.start("training-consumer")
    service.start("training-consumer")
    for training in queued:
        await service.becomes("training", training, "succeeded")
    rows = [await service.row("training", training) for training in queued]
    assert [row.started_at for row in rows] == sorted(row.started_at for row in rows)
    jobs = [job for training in queued for job in await service.attempts("training", training)]
    for moment in [job.started_at for job in jobs]:  # a leader may give out the next, then write an end
        assert sum(job.started_at <= moment < job.ended_at for job in jobs) <= 2
    assert jobs[1].started_at < jobs[0].ended_at


async def test_content_with_errors_fails_once_with_its_problems(shared: Service) -> None:
    training = await shared.train(await shared.assistant("broken"), project("broken", flows=BROKEN))
    row = await shared.becomes("training", training, "failed")
    assert "nowhere" in json.dumps(json.loads(row.problems))
    assert len(await shared.attempts("training", training)) == 1
    assert await shared.models_of(training) == []


async def test_stopping_a_queued_one_needs_no_consumer(service: Service) -> None:
    training = await service.train(await service.assistant("queued"), project("queued"))
    await service.cancel("training", training)
    await service.becomes("training", training, "cancelled")


async def test_stopping_a_running_one_ends_its_job_and_leaves_no_model(shared: Service) -> None:
    training = await shared.train(await shared.assistant("stop"), project("stop"))
    await shared.stage("training", training)
    await shared.cancel("training", training)
    await shared.becomes("training", training, "cancelled", seconds=15)
    await shared.none_left()
    assert await shared.models_of(training) == []


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["consumer", "wrapper", "job", "orchestrator"])
async def test_a_kill_in_a_training_leads_to_one_model_and_no_orphan(shared: Service, victim: str) -> None:
    training = await shared.train(await shared.assistant(f"kill-{uuid4()}"), project("kill"))
    await shared.stage("training", training)
    first = shared.jobs()
    pid = {
        "orchestrator": shared.children[0].pid,
        "consumer": shared.children[1].pid,
        **_job(shared, training),
    }[victim]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    row = await shared.becomes("training", training, "succeeded", "failed", "cancelled", seconds=30)
    assert row.state == "succeeded", row.reason
    (model,) = await shared.models_of(training)
    assert await objects(shared, training) == [model.object]
    await shared.none_left()
    assert first
    ended = [attempt.outcome for attempt in await shared.attempts("training", training)]
    assert ended[-1] == "succeeded"
    assert ended.count("succeeded") == 1


def _job(service: Service, training: UUID) -> dict[str, int]:
    (folder,) = (service.home / "jobs" / "training").glob(f"tw-t-{training}-*")
    status = json.loads((folder / "status.json").read_text())
    return {"wrapper": status["wrapper"], "job": status["pid"]}


async def test_a_consumer_that_was_stopped_in_order_hands_its_training_to_the_next(service: Service) -> None:
    consumer = service.start("training-consumer")
    training = await service.train(await service.assistant("handover"), project("handover"))
    await service.stage("training", training)
    job = _job(service, training)["job"]
    async with asyncio.timeout(30):
        await service.stop(consumer)
    assert job in service.jobs()
    service.start("training-consumer")
    await service.becomes("training", training, "succeeded")
    (attempt,) = await service.attempts("training", training)
    assert (attempt.outcome, attempt.epoch) == ("succeeded", 2)
    assert len(await service.log("training", training)) == attempt.log_position
    await service.none_left()


async def test_where_jobs_end_with_their_consumers_a_stopped_one_gives_its_training_back(service: Service) -> None:
    consumer = service.start("training-consumer", TALKWRIGHT_ADOPT_SECONDS="0")
    training = await service.train(await service.assistant("back"), project("back"))
    await service.stage("training", training)
    async with asyncio.timeout(30):
        await service.stop(consumer)
    assert service.jobs() == []
    service.start("training-consumer", TALKWRIGHT_ADOPT_SECONDS="0")
    await service.becomes("training", training, "succeeded")
    assert [a.outcome for a in await service.attempts("training", training)] == ["released", "succeeded"]


async def test_a_project_that_the_clean_up_took_just_now_is_stored_anew(service: Service) -> None:
    service.start("training-consumer")
    assistant = await service.assistant("missing")
    training = await service.train(assistant, project("missing"))
    # Nothing was assigned yet: the consumer is still starting.
    for key in await service.store.keys("projects"):
        await service.store.delete(key)
    await service.becomes("training", training, "succeeded")
    assert len(await service.attempts("training", training)) == 1


async def test_endpoints_of_the_project_are_never_connected_to(shared: Service) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        port = listener.getsockname()[1]
        endpoints = (
            f"tracker_store: {{type: redis, url: 127.0.0.1, port: {port}}}\n"
            f"lock_store: {{type: redis, url: 127.0.0.1, port: {port}}}\n"
            f"event_broker: {{type: kafka, url: '127.0.0.1:{port}', topic: t}}\n"
            f"models: {{url: 'http://127.0.0.1:{port}/model'}}\n"
            f"nlg: {{url: 'http://127.0.0.1:{port}/nlg'}}\n"
        )
        files = project("ports") | {"endpoints.yml": endpoints.encode()}
        training = await shared.train(await shared.assistant(f"ports-{uuid4()}"), files)
        await shared.becomes("training", training, "succeeded")
        with pytest.raises(BlockingIOError):
            listener.accept()
