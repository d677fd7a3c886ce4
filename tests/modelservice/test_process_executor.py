"""The process executor with real programs."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from tests.modelservice.places import first_line, gone, in_another_namespace, place_of, python, read

from talkwright.modelservice.executors import cgroups, folders, wrapper
from talkwright.modelservice.executors.identity import boot_id, identity_of
from talkwright.modelservice.executors.process import ProcessExecutor, ProcessJob
from talkwright.modelservice.executors.wrapper import OVER
from talkwright.modelservice.jobs import Job, Limits
from talkwright.operations.lifeline import Lifeline, has_ended
from talkwright.storage.objects import ObjectStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore((tmp_path / "objects").as_uri())


@pytest.fixture
def executor(tmp_path: Path, store: ObjectStore) -> ProcessExecutor:
    return ProcessExecutor(tmp_path / "jobs", store, {"LISTED_BY_OPERATOR": "yes"})


def owned_by(pid: int) -> str:
    """What the folder of a job says whose holder ran on another boot."""
    return json.dumps({"holder": {"pid": pid, "started": 1, "boot": "another boot"}, "lasts": 0, "cgroup": None})


def status(folder: Path) -> dict[str, Any]:
    """What the wrapper wrote last."""
    return dict(json.loads((folder / "status.json").read_text()))


def is_folder(path: str) -> bool:
    """Whether a folder is there."""
    return Path(path).is_dir()


def spawn(*command: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, *command], **options)


async def test_a_killed_wrapper_takes_its_job_along(executor: ProcessExecutor, tmp_path: Path) -> None:
    job = await executor.start(Job(name="x", command=python("import os, time; print(os.getpid()); time.sleep(60)")))
    pid = int((await first_line(job)).message)
    os.kill(json.loads((tmp_path / "jobs/x/status.json").read_text())["wrapper"], signal.SIGKILL)
    async with asyncio.timeout(30):
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
    executor = ProcessExecutor(folder / "jobs", ObjectStore((folder / "objects").as_uri()), {}, own_users=False)
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


async def test_a_job_that_goes_on_without_its_holder_ends_with_the_lifeline_and_nobody_goes_on_with_it(
    tmp_path: Path,
) -> None:
    lifeline = Lifeline()
    store = ObjectStore((tmp_path / "objects").as_uri())
    executor = ProcessExecutor(tmp_path / "jobs", store, {}, own_users=False, lifeline=lifeline.reader)
    source = "import os, time\nprint(os.getpid())\ntime.sleep(60)"
    left = await executor.start(Job(name="x", command=python(source), limits=Limits(unheld_seconds=60)))
    job = int((await first_line(left)).message)
    await left.leave()
    assert await executor.end_orphans() == []  # another may take it over
    assert not has_ended(lifeline.reader)
    lifeline.end()
    assert has_ended(lifeline.reader)
    await gone(job)
    await gone(int(left.handle["pid"]))
    taken = await executor.adopt(left.handle, None)
    assert taken is not None
    assert (await taken.ended()).why == OVER
    await taken.leave()
    assert await executor.end_orphans() == ["x"]


async def test_the_end_of_a_job_without_a_holder_is_kept_for_whoever_takes_its_attempt_over(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    left = await executor.start(Job(name="x", command=python("print(1)"), limits=Limits(unheld_seconds=60)))
    await left.ended()
    await left.leave()
    assert await executor.end_orphans() == []
    status = tmp_path / "jobs" / "x" / "status.json"
    os.utime(status, (time.time() - 61, time.time() - 61))
    assert await executor.end_orphans() == ["x"]


FROZEN = """
import asyncio, json, sys
from pathlib import Path
from talkwright.modelservice.executors.process import ProcessExecutor
from talkwright.modelservice.jobs import Job, Limits
from talkwright.storage.objects import ObjectStore

async def main():
    folder = Path(sys.argv[1])
    executor = ProcessExecutor(folder / "jobs", ObjectStore((folder / "objects").as_uri()), {}, own_users=False)
    source = "import time; print('up'); time.sleep(60)"
    command = (sys.executable, "-u", "-I", "-S", "-c", source)
    job = await executor.start(Job(name="x", command=command, limits=Limits(unheld_seconds=60)))
    print(json.dumps(dict(job.handle)), flush=True)
    await job.ended()
    await job.discard()

