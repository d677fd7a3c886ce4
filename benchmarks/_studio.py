"""A real `talkwright up` for the figures: starts it, signs in, counts the CPU of all its processes, stops it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

PASSWORD = "a-measured-evening-1"
START_SECONDS = 120
STOP_SECONDS = 10
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class RunningStudio:
    """A studio with somebody signed in; `started` is when its process was made (monotonic seconds)."""

    process: subprocess.Popen[str]
    link: str
    started: float
    http: httpx2.Client
    told: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        found = re.match(r"http://[^/]+", self.link)
        assert found is not None
        return found.group()

    def become_administrator(self) -> None:
        form = {"username": "admin", "password": PASSWORD, "again": PASSWORD}
        self.http.post(self.link, data=form, follow_redirects=True)
        self.http.headers["X-CSRF-Token"] = self.http.get("/api/session").raise_for_status().json()["csrf"]

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def post(self, path: str, **values: Any) -> Any:
        return self.http.post(path, **values).raise_for_status().json()

    def listen(self, assistant: str) -> None:
        """Set `told` at each fact of the event stream; returns once the stream stands."""

        def read() -> None:
            with (
                httpx2.Client(base_url=self.origin, cookies=self.http.cookies, timeout=None, trust_env=False) as http,
                suppress(httpx2.HTTPError),  # the studio ends before its listener
                http.stream("GET", "/api/events", params={"assistant": assistant}) as stream,
            ):
                for line in stream.iter_lines():
                    if line.startswith(("event: fact", "event: hello")):
                        self.told.set()

        threading.Thread(target=read, daemon=True).start()
        if not self.told.wait(START_SECONDS):
            raise SystemExit("The event stream did not begin.")

    def cpu_seconds(self) -> float:
        """CPU that the studio and all that it started have used, the ended ones too."""
        return sum(_cpu(pid) for pid in descendants(self.process.pid))

    def wait_for_example(self) -> dict[str, Any]:
        """The example, once its model talks."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for assistant in self.get("/api/assistants")["items"]:
                if (assistant["deployment"] or {}).get("state") == "running":
                    return dict(assistant)
            time.sleep(0.1)
        raise SystemExit("The example did not run in time.")


@contextmanager
def running_studio(home: Path, *, example: str = "bank") -> Iterator[RunningStudio]:
    """A studio on a data folder, from its link to its end."""
    environment = {**os.environ, "TALKWRIGHT_HOME": str(home), "TALKWRIGHT_PORT": "0", "TALKWRIGHT_EXAMPLE": example}
    command = [str(Path(sys.executable).with_name("talkwright")), "up"]
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        link = printed_link(process)
        with httpx2.Client(base_url=re.match(r"http://[^/]+", link).group(), timeout=60, trust_env=False) as http:  # type: ignore[union-attr]  # a link
            yield RunningStudio(process, link, started, http)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def printed_link(process: subprocess.Popen[str]) -> str:
    """The address that the studio prints; what it prints later is read and forgotten."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://\S+", line):
            threading.Thread(target=lambda: [None for _ in process.stdout or ()], daemon=True).start()
            return found.group()
    raise SystemExit("The studio ended before it printed its link.")


def descendants(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def _cpu(pid: int) -> float:
    fields = _stat(pid)
    return sum(map(int, fields[11:15])) / TICK if fields else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of a process after its name; none when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def new_id() -> str:
    return str(uuid.uuid4())


def told(what: str, seconds: float, limit: float, more: str = "") -> bool:
    """Print a figure with its limit and the machine's load; gives whether it keeps the limit."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    kept = "kept" if seconds < limit else "MISSED"
    print(f"{what}: {seconds:.2f} s{more} (limit {limit:g} s, {kept}; load {load:.1f} per core)")
    return seconds < limit
