"""How jobs end on a real cluster when they don't end by themselves, and in which words."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.modelservice.places import PUBLISHING, SECONDS, STALE, KubernetesPlace, first_line, python, read

from talkwright.modelservice.executors.base import JobError
from talkwright.modelservice.executors.kubernetes import manifest
from talkwright.modelservice.executors.kubernetes.cluster import open_cluster
from talkwright.modelservice.executors.kubernetes.executor import KubernetesExecutor
from talkwright.modelservice.executors.kubernetes.rights import missing_rights
from talkwright.modelservice.jobs import Job, Limits

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

LASTING = "import time\nprint('up')\ntime.sleep(300)"


async def evict(place: KubernetesPlace) -> None:
    """Evict the one pod, as whoever empties a node does."""
    pod = await place.kubectl("get", "pods", "-o", "jsonpath={.items[*].metadata.name}")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    path = f"/api/v1/namespaces/{place.namespace.name}/pods/{pod}/eviction"
    await asyncio.to_thread(
        place.namespace.cluster.kubectl, "create", "--raw", path, "-f", "-", told=json.dumps(eviction)
    )


async def test_an_image_that_is_not_there_is_named(place: KubernetesPlace) -> None:
    async with place.other_holder(kubernetes_image="test.local/missing:1") as executor:
        job = await executor.start(Job(name="imageless", command=python("print(1)"), desk=place.desk))
        lines, ended = await read(job)
        assert lines == []
        assert ended.code is None
        assert str(ended.why).startswith("The image can't be pulled: ")
        assert "test.local/missing:1" in str(ended.why)
        await job.discard()


async def test_a_quota_that_is_used_up_is_named_and_waited_for(place: KubernetesPlace) -> None:
    await place.kubectl("create", "quota", "none", "--hard=pods=0")
    await place.says('"0"', "get", "quota", "none", "-o", "jsonpath={.status}")
    async with place.other_holder(kubernetes_start_seconds=8.0) as executor:
        job = await executor.start(Job(name="waits", command=python("print(1)"), desk=place.desk))
        _, ended = await read(job)
        assert "quota is used up" in str(ended.why)
        await job.discard()
    job = await place.executor.start(Job(name="patient", command=python("print('in')"), desk=place.desk))
    await place.says("exceeded quota", "get", "events", "-o", "jsonpath={.items[*].message}")
    await place.kubectl("delete", "quota", "none")
    lines, ended = await read(job)
    assert ([line.message for line in lines], ended.code) == (["in"], 0)


async def test_a_job_that_no_node_has_room_for_says_so(place: KubernetesPlace) -> None:
    async with place.other_holder(kubernetes_training_cpu="1000", kubernetes_start_seconds=8.0) as executor:
        job = await executor.start(Job(name="wide", command=python("print(1)")))
        _, ended = await read(job)
        assert str(ended.why).startswith("No node has room for the job: ")
        assert "Insufficient cpu" in str(ended.why)
        await job.discard()


async def test_the_jobs_own_deadline_is_the_time_limit(place: KubernetesPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "DEADLINE_RESERVE_SECONDS", -292)  # its supervisor's own clock says 300
    job = Job(name="late", command=python(LASTING), limits=Limits(seconds=300), desk=place.desk)
    running = await place.executor.start(job)
    lines, ended = await read(running)
    assert ([line.message for line in lines], ended.why) == (["up"], "time limit")
    assert "DeadlineExceeded" in await place.kubectl("get", "job", "late", "-o", "jsonpath={.status.conditions}")


async def test_a_pod_that_is_evicted_ends_its_job_in_words_and_is_not_replaced(place: KubernetesPlace) -> None:
    job = await place.executor.start(Job(name="moved", command=python(LASTING), desk=place.desk))
    await first_line(job)
    await evict(place)
    async with asyncio.timeout(SECONDS):
        ended = await job.ended()
    assert ended.code == -15
    assert str(ended.why).startswith("its pod was evicted")
    told = await place.says("Failed", "get", "job", "moved", "-o", "jsonpath={.status}")
    assert "PodFailurePolicy" in told
    assert json.loads(told)["failed"] == 1
    await job.discard()


async def test_a_job_that_was_deleted_by_somebody_else_is_over(place: KubernetesPlace) -> None:
    job = await place.executor.start(Job(name="lost", command=python(LASTING), desk=place.desk))
    await first_line(job)
    await place.kubectl("delete", "job", "lost", "--wait=false")
    async with asyncio.timeout(SECONDS):
        ended = await job.ended()
    assert ended.code in (None, -15)
    assert ended.why is not None


async def test_a_stop_that_races_with_the_end_tells_one_of_both_and_leaves_nothing(place: KubernetesPlace) -> None:
    source = "import time\nprint('up')\ntime.sleep(0.6)\nopen('out', 'w').write('made')"

    async def race(name: str, pause: float) -> None:
        job = await place.executor.start(Job(name=name, command=python(source), outputs=("out",), desk=place.desk))
        await first_line(job)
        await asyncio.sleep(pause)
        async with asyncio.timeout(SECONDS):
            ended = await job.stop()
        if ended.outputs:
            assert await place.store.get(ended.outputs["out"].key) == b"made"
            assert ended.code == 0
        else:  # stopped before its end, or while what it made was being stored
            assert ended.why == "stopped" or ended.problem is not None, ended
        await job.discard()

    await asyncio.gather(*(race(f"race-{number}", number * 0.25) for number in range(5)))
    await place.nothing_left()


async def test_a_job_that_ended_while_nobody_held_it_is_taken_over_with_all_that_it_made(
    place: KubernetesPlace,
) -> None:
    source = "for n in range(5):\n    print(n)\nopen('out', 'w').write('made')"
    left = await place.executor.start(Job(name="done", command=python(source), outputs=("out",), desk=place.desk))
    await left.leave()
    await place.says("Complete", "get", "job", "done", "-o", "jsonpath={.status.conditions[*].type}")
    async with place.other_holder() as other:
        taken = await other.adopt(left.handle, place.desk)
        assert taken is not None
        lines, ended = await read(taken)
        assert [line.message for line in lines] == ["0", "1", "2", "3", "4", PUBLISHING]
        assert (ended.code, ended.lines, set(ended.outputs)) == (0, 6, {"out"})
        await taken.discard()


async def test_a_job_is_stopped_at_once_while_its_inputs_are_still_being_fetched(place: KubernetesPlace) -> None:
    await place.store.put("in/a", b"x")
    job = await place.executor.start(
        Job(name="early", command=python("print(1)"), inputs={"in/a": "a"}, desk=place.desk)
    )
    await place.store.delete("in/a")  # it is looked for again and again
    running = "jsonpath={.items[*].status.initContainerStatuses[?(@.name=='fetch')].state.running}"
    await place.says("startedAt", "get", "pods", "-o", running)
    async with asyncio.timeout(50):
        ended = await job.stop(60)  # less is needed
    assert (ended.code, ended.why, ended.lines) == (None, "stopped", 0)
    await place.nothing_left("pods")
    await job.discard()


async def test_a_pod_that_is_evicted_while_a_training_is_published_says_so_and_made_nothing(
    place: KubernetesPlace,
) -> None:
    old = replace(place.desk, token=STALE)  # so it asks again and again
    job = Job(name="late", command=python("open('out', 'w').write('x')"), outputs=("out",), desk=old)
    running = await place.executor.start(job)
    is_published = "jsonpath={.items[*].status.containerStatuses[?(@.name=='publish')].state.running}"
    await place.says("startedAt", "get", "pods", "-o", is_published)
    await evict(place)
    _, ended = await read(running)
    assert (ended.code, ended.outputs) == (None, {})
    assert str(ended.why).startswith("its pod was evicted")
    await running.discard()


async def test_an_account_without_rights_is_told_each_that_it_lacks(place: KubernetesPlace, tmp_path: Path) -> None:
    await place.kubectl("create", "serviceaccount", "poor")
    token = (await place.kubectl("create", "token", "poor")).strip()
    config = tmp_path / "poor.conf"
    text = place.namespace.kubeconfig.read_text("utf-8")
    own = text[text.index("token: ") :].splitlines()[0]
    config.write_text(text.replace(own, f"token: {token}"), "utf-8")
    async with place.other_holder(kubernetes_config=str(config)) as executor:
        with pytest.raises(JobError, match=r"may not create jobs, get jobs, .*: bind its service account to the Role"):
            await executor.check()
    assert await missing_rights(place.api) == []


async def test_inside_of_a_cluster_the_pods_own_account_is_taken(
    place: KubernetesPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kubernetes_asyncio.config import incluster_config  # noqa: PLC0415 - where it looks is changed here alone

    token = (await place.kubectl("create", "token", "talkwright")).strip()
    (tmp_path / "token").write_text(token, "utf-8")
    authority = place.namespace.cluster.folder / "pki" / "ca.crt"
    for name, path in (("SERVICE_TOKEN_FILENAME", tmp_path / "token"), ("SERVICE_CERT_FILENAME", authority)):
        monkeypatch.setattr(incluster_config, name, str(path))
    server = urlsplit((await place.kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")).strip())
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", str(server.hostname))
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.port))
    settings = place.settings.model_copy(update={"kubernetes_config": ""})

    async def all_open(names: object) -> list[str]:
        return []

    async with open_cluster(settings) as api:
        await KubernetesExecutor(api, place.store, settings, {}, all_open).check()


async def test_no_job_of_another_installation_is_touched(place: KubernetesPlace) -> None:
    job = await place.executor.start(Job(name="mine", command=python(LASTING), desk=place.desk))
    place.closed.add("mine")
    async with place.other_holder(kubernetes_installation="another") as other:
        assert await other.end_orphans() == []
        with pytest.raises(JobError, match="another Job mine"):
            await other.start(replace(Job(name="mine", command=python(LASTING)), desk=place.desk))
    assert await place.executor.end_orphans() == ["mine"]
    await job.leave()


async def test_a_job_whose_node_is_lost_is_over_without_it(place: KubernetesPlace) -> None:
    async with place.other_holder(kubernetes_away_seconds=1) as executor:
        job = await executor.start(Job(name="far", command=python(LASTING), desk=place.desk))
        await first_line(job)
        with place.namespace.cluster.silent_node():
            async with asyncio.timeout(SECONDS):
                ended = await job.ended()
            assert ended.code is None
            assert str(ended.why).startswith("its node was lost or is being emptied")
            assert ended.lines == 1
            await job.discard()
    await place.nothing_left("jobs,pods")
