"""The process executor with real programs."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from talkwright.modelservice.executors.base import JobError
from talkwright.modelservice.executors.identity import identity_of
from talkwright.modelservice.executors.process import ProcessExecutor, ProcessJob
from talkwright.modelservice.jobs import Ended, Job, Limits, LogLine
from talkwright.storage.objects import ObjectStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore((tmp_path / "objects").as_uri())


@pytest.fixture
def executor(tmp_path: Path, store: ObjectStore) -> ProcessExecutor:
    return ProcessExecutor(tmp_path / "jobs", store, {"LISTED_BY_OPERATOR": "yes"})


def spawn(*command: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, *command], **options)


def python(source: str) -> tuple[str, ...]:
    return (sys.executable, "-u", "-I", "-S", "-c", source)


async def read(job: ProcessJob) -> tuple[list[LogLine], Ended]:
    async with asyncio.timeout(30):
        return [line async for line in job.lines()], await job.ended()


async def first_line(job: ProcessJob) -> LogLine:
    async with asyncio.timeout(30):
        return await anext(aiter(job.lines()))


async def gone(pid: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            if identity_of(pid).started is None:  # a zombie, which its parent will bury
                return
            await asyncio.sleep(0.02)


async def test_inputs_are_fetched_and_outputs_stored(executor: ProcessExecutor, store: ObjectStore) -> None:
    await store.put("in/a", b"hello")
    job = await executor.start(
        Job(
            name="copy",
            command=python("open('out','w').write(open('deep/in').read().upper()); print('done')"),
            inputs={"in/a": "deep/in"},
            outputs={"out": "results/out"},
        )
    )
    lines, ended = await read(job)
    assert ended == Ended(code=0)
    assert [(line.number, line.message) for line in lines] == [(1, "done")]
    assert await job.store_outputs() == {"results/out": 5}
    assert await store.get("results/out") == b"HELLO"
    await job.discard()
    assert await executor.end_orphans() == []


async def test_the_environment_holds_only_what_is_listed(
    executor: ProcessExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", "postgresql://secret")
    source = "import os, json; print(json.dumps({'message': ' '.join(sorted(os.environ))}))"
    lines, _ = await read(await executor.start(Job(name="env", command=python(source), environment={"OWN": "1"})))
    assert set(lines[0].message.split()) == {
        "HOME", "LANG", "LISTED_BY_OPERATOR", "OWN", "PATH", "PYTHONNOUSERSITE", "PYTHONUNBUFFERED", "TMPDIR", "TZ",
    } | ({"LC_CTYPE"} & set(lines[0].message.split()))  # fmt: skip


async def test_a_missing_input_is_a_clear_error_and_leaves_no_folder(executor: ProcessExecutor, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="no object nowhere"):
        await executor.start(Job(name="x", command=python(""), inputs={"nowhere": "a"}))
    assert not list((tmp_path / "jobs").iterdir())


async def test_a_program_that_is_not_there_ends_with_a_readable_line(executor: ProcessExecutor) -> None:
    lines, ended = await read(await executor.start(Job(name="x", command=("/no/such/program",))))
    assert ended.code == 127
    assert "could not be started" in lines[0].message


async def test_a_missing_output_is_named(executor: ProcessExecutor) -> None:
    job = await executor.start(Job(name="x", command=python(""), outputs={"model": "k"}))
    await read(job)
    with pytest.raises(JobError, match="model"):
        await job.store_outputs()


async def test_a_link_is_never_followed_as_an_output(executor: ProcessExecutor) -> None:
    source = "import os; os.symlink('/etc/hostname', 'model')"
    job = await executor.start(Job(name="x", command=python(source), outputs={"model": "k"}))
    await read(job)
    with pytest.raises(JobError):
        await job.store_outputs()


async def test_the_time_limit_ends_a_job_that_ignores_terms(executor: ProcessExecutor) -> None:
    source = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"
    job = await executor.start(Job(name="x", command=python(source), limits=Limits(seconds=0.3)))
    _, ended = await read(job)
    assert ended.why == "time limit"


async def test_the_memory_limit_is_named_as_what_it_is(executor: ProcessExecutor) -> None:
    source = "import time; block = bytearray(200_000_000); print('up'); time.sleep(60)"
    job = await executor.start(Job(name="x", command=python(source), limits=Limits(memory_bytes=100_000_000)))
    _, ended = await read(job)
    assert ended.why == "out of memory"


async def test_the_log_stops_at_its_limit_and_says_so(executor: ProcessExecutor, tmp_path: Path) -> None:
    source = "for n in range(10_000): print('x' * 100)"
    job = await executor.start(Job(name="x", command=python(source), limits=Limits(log_bytes=5_000)))
    lines, ended = await read(job)
    assert ended.code == 0
    assert "reached its limit" in lines[-1].message
    assert (tmp_path / "jobs" / "x" / "log.jsonl").stat().st_size < 10_000


async def test_stop_ends_descendants_too(executor: ProcessExecutor) -> None:
    source = (
        "import os, time\n"
        "pid = os.fork()\n"
        "if pid == 0:\n    time.sleep(60)\n"
        'print(\'{"message": "%d"}\' % pid)\n'
        "time.sleep(60)"
    )
    job = await executor.start(Job(name="x", command=python(source)))
    grandchild = int((await first_line(job)).message)
    async with asyncio.timeout(10):
        ended = await job.stop()
    assert ended.why == "stopped"
    await gone(grandchild)


async def test_a_job_gets_the_time_to_end_that_it_is_given(executor: ProcessExecutor) -> None:
    source = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(2.5), sys.exit(7)))\n"
        'print(\'{"message": "here"}\', flush=True)\n'
        "time.sleep(60)"
    )
    patient, hasty = [await executor.start(Job(name=name, command=python(source))) for name in ("patient", "hasty")]
    for job in (patient, hasty):
        await first_line(job)
    async with asyncio.timeout(20):
        ends = await asyncio.gather(patient.stop(10), hasty.stop(0.1))
    assert [ended.code for ended in ends] == [7, -9]


async def test_a_killed_wrapper_takes_its_job_along(executor: ProcessExecutor, tmp_path: Path) -> None:
    job = await executor.start(Job(name="x", command=python("import os, time; print(os.getpid()); time.sleep(60)")))
    pid = int((await first_line(job)).message)
    os.kill(json.loads((tmp_path / "jobs/x/status.json").read_text())["wrapper"], signal.SIGKILL)
    async with asyncio.timeout(10):
        assert (await job.ended()).why == "its supervisor was killed"
    await gone(pid)


SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from typing import Any
from talkwright.modelservice.executors.identity import identity_of
from talkwright.modelservice.executors.process import ProcessExecutor
from talkwright.modelservice.jobs import Job
from talkwright.storage.objects import ObjectStore

async def main():
    folder = Path(sys.argv[1])
    executor = ProcessExecutor(folder / "jobs", ObjectStore((folder / "objects").as_uri()), {})
    source = "import os, time; print(os.getpid()); time.sleep(60)"
    job = await executor.start(Job(name="orphan", command=(sys.executable, "-u", "-I", "-S", "-c", source)))
    async for line in job.lines():
        print(line.message, flush=True)

asyncio.run(main())
"""


