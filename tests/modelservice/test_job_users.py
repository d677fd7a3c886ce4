"""Jobs as users of their own: what such a user may, and when jobs stay with the service."""

import os
from pathlib import Path

import pytest
from tests.modelservice.places import python, read

from talkwright.modelservice.executors import users
from talkwright.modelservice.executors.process import ProcessExecutor
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
    executor: ProcessExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(job: str, program: str, _: tuple[Path, ...]) -> int:
        raise OSError(f"the way of {job} to {program} is closed to other users")

    monkeypatch.setattr("talkwright.modelservice.executors.process.user_of", closed)
    job = await executor.start(Job(name="x", command=python("import os; print(os.getuid())")))
    lines, _ = await read(job)
    assert int(lines[0].message) == os.getuid()
    await job.discard()


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
