"""Runs one job and watches it: a script of the standard library alone, so that it can run beside any engine.

`python -I -S jobexec.py FOLDER` takes FOLDER/job.json, runs the command in FOLDER/work in a process group of its own,
passes its output on as numbered JSON lines (also into FOLDER/log.jsonl), keeps its limits, writes FOLDER/status.json
atomically, and at the end has `jobship.py` beside it store the log and the outputs.

Whoever holds the job writes JSON lines to its standard input, or to the pipe FOLDER/control where another has taken it
over: `{"stop": SECONDS}` ends it, killed after so long, and `{"held": {"url": …, "token": …}}` says who stores things
now. When standard input ends, the job ends too, after the seconds that it may be unheld; with `lifeline`, at once.
In a pod (`is_held`) a signal ends it, `report` and the exit code tell its end, `desk_file` always names who stores.
With `hands_on` a job that succeeds is left to the container after this one, which stores and tells (`jobpublish.py`).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from typing import Any

GRACE_SECONDS = WATCH_SECONDS = 2.0
SHIP_SECONDS = 3600.0
PARTING_SECONDS = 2.0  # for a job that leaves nothing but its log: whoever waits for its end waits that long
LINE_BYTES, PIPE_BYTES = 65_536, 1 << 20
STOPPED = 143
"""The exit code of a stopped job whose program ended as if nothing had been, where others go by that code."""
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
NO_FAULT = OVER, UNHELD = ("its studio ended", "unheld")


class Log:
    """Numbers the lines, takes hidden values out, writes to the file and to standard output, stops at the limit."""

    def __init__(self, path: str, spec: dict[str, Any], number: int) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o666)
        self._file = open(handle, "a", encoding="utf-8")  # noqa: SIM115 - open for the life of the job
        self._left, self.number, self._half_said = spec["log_bytes"], number, b""
        self._trace = {"trace": context[3:35]} if (context := spec["environment"].get("TRACEPARENT")) else {}
        forms = {form for value in spec["hide"] for form in (value, json.dumps(value)[1:-1])}
        self._hide = sorted(forms, key=len, reverse=True)

    def line(self, text: str) -> None:
        """One line of the job; once the limit is reached a last one says so and the rest is dropped."""
        if self._left <= 0:
            return
        for value in self._hide:
            text = text.replace(value, "***")
        self._left -= len(text) + 40
        if self._left <= 0:
            text = json.dumps({"level": "warning", "message": "The log has reached its limit; the rest is left out."})
        self.number += 1
        record = json.dumps({"number": self.number, "at": round(time.time(), 3), "text": text} | self._trace)
        self._file.write(record + "\n")
        self._file.flush()
        self.say(record)

    def say(self, record: str) -> None:
        """To whoever supervises: nobody there is no reason to fail, and one who doesn't read is none to wait."""
        with contextlib.suppress(OSError):
            if self._half_said:  # a line is never cut by another one
                self._half_said = self._half_said[os.write(1, self._half_said) :]
            if not self._half_said:
                data = record.encode() + b"\n"
                self._half_said = data[os.write(1, data) :]


def write_status(folder: str, status: dict[str, Any]) -> None:
    """Replace status.json whole."""
    partial = os.path.join(folder, ".status.partial")
    with open(partial, "w", encoding="utf-8") as out:
        json.dump(status, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(partial, os.path.join(folder, "status.json"))


def prctl(option: int, value: int) -> None:
    """Ask Linux for a behaviour of this process; elsewhere the end of standard input must do."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def prepare_child(spec: dict[str, Any], parent: int) -> None:
    """In the child, before the program: own group, limits, another user, and an end together with the wrapper."""
    os.setpgid(0, 0)
    if spec["cgroup"]:
        with open(os.path.join(spec["cgroup"], "cgroup.procs"), "w", encoding="ascii") as members:
            members.write("0")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = spec["open_files"] if hard == resource.RLIM_INFINITY else min(spec["open_files"], hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if spec["file_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (spec["file_bytes"], spec["file_bytes"]))
    os.umask(0o077)
    if spec["user"]:
        os.setgroups([])
        os.setgid(spec["user"])
        os.setuid(spec["user"])
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of the user would undo it
    if os.getppid() != parent:
        os._exit(125)


def memory_bytes(pid: int) -> int:
    """Resident memory of a process and all below it; 0 where the system does not say."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
            total = int(statm.read().split()[1]) * PAGE_BYTES
        total += sum(memory_bytes(child) for child in children_of(pid))
    return total


def was_out_of_memory(cgroup: str | None) -> bool:
    """Whether the kernel ended something in a control group for want of memory."""
    for name in ("memory.events", "memory.oom_control") if cgroup else ():
        with contextlib.suppress(OSError, ValueError), open(os.path.join(str(cgroup), name), encoding="ascii") as told:
            counts = dict(line.split()[:2] for line in told if len(line.split()) >= 2)
            return int(counts.get("oom_kill", 0)) > 0
    return False


def children_of(pid: int) -> list[int]:
    """The processes that a process would wait for; none where the system does not say."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [int(child) for child in children.read().split()]
    return []


def started_at(pid: int) -> int | None:
    """When a process began, in clock ticks since the boot: with it, its number names it for good."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/stat", "rb") as stat:
        return int(stat.read().rpartition(b")")[2].split()[19])
    return None


