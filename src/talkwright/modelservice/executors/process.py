"""Jobs as local processes: a private folder, a clean environment, limits, a user without rights, and a known holder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from talkwright.modelservice.executors import folders
from talkwright.modelservice.executors.base import JobError
from talkwright.modelservice.executors.cgroups import make_cgroup, remove_cgroup
from talkwright.modelservice.executors.folders import Owner
from talkwright.modelservice.executors.identity import ProcessIdentity, boot_id, identity_of, is_alive
from talkwright.modelservice.executors.users import OwnUser, closed_at, give_to, others_can_run, own_user
from talkwright.modelservice.executors.wrapper import GRACE_SECONDS, NO_ROOM, PARTING_SECONDS
from talkwright.modelservice.jobs import LISTEN, Cause, Desk, Ended, Job, LogLine, ended_from, parse_line
from talkwright.operations.logs import get_logger
from talkwright.storage.objects import ObjectNotFoundError, ObjectStore, StorageError

log = get_logger(__name__)

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
LINE_LIMIT = 1 << 20
LOOK_SECONDS = 0.2
"""How often the files of a job are looked at that another process started."""
_PLACE_OF_ITSELF = "/proc/self/cwd"
_HOST = "127.0.0.1"
KIND = "process"


class ProcessJob:
    """A job that runs as a process group of this machine; see `RunningJob`.

    `process` is its wrapper where this process started it; a job that was taken over is followed by its files.
    """

    def __init__(self, folder: Path, wrapper: ProcessIdentity, process: subprocess.Popen[bytes] | None) -> None:
        self._folder = folder
        self._wrapper = wrapper
        self._process = process
        self._lines: asyncio.Queue[LogLine | None] = asyncio.Queue()
        self._end: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self.stream: asyncio.ReadTransport | None = None
        reading = self._follow_stream(process) if process is not None else self._follow_files()
        self._reader = asyncio.create_task(reading, name=f"log of {folder.name}")
        self._reader.add_done_callback(self._fail)

    @property
    def name(self) -> str:
        """The job's name."""
        return self._folder.name

    @property
    def handle(self) -> Mapping[str, Any]:
        """Where and as what the job runs: only a process of the same boot and folder finds it again."""
        return {"name": self.name, "folder": str(self._folder.resolve()), **asdict(self._wrapper)}

    async def lines(self) -> AsyncIterator[LogLine]:
        """The log as it comes, until the job has ended."""
        while (line := await self._lines.get()) is not None:
            yield line

    async def ended(self) -> Ended:
        """Wait for the end."""
        return await asyncio.shield(self._end)

    def address(self, port: int) -> str:
        """The job's address on this machine."""
        return f"http://{_HOST}:{port}"

    async def stop(self, grace: float | None = None) -> Ended:
        """Tell the wrapper, which ends the job; if the wrapper hangs or can't be followed, kill its session."""
        grace = GRACE_SECONDS if grace is None else grace
        self._tell({"stop": grace})
        try:
            # wait_for of 3.11 may swallow a cancellation
            async with asyncio.timeout(grace + GRACE_SECONDS + PARTING_SECONDS):
                return await self.ended()
        except Exception:  # it takes too long, or nobody can follow it to its end
            folders.kill_job(self._folder, self._wrapper.pid)
            return await self.ended()

    async def leave(self) -> None:
        """Close the pipes and forget the wrapper; the folder is nobody's until another takes it over."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        if self._process is not None:
            self._close()
            self._process.returncode = 0  # it lives on: no warning that nobody waits for it any more
        with contextlib.suppress(OSError):
            await asyncio.to_thread(folders.give_up, self._folder)
        self._lines.put_nowait(None)

    async def discard(self) -> None:
        """Delete the job's folder, unless another has taken the job over."""
        if folders.is_held_by_another(self._folder):
            await self.leave()
            return
        if self._process is not None and self._process.poll() is None:
            folders.kill_job(self._folder, self._wrapper.pid)
            await asyncio.to_thread(self._process.wait)
        self._reader.cancel()
        self._close()
        await asyncio.to_thread(folders.delete_folder, self._folder)

    def _tell(self, word: Mapping[str, Any]) -> None:
        """Say something to the wrapper; one that is gone can't hear it."""
        data = json.dumps(word).encode() + b"\n"
        with contextlib.suppress(OSError, ValueError):
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.write(data)
                self._process.stdin.flush()
                return
            control = os.open(self._folder / "control", os.O_WRONLY | os.O_NONBLOCK)
            try:
                os.write(control, data)
            finally:
                os.close(control)

    def hold(self, desk: Desk | None) -> None:
        """Tell a job that this process holds it now."""
        self._tell({"held": asdict(desk) if desk is not None else None})

    async def _follow_stream(self, process: subprocess.Popen[bytes]) -> None:
        told: Mapping[str, Any] | None = None
        reader = asyncio.StreamReader(limit=LINE_LIMIT)
        self.stream, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), process.stdout
        )
        while raw := await _next_line(reader):
            record = json.loads(raw)
            if "ended" in record:
                told = record["ended"]
            else:
                self._note(record)
        while process.poll() is None:  # noqa: ASYNC110 - mostly it ends with its output, but that may be cut
            await asyncio.sleep(LOOK_SECONDS / 4)
        self._finish(told)

    async def _follow_files(self) -> None:
        path, rest = self._folder / "log.jsonl", b""
        while not path.exists() and is_alive(self._wrapper):  # noqa: ASYNC110 - it is about to begin
            await asyncio.sleep(LOOK_SECONDS / 4)
        if not path.exists():
            self._finish(None)
            return
        with path.open("rb") as source:
            while True:
                is_over = not is_alive(self._wrapper)
                *lines, rest = (rest + source.read()).split(b"\n")
                for line in lines:
                    with contextlib.suppress(ValueError):  # one was cut where the disk was full; the end fills the gap
                        self._note(json.loads(line))
                if is_over:
                    break
                await asyncio.sleep(LOOK_SECONDS)
        self._finish(None)

    def _note(self, record: Mapping[str, Any]) -> None:
        self._lines.put_nowait(parse_line(record["number"], record["at"], record["text"]))

    def _fail(self, reader: asyncio.Task[None]) -> None:
        """Whoever waits for the end learns it where the job can't be followed any more."""
        if not reader.cancelled() and (error := reader.exception()) is not None and not self._end.done():
            self._lines.put_nowait(None)
            self._end.set_exception(error)

    def _finish(self, told: Mapping[str, Any] | None) -> None:
        told = told or folders.status_of(self._folder).get("ended")
        if told is None:
            folders.kill_job(self._folder, self._wrapper.pid)
        ended = Ended(code=None, why="its supervisor was killed") if told is None else ended_from(told)
        self._close()
        self._lines.put_nowait(None)
        self._end.set_result(ended)

    def _close(self) -> None:
        if self.stream is not None:
            self.stream.close()
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()


