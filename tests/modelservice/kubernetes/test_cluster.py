"""The executor on a real cluster: real pods, real ends, and kubectl as the second opinion."""

import asyncio
import json
from dataclasses import replace

import pytest
from tests.modelservice.places import PUBLISHING, KubernetesPlace, read

from talkwright.modelservice.executors.base import JobError
from talkwright.modelservice.executors.kubernetes.executor import KubernetesExecutor
from talkwright.modelservice.jobs import Job, Limits

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def python(source: str) -> tuple[str, ...]:
    return ("python3", "-u", "-I", "-S", "-c", source)


async def test_a_pod_fetches_its_inputs_and_stores_its_outputs_and_log(place: KubernetesPlace) -> None:
    await place.store.put("in/a", b"hello")
    source = "open('out', 'w').write(open('deep/in').read().upper()); print('done')"
    job = Job(name="copy", command=python(source), inputs={"in/a": "deep/in"}, outputs=("out",), desk=place.desk)
    running = await place.executor.start(job)
    async with asyncio.timeout(120):
        lines, ended = [line async for line in running.lines()], await running.ended()
    assert [line.message for line in lines] == ["done", PUBLISHING]
    assert (ended.code, set(ended.outputs), ended.log) == (0, {"out"}, "logs/whole.jsonl")
    assert await place.store.get(ended.outputs["out"].key) == b"HELLO"
    await running.discard()


async def test_the_same_job_is_found_again_and_another_of_its_name_is_refused(place: KubernetesPlace) -> None:
    job = Job(name="twice", command=python("import time; print('up'); time.sleep(60)"), desk=place.desk)
    first, second = await place.executor.start(job), await place.executor.start(job)
    assert dict(first.handle) == dict(second.handle)
    with pytest.raises(JobError, match="another Job twice"):
        await place.executor.start(replace(job, command=python("print('other')")))
    await second.leave()
    async with asyncio.timeout(120):
        assert (await first.stop()).why == "stopped"
    await first.discard()


async def test_a_pod_that_needs_too_much_memory_is_told_so(place: KubernetesPlace) -> None:
    source = "blocks = [bytearray(50_000_000) for _ in range(20)]; print(len(blocks))"
    job = await place.executor.start(
        Job(name="big", command=python(source), limits=Limits(memory_bytes=150_000_000), desk=place.desk)
    )
    async with asyncio.timeout(120):
        _, ended = await read(job)
    assert ended.why == "out of memory"
    await job.discard()


async def test_another_installation_leaves_a_job_alone_and_a_closed_attempts_job_is_ended(
    place: KubernetesPlace,
) -> None:
    assert isinstance(place.executor, KubernetesExecutor)
    job = await place.executor.start(Job(name="lone", command=python("import time; time.sleep(300)")))
    handle = json.loads(json.dumps(dict(job.handle)))
    assert await place.executor.end_orphans() == []  # its attempt is open
    assert await place.executor.adopt({**handle, "namespace": "other"}, place.desk) is None
    assert await place.executor.adopt({**handle, "uid": "another"}, place.desk) is None
    async with asyncio.timeout(120):
        await job.stop(0)
    await job.discard()
    assert await place.executor.adopt(handle, place.desk) is None
