"""Jobs as users of their own: what such a user may, and when jobs stay with the service."""

import fcntl
import itertools
import os
import signal
import zlib
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.modelservice.places import gone, python, read

from talkwright.modelservice.executors import folders, users
from talkwright.modelservice.executors.base import JobError
from talkwright.modelservice.executors.process import ProcessExecutor, ProcessJob
from talkwright.modelservice.jobs import Job
from talkwright.storage.objects import ObjectStore

pytestmark = pytest.mark.anyio

PYTHONS = [Path(folder, "python3") for folder in ("/usr/bin", "/usr/local/bin")]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give jobs users of their own")


def python_for_all() -> str:
    """A Python that every user may run."""
    for path in PYTHONS:
        if path.exists() and users.closed_at(path.resolve()) is None:
            return str(path)
    pytest.skip(reason="this machine has no Python that every user may run")


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore((tmp_path / "objects").as_uri())


@pytest.fixture
def executor(tmp_path: Path, store: ObjectStore) -> ProcessExecutor:
    return ProcessExecutor(tmp_path / "jobs", store, {"LISTED_BY_OPERATOR": "yes"})


@AS_ROOT
async def test_as_root_each_job_runs_as_a_user_of_its_own_without_rights(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("nobody's business")
    source = (
        "import os, sys\n"
        "status = open('/proc/self/status').read()\n"
        "said = ('NoNewPrivs:\\t1' in status, 'CapEff:\\t0000000000000000' in status)\n"
        "print(os.getuid(), os.getgid(), os.getgroups(), *said)\n"
        "try:\n    open(sys.argv[1])\nexcept PermissionError:\n    print('closed')"
    )
    program = python_for_all()
    found = []
    for name in ("one", "two"):
        job = await executor.start(Job(name=name, command=(program, "-c", source, str(tmp_path / "secret"))))
        lines, ended = await read(job)
        assert ended.code == 0
        user, group, *rest = lines[0].message.split(" ", 2)
        assert users.FIRST <= int(user) <= users.LAST
        assert (group, rest) == (user, ["[] True True"])
        assert lines[1].message == "closed"
        found.append(user)
        await job.discard()
    assert len(set(found)) == 2


def alike(name: str) -> str:
    """Another name for a job, whose number is looked for from the same one onward."""
    count = users.LAST - users.FIRST + 1
    start = zlib.crc32(name.encode()) % count
    return next(f"x{n}" for n in itertools.count() if zlib.crc32(f"x{n}".encode()) % count == start)


async def started(executor: ProcessExecutor, name: str, source: str) -> tuple[ProcessJob, str]:
    """A job, and what it says first."""
    job = await executor.start(Job(name=name, command=(python_for_all(), "-c", source)))
    return job, (await anext(job.lines())).message


TELLS_USER = "import os, time; print(os.getuid()); time.sleep(60)"


@AS_ROOT
async def test_two_jobs_at_once_never_have_the_same_user(
    executor: ProcessExecutor, tmp_path: Path, store: ObjectStore
) -> None:
    other = ProcessExecutor(tmp_path / "of another installation", store, {})
    first, user = await started(executor, "one", TELLS_USER)
    second, another = await started(other, alike("one"), TELLS_USER)
    assert user != another
    with (users.LOCKS / user).open("w") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    program = folders.status_of(tmp_path / "jobs" / "one")["pid"]
    os.kill(int(first.handle["pid"]), signal.SIGKILL)
    await first.ended()
    await gone(program)
    third, again = await started(executor, "one", TELLS_USER)
    assert again == user
    for job in (first, second, third):
        await job.stop(0)
        await job.discard()


@AS_ROOT
def test_a_user_is_taken_before_anything_runs_as_it() -> None:
    with users.own_user("one") as first, users.own_user(alike("one")) as second:
        assert first.number != second.number
    with users.own_user("one") as again:
        assert again.number == first.number


@AS_ROOT
async def test_no_job_gets_the_lock_that_keeps_its_user(executor: ProcessExecutor) -> None:
    job, files = await started(executor, "one", "import os; print(*sorted(os.listdir('/proc/self/fd')))")
    assert files == "0 1 2 3"  # the last is the list itself
    assert (await job.ended()).code == 0
    await job.discard()


OUTLIVES = """
import os, time
reads, writes = os.pipe()
if os.fork():
    print(os.read(reads, 9).decode())
    time.sleep(60)
os.setsid()
os.chdir("/")
os.write(writes, str(os.getpid()).encode())
time.sleep(60)
"""


@AS_ROOT
async def test_what_outlives_its_supervisor_keeps_its_user_and_where_all_are_taken_no_job_starts(
    executor: ProcessExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "FIRST", users.LAST)
    job, left = await started(executor, "one", OUTLIVES)
    with pytest.raises(JobError, match="all 1 user numbers for jobs are taken"):
        await executor.start(Job(name="two", command=("/bin/true",)))
    os.kill(int(job.handle["pid"]), signal.SIGKILL)
    await job.ended()
    with pytest.raises(JobError, match="all 1 user numbers for jobs are taken"):
        await executor.start(Job(name="two", command=("/bin/true",)))
    os.kill(int(left), signal.SIGKILL)
    await gone(int(left))
    second, user = await started(executor, "two", TELLS_USER)
    assert user == str(users.LAST)
    await second.stop(0)
    for each in (job, second):
        await each.discard()


@AS_ROOT
async def test_no_job_changes_the_wrapper_that_ends_it(executor: ProcessExecutor) -> None:
    source = (
        "import os\n"
        "for change in (lambda: open('../bin/wrapper/ship.py', 'a'), lambda: open('../bin/wrapper/more.py', 'w'),\n"
        "               lambda: os.rename('../bin/wrapper', 'x'), lambda: os.rename('../bin', 'x')):\n"
        "    try:\n        change()\n    except PermissionError:\n        print('closed')"
    )
    before = os.umask(0)
    try:
        job = await executor.start(Job(name="x", command=(python_for_all(), "-c", source)))
    finally:
        os.umask(before)
    lines, ended = await read(job)
    assert (ended.code, [line.message for line in lines]) == (0, ["closed"] * 4)
    await job.discard()


@AS_ROOT
async def test_users_can_be_left_as_they_are(tmp_path: Path, store: ObjectStore) -> None:
    executor = ProcessExecutor(tmp_path / "jobs", store, {}, own_users=False)
    job = await executor.start(Job(name="x", command=python("import os; print(os.getuid())")))
    lines, _ = await read(job)
    assert lines[0].message == "0"
    await job.discard()


async def test_where_no_other_user_could_run_the_engine_jobs_stay_with_the_service(
    executor: ProcessExecutor, tmp_path: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(program: str, _: tuple[Path, ...]) -> bool:
        raise OSError(f"the way to {program} is closed to other users")

    monkeypatch.setattr("talkwright.modelservice.executors.process.others_can_run", closed)
    with capture_logs() as told:
        for place in (executor, ProcessExecutor(tmp_path / "more", store, {})):
            job = await place.start(Job(name="x", command=python("import os; print(os.getuid())")))
            lines, _ = await read(job)
            assert int(lines[0].message) == os.getuid()
            await job.discard()
    assert [line["event"] for line in told if line["log_level"] == "warning"] == ["job.runs_as_root"]


@AS_ROOT
async def test_a_script_of_ours_that_another_user_cannot_read_keeps_the_job_with_the_service(
    executor: ProcessExecutor, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text("import os\nprint(os.getuid())\n")
    script.chmod(0o600)
    program = python_for_all()
    for name, scripts in (("without", ()), ("with", (script,))):
        job = await executor.start(Job(name=name, command=(program, str(script)), programs=scripts))
        lines, ended = await read(job)
        assert (ended.code == 0, lines[0].message == "0") == (bool(scripts), bool(scripts))
        await job.discard()


def test_the_first_closed_folder_on_the_way_is_named(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    inner.chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o001 == 0:
            assert users.closed_at(inner) in (folder, *folder.parents)
            break
    assert users.closed_at(Path("/")) is None
