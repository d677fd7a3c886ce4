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


def owned_by(version: str, name: str) -> dict[str, object]:
    """What names a Job of a version that the cluster does not know as its owner, which therefore never clears it."""
    return {"ownerReferences": [{"apiVersion": version, "kind": "Job", "name": name, "uid": "the one before"}]}


@pytest.mark.parametrize(
    ("kind", "words", "more"),
    [
        ("secret", ("secret", "generic", "taken"), {}),
        ("secret", ("secret", "generic", "taken"), owned_by("batch.example/v1", "taken")),
        ("service", ("service", "clusterip", "taken", "--clusterip=None"), owned_by("batch/v0", "other")),
    ],
    ids=["nobody's", "of another kind of Job", "of another Job"],
)
async def test_what_has_a_jobs_name_and_is_none_of_its_own_is_named_and_left_alone(
    place: KubernetesPlace, kind: str, words: tuple[str, ...], more: dict[str, object]
) -> None:
    await place.kubectl("create", *words)
    await place.kubectl("patch", kind, "taken", "-p", json.dumps({"metadata": more}))
    uid = await place.kubectl("get", kind, "taken", "-o", "jsonpath={.metadata.uid}")
    with pytest.raises(JobError, match=f"There is another {kind.title()} taken"):
        await place.executor.start(Job(name="taken", command=python("print(1)"), serves=True, desk=place.desk))
    await place.nothing_left("jobs,pods")
    assert await place.kubectl("get", kind, "taken", "-o", "jsonpath={.metadata.uid}") == uid
    await place.kubectl("delete", kind, "taken")
    await place.nothing_left()


async def test_what_is_left_of_a_job_that_had_the_name_before_makes_room(place: KubernetesPlace) -> None:
    kept = {"name": "again", "namespace": place.namespace.name, **owned_by("batch/v0", "again")}
    for kind, more in (("Secret", {}), ("Service", {"spec": {"clusterIP": "None"}})):
        told = json.dumps({"apiVersion": "v1", "kind": kind, "metadata": kept, **more})
        await asyncio.to_thread(place.namespace.cluster.kubectl, "create", "-f", "-", told=told)
    job = await place.executor.start(Job(name="again", command=python("print('up')"), serves=True, desk=place.desk))
    owners = "jsonpath={.items[*].metadata.ownerReferences[*].uid}"
    assert await place.kubectl("get", "secrets,services", "-o", owners) == " ".join([str(job.handle["uid"])] * 2)
    lines, ended = await read(job)
    assert ([line.message for line in lines], ended.code) == (["up"], 0)
    await job.discard()
    await place.nothing_left()


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
    job = await place.executor.start(Job(name="lone", command=python("import time; time.sleep(300)"), desk=place.desk))
    handle = json.loads(json.dumps(dict(job.handle)))
    assert await place.executor.end_orphans() == []  # its attempt is open
    assert await place.executor.adopt({**handle, "namespace": "other"}, place.desk) is None
    assert await place.executor.adopt({**handle, "uid": "another"}, place.desk) is None
    await place.kubectl("delete", "secret", "lone")
    assert await place.executor.adopt(handle, place.desk) is None
    await place.kubectl("create", "secret", "generic", "lone")
    assert await place.executor.adopt(handle, place.desk) is None  # and tells that one's owner no token
    assert await place.kubectl("get", "secret", "lone", "-o", "jsonpath={.data}") == ""
    await place.kubectl("delete", "secret", "lone")
    async with asyncio.timeout(120):
        await job.stop(0)
    await job.discard()
    assert await place.executor.adopt(handle, place.desk) is None
