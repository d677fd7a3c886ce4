"""A job whose disk is full ends by that name, once; one that gets by without room is left alone."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.modelservice.kubernetes.here import Pod, shelf
from tests.modelservice.places import python, read
from tests.services.disks import fill, small_disk_at
from tests.services.modelservice import Service, project, service_at
from tests.services.scraping import scraped

from talkwright.assistant.project import to_tar_gz
from talkwright.modelservice.executors.base import JobError
from talkwright.modelservice.executors.process import ProcessExecutor
from talkwright.modelservice.jobs import Cause, Desk, Ended, Job
from talkwright.modelservice.training.consumer import certain, judged
from talkwright.modelservice.transitions import Outcome
from talkwright.storage.objects import ObjectStore

pytestmark = pytest.mark.anyio

FULL = "while True: out.write(bytes(1 << 16)); out.flush()"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk_at(tmp_path / "home" / "jobs", megabytes=4) as disk:
        yield disk


@pytest.fixture
def executor(disk: Path, tmp_path: Path) -> ProcessExecutor:
    return ProcessExecutor(disk / "training", ObjectStore((tmp_path / "objects").as_uri()), {}, own_users=False)


async def test_a_program_that_finds_no_room_is_said_to_have_found_none(executor: ProcessExecutor) -> None:
    source = f"out = open('model', 'wb')\n{FULL}"
    lines, ended = await read(await executor.start(Job(name="x", command=python(source))))
    assert (ended.code, ended.why, ended.cause) == (1, "disk full", Cause.DISK_FULL)
    assert "No space left on device" in lines[-1].message
    assert ended.lines == len(lines)


FILLS = """
import sys
out = open('filler', 'wb', buffering=0)
try:
    while True: out.write(bytes(4096))
except OSError: pass
for number in range(200): print('still here', number, 'x' * 100)
sys.exit({code})
"""


@pytest.mark.parametrize(("code", "why"), [(0, None), (3, "disk full")])
async def test_a_log_without_room_goes_on_for_who_reads_it_and_ends_no_job(
    executor: ProcessExecutor, code: int, why: str | None
) -> None:
    lines, ended = await read(await executor.start(Job(name="x", command=python(FILLS.format(code=code)))))
    assert (ended.code, ended.why) == (code, why)
    assert [line.number for line in lines] == list(range(1, 201))


SAYS_SO = "print('No space left on device')"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (f"{SAYS_SO}\nfor _ in range(49): print('a traceback')", "disk full"),
        (f"{SAYS_SO}\nfor _ in range(50): print('at work')", None),
        ('print(\'{"problem": {"message": "A flow says: No space left on device"}}\')', None),
    ],
)
async def test_a_disk_is_called_full_only_where_a_job_said_so_of_itself_and_shortly_before_its_end(
    executor: ProcessExecutor, source: str, why: str | None
) -> None:
    _, ended = await read(await executor.start(Job(name="x", command=python(f"{source}\nraise SystemExit(3)"))))
    assert (ended.code, ended.why) == (3, why)


@pytest.mark.parametrize(
    ("ended", "outcome", "reason", "cause"),
    [
        (Ended(code=2, why="disk full"), Outcome.CONTENT, "The content has 1 problem", None),
        (Ended(code=2, why="time limit"), Outcome.FAILED, "it took too long", Cause.TIME_LIMIT),
        (Ended(code=1, why="disk full"), Outcome.FAILED, "The operator makes room", Cause.DISK_FULL),
        (Ended(code=None, why="disk full"), Outcome.LOST_JOB, "The operator makes room", Cause.DISK_FULL),
    ],
)
def test_what_an_end_means(ended: Ended, outcome: Outcome, reason: str, cause: Cause | None) -> None:
    """A program that refuses knows why; one that did not begin for want of room may find some elsewhere."""
    keeper: Any = SimpleNamespace(shutdown=False, stop=asyncio.Event(), last_message="bye")
    ended = certain(ended)
    found, words = judged(ended, 1, keeper)
    assert (found, ended.cause) == (outcome, cause)
    assert reason in str(words)


async def test_a_job_that_can_not_begin_for_want_of_room_says_so_and_leaves_nothing(
    executor: ProcessExecutor, disk: Path
) -> None:
    fill(disk / "filler")
    with pytest.raises(JobError, match="the disk is full") as caught:
        await executor.start(Job(name="x", command=python("print('up')")))
    assert caught.value.cause is Cause.DISK_FULL
    assert list((disk / "training").iterdir()) == []


async def test_a_pod_that_finds_no_room_for_its_inputs_says_so_at_once(tmp_path: Path) -> None:
    with small_disk_at(tmp_path / "job", megabytes=1), shelf() as (store, things):
        things["/in"] = bytes(2 << 20)
        pod = Pod(folder=tmp_path, desk=Desk(url=store, token="t"))
        job = Job(name="x", command=python(""), inputs={"k": "in"})
        async with asyncio.timeout(60):
            assert await pod.fetch(job, {"in": {"key": "k", "url": f"{store}/in", "headers": {}}}) == 1
    assert Ended(code=None, why=(tmp_path / "report").read_text("utf-8")).cause is Cause.DISK_FULL


def large_responses() -> str:
    """Much that hardly gets smaller where it is packed."""
    texts = "".join(f"  utter_{number}:\n  - text: {os.urandom(1024).hex()}\n" for number in range(400))
    return f"responses:\n{texts}"


@pytest.fixture
async def service(disk: Path, fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with service_at(fresh_database_url, tmp_path / "home", TALKWRIGHT_JOB_OWN_USERS="false") as service:
        yield service


@pytest.mark.slow
async def test_a_training_fails_once_by_a_full_disk_and_is_counted_as_that(service: Service, disk: Path) -> None:
    leader = await scraped(service, "training-orchestrator")
    service.start("training-consumer")
    files = project("full", **{"data/more__yml": large_responses()})
    fill(disk / "filler", leave=len(to_tar_gz(files)) * 3 // 2)  # room for the project, and not for its model too
    training = await service.train(await service.assistant("full"), files)
    row = await service.becomes("training", training, "failed", "succeeded")
    assert "The operator makes room where jobs run" in str(row.reason)
    assert len(await service.attempts("training", training)) == 1
    told = await leader.metrics()
    assert told("talkwright_attempt_failures_total", kind="training", cause="disk full") == 1
    assert service.jobs() == []
    (disk / "filler").unlink()
    again = await service.train(await service.assistant("roomy"), project("roomy"))
    await service.becomes("training", again, "succeeded")


@pytest.mark.slow
async def test_a_training_that_finds_no_room_to_begin_is_tried_again_and_tells_readers_no_place(
    service: Service, disk: Path
) -> None:
    service.start("training-orchestrator")
    service.start("training-consumer")
    fill(disk / "filler")
    training = await service.train(await service.assistant("waiting"), project("waiting"))
    async with asyncio.timeout(60):
        while all(one.outcome is None for one in await service.attempts("training", training)):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
    (disk / "filler").unlink()
    await service.becomes("training", training, "succeeded")
    first = (await service.attempts("training", training))[0]
    assert (first.outcome, json.loads(first.result)) == ("lost_job", {"cause": "disk full"})
    assert "The operator makes room where jobs run" in first.reason
    assert str(disk) not in first.reason
