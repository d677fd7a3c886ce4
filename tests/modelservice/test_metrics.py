"""What the roles of the model service tell Prometheus, from real processes and a real database."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import event
from tests.services.modelservice import Service, project, service_at, talking
from tests.services.scraping import Metrics, scraped

from talkwright.database.engine import Database
from talkwright.database.measuring import measure
from talkwright.modelservice.jobs import Cause, Ended
from talkwright.modelservice.metering import Meter, cause_of
from talkwright.modelservice.transitions import Outcome
from talkwright.operations import metrics

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

BROKEN = {
    "data/flows.yml": b"flows:\n  broken:\n    description: x\n    steps:\n    - action: a\n      next: nowhere\n"
}
SHORT = {"TALKWRIGHT_ORCHESTRATOR_LEASE_SECONDS": "4", "TALKWRIGHT_ORCHESTRATOR_RENEW_SECONDS": "1"}
T = "training"


@pytest.fixture
async def service(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with service_at(fresh_database_url, tmp_path, **SHORT) as service:
        yield service


def engine_of(service: Service, training: UUID) -> int:
    (folder,) = (service.home / "jobs" / "training").glob(f"tw-t-{training}-*")
    return int(json.loads((folder / "status.json").read_text())["pid"])


def leads(found: Metrics) -> bool:
    return found("talkwright_leader", kind=T) == 1


async def test_the_leader_alone_tells_of_the_queue_and_of_what_became_of_it(service: Service) -> None:
    first = await scraped(service, "training-orchestrator")
    await first.until(leads)
    second = await scraped(service, "training-orchestrator")
    one = await service.assistant("one")
    trainings = [await service.train(one, project("one", verb=verb)) for verb in ("Sent", "Gave")]
    trainings.append(await service.train(one, project("one") | BROKEN))
    waiting = await first.until(lambda found: found("talkwright_queue_length", kind=T) == 3)
    assert waiting("talkwright_queue_oldest_wait_seconds", kind=T) > 0
    assert waiting("talkwright_consumers", kind=T) == 0
    other = await second.metrics()
    assert other("talkwright_leader", kind=T) == 0
    assert "talkwright_queue_length" not in other.names()

    consumer = await scraped(service, "training-consumer")
    for training in trainings:
        await service.becomes("training", training, "succeeded", "failed")
    after = await first.until(lambda found: found("talkwright_attempts_ended_total", kind=T) == 3)
    assert after("talkwright_attempts_total", kind=T) == 3
    assert after("talkwright_attempts_ended_total", kind=T, outcome="succeeded") == 2
    assert after("talkwright_attempt_failures_total", kind=T, cause="content") == 1
    assert after("talkwright_queue_wait_seconds_count", kind=T) == 3
    assert after("talkwright_training_seconds_count", state="succeeded") == 2
    assert after("talkwright_state_changes_total", kind=T, state="failed") == 1
    assert after("talkwright_queue_length", kind=T) == 0
    assert (await first.until(lambda found: found("talkwright_consumers", kind=T, state="free") == 1))(
        "talkwright_consumers"
    ) == 1
    of_jobs = await consumer.metrics()
    assert of_jobs("talkwright_job_stage_seconds_count", kind=T, stage="learning") == 2
    assert of_jobs("talkwright_job_stage_seconds_count", kind=T, stage="publishing") == 2
    assert of_jobs("talkwright_database_connections_limit") == 5
    assert (await second.metrics())("talkwright_attempts_ended_total") == 0

    assert first.child.pid is not None
    os.kill(first.child.pid, signal.SIGSTOP)  # a dead one would start again, and might lead again
    try:
        taken = await second.until(leads)
    finally:
        os.kill(first.child.pid, signal.SIGCONT)
    assert taken("talkwright_lease_takeovers_total", lease="leader") == 1
    await first.until(lambda found: not leads(found))
    assert (await second.get("/health")).text == "live\n"
    assert (await second.get("/ready")).text == "ready\n"


async def test_a_job_that_goes_on_with_another_consumer_counts_as_adopted(service: Service) -> None:
    leader = await scraped(service, "training-orchestrator")
    consumer = await scraped(service, "training-consumer")
    heir = await scraped(service, "training-consumer")
    training = await service.train(await service.assistant("one"), project("one"))
    await service.stage("training", training)
    busy = await leader.until(lambda found: found("talkwright_consumers", kind=T, state="busy") == 1)
    assert busy("talkwright_open_work", kind=T, state="running") == 1
    job = engine_of(service, training)
    os.kill(job, signal.SIGSTOP)  # or it may end before its consumer does
    await service.stop(consumer.child)
    found = await leader.until(lambda found: found("talkwright_adoptions_total", kind=T) == 1)
    assert found("talkwright_lease_takeovers_total", lease="attempt") == 1
    os.kill(job, signal.SIGCONT)
    await service.becomes("training", training, "succeeded")
    assert (await leader.until(lambda found: found("talkwright_attempts_ended_total") == 1))(
        "talkwright_attempts_total"
    ) == 1
    await heir.until(lambda found: found("talkwright_attempts_held", kind=T) == 0)


@pytest.mark.slow
async def test_a_switch_is_timed_and_turns_are_counted(service: Service) -> None:
    service.start("training-orchestrator")
    service.start("training-consumer")
    leader = await scraped(service, "running-orchestrator")
    for _ in range(2):
        service.start("running-consumer")
    one = await service.assistant("one")
    for verb in ("Sent", "Gave"):
        training = await service.train(one, project("one", verb=verb), deploy=True)
        await service.active(one, training=training)
    found = await leader.until(lambda found: found("talkwright_switch_seconds_count") == 1)
    assert found("talkwright_deployment_start_seconds_count") == 2
    before = metrics.TURNS.labels(outcome="answered")._value.get()
    async with talking(service, one) as talk:
        await talk.say(await talk.begin(), "/send_money")
    assert metrics.TURNS.labels(outcome="answered")._value.get() == before + 1


async def test_a_scrape_asks_the_database_one_statement(fresh_database_url: str) -> None:
    database, said = Database.at(fresh_database_url), []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    async with database.transaction() as session:
        for kind, role in (("training", "training-consumer"), ("deployment", "running-consumer")):
            found = await measure(session, kind, role)
            assert (found.works, found.oldest_seconds, found.consumers) == ({}, 0.0, {})
    await database.close()
    assert len([statement for statement in said if "studio." in statement]) == 2


def test_what_a_failed_transaction_noted_counts_nothing() -> None:
    meter = Meter("training")
    adopted = metrics.ADOPTIONS.labels(kind="training")._value
    before = adopted.get()
    with contextlib.suppress(RuntimeError), meter.noting():
        meter.handed_over()
        raise RuntimeError
    assert adopted.get() == before
    with meter.noting():
        meter.handed_over()
    assert adopted.get() == before + 1


@pytest.mark.parametrize(
    ("outcome", "result", "cause"),
    [
        (Outcome.CONTENT, None, "content"),
        (Outcome.FAILED, '{"cause": "time limit"}', "time limit"),
        (Outcome.LOST_JOB, '{"cause": "storage"}', "storage"),
        (Outcome.LOST_JOB, None, "lost job"),
        (Outcome.LOST_CONSUMER, None, "lost consumer"),
        (Outcome.FAILED, None, "engine"),
        (Outcome.LOST_JOB, '{"cause": "a word of a later release"}', "other"),
    ],
)
def test_a_failure_has_one_of_few_causes(outcome: Outcome, result: str | None, cause: str) -> None:
    assert cause_of(outcome, result) == cause


def test_each_cause_has_its_label() -> None:
    assert frozenset(Cause) == metrics.CAUSES


@pytest.mark.parametrize(
    ("ended", "cause"),
    [
        (Ended(code=-9, why="out of memory"), Cause.OUT_OF_MEMORY),
        (Ended(code=None, why="time limit", blamed=Cause.CLUSTER), Cause.TIME_LIMIT),
        (Ended(code=None, why="its pod was evicted", blamed=Cause.CLUSTER), Cause.CLUSTER),
        (Ended(code=None, why="its supervisor was killed"), None),
        (Ended(code=1), None),
    ],
)
def test_the_end_of_a_job_tells_its_cause(ended: Ended, cause: Cause | None) -> None:
    assert ended.cause is cause


def test_what_has_no_place_in_a_label_is_other() -> None:
    assert metrics.one_of(metrics.STAGES, "learning") == "learning"
    assert (
        metrics.one_of(metrics.STAGES, "a stage that content made up")
        == metrics.one_of(metrics.STAGES, None)
        == "other"
    )
