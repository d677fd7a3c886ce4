"""Jobs as local processes: a private folder, a clean environment, limits, and an end together with their supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from pathlib import Path

from talkwright.modelservice.executors import jobexec
from talkwright.modelservice.executors.base import JobError
from talkwright.modelservice.executors.identity import ProcessIdentity, identity_of, is_alive
from talkwright.modelservice.jobs import Ended, Job, LogLine, parse_line
from talkwright.operations.logs import get_logger
from talkwright.storage.objects import ObjectStore, StorageError

log = get_logger(__name__)

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
LINE_LIMIT = 1 << 20
PROC = Path("/proc")
FRESH = "."
"""What the name of a folder begins with until it is whole."""


class ProcessJob:
    """A job that runs as a process group of this machine; see `RunningJob`."""

    def __init__(self, job: Job, folder: Path, store: ObjectStore, process: asyncio.subprocess.Process) -> None:
        self._job = job
        self._folder = folder
        self._store = store
        self._process = process
        self._lines: asyncio.Queue[LogLine | None] = asyncio.Queue()
        self._end: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self.uid = uuid.uuid4().hex
        self._reader = asyncio.create_task(self._read(), name=f"log of {job.name}")

    @property
    def name(self) -> str:
        """The job's name."""
        return self._job.name

    async def lines(self) -> AsyncIterator[LogLine]:
        """The log as it comes, until the job has ended."""
        while (line := await self._lines.get()) is not None:
            yield line

    async def ended(self) -> Ended:
        """Wait for the end."""
        return await asyncio.shield(self._end)

    def address(self, port: int) -> str:
        """The job's address on this machine."""
        return f"http://127.0.0.1:{port}"

    async def stop(self, grace: float | None = None) -> Ended:
        """Close the wrapper's input, which ends the job; if the wrapper hangs, kill its session."""
        grace = jobexec.GRACE_SECONDS if grace is None else grace
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(f"{grace}\n".encode())
            stdin.close()
        try:
            async with asyncio.timeout(grace + jobexec.GRACE_SECONDS):  # wait_for of 3.11 may swallow a cancellation
                return await self.ended()
        except TimeoutError:
            _kill_job(self._folder, self._process.pid)
            return await self.ended()

    async def store_outputs(self) -> dict[str, int]:
        """Put the outputs into the store; gives bytes by key."""
        sizes: dict[str, int] = {}
        for path, key in self._job.outputs.items():
            source = self._folder / "work" / path
            if source.is_symlink() or not source.is_file():
                raise JobError(f"The job ended without its output {path}.")
            try:
                await self._store.put(key, source)
            except StorageError as error:
                raise JobError(str(error)) from error
            sizes[key] = source.stat().st_size
        return sizes

    async def discard(self) -> None:
        """Delete the job's folder."""
        await asyncio.to_thread(shutil.rmtree, self._folder, True)

    async def _read(self) -> None:
        ended: Ended | None = None
        output = self._process.stdout
        while output is not None and (raw := await _next_line(output)):
            record = json.loads(raw)
            if "ended" in record:
                ended = Ended(**record["ended"])
            else:
                self._lines.put_nowait(parse_line(record["number"], record["at"], record["text"]))
        await self._process.wait()
        if ended is None:
            _kill_job(self._folder, self._process.pid)
            ended = Ended(code=None, why="its supervisor was killed")
        self._lines.put_nowait(None)
        self._end.set_result(ended)


async def _next_line(output: asyncio.StreamReader) -> bytes:
    try:
        line = await output.readline()
    except ValueError:  # a line over the reader's limit can't come from jobexec; treat it as its end
        return b""
    return line if line.endswith(b"\n") else b""


