"""Runs one job and watches it: a script of the standard library alone, so that it can run beside any engine.

`python -I -S jobexec.py FOLDER` takes FOLDER/job.json, runs the command in FOLDER/work in a process group of its own,
passes its output on as numbered JSON lines (also into FOLDER/log.jsonl), keeps its limits, writes FOLDER/status.json
atomically, and ends the job when its own standard input ends: whoever holds the other side has then vanished or let go.
A number written there before is the seconds that the job gets to end by itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from typing import Any

GRACE_SECONDS = 2.0
WATCH_SECONDS = 2.0
LINE_BYTES = 65_536
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Log:
    """Numbers the lines, writes them to the file and to standard output, and stops both at the limit."""

    def __init__(self, path: str, limit: int) -> None:
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - open for the life of the job
        self._left = limit
        self.number = 0

    def line(self, text: str) -> None:
        """One line of the job; once the limit is reached a last one says so and the rest is dropped."""
        if self._left <= 0:
            return
        self._left -= len(text) + 40
        if self._left <= 0:
            text = json.dumps({"level": "warning", "message": "The log has reached its limit; the rest is left out."})
        self.number += 1
        record = json.dumps({"number": self.number, "at": round(time.time(), 3), "text": text})
        self._file.write(record + "\n")
        self._file.flush()
        say(record)


def say(record: str) -> None:
    """To whoever supervises; nobody there is no reason to fail."""
    with contextlib.suppress(OSError):
        os.write(1, record.encode() + b"\n")


def write_status(folder: str, status: dict[str, Any]) -> None:
    """Replace status.json whole."""
    partial = os.path.join(folder, ".status.partial")
    with open(partial, "w", encoding="utf-8") as out:
        json.dump(status, out)
    os.replace(partial, os.path.join(folder, "status.json"))


def prctl(option: int, value: int) -> None:
    """Ask Linux for a behaviour of this process; elsewhere the end of standard input must do."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def prepare_child(spec: dict[str, Any], parent: int) -> None:
    """In the child, before the program: die with the wrapper, own group, limits."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(125)
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = spec["open_files"] if hard == resource.RLIM_INFINITY else min(spec["open_files"], hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if spec["file_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (spec["file_bytes"], spec["file_bytes"]))
    os.umask(0o077)


def memory_bytes(pid: int) -> int:
    """Resident memory of a process and all below it; 0 where the system does not say."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
            total = int(statm.read().split()[1]) * PAGE_BYTES
        total += sum(memory_bytes(child) for child in children_of(pid))
    return total


def children_of(pid: int) -> list[int]:
    """The processes that a process would wait for; none where the system does not say."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [int(child) for child in children.read().split()]
    return []


def end_descendants() -> None:
    """Kill and wait for all that is left below this process: as subreaper it gets even those with own sessions."""
    while True:
        left = children_of(os.getpid())
        for pid in left:  # nobody else can have these numbers before they are waited for
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            ended, _ = os.waitpid(-1, 0 if left else os.WNOHANG)
        except ChildProcessError:
            return
        if not ended:  # where the system names no children, what is left must not hold up the end
            return


class Supervisor:
    """One job from start to end."""

    def __init__(self, folder: str, spec: dict[str, Any]) -> None:
        self.folder = folder
        self.spec = spec
        self.log = Log(os.path.join(folder, "log.jsonl"), spec["log_bytes"])
        self.why: str | None = None
        self.code: int | None = None
        self.grace = GRACE_SECONDS
        self.kill_at: float | None = None
        self.rest = b""
        self.deadline = time.monotonic() + spec["seconds"] if spec["seconds"] else None

    def run(self) -> None:
        """Start the program and stay until it and its descendants are gone."""
        wake, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        me = os.getpid()
        try:
            self.child = subprocess.Popen(  # noqa: S603 - running the job's command is what this is for
                self.spec["command"],
                cwd=os.path.join(self.folder, "work"),
                env=self.spec["environment"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: prepare_child(self.spec, me),  # noqa: PLW1509 - this process has one thread
            )
        except OSError as error:
            self.log.line(
                json.dumps({"level": "error", "message": f"The program could not be started: {error.strerror}."})
            )
            self._finish(127)
            return
        assert self.child.stdout is not None  # noqa: S101 - told to be a pipe above
        self.output = self.child.stdout.fileno()
        os.set_blocking(self.output, False)
        self._status()
        selector = selectors.DefaultSelector()
        selector.register(0, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        selector.register(self.output, selectors.EVENT_READ)
        while self.code is None:
            for key, _ in selector.select(self._patience()):
                if key.fd == 0 and not self._told():
                    selector.unregister(0)
                    self.stop("stopped")
                elif key.fd == wake:
                    os.read(wake, 4096)
                elif key.fd == self.output and not self._read():
                    selector.unregister(self.output)
            self._watch()
            self.code = self.child.poll()
        while self._read():
            pass
        if self.rest:
            self.log.line(self.rest.decode("utf-8", "replace"))
        self._signal_group(signal.SIGKILL)
        self._finish(self.code)

    def stop(self, why: str) -> None:
        """Ask the job to end; after the grace it is killed."""
        if self.kill_at is None:
            self.why = why
            self.kill_at = time.monotonic() + self.grace
            self._signal_group(signal.SIGTERM)

    def _told(self) -> bool:
        """Take a word from standard input; False at its end."""
        word = os.read(0, 4096)
        with contextlib.suppress(ValueError):
            self.grace = float(word)
        return bool(word)

    def _on_signal(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self.stop("stopped")

    def _patience(self) -> float | None:
        now = time.monotonic()
        waits = [at - now for at in (self.deadline, self.kill_at) if at is not None]
        if self.spec["memory_bytes"]:
            waits.append(WATCH_SECONDS)
        return max(min(waits), 0.0) if waits else None

    def _watch(self) -> None:
        now = time.monotonic()
        if self.kill_at is not None and now >= self.kill_at:
            self._signal_group(signal.SIGKILL)
            self.kill_at = now + GRACE_SECONDS
        if self.deadline is not None and now >= self.deadline:
            self.deadline = None
            self.stop("time limit")
        if self.spec["memory_bytes"] and memory_bytes(self.child.pid) > self.spec["memory_bytes"]:
            self.stop("out of memory")
            self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, number)

    def _read(self) -> bool:
        try:
            data = os.read(self.output, LINE_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            return False
        *lines, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) > LINE_BYTES:
            lines.append(self.rest)
            self.rest = b""
        for line in lines:
            self.log.line(line.decode("utf-8", "replace"))
        return bool(data)

    def _status(self) -> None:
        child = getattr(self, "child", None)
        write_status(
            self.folder,
            {
                "wrapper": os.getpid(),
                "pid": child.pid if child else None,
                "started": time.time(),
                "code": self.code,
                "why": self.why,
            },
        )

    def _finish(self, code: int) -> None:
        self.code = code
        end_descendants()
        self._status()
        say(json.dumps({"ended": {"code": code, "why": self.why}}))


def main() -> None:
    """Run the job of the folder named on the command line."""
    folder = sys.argv[1]
    path = os.path.join(folder, "job.json")
    with open(path, encoding="utf-8") as source:
        spec = json.load(source)
    os.unlink(path)  # it holds the job's secrets
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    Supervisor(folder, spec).run()


if __name__ == "__main__":
    main()