async def _next_line(output: asyncio.StreamReader) -> bytes:
    try:
        line = await output.readline()
    except ValueError:  # a line over the reader's limit can't come from the wrapper; treat it as its end
        return b""
    return line if line.endswith(b"\n") else b""


class ProcessExecutor:
    """Starts jobs below `folder` on this machine; see `Executor`.

    `passed` are variables the operator hands to jobs. With `own_users` jobs of a service that runs as root don't. All
    jobs end with the pipe `lifeline`, however long they may be without a holder.
    """

    def __init__(
        self,
        folder: Path,
        store: ObjectStore,
        passed: Mapping[str, str],
        *,
        own_users: bool = True,
        lifeline: int | None = None,
    ) -> None:
        self._folder = folder
        self._store = store
        self._passed = dict(passed)
        self._own_users = own_users
        self._lifeline = lifeline
        self._keeping: set[asyncio.Task[None]] = set()

    @property
    def site(self) -> str:
        """This boot of this machine, this process namespace, this folder of jobs."""
        return f"{KIND}:{boot_id()}:{self._folder.resolve()}"

    async def start(self, job: Job) -> ProcessJob:
        """Make the folder, fetch the inputs, start the wrapper in a session. Raises JobError, StorageError."""
        folder = self._folder / job.name
        memory = job.limits.memory_bytes
        cgroup = await asyncio.to_thread(make_cgroup, job.name, memory) if memory else None
        owner = Owner(
            holder=identity_of(os.getpid()),
            lasts=job.limits.unheld_seconds,
            cgroup=str(cgroup) if cgroup is not None else None,
        )
        try:
            await asyncio.to_thread(folders.make_folder, folder, owner)
            for key, path in job.inputs.items():
                await self._store.get_to(key, folder / "work" / path)
            process = await asyncio.to_thread(self._start, job, folder, owner)
        except (OSError, StorageError) as error:
            await asyncio.to_thread(folders.delete_folder, folder)
            if cgroup is not None:
                remove_cgroup(cgroup)
            if isinstance(error, OSError):
                raise _not_started(folder, error) from error
            if isinstance(error, ObjectNotFoundError):
                raise JobError(f"The job could not be started: {error}", Cause.STORAGE) from error
            raise
        except asyncio.CancelledError:
            folders.delete_folder(folder)
            raise
        return ProcessJob(folder, identity_of(process.pid), process)

    async def adopt(self, handle: Mapping[str, Any], desk: Desk | None) -> ProcessJob | None:
        """Take a job of this boot and this folder over; one that ended meanwhile is told of too."""
        folder = Path(str(handle.get("folder")))
        if handle.get("boot") != boot_id() or not boot_id() or folder.parent != self._folder.resolve():
            return None
        wrapper = ProcessIdentity(pid=int(handle["pid"]), started=handle.get("started"), boot=str(handle["boot"]))
        owner = folders.owner_of(folder)
        if not is_alive(wrapper) and folders.status_of(folder).get("ended") is None:
            await asyncio.to_thread(folders.kill_job, folder, wrapper.pid)
            await asyncio.to_thread(folders.delete_folder, folder)
            return None
        await asyncio.to_thread(folders.take_over, folder)
        job = ProcessJob(folder, wrapper, None)
        keeping = asyncio.create_task(_keep_holding(job, desk, owner.lasts if owner is not None else 0.0))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)
        log.info("job.adopted", job=job.name)
        return job

    async def end_orphans(self) -> list[str]:
        """End jobs whose holder is gone, and delete their folders."""
        ended = await asyncio.to_thread(folders.clear_orphans, self._folder)
        for name in ended:
            log.info("job.orphan_ended", job=name)
        return ended

    def _start(self, job: Job, folder: Path, owner: Owner) -> subprocess.Popen[bytes]:
        with self._user(job) as user:
            number = None if user is None else user.number
            if number is not None:
                folder.chmod(0o711)
                give_to(folder / "work", number)
            own = {"cgroup": owner.cgroup, "user": number, "lifeline": self._lifeline}
            _write_spec(job, folder, {**own, "environment": self._environment(job, folder, number)})
            wrapper = folders.lay_wrapper(folder / "bin")
            kept = (self._lifeline, None if user is None else user.lock)
            with (folder / "wrapper.log").open("wb") as errors:  # nothing of it may hold this process's own output open
                return subprocess.Popen(  # noqa: S603 - our own script
                    [sys.executable, "-I", "-S", str(wrapper), "supervisor", str(folder)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env={"PATH": SEARCH_PATH, "LANG": "C.UTF-8"},
                    cwd=folder,
                    start_new_session=True,
                    pass_fds=[file for file in kept if file is not None],
                )

    def _user(self, job: Job) -> AbstractContextManager[OwnUser | None]:
        try:
            has_own = self._own_users and others_can_run(job.command[0], job.programs)
        except OSError as error:
            _tell_once(str(error))
            has_own = False
        return own_user(job.name) if has_own else nullcontext()

    def _environment(self, job: Job, folder: Path, user: int | None) -> dict[str, str]:
        work = str(folder / "work")
        if user is not None and closed_at(folder.parent) is not None:  # there is no way to it but from within
            work = _PLACE_OF_ITSELF
        base = {"PATH": SEARCH_PATH, "HOME": work, "TMPDIR": f"{work}/.tmp", "LANG": "C.UTF-8", "TZ": "UTC"}
        return {**base, "PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1", **self._passed, **job.environment}


@cache
def _tell_once(reason: str) -> None:
    """Warn of what holds for all jobs of this process."""
    log.warning("job.runs_as_root", reason=reason)


def _not_started(folder: Path, error: OSError) -> JobError:
    """What people who train and talk may know of it; the operator's places stand in the log."""
    log.warning("job.not_started", job=folder.name, folder=str(folder.parent.resolve()), reason=str(error))
    is_full = error.errno in NO_ROOM
    words = "the disk is full" if is_full else error.strerror or type(error).__name__
    return JobError(f"The job could not be started: {words}.", Cause.DISK_FULL if is_full else None)


async def _keep_holding(job: ProcessJob, desk: Desk | None, lasts: float) -> None:
    """Tell a job again and again that it is held: it has no pipe that would end with this process."""
    end = asyncio.ensure_future(job.ended())
    while not end.done():
        job.hold(desk)
        await asyncio.wait({end}, timeout=max(lasts / 3, LOOK_SECONDS))


def _write_spec(job: Job, folder: Path, own: Mapping[str, Any]) -> None:
    spec = {
        "command": [_HOST if word == LISTEN else word for word in job.command],
        "outputs": list(job.outputs),
        "hide": list(job.hide),
        "desk": asdict(job.desk) if job.desk is not None else None,
        **own,
        **asdict(job.limits),
    }
    handle = os.open(folder / "job.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(spec, out)
