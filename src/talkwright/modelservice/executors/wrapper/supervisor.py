"""One job from its start until it is gone and what it leaves is stored; the package says how it is told what to do."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from typing import Any

from . import DISK_FULL, GRACE_SECONDS, NO_FAULT, NO_ROOM, OVER, PARTING_SECONDS, STOPPED, UNHELD, system
from .log import Log

WATCH_SECONDS = 2.0
"""How often the memory of a job is looked at that no control group limits."""
SHIP_SECONDS = 3600.0
READ_BYTES, PIPE_BYTES = 65_536, 1 << 20
HOLDER_INPUT, HOLDER_OUTPUT = 0, 1
"""The pipes to and from whoever started this process; another holder has the control pipe and the log's file."""


class Supervisor:
    """One job; `lines` are in its log already."""

    def __init__(self, folder: str, spec: dict[str, Any], lines: int = 0) -> None:
        self.folder = folder
        self.spec = spec
        self.log = Log(os.path.join(folder, "log.jsonl"), spec, lines)
        self.status: dict[str, Any] = {
            "wrapper": os.getpid(),
            "wrapper_started": system.started_at(os.getpid()),
            "boot": system.boot_id(),
            **dict.fromkeys(("pid", "pid_started", "code", "why", "ended")),
        }
        self.why: str | None = None
        self.desk: dict[str, str] | None = spec["desk"]
        self.is_held = True
        self.is_shipping = False
        self.child: subprocess.Popen[bytes] | None = None
        self.selector = selectors.DefaultSelector()
        self.wake = self.output = -1
        self.words = b""
        # When it is time to stop, to kill, to believe that nobody holds the job, by the monotonic clock.
        self.deadline = time.monotonic() + spec["seconds"] if spec["seconds"] else None
        self.kill_at: float | None = None
        self.unheld_at: float | None = None

    def run(self) -> int:
        """Start the program, stay until it and its descendants are gone, have stored what it leaves; its exit code."""
        self.listen()
        code = self._run_program()
        cgroup, hands_on = self.spec["cgroup"], self.spec.get("hands_on")
        cgroups = [*filter(None, [cgroup]), *self.spec.get("memory_events", ())]
        if code != 0 and any(map(system.was_out_of_memory, cgroups)):
            self.why = self.why or "out of memory"
        if code != 0 and self.log.found_no_room:
            self.why = self.why or DISK_FULL
        system.end_descendants()
        if cgroup:  # whoever made it may be gone
            with contextlib.suppress(OSError):
                os.rmdir(cgroup)
        if hands_on and code == 0 and self.kill_at is None:
            return 0
        self.finish(code)
        return code or (STOPPED if hands_on else 0)

    def finish(self, code: int) -> None:
        """Have what the job leaves stored, and tell its end."""
        ending = {"code": code, "why": self.why}
        self.status |= ending
        self._write_status()
        ended = {**ending, **self._ship(code), "lines": self.log.lines}
        if self.why in NO_FAULT:  # it may have become so while things were stored
            ended["why"] = self.why
        self.status["ended"] = ended
        self._write_status()
        self.log.say({"ended": ended})
        if self.spec.get("report"):
            self._report(ended)

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
        for source in (HOLDER_INPUT, os.open(control, os.O_RDWR | os.O_NONBLOCK), self.spec.get("lifeline")):
            if source is not None:
                self.selector.register(source, selectors.EVENT_READ)
        os.set_blocking(HOLDER_OUTPUT, False)  # what can't be taken at once is in the file, and in the upload
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(HOLDER_OUTPUT, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def stop(self, why: str, grace: float = GRACE_SECONDS) -> None:
        """Ask the job to end; after the grace, in seconds, it is killed. Asked again, it has the shorter one."""
        kill_at = time.monotonic() + grace
        if self.kill_at is None:
            self.why = why
            self.kill_at = kill_at
            self._signal(signal.SIGTERM)
        else:
            self.kill_at = min(self.kill_at, kill_at)

    # The program

    def _run_program(self) -> int:
        """Run the command to its end and take its output; gives its exit code."""
        me = os.getpid()
        try:
            child = subprocess.Popen(  # noqa: S603 - running the job's command is what this is for
                self.spec["command"],
                cwd=os.path.join(self.folder, "work"),
                env=self.spec["environment"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: system.prepare_child(self.spec, me),  # noqa: PLW1509 - this process has one thread
            )
        except (OSError, subprocess.SubprocessError) as error:
            reason = getattr(error, "strerror", None) or "its limits or its user can't be set"
            self.log.write(json.dumps({"level": "error", "message": f"The program could not be started: {reason}."}))
            return 127
        assert child.stdout is not None  # noqa: S101 - told to be a pipe above
        self.child, self.output = child, child.stdout.fileno()
        os.set_blocking(self.output, False)
        self.selector.register(self.output, selectors.EVENT_READ)
        self.status |= {"pid": child.pid, "pid_started": system.started_at(child.pid)}
        self._write_status()
        code = self._watch_until_ended(child)
        while self._take_output():
            pass
        self.log.take_rest()
        self._signal(signal.SIGKILL)
        with contextlib.suppress(KeyError):  # its end may have been seen already
            self.selector.unregister(self.output)
        return code

    def _take_output(self) -> bool:
        """Take what the program said; False where there is nothing, now or any more."""
        data = b""
        with contextlib.suppress(OSError):
            data = os.read(self.output, READ_BYTES)
        self.log.take(data)
        return bool(data)

    # Watching

    def _watch_until_ended(self, child: subprocess.Popen[bytes]) -> int:
        while (code := child.poll()) is None:
            for key, _ in self.selector.select(self._patience()):
                if key.fd == self.wake:
                    os.read(self.wake, 4096)
                elif key.fd != self.output:
                    self._hear(key.fd)
                elif not self._take_output():
                    self.selector.unregister(key.fd)
            self._keep_limits(child)
        return code

    def _patience(self) -> float | None:
        """Seconds until something has to be done though nothing happens; None: nothing ever has."""
        now = time.monotonic()
        waits = [at - now for at in (self.deadline, self.kill_at, self.unheld_at) if at is not None]
        if self._watched_bytes():
            waits.append(WATCH_SECONDS)
        return max(min(waits), 0.0) if waits else None

    def _watched_bytes(self) -> int | None:
        """The limit of memory where no control group keeps it."""
        return None if self.spec["cgroup"] else self.spec["memory_bytes"]

    def _keep_limits(self, child: subprocess.Popen[bytes]) -> None:
        now = time.monotonic()
        if self.kill_at is not None and now >= self.kill_at:
            self._signal(signal.SIGKILL)
            self.kill_at = now + GRACE_SECONDS
        if self.deadline is not None and now >= self.deadline:
            self.deadline = None
            self.stop("time limit")
        if self.unheld_at is not None and now >= self.unheld_at:
            self.unheld_at, self.is_held = None, False
            self.stop(UNHELD)
        limit = self._watched_bytes()
        if limit and system.memory_bytes(child.pid) > limit:
            self.stop("out of memory")
            self._signal(signal.SIGKILL)

    # Being told

    def _on_signal(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self.stop("stopped", self.spec.get("term_seconds", GRACE_SECONDS))

    def _hear(self, source: int) -> None:
        """Take words from the holder; the end of a pipe is one too."""
        data = os.read(source, READ_BYTES)
        if not data:
            self.selector.unregister(source)
            self.is_held, self.unheld_at = False, self._unheld_from_now()
            if source == self.spec.get("lifeline"):
                self.stop(OVER)
            return
        *words, self.words = (self.words + data).split(b"\n")
        for word in words:
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                said = json.loads(word)
                if "held" in said:
                    self._be_held(said["held"], lasts=source == HOLDER_INPUT)
                if "stop" in said:
                    self.stop("stopped", float(said["stop"]))

    def _be_held(self, desk: dict[str, str] | None, *, lasts: bool) -> None:
        """Somebody holds the job: as long as the pipe `lasts`, else for the time that it may be unheld."""
        is_another, self.desk, self.is_held = self.desk != desk, desk, True
        if is_another and self.is_shipping:
            self._signal(signal.SIGTERM)
        self.unheld_at = None if lasts else self._unheld_from_now()

    def _unheld_from_now(self) -> float:
        return float(time.monotonic() + self.spec["unheld_seconds"])

    # Storing

    def _ship(self, code: int) -> dict[str, Any]:
        """Have the log and, of a job that succeeded, its outputs stored; gives what came of it."""
        was_stopped = self.kill_at is not None
        if self.desk is None or (was_stopped and not self.is_held):
            return {}
        outputs = [] if code or was_stopped else self.spec["outputs"]
        self.is_shipping, self.kill_at = True, None
        self.deadline = time.monotonic() + (SHIP_SECONDS if outputs else PARTING_SECONDS)
        if outputs:
            self.log.write(json.dumps({"stage": "publishing", "message": "What the job made is being stored."}))
        while True:
            desk = self.desk
            shipped = self._run_ship({"desk": desk, "outputs": outputs})
            if self.desk == desk or self.kill_at is not None:  # else another holder has come meanwhile
                return shipped

    def _run_ship(self, order: dict[str, Any]) -> dict[str, Any]:
        """Have a process of its own do it, which can be ended like the program."""
        wrapper = os.path.dirname(os.path.abspath(__file__))
        self.child = child = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", *(["-S"] if sys.flags.no_site else []), wrapper, "ship"],
            cwd=self.folder,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=system.end_with_parent,  # noqa: PLW1509 - this process has one thread
        )
        assert child.stdin and child.stdout  # noqa: S101, PT018 - told to be pipes above
        more = {name: self.spec.get(name) for name in ("desk_file", "unheld_seconds", "store")}
        with contextlib.suppress(OSError), child.stdin as told:
            told.write(json.dumps({**order, **more}).encode())
        code = self._watch_until_ended(child)
        with contextlib.suppress(ValueError, TypeError), child.stdout as answer:
            return dict(json.loads(answer.read()))
        why = " before it was ended" if self.kill_at is not None else f": what stores it ended with code {code}"
        return {"problem": f"What the job made could not be stored{why}."}

    # Telling

    def _write_status(self) -> None:
        """Replace status.json whole; where its disk is full, the one before stays."""
        partial = os.path.join(self.folder, ".status.partial")
        try:
            with open(partial, "w", encoding="utf-8") as out:
                json.dump(self.status, out)
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            self.log.was_full = True
        else:
            os.replace(partial, os.path.join(self.folder, "status.json"))

    def _report(self, ended: dict[str, Any]) -> None:
        """Tell the end where a pod's status shows it: 4,096 bytes of it."""
        short = {**ended, "problem": ended.get("problem") and ended["problem"][:1000]}
        with contextlib.suppress(OSError), open(self.spec["report"], "w", encoding="utf-8") as out:
            json.dump({"ended": short}, out)

    def _signal(self, number: int) -> None:
        if self.child is not None:  # there may be none yet
            system.signal_group(self.child, number)


def main() -> int:
    """Run the job of the folder named on the command line; gives the exit code."""
    folder = sys.argv[1]
    path = os.path.join(folder, "job.json")
    with open(path, encoding="utf-8") as source:
        spec = json.load(source)
    os.unlink(path)  # it holds the job's secrets
    system.adopt_descendants()
    code = Supervisor(folder, spec).run()
    if not spec.get("report"):
        return 0
    return code if code >= 0 else 128 - code
