"""A running bot computes in one thread, unless whoever starts it says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

STARTS = {
    "python -m talkwright.engine run": "from talkwright.engine.__main__ import main; main(['run', '--model', 'none'])",
    "talkwright run": "from talkwright.cli.main import main; main(['run', 'none'])",
    "talkwright engine run": "from talkwright.cli.main import main; main(['engine', 'run', '--model', 'none'])",
}
TELL = "import os, numpy; print(len(os.listdir('/proc/self/task')), file=sys.stderr)"


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize(("variables", "threads"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, 2)])
def test_numpy_takes_as_many_threads_as_it_is_told(start: str, variables: dict[str, str], threads: int) -> None:
    """The start ends at once, for there is no such model; numpy is loaded then as it would have been."""
    code = f"import contextlib, sys\nwith contextlib.suppress(SystemExit):\n    {start}\n{TELL}"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment, **variables}, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == str(threads)