def boot_id() -> str:
    """The boot of this machine and its process namespace, or an empty text where the system has none."""
    with contextlib.suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
        return f"{boot.read().strip()}/{os.readlink('/proc/self/ns/pid')}"
    return ""


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
    """One job from start to end; `lines` are in its log already."""

    def __init__(self, folder: str, spec: dict[str, Any], lines: int = 0) -> None:
        self.folder = folder
        self.spec = spec
        self.log = Log(os.path.join(folder, "log.jsonl"), spec, lines)
        self.desk: dict[str, str] | None = spec["desk"]
        self.lifeline: int | None = spec.get("lifeline")
        self.status: dict[str, Any] = dict.fromkeys(("pid", "pid_started", "code", "why", "ended"))
        self.status |= {"wrapper": os.getpid(), "wrapper_started": started_at(os.getpid()), "boot": boot_id()}
        self.why: str | None = None
        self.held, self.is_shipping = True, False
        self.kill_at = self.unheld_at = None  # type: float | None
        self.child: subprocess.Popen[bytes]
        self.output: int | None = None
        self.rest = self.words = b""
        self.deadline = time.monotonic() + spec["seconds"] if spec["seconds"] else None
        self.selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Start the program, stay until it and its descendants are gone, have stored what it leaves; its exit code."""
        self.listen()
        code = self._program()
        if code != 0 and any(map(was_out_of_memory, (self.spec["cgroup"], *self.spec.get("memory_events", ())))):
            self.why = self.why or "out of memory"
        end_descendants()
        if self.spec["cgroup"]:  # whoever made it may be gone
            with contextlib.suppress(OSError):
                os.rmdir(self.spec["cgroup"])
        if self.spec.get("hands_on") and code == 0 and self.kill_at is None:
            return 0
        self.finish(code)
        return code or (STOPPED if self.spec.get("hands_on") else 0)

    def finish(self, code: int) -> None:
        """Have what the job leaves stored, and tell its end."""
        self.status |= {"code": code, "why": self.why}
        write_status(self.folder, self.status)
        ended = {"code": code, "why": self.why, **self._ship(code), "lines": self.log.number}
        ended |= {"why": self.why} if self.why in NO_FAULT else {}
        write_status(self.folder, self.status | {"ended": ended})
        self.log.say(json.dumps({"ended": ended}))
        if self.spec.get("report"):  # a pod's status shows 4,096 bytes of it
            short = {**ended, "problem": ended.get("problem") and ended["problem"][:1000]}
            with contextlib.suppress(OSError), open(self.spec["report"], "w", encoding="utf-8") as out:
                json.dump({"ended": short}, out)

    def stop(self, why: str, grace: float = GRACE_SECONDS) -> None:
        """Ask the job to end; after the grace, in seconds, it is killed."""
        if self.kill_at is None:
            self.why = why
            self.kill_at = time.monotonic() + grace
            self._signal_group(signal.SIGTERM)

    def listen(self) -> None:
        """Hear signals and, but in a pod, what the holder says."""
        self.wake, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self.selector.register(self.wake, selectors.EVENT_READ)
        if self.spec.get("is_held"):
            return
        control = os.path.join(self.folder, "control")
        os.mkfifo(control, 0o600)  # opened for reading and writing: it never ends
        for source in (0, os.open(control, os.O_RDWR | os.O_NONBLOCK), *filter(None, [self.lifeline])):
            self.selector.register(source, selectors.EVENT_READ)
        os.set_blocking(1, False)  # what can't be taken at once is in the file, and in the upload
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def _program(self) -> int:
        """Run the command; gives its exit code."""
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
        except (OSError, subprocess.SubprocessError) as error:
            reason = getattr(error, "strerror", None) or "its limits or its user can't be set"
            self.log.line(json.dumps({"level": "error", "message": f"The program could not be started: {reason}."}))
            return 127
        assert self.child.stdout is not None  # noqa: S101 - told to be a pipe above
        self.output = self.child.stdout.fileno()
        os.set_blocking(self.output, False)
        self.selector.register(self.output, selectors.EVENT_READ)
        self.status |= {"pid": self.child.pid, "pid_started": started_at(self.child.pid)}
        write_status(self.folder, self.status)
        code = self._until_ended(self.child)
        while self._read():
            pass
        if self.rest:
            self.log.line(self.rest.decode("utf-8", "replace"))
        self._signal_group(signal.SIGKILL)
        with contextlib.suppress(KeyError):
            self.selector.unregister(self.output)
        return code

    def _until_ended(self, child: subprocess.Popen[bytes]) -> int:
        while (code := child.poll()) is None:
            for key, _ in self.selector.select(self._patience()):
                if key.fd == self.wake:
                    os.read(self.wake, 4096)
                elif key.fd != self.output:
                    self._told(key.fd)
                elif not self._read():
                    self.selector.unregister(key.fd)
            self._watch()
        return code

    def _told(self, source: int) -> None:
        """Take words from the holder; the end of standard input is one too."""
        data = os.read(source, 65_536)
        if not data:
            self.selector.unregister(source)
            self.held, self.unheld_at = False, time.monotonic() + self.spec["unheld_seconds"]
            if source == self.lifeline:
                self.stop(OVER)
            return
        *words, self.words = (self.words + data).split(b"\n")
        for word in words:
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                said = json.loads(word)
                if "held" in said:
                    changed, self.desk, self.held = self.desk != said["held"], said["held"], True
                    if changed and self.is_shipping:
                        self._signal_group(signal.SIGTERM)
                    self.unheld_at = time.monotonic() + self.spec["unheld_seconds"] if source else None
                if "stop" in said:
                    self.stop("stopped", float(said["stop"]))

    def _on_signal(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self.stop("stopped", self.spec.get("term_seconds", GRACE_SECONDS))

    def _patience(self) -> float | None:
        now = time.monotonic()
        waits = [at - now for at in (self.deadline, self.kill_at, self.unheld_at) if at is not None]
        if self.spec["memory_bytes"] and not self.spec["cgroup"]:
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
        if self.unheld_at is not None and now >= self.unheld_at:
            self.unheld_at, self.held = None, False
            self.stop(UNHELD)
        limit = None if self.spec["cgroup"] else self.spec["memory_bytes"]
        if limit and memory_bytes(self.child.pid) > limit:
            self.stop("out of memory")
            self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):  # there may be none yet
            os.killpg(self.child.pid, number)

    def _read(self) -> bool:
        data = b""
        with contextlib.suppress(OSError):
            data = os.read(self.output, LINE_BYTES) if self.output is not None else b""
        *lines, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) > LINE_BYTES:
            lines, self.rest = [*lines, self.rest], b""
        for line in lines:
            self.log.line(line.decode("utf-8", "replace"))
        return bool(data)

    def _ship(self, code: int) -> dict[str, Any]:
        """Have the log and, of a job that succeeded, its outputs stored; gives what came of it."""
        stopped = self.kill_at is not None
        if self.desk is None or (stopped and not self.held):
            return {}
        self.is_shipping, self.kill_at = True, None
        outputs = [] if code or stopped else self.spec["outputs"]
        self.deadline = time.monotonic() + (SHIP_SECONDS if outputs else PARTING_SECONDS)
        if outputs:
            self.log.line(json.dumps({"stage": "publishing", "message": "What the job made is being stored."}))
        while True:
            desk = self.desk
            shipped = self._shipped(desk, outputs)
            if self.desk == desk or self.kill_at is not None:  # else another holder has come meanwhile
                return shipped

    def _shipped(self, desk: dict[str, str], outputs: list[str]) -> dict[str, Any]:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jobship.py")
        self.child = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", *(["-S"] if sys.flags.no_site else []), script],
            cwd=self.folder,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509 - this process has one thread
        )
        assert self.child.stdin and self.child.stdout  # noqa: S101, PT018 - told to be pipes above
        with contextlib.suppress(OSError), self.child.stdin as told:
            more = {name: self.spec.get(name) for name in ("desk_file", "unheld_seconds", "store")}
            told.write(json.dumps({"desk": desk, "outputs": outputs, **more}).encode())
        self._until_ended(self.child)
        with contextlib.suppress(ValueError, TypeError), self.child.stdout as answer:
            return dict(json.loads(answer.read()))
        return {"problem": "What the job made could not be stored before it was ended."}


def main() -> int:
    """Run the job of the folder named on the command line; gives the exit code."""
    folder, path = sys.argv[1], os.path.join(sys.argv[1], "job.json")
    with open(path, encoding="utf-8") as source:
        spec = json.load(source)
    os.unlink(path)  # it holds the job's secrets
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    code = Supervisor(folder, spec).run()
    return (code if code >= 0 else 128 - code) if spec.get("report") else 0


if __name__ == "__main__":
    sys.exit(main())
