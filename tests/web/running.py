"""A real `talkwright up` in a process of its own, on a data folder and a port that nobody else uses."""

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
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+[^\s]*")


class NotStartedError(RuntimeError):
    """The studio ended or said nothing; carries what it wrote."""


class RunningStudio:
    """Starts, stops and restarts one studio; `address` is where it answers now."""

    def __init__(self, home: Path, **settings: str) -> None:
        if not (ROOT / "web" / "dist" / "index.html").is_file():
            raise NotStartedError("The web client is not built. Run `make web`, then the tests again.")
        self.home = home
        self.link = ""
        self.address = ""
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait for the link that it prints."""
        settings = {"TALKWRIGHT_HOME": str(self.home), "TALKWRIGHT_PORT": "0", **self._settings}
        command = [sys.executable, "-m", "talkwright.cli.main", "up"]
        with (self.home.parent / f"{self.home.name}.log").open("a") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=log, text=True
            )
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read, args=(self._process, lines), daemon=True).start()
        self.link = self._next_link(lines)
        self.address = re.match(r"http://[^/]+", self.link).group()  # type: ignore[union-attr] # it is a link

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
