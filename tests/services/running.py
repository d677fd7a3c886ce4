"""The one way to start `talkwright up` for tests, pictures and figures; here for code without an event loop."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "an-evening-at-the-harbour"
START_SECONDS = 120
STOP_SECONDS = 30
COMMAND = (sys.executable, "-m", "talkwright.cli.main", "up")
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+[^\s]*")


class NotStartedError(RuntimeError):
    """The studio ended or said nothing; carries what it wrote."""


def environment(home: Path, **settings: str) -> dict[str, str]:
    """What `up` gets on a data folder: a free port, the given settings, and none that this process happens to have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TALKWRIGHT_")}
    return {**kept, "TALKWRIGHT_HOME": str(home), "TALKWRIGHT_PORT": "0", **settings}


def origin(link: str) -> str:
    """The base URL of a printed link."""
    return re.match(r"http://[^/]+", link).group()  # type: ignore[union-attr]  # it is a link


class RunningStudio:
    """Starts, stops and restarts one studio; `address` is where it answers now."""

    def __init__(self, home: Path, **settings: str) -> None:
        if not (ROOT / "web" / "dist" / "index.html").is_file():
            raise NotStartedError("The web client is not built. Run `make web`, then this again.")
        self.home = home
        self.link = ""
        self.address = ""
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The process of `up`."""
        assert self._process is not None
        return self._process.pid

    def process_of(self, role: str) -> int:
        """The process of a role, the first where there are several."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        named = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
        return next(int(pid) for pid, command in named.items() if role.encode() in command.split(b"\0"))

    def start(self) -> None:
        """Start it and wait for the link that it prints."""
        with (self.home.parent / f"{self.home.name}.log").open("a") as log:
            self._process = subprocess.Popen(
                COMMAND,
                cwd=ROOT,
                env=environment(self.home, **self._settings),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read, args=(self._process, lines), daemon=True).start()
        self.link = self._next_link(lines)
        self.address = origin(self.link)

    def _next_link(self, lines: queue.Queue[str | None]) -> str:
        deadline = time.monotonic() + START_SECONDS
        said = ""
        with contextlib.suppress(queue.Empty):
            while (line := lines.get(timeout=deadline - time.monotonic())) is not None:
                said += line
                if found := _ADDRESS.search(line):
                    return found.group()
        self.stop()
        raise NotStartedError(f"`talkwright up` printed no link. It wrote:\n{said}")

    def stop(self) -> None:
        """Stop it as Ctrl-C does and wait for its end."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def restart(self) -> None:
        """Stop it and start it again on the same data folder; the port is another one."""
        self.stop()
        self.start()


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)