class ProcessExecutor:
    """Starts jobs below `folder` on this machine; see `Executor`. `passed` are variables the operator hands to jobs."""

    def __init__(self, folder: Path, store: ObjectStore, passed: Mapping[str, str]) -> None:
        self._folder = folder
        self._store = store
        self._passed = dict(passed)

    async def start(self, job: Job) -> ProcessJob:
        """Make the folder, fetch the inputs, start the wrapper in a session of its own."""
        folder = self._folder / job.name
        await asyncio.to_thread(_make_folder, folder)
        try:
            for key, path in job.inputs.items():
                await self._store.get_to(key, folder / "work" / path)
            _write_spec(job, folder, self._environment(job, folder))
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                jobexec.__file__,
                str(folder),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={"PATH": SEARCH_PATH, "LANG": "C.UTF-8"},
                cwd=folder,
                start_new_session=True,
                limit=LINE_LIMIT,
            )
        except (OSError, StorageError) as error:
            await asyncio.to_thread(shutil.rmtree, folder, True)
            raise JobError(f"The job could not be started: {error}") from error
        except asyncio.CancelledError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return ProcessJob(job, folder, self._store, process)

    async def end_orphans(self) -> list[str]:
        """End jobs whose supervisor is gone, and delete their folders."""
        return await asyncio.to_thread(self._end_orphans)

    def _end_orphans(self) -> list[str]:
        ended: list[str] = []
        for folder in sorted(self._folder.glob("[!.]*")) if self._folder.is_dir() else ():
            owner = _owner(folder)
            if owner is not None and is_alive(owner):
                continue
            wrapper = _number(folder, "wrapper")
            _kill_job(folder, wrapper)
            shutil.rmtree(folder, ignore_errors=True)
            log.info("job.orphan_ended", job=folder.name)
            ended.append(folder.name)
        for folder in self._folder.glob(f"{FRESH}*"):  # its maker was killed before the folder had its name
            if not _makes(folder):
                shutil.rmtree(folder, ignore_errors=True)
        return ended

    def _environment(self, job: Job, folder: Path) -> dict[str, str]:
        work = str(folder / "work")
        base = {"PATH": SEARCH_PATH, "HOME": work, "TMPDIR": str(folder / "tmp"), "LANG": "C.UTF-8", "TZ": "UTC"}
        return {**base, "PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1", **self._passed, **job.environment}


def _make_folder(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.rmtree(folder, ignore_errors=True)
    fresh = folder.with_name(f"{FRESH}{folder.name}.{os.getpid()}")
    fresh.mkdir(mode=0o700)
    (fresh / "owner.json").write_text(json.dumps(asdict(identity_of(os.getpid()))), encoding="utf-8")
    (fresh / "work").mkdir(mode=0o700)
    (fresh / "tmp").mkdir(mode=0o700)
    fresh.rename(folder)  # others never see a folder without its owner


def _makes(fresh: Path) -> bool:
    """Whether a folder without its name yet is being made: by its owner, or by the process that its name tells."""
    owner = _owner(fresh)
    if owner is not None:
        return is_alive(owner)
    pid = fresh.name.rpartition(".")[2]
    return pid.isdecimal() and is_alive(identity_of(int(pid)))


def _write_spec(job: Job, folder: Path, environment: Mapping[str, str]) -> None:
    spec = {"command": list(job.command), "environment": dict(environment), **asdict(job.limits)}
    handle = os.open(folder / "job.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(spec, out)


def _owner(folder: Path) -> ProcessIdentity | None:
    try:
        return ProcessIdentity(**json.loads((folder / "owner.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _number(folder: Path, field: str) -> int | None:
    try:
        value = json.loads((folder / "status.json").read_text(encoding="utf-8")).get(field)
    except (OSError, ValueError, AttributeError):
        return None
    return value if isinstance(value, int) else None


def _kill_job(folder: Path, wrapper: int | None) -> None:
    """Kill the wrapper, the job's group, and what left it, but only processes that still name this very folder."""
    for pid in (wrapper, _number(folder, "pid")):
        if pid is None or not _belongs(pid, folder):
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    for entry in PROC.glob("[0-9]*"):  # descendants with sessions of their own; there are none to see without /proc
        if _works_in(int(entry.name), folder):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(entry.name), signal.SIGKILL)


def _belongs(pid: int, folder: Path) -> bool:
    """Whether the process runs in this job's folder or was started for it: numbers are used again by others.

    Where the system tells neither, it must at least lead a group, as wrappers and jobs do.
    """
    if not PROC.is_dir():
        return _leads(pid)
    try:
        return str(folder).encode() in (PROC / str(pid) / "cmdline").read_bytes() or _works_in(pid, folder)
    except OSError:
        return False


def _works_in(pid: int, folder: Path) -> bool:
    try:
        where = os.readlink(PROC / str(pid) / "cwd")
    except OSError:
        return False
    inside = str(folder.resolve())
    return where == inside or where.startswith(inside + os.sep)


def _leads(pid: int) -> bool:
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False
