"""A training's pod without a cluster: its containers' programs, one after the other, in a folder of this machine."""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from talkwright.modelservice.desk import Ask, RefusedError, StaleError
from talkwright.modelservice.executors import jobfetch, jobpublish
from talkwright.modelservice.executors.kubernetes.diagnosis import look
from talkwright.modelservice.executors.kubernetes.manifest import FOLDER, manifests
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.jobs import Desk, Ended, Job

FRESH, STALE = "of this epoch", "of an epoch before"


class Shelf(http.server.BaseHTTPRequestHandler):
    """Stores and gives what is put there: all that signed URLs of any store need."""

    things: dict[str, bytes]

    def do_GET(self) -> None:
        thing = self.things.get(self.path)
        self.send_response(200 if thing is not None else 404)
        self.send_header("Content-Length", str(len(thing or b"")))
        self.end_headers()
        self.wfile.write(thing or b"")

    def do_PUT(self) -> None:
        self.things[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def shelf() -> Iterator[tuple[str, dict[str, bytes]]]:
    things: dict[str, bytes] = {}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Shelf,), {"things": things}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", things
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Clerk:
    """Grants places on the shelf to whoever has the fresh token."""

    url: str
    asked: list[tuple[str, Ask]] = field(default_factory=list)

    async def answer(self, token: str, ask: Ask) -> Mapping[str, Any]:
        self.asked.append((token, ask))
        if token == STALE:
            raise StaleError("This job's attempt was taken over.")
        if token != FRESH:
            raise RefusedError("This is no token of a job.")
        return {
            "outputs": {path: self._place(f"made-{path}") for path in ask.outputs},
            "inputs": {path: self._place(path) for path in ask.inputs},
            "log": self._place("log"),
        }

    def _place(self, key: str) -> dict[str, Any]:
        return {"key": key, "url": f"{self.url}/{key}", "headers": {}}


@dataclass(kw_only=True)
class Pod:
    """The containers of a training's pod, in a folder of this machine instead of the pod's own.

    Those of our image have `variables` too, and where the pod reaches the store itself they are told of it (`own`).
    """

    folder: Path
    desk: Desk
    own: Mapping[str, Any] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    async def fetch(self, job: Job, grants: Mapping[str, Mapping[str, Any]]) -> int:
        """Run the fetching container's program; gives its exit code."""
        settings = KubernetesSettings(kubernetes_python=sys.executable)
        text = manifests(job, settings, grants=grants, store=self.own).secret["stringData"]
        order = json.loads(text["job.json"].replace(f'"{FOLDER}/', f'"{self.folder}/job/'))
        order |= {"report": str(self.folder / "report"), "desk_file": str(self.folder / "desk.json")}
        publish = json.loads(text["publish.json"])
        publish |= {"report": str(self.folder / "report"), "desk_file": str(self.folder / "desk.json")}
        told = {"job.json": order, "desk.json": json.loads(text["desk.json"]), "publish.json": publish}
        for name, value in told.items():
            (self.folder / name).write_text(json.dumps(value), "utf-8")
        folders = [str(self.folder), str(self.folder / "job"), str(self.folder / "report")]
        return await (await self._ours(jobfetch.__name__, *folders)).wait()

    async def start(self) -> asyncio.subprocess.Process:
        """Start the training container's program, with nothing at its standard input."""
        folder = self.folder / "job"
        command = [sys.executable, "-I", "-S", str(folder / "bin" / "wrapper"), "supervisor", str(folder)]
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        return await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=pipe)

    async def publish(self) -> asyncio.subprocess.Process:
        """Start the publishing container's program."""
        return await self._ours(jobpublish.__name__, str(self.folder / "job"), str(self.folder))

    async def _ours(self, module: str, *words: str) -> asyncio.subprocess.Process:
        command = [sys.executable, "-I", "-m", module, *words]
        pipe, nothing, told = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL, {**os.environ, **self.variables}
        return await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=pipe, env=told)

    async def run(self, job: Job, grants: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[int, list[str]]:
        """All to their end, as a kubelet does it; gives the exit code and the messages."""
        assert await self.fetch(job, grants or {}) == 0
        said = b""
        for begin in (self.start, self.publish):
            process = await begin()
            out, _ = await process.communicate()
            said += out
            if process.returncode:
                break
        assert process.returncode is not None
        return process.returncode, [json.loads(line).get("text") for line in said.splitlines()]

    def ended(self) -> Ended | None:
        """The end as the pod's status would tell it."""
        state = {"terminated": {"message": (self.folder / "report").read_text("utf-8")}}
        status = {"phase": "Failed", "containerStatuses": [{"name": "publish", "state": state}]}
        return look({}, [{"metadata": {"name": "p"}, "status": status}]).ended


@dataclass(kw_only=True)
class ShelvedPod(Pod):
    """A pod that a shelf serves."""

    store: str
    things: dict[str, bytes]
    clerk: Clerk