asyncio.run(main())
"""


async def test_a_job_is_taken_over_from_a_holder_that_is_frozen_and_that_one_leaves_it_alone_afterwards(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    holder = spawn("-c", FROZEN, str(tmp_path), stdout=subprocess.PIPE)
    assert holder.stdout is not None
    handle = json.loads(await asyncio.to_thread(holder.stdout.readline))
    os.kill(holder.pid, signal.SIGSTOP)
    taken = await executor.adopt(handle, None)
    assert taken is not None
    await taken.stop()
    os.kill(holder.pid, signal.SIGCONT)
    assert await asyncio.to_thread(holder.wait, 30) == 0
    holder.stdout.close()
    assert is_folder(str(tmp_path / "jobs" / "x"))
    await taken.discard()
    assert not is_folder(str(tmp_path / "jobs" / "x"))


async def test_a_job_of_another_process_namespace_is_left_alone(executor: ProcessExecutor, tmp_path: Path) -> None:
    """Its numbers mean other processes here, or none: two containers over one data folder."""
    command = (*in_another_namespace(), sys.executable, "-c", FROZEN, str(tmp_path))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:  # noqa: ASYNC220 - it begins at once
        try:
            assert holder.stdout is not None
            handle = json.loads(await asyncio.to_thread(holder.stdout.readline))
            found = await executor.adopt(handle, None), is_folder(str(tmp_path / "jobs" / "x"))
        finally:
            holder.kill()
    assert handle["boot"].split("/")[0] == boot_id().split("/")[0]
    assert found == (None, True)


async def test_a_folder_whose_maker_was_killed_before_it_had_its_name_is_cleared_too(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    maker = spawn("-c", "")
    maker.wait()
    jobs = tmp_path / "jobs"
    bare, owned, being_made = (jobs / name for name in (f".a.{maker.pid}", ".b.1", f".c.{os.getpid()}"))
    for folder in (bare, owned, being_made):
        (folder / "work").mkdir(parents=True)
    (owned / "owner.json").write_text(owned_by(maker.pid))
    assert await executor.end_orphans() == []
    assert list(jobs.iterdir()) == [being_made]


async def test_the_jobs_of_a_living_consumer_of_an_older_release_are_left_alone(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    folder = tmp_path / "jobs" / "older"
    folder.mkdir(parents=True)
    (folder / "owner.json").write_text(json.dumps(asdict(identity_of(os.getpid()))))
    assert await executor.end_orphans() == []
    assert is_folder(str(folder))


async def test_the_next_start_kills_a_job_that_outlived_everything(executor: ProcessExecutor, tmp_path: Path) -> None:
    """As where a system has no parent-death signal: the job runs on, its supervisor and wrapper are gone."""
    folder = tmp_path / "jobs" / "left"
    (folder / "work").mkdir(parents=True)
    stray = spawn("-c", "import time; time.sleep(60)", cwd=folder / "work", start_new_session=True)
    (folder / "owner.json").write_text(owned_by(1))
    (folder / "status.json").write_text(json.dumps({"wrapper": None, "pid": stray.pid}))
    assert await executor.end_orphans() == ["left"]
    assert await asyncio.to_thread(stray.wait, 10) == -signal.SIGKILL


async def test_a_number_that_another_process_uses_now_is_left_alone(executor: ProcessExecutor, tmp_path: Path) -> None:
    folder = tmp_path / "jobs" / "left"
    folder.mkdir(parents=True)
    other = spawn("-c", "import time; time.sleep(60)", start_new_session=True)
    (folder / "owner.json").write_text(owned_by(1))
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
    job = await executor.start(Job(name="leaver", command=python(LEAVES_ITS_GROUP, "0")))
    lines, ended = await read(job)
    assert ended.code == 0
    await gone(int(lines[0].message))


async def test_stop_ends_descendants_with_sessions_of_their_own(executor: ProcessExecutor) -> None:
    job = await executor.start(Job(name="stayer", command=python(LEAVES_ITS_GROUP, "600")))
    left = int((await first_line(job)).message)
    async with asyncio.timeout(30):
        assert (await job.stop()).why == "stopped"
    await gone(left)


async def test_a_killed_wrapper_takes_descendants_with_sessions_of_their_own_along(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    job = await executor.start(Job(name="lost", command=python(LEAVES_ITS_GROUP, "600")))
    left = int((await first_line(job)).message)
    os.kill(json.loads((tmp_path / "jobs" / "lost" / "status.json").read_text())["wrapper"], signal.SIGKILL)
    async with asyncio.timeout(30):
        await job.ended()
    await gone(left)


async def test_where_the_system_shows_no_processes_the_recorded_group_is_ended(
    executor: ProcessExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("talkwright.modelservice.executors.folders.PROC", tmp_path / "none")
    with spawn("-c", "import time; time.sleep(600)", start_new_session=True) as leader:
        folder = tmp_path / "jobs" / "left"
        folder.mkdir(parents=True)
        (folder / "status.json").write_text(json.dumps({"wrapper": None, "pid": leader.pid}))
        assert await executor.end_orphans() == ["left"]
        assert leader.wait(10) == -signal.SIGKILL


async def test_the_status_names_each_process_for_good_and_how_it_ended(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    source = "import sys, time; print('up'); time.sleep(0.3); sys.exit(3)"
    job = await executor.start(Job(name="x", command=python(source)))
    await first_line(job)
    folder = tmp_path / "jobs" / "x"
    before = status(folder)
    assert identity_of(before["pid"]).started == before["pid_started"]
    assert identity_of(before["wrapper"]).started == before["wrapper_started"]
    assert os.getsid(before["wrapper"]) == before["wrapper"]
    assert (before["boot"], before["code"]) == (boot_id(), None)
    await job.ended()
    assert status(folder)["code"] == 3
    await job.discard()


async def test_where_the_stream_is_cut_the_end_is_told_all_the_same(executor: ProcessExecutor) -> None:
    source = "import time\nfor n in range(20):\n    print(n)\n    time.sleep(0.05)\nraise SystemExit(4)"
    job = await executor.start(Job(name="x", command=python(source)))
    await first_line(job)
    assert job.stream is not None
    job.stream.close()
    lines, ended = await read(job)
    assert (ended.code, ended.lines) == (4, 20)
    assert len(lines) < 19
    await job.discard()


async def test_the_memory_limit_is_kept_by_the_kernel_where_that_is_allowed(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    group = cgroups.make_cgroup("test-of-a-limit", 100_000_000)
    if group is None:
        pytest.skip(reason="this machine lets nobody make control groups with a limit of memory")
    cgroups.remove_cgroup(group)
    assert not group.exists()
    source = "import time\nprint('up')\ntime.sleep(0.5)\nblock = bytearray(300_000_000)\nprint('never')"
    job = await executor.start(Job(name="x", command=python(source), limits=Limits(memory_bytes=100_000_000)))
    owner = json.loads((tmp_path / "jobs" / "x" / "owner.json").read_text())
    assert is_folder(owner["cgroup"])
    lines, ended = await read(job)
    assert ([line.message for line in lines], ended.code, ended.why) == (["up"], -9, "out of memory")
    assert not is_folder(owner["cgroup"])
    await job.discard()


async def test_where_there_are_no_control_groups_the_resident_memory_is_watched(
    executor: ProcessExecutor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cgroups, "SELF", tmp_path / "none")
    source = "import time; block = bytearray(200_000_000); print('up'); time.sleep(60)"
    job = await executor.start(Job(name="x", command=python(source), limits=Limits(memory_bytes=100_000_000)))
    _, ended = await read(job)
    assert ended.why == "out of memory"
    await job.discard()


async def test_a_frozen_reader_holds_no_job_up_and_what_it_missed_is_in_what_the_job_stored(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    source = (
        "import os, time\nprint('up')\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
        "for n in range(20_000): print('x' * 100)"
    )
    async with place_of("process", tmp_path, request) as place:
        job = await place.executor.start(Job(name="x", command=python(source), desk=place.desk))
        await first_line(job)
        assert isinstance(job, ProcessJob)
        assert job.stream is not None
        job.stream.pause_reading()
        folder = tmp_path / "jobs" / "x"
        (folder / "work" / "go").touch()
        async with asyncio.timeout(60):
            while status(folder)["ended"] is None:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.02)
        job.stream.resume_reading()
        lines, ended = await read(job)
        assert (ended.code, ended.lines) == (0, 20_001)
        numbers = [line.number for line in lines]
        assert numbers == list(range(2, len(numbers) + 2)), "lines are left out whole, and only once the pipe is full"
        assert 300 < len(numbers) < 20_000
        stored = (await place.store.get(str(ended.log))).splitlines()
        assert [json.loads(line)["number"] for line in stored] == list(range(1, 20_002))


async def test_a_job_ends_with_the_wrapper_that_it_began_with_though_an_upgrade_has_taken_it_away(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed" / "wrapper"
    shutil.copytree(folders.WRAPPER, installed)
    monkeypatch.setattr(folders, "WRAPPER", installed)
    source = (
        "import os, time\nprint('up')\nwhile not os.path.exists('go'): time.sleep(0.01)\nopen('out', 'w').write('made')"
    )
    async with place_of("process", tmp_path, request) as place:
        job = await place.executor.start(Job(name="x", command=python(source), outputs=("out",), desk=place.desk))
        await first_line(job)
        shutil.rmtree(installed)
        (tmp_path / "jobs" / "x" / "work" / "go").touch()
        _, ended = await read(job)
        assert (ended.code, ended.problem, set(ended.outputs)) == (0, None, {"out"})
        assert ended.log is not None


def test_the_wrapper_needs_nothing_but_the_standard_library() -> None:
    beside = Path(wrapper.__file__).parents[1]
    imports = "import wrapper.supervisor, wrapper.ship"
    source = f"import sys; sys.path.append({str(beside)!r}); {imports}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-I", "-S", "-c", source], capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in run.stdout.split()} - {"wrapper", "__main__"}
    assert roots <= sys.stdlib_module_names
