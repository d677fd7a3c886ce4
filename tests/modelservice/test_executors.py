"""What every executor does with real programs, in the same words wherever jobs run."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from tests.modelservice.places import (
    PLACES,
    PUBLISHING,
    SECONDS,
    STALE,
    Place,
    first_line,
    place_of,
    python,
    read,
)

from talkwright.modelservice.executors.base import JobError
from talkwright.modelservice.executors.wrapper import UNHELD
from talkwright.modelservice.jobs import Desk, Ended, Job, Limits, Output

pytestmark = pytest.mark.anyio


@pytest.fixture(params=PLACES)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with place_of(request.param, tmp_path, request) as place:
        yield place


async def test_inputs_are_fetched_and_outputs_and_the_log_stored(place: Place) -> None:
    await place.store.put("in/a", b"hello")
    job = await place.executor.start(
        Job(
            name="copy",
            command=python(
                "import os; os.mkdir('o'); open('o/out','w').write(open('deep/in').read().upper()); print('done')"
            ),
            inputs={"in/a": "deep/in"},
            outputs=("o/out",),
            desk=place.desk,
        )
    )
    lines, ended = await read(job)
    digest = sha256(b"HELLO").hexdigest()
    key = f"made/{digest[:8]}/o/out"
    outputs = {"o/out": Output(size=5, sha256=digest, key=key)}
    assert ended == Ended(code=0, lines=2, log="logs/whole.jsonl", outputs=outputs)
    told = [(line.number, line.message, line.stage) for line in lines]
    assert told == [(1, "done", None), (2, PUBLISHING, "publishing")]
    assert await place.store.get(key) == b"HELLO"
    stored = [json.loads(line) for line in (await place.store.get("logs/whole.jsonl")).splitlines()]
    assert [line["number"] for line in stored] == [1, 2]
    assert await place.store.keys() == ["in/a", "logs/whole.jsonl", key]
    await job.discard()
    assert await place.executor.end_orphans() == []


async def test_the_environment_holds_only_what_is_listed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", "postgresql://secret")
    source = "import os, json; print(json.dumps({'message': ' '.join(sorted(os.environ))}))"
    lines, _ = await read(await place.executor.start(Job(name="env", command=python(source), environment={"OWN": "1"})))
    assert set(lines[0].message.split()) == {
        "HOME", "LANG", "LISTED_BY_OPERATOR", "OWN", "PATH", "PYTHONNOUSERSITE", "PYTHONUNBUFFERED", "TMPDIR", "TZ",
    } | ({"LC_CTYPE"} & set(lines[0].message.split()))  # fmt: skip


async def test_a_job_has_a_place_of_its_own_for_what_it_writes(place: Place) -> None:
    source = "import os, tempfile; open(tempfile.mkstemp()[1]); open(os.path.expanduser('~/x'), 'w'); print('written')"
    lines, ended = await read(await place.executor.start(Job(name="home", command=python(source))))
    assert ([line.message for line in lines], ended.code) == (["written"], 0)


async def test_a_missing_input_is_a_clear_error(place: Place) -> None:
    with pytest.raises(JobError, match="no object nowhere"):
        await place.executor.start(Job(name="x", command=python(""), inputs={"nowhere": "a"}))


async def test_a_program_that_is_not_there_ends_with_a_readable_line(place: Place) -> None:
    lines, ended = await read(await place.executor.start(Job(name="x", command=("/no/such/program",))))
    assert ended.code == 127
    assert "could not be started" in lines[0].message


async def test_a_missing_output_is_named_and_the_log_is_stored_all_the_same(place: Place) -> None:
    job = Job(name="x", command=python("print('here')"), outputs=("model",), desk=place.desk)
    _, ended = await read(await place.executor.start(job))
    assert (ended.code, ended.problem, ended.outputs) == (0, "The job ended without its output model.", {})
    assert ended.log is not None


@pytest.mark.parametrize("making", ["os.symlink('/etc/hostname', 'model')", "os.mkfifo('model')", "os.mkdir('model')"])
async def test_only_a_file_is_taken_as_an_output(place: Place, making: str) -> None:
    job = Job(name="x", command=python(f"import os; {making}"), outputs=("model",), desk=place.desk)
    _, ended = await read(await place.executor.start(job))
    assert "model" in str(ended.problem)
    assert ended.outputs == {}


async def test_a_link_on_the_way_to_an_output_is_not_followed(place: Place) -> None:
    job = Job(name="x", command=python("import os; os.symlink('/etc', 'o')"), outputs=("o/hostname",), desk=place.desk)
    _, ended = await read(await place.executor.start(job))
    assert "o/hostname" in str(ended.problem)


async def test_of_a_job_that_failed_the_log_is_stored_and_no_output(place: Place) -> None:
    source = "print('no'); open('model', 'w').write('half'); raise SystemExit(3)"
    lines, ended = await read(
        await place.executor.start(Job(name="x", command=python(source), outputs=("model",), desk=place.desk))
    )
    assert (ended.code, ended.outputs, ended.problem) == (3, {}, None)
    assert ([line.message for line in lines], ended.lines) == (["no"], 1)
    assert json.loads(await place.store.get(str(ended.log)))["text"] == "no"


async def test_of_a_job_that_its_time_limit_ends_in_order_no_output_is_stored(place: Place) -> None:
    source = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "open('model', 'w').write('half'); print('up'); time.sleep(60)"
    )
    job = Job(name="x", command=python(source), outputs=("model",), desk=place.desk, limits=Limits(seconds=1.0))
    lines, ended = await read(await place.executor.start(job))
    assert (ended.code, ended.why, ended.outputs) == (0, "time limit", {})
    assert ([line.message for line in lines], ended.log) == (["up"], "logs/whole.jsonl")


async def test_a_job_whose_token_is_refused_stores_nothing_and_says_why(place: Place) -> None:
    desk = Desk(url=place.desk.url, token="another")
    job = Job(name="x", command=python("open('model', 'w').write('m')"), outputs=("model",), desk=desk)
    _, ended = await read(await place.executor.start(job))
    assert "This is no token of a job." in str(ended.problem)
    assert len(place.clerk.asked) == 1  # a refusal is final
    assert await place.store.keys() == []


async def test_while_the_store_fails_a_job_asks_again_for_fresh_places(place: Place) -> None:
    place.clerk.fails = 2
    job = Job(name="x", command=python("open('model', 'w').write('m')"), outputs=("model",), desk=place.desk)
    _, ended = await read(await place.executor.start(job))
    assert (set(ended.outputs), ended.problem, len(place.clerk.asked)) == ({"model"}, None, 3)


async def test_the_end_of_a_job_that_leaves_only_its_log_waits_for_no_store(place: Place) -> None:
    place.clerk.fails = 1_000
    job = Job(name="x", command=python("print('gone'); raise SystemExit(5)"), desk=place.desk)
    running = await place.executor.start(job)
    async with asyncio.timeout(12):
        ended = await running.ended()
    assert (ended.code, ended.log, ended.lines) == (5, None, 1)
    await running.discard()


async def test_the_log_of_a_job_that_leaves_nothing_else_is_stored_where_that_takes_its_time(place: Place) -> None:
    place.clerk.hesitates = 2.5
    running = await place.executor.start(Job(name="x", command=python("print('gone')"), desk=place.desk))
    _, ended = await read(running)
    assert (ended.log, len(place.clerk.asked)) == ("logs/whole.jsonl", 1)


async def test_no_value_that_is_to_be_hidden_gets_into_the_log_or_what_is_stored_of_it(place: Place) -> None:
    secret = 'pass"word\\é'
    source = "import json, os; s = os.environ['S']; print('it is', s); print(json.dumps({'message': 'in ' + s}))"
    job = Job(
        name="x", command=python(source), environment={"S": secret, "PYTHONUTF8": "1"}, hide=(secret,), desk=place.desk
    )
    lines, _ = await read(await place.executor.start(job))
    assert [line.message for line in lines] == ["it is ***", "in ***"]
    stored = (await place.store.get("logs/whole.jsonl")).decode()
    assert "pass" not in stored


async def test_the_time_limit_ends_a_job_that_ignores_terms(place: Place) -> None:
    source = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"
    job = await place.executor.start(Job(name="x", command=python(source), limits=Limits(seconds=0.3)))
    _, ended = await read(job)
    assert ended.why == "time limit"


async def test_the_memory_limit_is_named_as_what_it_is(place: Place) -> None:
    source = "import time; block = bytearray(200_000_000); print('up'); time.sleep(60)"
    job = await place.executor.start(Job(name="x", command=python(source), limits=Limits(memory_bytes=100_000_000)))
    _, ended = await read(job)
    assert ended.why == "out of memory"
    await job.discard()


async def test_the_log_stops_at_its_limit_and_says_so(place: Place) -> None:
    source = "for n in range(10_000): print('x' * 100)"
    job = Job(name="x", command=python(source), limits=Limits(log_bytes=5_000), desk=place.desk)
    lines, ended = await read(await place.executor.start(job))
    assert ended.code == 0
    assert "reached its limit" in lines[-1].message
    assert ended.lines == len(lines)
    assert len(await place.store.get("logs/whole.jsonl")) < 10_000


async def test_stop_ends_descendants_too_and_keeps_the_log(place: Place) -> None:
    source = (
        "import os, time\n"
        "pid = os.fork()\n"
        "if pid == 0:\n    time.sleep(60)\n"
        'print(\'{"message": "%d"}\' % pid)\n'
        "time.sleep(60)"
    )
    job = await place.executor.start(Job(name="x", command=python(source), desk=place.desk))
    grandchild = int((await first_line(job)).message)
    async with asyncio.timeout(SECONDS):
        ended = await job.stop()
    assert (ended.why, ended.log) == ("stopped", "logs/whole.jsonl")
    await place.gone(job, grandchild)


async def test_a_job_gets_the_time_to_end_that_it_is_given(place: Place) -> None:
    source = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(2.5), sys.exit(7)))\n"
        'print(\'{"message": "here"}\', flush=True)\n'
        "time.sleep(60)"
    )
    patient, hasty = [
        await place.executor.start(Job(name=name, command=python(source))) for name in ("patient", "hasty")
    ]
    for job in (patient, hasty):
        await first_line(job)
    async with asyncio.timeout(SECONDS):
        ends = await asyncio.gather(patient.stop(10), hasty.stop(0.1))
    assert [end.code for end in ends] == [7, -9]
    for job in (patient, hasty):
        await job.discard()


LASTING = "import time\nprint('first')\nwhile True:\n    time.sleep(0.05)\n    print('more')"


async def test_a_job_that_its_holder_left_goes_on_and_is_taken_over_with_its_whole_log(place: Place) -> None:
    source = "import os, time\nfor n in range(40):\n    print(n)\n    time.sleep(0.05)\nopen('out', 'w').write('x')"
    job = Job(name="left", command=python(source), outputs=("out",), desk=place.desk, limits=Limits(unheld_seconds=20))
    left = await place.executor.start(job)
    await first_line(left)
    handle = json.loads(json.dumps(dict(left.handle)))
    await left.leave()
    taken = await place.executor.adopt(handle, place.desk)
    assert taken is not None
    assert taken.name == "left"
    assert dict(taken.handle) == handle
    lines, ended = await read(taken)
    assert [line.message for line in lines] == [*map(str, range(40)), PUBLISHING]
    assert (ended.code, set(ended.outputs)) == (0, {"out"})
    await taken.discard()
    assert await place.executor.end_orphans() == []


async def test_a_job_that_was_taken_over_is_stopped_as_any_other(place: Place) -> None:
    job = Job(name="left", command=python(LASTING), desk=place.desk, limits=Limits(unheld_seconds=20))
    left = await place.executor.start(job)
    await first_line(left)
    await left.leave()
    taken = await place.executor.adopt(left.handle, place.desk)
    assert taken is not None
    async with asyncio.timeout(SECONDS):
        assert (await taken.stop()).why == "stopped"
    await taken.discard()


async def test_a_job_that_nobody_takes_over_comes_to_its_end(place: Place) -> None:
    left = await place.executor.start(
        Job(name="left", command=python(LASTING), desk=place.desk, limits=Limits(unheld_seconds=0.5))
    )
    await first_line(left)
    await left.leave()
    await place.given_up(left)
    taken = await place.executor.adopt(left.handle, place.desk)
    if taken is not None:  # where something is left to be read, it says so
        _, ended = await read(taken)
        assert ended.why == UNHELD
        await taken.discard()


async def test_what_a_job_makes_is_stored_where_the_one_who_took_it_over_says(place: Place) -> None:
    source = "print('up')\nimport time; time.sleep(1)\nopen('out', 'w').write('x')"
    nowhere = replace(place.desk, url="http://127.0.0.1:9/grants")
    left = await place.executor.start(
        Job(name="left", command=python(source), outputs=("out",), desk=nowhere, limits=Limits(unheld_seconds=20))
    )
    await first_line(left)
    await left.leave()
    taken = await place.executor.adopt(left.handle, place.desk)
    assert taken is not None
    _, ended = await read(taken)
    assert set(ended.outputs) == {"out"}
    await taken.discard()


async def test_a_job_that_ends_while_it_is_taken_over_stores_what_it_made_with_its_new_token(place: Place) -> None:
    old = replace(place.desk, token=STALE)
    command, limits = python("open('out', 'w').write('x')"), Limits(unheld_seconds=SECONDS)
    left = await place.executor.start(Job(name="left", command=command, outputs=("out",), desk=old, limits=limits))
    async with asyncio.timeout(SECONDS):
        while not place.clerk.asked:  # noqa: ASYNC110 - the job asks another server of this process
            await asyncio.sleep(0.01)
    await left.leave()
    taken = await place.executor.adopt(left.handle, place.desk)
    assert taken is not None
    _, ended = await read(taken)
    assert (ended.problem, set(ended.outputs)) == (None, {"out"})


async def test_a_job_that_is_stopped_while_what_it_made_is_stored_says_that_it_was_not(place: Place) -> None:
    old = replace(place.desk, token=STALE)
    command, limits = python("open('out', 'w').write('x')"), Limits(unheld_seconds=SECONDS)
    job = await place.executor.start(Job(name="x", command=command, outputs=("out",), desk=old, limits=limits))
    async with asyncio.timeout(SECONDS):
        while not place.clerk.asked:  # noqa: ASYNC110 - the job asks another server of this process
            await asyncio.sleep(0.01)
        ended = await job.stop()
    assert (ended.outputs, ended.problem) == ({}, "What the job made could not be stored before it was ended.")
    assert [line.message for line in (await read(job))[0]] == [PUBLISHING]
    await job.discard()


async def test_nobody_takes_a_job_over_that_ran_elsewhere(place: Place) -> None:
    job = await place.executor.start(Job(name="mine", command=python("print(1)")))
    await read(job)
    for handle in place.elsewhere(job.handle):
        assert await place.executor.adopt(handle, place.desk) is None
    await job.discard()
    assert await place.executor.adopt(job.handle, place.desk) is None


async def test_a_job_that_is_given_long_to_end_ends_sooner_where_it_is_told_so(place: Place) -> None:
    source = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True))\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(60)"
    )
    job = await place.executor.start(Job(name="x", command=python(source), desk=place.desk))
    lines = job.lines()
    assert (await anext(lines)).message == "up"
    drains = asyncio.create_task(job.stop(200))
    assert (await anext(lines)).message == "asked"
    drains.cancel()
    await asyncio.wait({drains})
    async with asyncio.timeout(60):
        ended = await job.stop(1)
    assert ended.why == "stopped"
    await job.discard()
