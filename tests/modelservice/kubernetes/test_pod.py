"""What runs inside a pod: the fetching program and the wrapper, as the manifest orders them, but on this machine."""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from talkwright.modelservice.desk import Ask, RefusedError, StaleError, serve_desk
from talkwright.modelservice.executors import jobexec, jobfetch
from talkwright.modelservice.executors.kubernetes.diagnosis import look
from talkwright.modelservice.executors.kubernetes.manifest import FOLDER, manifests
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.jobs import Desk, Ended, Job, Limits, Output

pytestmark = pytest.mark.anyio
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


@dataclass
class Pod:
    """The two containers of a pod, in a folder of this machine instead of the pod's own."""

    folder: Path
    store: str
    things: dict[str, bytes]
    clerk: Clerk
    desk: Desk

    async def fetch(self, job: Job, grants: Mapping[str, Mapping[str, Any]]) -> int:
        """Run the fetching container's program; gives its exit code."""
        settings = KubernetesSettings(kubernetes_python=sys.executable)
        text = manifests(job, settings, grants=grants).secret["stringData"]
        order = json.loads(text["job.json"].replace(f'"{FOLDER}/', f'"{self.folder}/job/'))
        order |= {"report": str(self.folder / "report"), "desk_file": str(self.folder / "desk.json")}
        for name, value in (("job.json", order), ("desk.json", json.loads(text["desk.json"]))):
            (self.folder / name).write_text(json.dumps(value), "utf-8")
        folders = [str(self.folder), str(self.folder / "job"), str(self.folder / "report")]
        command = [sys.executable, "-I", "-S", jobfetch.__file__, *folders]
        return await (await asyncio.create_subprocess_exec(*command)).wait()

    async def start(self) -> asyncio.subprocess.Process:
        """Start the main container's program, with nothing at its standard input."""
        folder = self.folder / "job"
        command = [sys.executable, "-I", "-S", str(folder / "bin" / "jobexec.py"), str(folder)]
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        return await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=pipe)

    async def run(self, job: Job, grants: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[int, list[str]]:
        """Both to their end; gives the exit code and the messages."""
        assert await self.fetch(job, grants or {}) == 0
        process = await self.start()
        out, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, [json.loads(line).get("text") for line in out.splitlines()]

    def ended(self) -> Ended | None:
        """The end as the pod's status would tell it."""
        state = {"terminated": {"message": (self.folder / "report").read_text("utf-8")}}
        status = {"phase": "Failed", "containerStatuses": [{"name": "main", "state": state}]}
        return look({}, [{"metadata": {"name": "p"}, "status": status}]).ended


@pytest.fixture
async def pod(tmp_path: Path) -> AsyncIterator[Pod]:
    with shelf() as (store, things):
        clerk = Clerk(store)
        async with serve_desk(clerk) as url:
            yield Pod(tmp_path, store, things, clerk, Desk(url=url, token=FRESH))


def python(source: str) -> tuple[str, ...]:
    return (sys.executable, "-u", "-I", "-S", "-c", source)


async def test_a_pod_fetches_runs_stores_and_reports_its_end(pod: Pod) -> None:
    pod.things["/in"] = b"hello"
    source = "import os; print(sorted(os.environ)); open('out', 'w').write(open('deep/in').read().upper())"
    job = Job(name="x", command=python(source), inputs={"k": "deep/in"}, outputs=("out",), desk=pod.desk)
    code, texts = await pod.run(job, {"deep/in": {"key": "k", "url": f"{pod.store}/in", "headers": {}}})
    assert code == 0
    assert "TALKWRIGHT" not in str(texts[0])
    assert pod.things["/made-out"] == b"HELLO"
    output = Output(size=5, sha256=sha256(b"HELLO").hexdigest(), key="made-out")
    assert pod.ended() == Ended(code=0, lines=1, log="log", outputs={"out": output})
    assert not (pod.folder / "job" / "job.json").exists()  # the order holds secrets


async def test_a_script_of_ours_that_the_command_names_is_brought_along(pod: Pod) -> None:
    job = Job(name="x", command=python(""), programs=(Path(jobfetch.__file__),))
    assert await pod.fetch(job, {}) == 0
    brought = pod.folder / "job" / "bin" / "jobfetch.py"
    assert brought.stat().st_size == os.stat(jobfetch.__file__).st_size


async def test_an_input_whose_address_is_old_is_fetched_at_a_fresh_one(pod: Pod) -> None:
    pod.things["/in"] = b"x"
    job = Job(name="x", command=python("print(open('in').read())"), inputs={"k": "in"}, desk=pod.desk)
    code, texts = await pod.run(job, {"in": {"key": "k", "url": f"{pod.store}/expired", "headers": {}}})
    assert (code, texts[0]) == (0, "x")
    assert pod.clerk.asked[0][1].inputs == ("in",)


async def test_an_input_that_the_desk_refuses_ends_the_pod_with_words(pod: Pod) -> None:
    desk = replace(pod.desk, token="another")
    job = Job(name="x", command=python(""), inputs={"k": "in"}, desk=desk)
    assert await pod.fetch(job, {"in": {"key": "k", "url": f"{pod.store}/expired", "headers": {}}}) == 1
    assert (pod.folder / "report").read_text("utf-8") == "This is no token of a job."
    assert not (pod.folder / "job" / "job.json").exists()


async def test_a_pod_whose_holder_changed_stores_with_the_token_of_the_new_one(pod: Pod) -> None:
    stale = replace(pod.desk, token=STALE)
    job = Job(name="x", command=python("open('out', 'w').write('made')"), outputs=("out",), desk=stale)
    assert await pod.fetch(job, {}) == 0
    process = await pod.start()
    async with asyncio.timeout(60):
        while not any(token == STALE for token, _ in pod.clerk.asked):  # noqa: ASYNC110 - another process asks
            await asyncio.sleep(0.05)
        assert process.returncode is None
        partial = pod.folder / "desk.new"
        partial.write_text(json.dumps(asdict(pod.desk)), "utf-8")
        partial.replace(pod.folder / "desk.json")
        await process.communicate()
    ended = pod.ended()
    assert ended is not None
    assert (ended.code, set(ended.outputs), ended.problem) == (0, {"out"}, None)


@pytest.mark.parametrize(
    ("source", "code", "told"),
    [
        ("raise SystemExit(3)", 3, Ended(code=3)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137, Ended(code=-9)),
    ],
)
async def test_the_exit_code_of_the_pod_is_the_programs(pod: Pod, source: str, code: int, told: Ended) -> None:
    assert (await pod.run(Job(name="x", command=python(source))))[0] == code
    assert pod.ended() == told


async def test_the_time_limit_of_a_pod_is_named(pod: Pod) -> None:
    await pod.run(Job(name="x", command=python("import time; time.sleep(60)"), limits=Limits(seconds=0.3)))
    ended = pod.ended()
    assert ended is not None
    assert ended.why == "time limit"


async def test_a_term_gives_the_program_time_to_end_in_order(pod: Pod) -> None:
    source = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(2.5), sys.exit(7)))\n"
        "print('here')\ntime.sleep(60)"
    )
    assert await pod.fetch(Job(name="x", command=python(source)), {}) == 0
    process = await pod.start()
    assert process.stdout is not None
    async with asyncio.timeout(60):
        await process.stdout.readline()
        process.terminate()
        await process.communicate()
    assert pod.ended() == Ended(code=7, why="stopped", lines=1)
    assert jobexec.GRACE_SECONDS < 2.5  # else it proves nothing


async def test_what_the_fetching_program_lays_out_is_closed_to_others(pod: Pod) -> None:
    assert await pod.fetch(Job(name="x", command=python("")), {}) == 0
    for path in (pod.folder / "job").rglob("*"):
        assert os.stat(path).st_mode & 0o077 == 0, path