async def test_a_job_ends_with_its_killed_supervisor_and_the_next_start_clears_its_folder(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    supervisor = spawn("-c", SUPERVISOR, str(tmp_path), stdout=subprocess.PIPE)
    assert supervisor.stdout is not None
    pid = int(await asyncio.to_thread(supervisor.stdout.readline))
    assert await executor.end_orphans() == []  # its supervisor lives
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    await gone(pid)
    assert await executor.end_orphans() == ["orphan"]
    assert not list((tmp_path / "jobs").iterdir())


async def test_a_folder_whose_maker_was_killed_before_it_had_its_name_is_cleared_too(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    maker = spawn("-c", "")
    maker.wait()
    jobs = tmp_path / "jobs"
    bare, owned, being_made = (jobs / name for name in (f".a.{maker.pid}", ".b.1", f".c.{os.getpid()}"))
    for folder in (bare, owned, being_made):
        (folder / "work").mkdir(parents=True)
    (owned / "owner.json").write_text(json.dumps({"pid": maker.pid, "started": 1, "boot": "another boot"}))
    assert await executor.end_orphans() == []
    assert list(jobs.iterdir()) == [being_made]


async def test_the_next_start_kills_a_job_that_outlived_everything(executor: ProcessExecutor, tmp_path: Path) -> None:
    """As where a system has no parent-death signal: the job runs on, its supervisor and wrapper are gone."""
    folder = tmp_path / "jobs" / "left"
    (folder / "work").mkdir(parents=True)
    stray = spawn("-c", "import time; time.sleep(60)", cwd=folder / "work", start_new_session=True)
    (folder / "owner.json").write_text(json.dumps({"pid": 1, "started": 1, "boot": "another boot"}))
    (folder / "status.json").write_text(json.dumps({"wrapper": None, "pid": stray.pid}))
    assert await executor.end_orphans() == ["left"]
    assert await asyncio.to_thread(stray.wait, 10) == -signal.SIGKILL


async def test_a_number_that_another_process_uses_now_is_left_alone(executor: ProcessExecutor, tmp_path: Path) -> None:
    folder = tmp_path / "jobs" / "left"
    folder.mkdir(parents=True)
    other = spawn("-c", "import time; time.sleep(60)", start_new_session=True)
    (folder / "owner.json").write_text(json.dumps({"pid": 1, "started": 1, "boot": "another boot"}))
    (folder / "status.json").write_text(json.dumps({"wrapper": other.pid, "pid": other.pid}))
    assert await executor.end_orphans() == ["left"]
    assert other.poll() is None
    other.kill()
    other.wait()


LEAVES_ITS_GROUP = """
import subprocess, sys, time
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(left.pid)
time.sleep(float(sys.argv[1]))
"""


async def test_the_end_of_a_job_ends_descendants_with_sessions_of_their_own(executor: ProcessExecutor) -> None:
    job = await executor.start(Job(name="leaver", command=(*python(LEAVES_ITS_GROUP), "0")))
    lines, ended = await read(job)
    assert ended.code == 0
    await gone(int(lines[0].message))


async def test_stop_ends_descendants_with_sessions_of_their_own(executor: ProcessExecutor) -> None:
    job = await executor.start(Job(name="stayer", command=(*python(LEAVES_ITS_GROUP), "600")))
    left = int((await first_line(job)).message)
    async with asyncio.timeout(10):
        assert (await job.stop()).why == "stopped"
    await gone(left)


async def test_a_killed_wrapper_takes_descendants_with_sessions_of_their_own_along(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    job = await executor.start(Job(name="lost", command=(*python(LEAVES_ITS_GROUP), "600")))
    left = int((await first_line(job)).message)
    os.kill(json.loads((tmp_path / "jobs" / "lost" / "status.json").read_text())["wrapper"], signal.SIGKILL)
    async with asyncio.timeout(10):
        await job.ended()
    await gone(left)


async def test_where_the_system_shows_no_processes_the_recorded_group_is_ended(
    executor: ProcessExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("talkwright.modelservice.executors.process.PROC", tmp_path / "none")
    with spawn("-c", "import time; time.sleep(600)", start_new_session=True) as leader:
        folder = tmp_path / "jobs" / "left"
        folder.mkdir(parents=True)
        (folder / "status.json").write_text(json.dumps({"wrapper": None, "pid": leader.pid}))
        assert await executor.end_orphans() == ["left"]
        assert leader.wait(10) == -signal.SIGKILL
