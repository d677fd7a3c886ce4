"""A running bot computes in one thread, unless whoever starts it says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

STARTS = {
    "python -m talkwright.engine run": "from talkwright.engine.__main__ import main; main(['run', '--model', 'none'])",
    "talkwright run": "from talkwright.cli.main import main; main(['run', 'none'])",
    "talkwright engine run": "from talkwright.cli.main import main; main(['engine', 'run', '--model', 'none'])",
}
TALKS = {
    "talkwright shell": "from talkwright.cli.main import main; main(['shell', '.'])",
    "talkwright test e2e": "from talkwright.cli.main import main; main(['test', 'e2e', 'none'])",
}
TELL = "import os, numpy; print(len(os.listdir('/proc/self/task')), file=sys.stderr)"


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize(("variables", "threads"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, 2)])
def test_numpy_takes_as_many_threads_as_it_is_told(start: str, variables: dict[str, str], threads: int) -> None:
    """The start ends at once, for there is no such model; numpy is loaded then as it would have been."""
    assert threads_after(start, variables, Path()) == threads


@pytest.mark.parametrize("start", TALKS.values(), ids=TALKS)
def test_a_talk_in_the_terminal_computes_in_one_thread_too(start: str, tmp_path: Path) -> None:
    """These, too, end at once: the folder that they stand in is empty."""
    assert threads_after(start, {}, tmp_path) == 1


def threads_after(start: str, variables: dict[str, str], folder: Path) -> int:
    """How many threads the process has once the command has ended and numpy is loaded."""
    code = f"import contextlib, sys\nwith contextlib.suppress(SystemExit):\n    {start}\n{TELL}"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env={**environment, **variables}, cwd=folder, capture_output=True, text=True, check=True
    )
    return int(done.stderr.splitlines()[-1])
