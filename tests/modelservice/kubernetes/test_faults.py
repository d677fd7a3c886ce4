"""A proxy that fails stands before the real API server: the executor goes on as if nothing had been."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.modelservice.places import KubernetesPlace, python, read
from tests.services.kubernetes.faults import Fault, FaultProxy, fault_proxy, kubeconfig_for

from talkwright.modelservice.executors.base import JobError, PlaceAwayError
from talkwright.modelservice.executors.kubernetes.executor import KubernetesExecutor
from talkwright.modelservice.jobs import Job

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

COUNTING = "import time\nfor n in range(30):\n    print(n)\n    time.sleep(0.1)"
LINES = [str(number) for number in range(30)]


@asynccontextmanager
async def through_proxy(place: KubernetesPlace, folder: Path) -> AsyncIterator[tuple[KubernetesExecutor, FaultProxy]]:
    """An executor that reaches the API server through a proxy alone."""
    async with fault_proxy(place.namespace.kubeconfig) as proxy:
        path = kubeconfig_for(proxy, place.namespace.kubeconfig, folder / "proxied.conf")
        async with place.other_holder(kubernetes_config=str(path)) as executor:
            yield executor, proxy


async def test_what_the_api_server_refuses_for_a_moment_is_asked_again(place: KubernetesPlace, tmp_path: Path) -> None:
    async with through_proxy(place, tmp_path) as (executor, proxy):
        proxy.faults = [
            Fault("POST", "/jobs", 500),
            Fault("POST", "/jobs", 429, headers={"Retry-After": "1"}),
            Fault("POST", "/secrets", None),
            Fault("GET", "/pods?", 503, times=2),
            Fault("GET", "/jobs/", 500, times=2),
            Fault("DELETE", "/jobs/", 429, times=2),
        ]
        began = time.monotonic()
        job = await executor.start(Job(name="busy", command=python("print('done')"), desk=place.desk))
        assert time.monotonic() - began >= 1.0  # the server said how long
        lines, ended = await read(job)
        assert ([line.message for line in lines], ended.code) == (["done"], 0)
        await job.discard()
        assert [fault.times for fault in proxy.faults] == [0] * 6
    await place.nothing_left()


async def test_an_answer_that_is_lost_makes_no_second_job(place: KubernetesPlace, tmp_path: Path) -> None:
    async with through_proxy(place, tmp_path) as (executor, proxy):
        proxy.faults = [Fault("POST", "/jobs", None, is_late=True), Fault("POST", "/secrets", 500, is_late=True)]
        job = await executor.start(Job(name="once", command=python("print('done')"), desk=place.desk))
        lines, ended = await read(job)
        assert ([line.message for line in lines], ended.code) == (["done"], 0)
        assert sum(method == "POST" and path.endswith("/jobs") for method, path in proxy.asked) == 2
    made = await place.kubectl("get", "jobs,pods", "-o", "name")
    assert len(made.split()) == 2


async def test_a_server_that_is_away_is_told_from_one_that_refuses(place: KubernetesPlace, tmp_path: Path) -> None:
    async with through_proxy(place, tmp_path) as (executor, proxy):
        proxy.faults = [Fault("POST", "/jobs", 503, times=99)]
        with pytest.raises(PlaceAwayError, match="could not be started: told to fail"):
            await executor.start(Job(name="away", command=python("print('done')"), desk=place.desk))
    await place.nothing_left()


async def test_a_server_that_refuses_is_named_and_nothing_is_left(place: KubernetesPlace, tmp_path: Path) -> None:
    async with through_proxy(place, tmp_path) as (executor, proxy):
        proxy.faults = [Fault("POST", "/secrets", 403)]
        with pytest.raises(JobError, match="could not be started: told to fail"):
            await executor.start(Job(name="half", command=python("print('done')"), desk=place.desk))
    await place.nothing_left()


async def test_cut_watches_and_versions_that_are_too_old_hide_no_end(place: KubernetesPlace, tmp_path: Path) -> None:
    async with through_proxy(place, tmp_path) as (executor, proxy):
        proxy.faults = [Fault("GET", "watch=true", 410, times=3), Fault("GET", "watch=true", 500, times=2)]
        job = await executor.start(Job(name="watched", command=python(COUNTING), desk=place.desk))
        reading = asyncio.create_task(read(job))
        cuts = 0
        while not reading.done():
            cuts += proxy.cut("watch=true")
            await asyncio.wait({reading}, timeout=0.2)
        lines, ended = await reading
        assert ([line.message for line in lines], ended.code, ended.lines) == (LINES, 0, 30)
        assert cuts > 3
        assert [fault.times for fault in proxy.faults] == [0, 0]


async def test_a_log_stream_that_is_cut_loses_no_line_and_repeats_none(place: KubernetesPlace, tmp_path: Path) -> None:
    async with through_proxy(place, tmp_path) as (executor, proxy):
        job = await executor.start(Job(name="read", command=python(COUNTING), desk=place.desk))
        reading = asyncio.create_task(read(job))
        cuts = 0
        while not reading.done():
            cuts += proxy.cut("/log?")
            await asyncio.wait({reading}, timeout=0.5)
        lines, ended = await reading
        assert [line.number for line in lines] == list(range(1, 31))
        assert ([line.message for line in lines], ended.code) == (LINES, 0)
        assert cuts > 0
        assert sum("/log?" in path for _, path in proxy.asked) > cuts / 2


async def test_a_holder_that_dies_between_job_and_secret_leaves_a_job_that_the_next_one_completes(
    place: KubernetesPlace, tmp_path: Path
) -> None:
    job = Job(name="half", command=python("print('done')"), desk=place.desk)
    async with through_proxy(place, tmp_path) as (executor, proxy):
        never = asyncio.Event()
        proxy.hold = lambda method, path: never if method == "POST" and path.endswith("/jobs") else None
        dying = asyncio.create_task(executor.start(job))
        await place.says("half", "get", "jobs", "-o", "name")
        uid = await place.kubectl("get", "job", "half", "-o", "jsonpath={.metadata.uid}")
        running = await place.executor.start(job)  # the next holder of the same attempt
        lines, ended = await read(running)
        assert ([line.message for line in lines], ended.code) == (["done"], 0)
        assert running.handle["uid"] == uid
        proxy.faults = [Fault("DELETE", "/jobs/", 403, times=9)]  # the dead clear nothing away
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    assert len((await place.kubectl("get", "pods", "-o", "name")).split()) == 1
