"""A model is published once, wherever its consumer dies; and its log is whole, wherever the stream was cut."""

import asyncio
import hashlib
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs
from tests.modelservice.places import PUBLISHING
from tests.modelservice.stand import Stand

from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.modelservice import patience
from talkwright.modelservice.executors.process import ProcessJob
from talkwright.modelservice.jobs import Output
from talkwright.modelservice.leases import Leases
from talkwright.modelservice.publication import Publication

pytestmark = pytest.mark.anyio

REQUIRED = {
    "before the job",
    "after the job's start",
    "before the upload",
    "before reading models",
    "after reading models",
    "before the manifest",
    "after the manifest",
    "before a transaction",
    "before a commit",
    "after a commit",
}


@pytest.fixture
def stand(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    return Stand(database, tmp_path, monkeypatch)


async def published_once(stand: Stand, training: UUID) -> None:
    """One model row, one object, one manifest, all of the same."""
    (model,) = await stand.models(training)
    manifest = await stand.manifest(training)
    assert (manifest["object"], manifest["model_id"]) == (model.object, f"model-of-{training}")
    data = await stand.store.get(model.object)
    assert hashlib.sha256(data).digest() == model.sha256
    assert (len(data), manifest["size"]) == (model.bytes, model.bytes)
    assert f"-{model.sha256.hex()}.tar.gz" in model.object
    keys = [key for key in await stand.store.keys("models") if str(training) in key and "published" not in key]
    assert keys == [model.object]
    assert sum(str(training) in key for key in stand.created) == 1
    assert (await stand.outcomes(training)).count("succeeded") == 1


@pytest.mark.slow
async def test_a_death_at_each_step_leads_to_one_model_that_is_published_once(stand: Stand) -> None:
    steps = (await stand.run(await stand.training(), 1)).steps
    assert set(steps) >= REQUIRED
    for last in range(len(steps)):
        training, before = await stand.training(), stand.jobs
        number = 1
        while True:
            died = (await stand.run(training, number, last=last if number < 3 else None)).died.is_set()
            if "succeeded" in await stand.outcomes(training):
                break
            assert died, f"attempt {number} after a death at {steps[last]} ended as {await stand.outcomes(training)}"
            number += 1
        await published_once(stand, training)
        if steps.index("after reading models") <= last:  # what was stored is not made again
            assert stand.jobs - before == 1, steps[last]


async def test_two_who_publish_at_once_agree_on_one_model(stand: Stand) -> None:
    training = await stand.training()
    await stand.run(training, 1, last=None)
    held, _ = await stand.held(training, 2, Leases(stand.database, uuid7(), 60))
    (model,) = await stand.models(training)
    late = model.object.replace(model.object.split("/")[-1], f"{held.id}-{model.sha256.hex()}.tar.gz")
    await stand.store.put(late, await stand.store.get(model.object))
    stored = Output(size=model.bytes, sha256=model.sha256.hex(), key=late)
    published = await Publication(stand.store).publish(held, stored)
    assert published.object == model.object


async def test_what_was_damaged_on_its_way_is_never_published(stand: Stand) -> None:
    training = await stand.training()
    life = await stand.run(training, 1)
    last = life.steps.index("before reading models")
    other = await stand.training()
    await stand.run(other, 1, last=last)
    (key,) = [key for key in await stand.store.keys("models") if str(other) in key]
    await stand.store.put(key, b"damaged")
    jobs = stand.jobs
    await stand.run(other, 2)
    await published_once(stand, other)
    assert stand.jobs == jobs + 1


async def test_a_store_that_is_away_is_waited_for_in_words_and_the_model_is_published(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.01)
    training = await stand.training()
    await stand.run(training, 1, away=3)
    await published_once(stand, training)
    assert stand.jobs == 1
    *lines, last = await stand.log(training)
    assert [words for _, words in lines[:3]] == ["line 0", "line 1", "line 2"]
    assert lines[3][1] == PUBLISHING
    assert [number for number, _ in [*lines, last]] == list(range(1, 8))
    assert "The store is away, the model waits for it" in last[1]


@pytest.mark.slow
async def test_a_stop_at_any_moment_leaves_a_whole_model_or_none(stand: Stand) -> None:
    steps = (await stand.run(await stand.training(), 1)).steps
    seen = set()
    for moment in range(len(steps)):
        training = await stand.training()
        await stand.run(training, 1, called_off=moment)
        (outcome,) = await stand.outcomes(training)
        seen.add(outcome)
        if outcome == "succeeded":
            await published_once(stand, training)
        else:
            assert (outcome, await stand.models(training)) == ("cancelled", []), steps[moment]
    assert seen == {"succeeded", "cancelled"}
    assert list((stand.home / "jobs").glob("*")) == []


async def test_lines_that_the_stream_lost_are_taken_from_the_stored_log(stand: Stand) -> None:
    stand.lines = 200
    training = await stand.training()
    cutting: list[asyncio.Task[None]] = []

    async def cut(job: ProcessJob) -> None:
        while job.stream is None:  # noqa: ASYNC110 - it is there in the next turns of the loop
            await asyncio.sleep(0)
        job.stream.close()

    with capture_logs() as lines:
        await stand.run(training, 1, watch=lambda job: cutting.append(asyncio.create_task(cut(job))))
    await asyncio.gather(*cutting)
    (filled,) = [line["lines"] for line in lines if line["event"] == "log.gap_filled"]
    assert filled > 0
    assert await stand.log(training) == [*((number + 1, f"line {number}") for number in range(200)), (201, PUBLISHING)]
    await published_once(stand, training)
