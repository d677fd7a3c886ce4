"""A real `talkwright up` for the figures, with somebody signed in."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
from _processes import tree_cpu_seconds

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.services.running import PASSWORD, RunningStudio

START_SECONDS = 120


class MeasuredStudio:
    """A running studio and a person's connection to it."""

    def __init__(self, running: RunningStudio) -> None:
        self.running = running
        self.http = httpx2.Client(base_url=running.address, timeout=60, trust_env=False)
        self.told = threading.Event()

    def become_administrator(self) -> None:
        form = {"username": "admin", "password": PASSWORD, "again": PASSWORD}
        self.http.post(self.running.link, data=form, follow_redirects=True)
        self.http.headers["X-CSRF-Token"] = self.http.get("/api/session").raise_for_status().json()["csrf"]

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def post(self, path: str, **values: Any) -> Any:
        return self.http.post(path, **values).raise_for_status().json()

    def listen(self, assistant: str) -> None:
        """Set `told` at each fact of the event stream; returns once the stream stands."""

        def read() -> None:
            with (
                httpx2.Client(
                    base_url=self.running.address, cookies=self.http.cookies, timeout=None, trust_env=False
                ) as http,
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
        return tree_cpu_seconds(self.running.pid)

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
def data_folder() -> Iterator[Path]:
    """An empty data folder, beside which its log may stand."""
    with tempfile.TemporaryDirectory(prefix="talkwright-") as folder:
        os.chmod(folder, 0o755)  # the embedded server may run as another account
        home = Path(folder) / "home"
        home.mkdir()
        yield home


@contextmanager
def running_studio(home: Path, *, example: str = "bank") -> Iterator[MeasuredStudio]:
    """A studio on a data folder, from its link to its end."""
    running = RunningStudio(home, TALKWRIGHT_EXAMPLE=example)
    running.start()
    try:
        studio = MeasuredStudio(running)
        yield studio
        studio.http.close()
    finally:
        running.stop()


def new_id() -> str:
    return str(uuid.uuid4())
