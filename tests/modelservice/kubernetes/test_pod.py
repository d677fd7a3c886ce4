"""What runs inside a pod: the fetching program and the wrapper, as the manifest orders them, but on this machine."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import pytest
from tests.modelservice.kubernetes.here import FRESH, STALE, Clerk, ShelvedPod, shelf
from tests.modelservice.places import python

from talkwright.modelservice.desk import serve_desk
from talkwright.modelservice.executors import jobfetch, wrapper
from talkwright.modelservice.executors.wrapper import ship
from talkwright.modelservice.jobs import Desk, Ended, Job, Limits, Output

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pod(tmp_path: Path) -> AsyncIterator[ShelvedPod]:
    with shelf() as (store, things):
        clerk = Clerk(store)
        async with serve_desk(clerk) as url:
            yield ShelvedPod(folder=tmp_path, store=store, things=things, clerk=clerk, desk=Desk(url=url, token=FRESH))


async def test_a_pod_fetches_runs_stores_and_reports_its_end(pod: ShelvedPod) -> None:
    pod.things["/in"] = b"hello"
    source = "import os; print(sorted(os.environ)); open('out', 'w').write(open('deep/in').read().upper())"
    job = Job(name="x", command=python(source), inputs={"k": "deep/in"}, outputs=("out",), desk=pod.desk)
    code, texts = await pod.run(job, {"deep/in": {"key": "k", "url": f"{pod.store}/in", "headers": {}}})
    assert code == 0
    assert "TALKWRIGHT" not in str(texts[0])
    assert pod.things["/made-out"] == b"HELLO"
    output = Output(size=5, sha256=sha256(b"HELLO").hexdigest(), key="made-out")
    assert pod.ended() == Ended(code=0, lines=2, log="log", outputs={"out": output})
    assert [json.loads(line)["number"] for line in pod.things["/log"].splitlines()] == [1, 2]
    assert not (pod.folder / "job" / "job.json").exists()  # the order holds secrets


async def test_a_script_of_ours_that_the_command_names_is_brought_along(pod: ShelvedPod) -> None:
    job = Job(name="x", command=python(""), programs=(Path(jobfetch.__file__),))
    assert await pod.fetch(job, {}) == 0
    brought = pod.folder / "job" / "bin" / "jobfetch.py"
    assert brought.stat().st_size == os.stat(jobfetch.__file__).st_size


async def test_an_input_whose_address_is_old_is_fetched_at_a_fresh_one(pod: ShelvedPod) -> None:
    pod.things["/in"] = b"x"
    job = Job(name="x", command=python("print(open('in').read())"), inputs={"k": "in"}, desk=pod.desk)
    code, texts = await pod.run(job, {"in": {"key": "k", "url": f"{pod.store}/expired", "headers": {}}})
    assert (code, texts[0]) == (0, "x")
    assert pod.clerk.asked[0][1].inputs == ("in",)


async def test_an_input_that_the_desk_refuses_ends_the_pod_with_words(pod: ShelvedPod) -> None:
    desk = replace(pod.desk, token="another")
    job = Job(name="x", command=python(""), inputs={"k": "in"}, desk=desk)
    assert await pod.fetch(job, {"in": {"key": "k", "url": f"{pod.store}/expired", "headers": {}}}) == 1
    assert (pod.folder / "report").read_text("utf-8") == "This is no token of a job."
    assert not (pod.folder / "job" / "job.json").exists()


async def test_a_pod_whose_holder_changed_stores_with_the_token_of_the_new_one(pod: ShelvedPod) -> None:
    stale = replace(pod.desk, token=STALE)
    job = Job(name="x", command=python("open('out', 'w').write('made')"), outputs=("out",), desk=stale)
    assert await pod.fetch(job, {}) == 0
    assert await (await pod.start()).wait() == 0
    assert not pod.clerk.asked, "what succeeded is left to be published"
    process = await pod.publish()
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
async def test_the_exit_code_of_the_pod_is_the_programs(pod: ShelvedPod, source: str, code: int, told: Ended) -> None:
    assert (await pod.run(Job(name="x", command=python(source))))[0] == code
    assert pod.ended() == told


async def test_the_time_limit_of_a_pod_is_named(pod: ShelvedPod) -> None:
    await pod.run(Job(name="x", command=python("import time; time.sleep(60)"), limits=Limits(seconds=0.3)))
    ended = pod.ended()
    assert ended is not None
    assert ended.why == "time limit"


async def test_a_term_gives_the_program_time_to_end_in_order(pod: ShelvedPod) -> None:
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
    assert wrapper.GRACE_SECONDS < 2.5  # else it proves nothing


async def test_a_training_that_was_told_to_end_is_never_taken_for_one_that_succeeded(pod: ShelvedPod) -> None:
    source = (
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\nprint('up')\ntime.sleep(60)"
    )
    assert await pod.fetch(Job(name="x", command=python(source), desk=pod.desk), {}) == 0
    process = await pod.start()
    assert process.stdout is not None
    async with asyncio.timeout(60):
        await process.stdout.readline()
        process.terminate()
        await process.communicate()
    assert process.returncode == wrapper.STOPPED
    assert pod.ended() == Ended(code=0, why="stopped", lines=1, log="log")


async def test_a_term_while_a_training_is_published_ends_that_in_words(pod: ShelvedPod) -> None:
    job = Job(
        name="x", command=python("open('out', 'w').write('x')"), outputs=("out",), desk=replace(pod.desk, token=STALE)
    )
    assert await pod.fetch(job, {}) == 0
    assert await (await pod.start()).wait() == 0
    process = await pod.publish()
    async with asyncio.timeout(60):
        while not pod.clerk.asked:  # noqa: ASYNC110 - another process asks
            await asyncio.sleep(0.05)
        process.terminate()
        await process.communicate()
    ended = pod.ended()
    assert ended is not None
    assert (ended.code, ended.outputs, ended.problem) == (
        0, {}, "What the job made could not be stored before it was ended.",
    )  # fmt: skip


async def test_what_a_signed_url_cant_take_is_said_with_the_setting_that_helps_and_the_log_is_stored(
    pod: ShelvedPod, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ship, "MOST_BYTES", 100)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "out").write_bytes(b"x" * 101)
    (tmp_path / "log.jsonl").write_text("{}", "utf-8")
    told = await asyncio.to_thread(ship.ship, {"desk": asdict(pod.desk), "outputs": ["out"]})
    assert "TALKWRIGHT_KUBERNETES_STORAGE=workload" in told["problem"]
    assert (told["log"], set(pod.things)) == ("log", {"/log"})


@pytest.mark.parametrize("link", ["log.jsonl", "work"])
async def test_no_link_that_the_engine_left_leads_the_publication_out_of_the_folder(pod: ShelvedPod, link: str) -> None:
    (pod.folder / "secrets").mkdir()
    (pod.folder / "secrets" / "out").write_text("a secret", "utf-8")
    target = pod.folder / "secrets" / ("out" if link == "log.jsonl" else "")
    job = Job(name="x", command=python("open('out', 'w').write('x')"), outputs=("out",), desk=pod.desk)
    assert await pod.fetch(job, {}) == 0
    assert await (await pod.start()).wait() == 0
    left = pod.folder / "job" / link
    left.rename(pod.folder / "job" / "moved")
    left.symlink_to(target)
    await (await pod.publish()).communicate()
    assert b"a secret" not in pod.things.values()
    assert not pod.clerk.asked or link == "work"


async def test_what_is_published_is_numbered_behind_a_log_that_misses_lines(pod: ShelvedPod) -> None:
    source = "for number in range(3): print(number)\nopen('out', 'w').write('x')"
    job = Job(name="x", command=python(source), outputs=("out",), desk=pod.desk)
    assert await pod.fetch(job, {}) == 0
    assert await (await pod.start()).wait() == 0
    log = pod.folder / "job" / "log.jsonl"
    first, _, last = log.read_text("utf-8").splitlines(keepends=True)
    log.write_text(first + last, "utf-8")  # as where the disk was full for a while
    await (await pod.publish()).communicate()
    assert [json.loads(line)["number"] for line in pod.things["/log"].splitlines()] == [1, 3, 4]
    ended = pod.ended()
    assert ended is not None
    assert ended.lines == 4


async def test_what_the_fetching_program_lays_out_is_closed_to_others(pod: ShelvedPod) -> None:
    assert await pod.fetch(Job(name="x", command=python("")), {}) == 0
    for path in (pod.folder / "job").rglob("*"):
        assert os.stat(path).st_mode & 0o077 == 0, path
