"""A log of which a line was cut, as where the disk was full: whoever takes the job over reads the others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.modelservice.places import first_line, python

from talkwright.modelservice.executors.process import ProcessExecutor
from talkwright.modelservice.jobs import Job, Limits
from talkwright.storage.objects import ObjectStore

pytestmark = pytest.mark.anyio


async def test_a_job_is_taken_over_though_a_line_of_its_log_was_cut(tmp_path: Path) -> None:
    executor = ProcessExecutor(tmp_path / "jobs", ObjectStore((tmp_path / "objects").as_uri()), {}, own_users=False)
    source = "import os, time\nprint('up')\nwhile not os.path.exists('go'): time.sleep(0.01)\nprint('down')"
    left = await executor.start(Job(name="x", command=python(source), limits=Limits(unheld_seconds=60)))
    await first_line(left)
    await left.leave()
    with (tmp_path / "jobs" / "x" / "log.jsonl").open("ab") as log:
        log.write(b'{"number": 2, "at": 17\n')
    taken = await executor.adopt(left.handle, None)
    assert taken is not None
    (tmp_path / "jobs" / "x" / "work" / "go").touch()
    async with asyncio.timeout(60):
        lines = [line.message async for line in taken.lines()]
        ended = await taken.ended()
    assert (lines, ended.code) == (["up", "down"], 0)
    await taken.discard()
