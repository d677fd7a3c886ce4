"""`make run` in a clone that is ready: seconds until the first page, in an empty data folder and in a used one.

The best of some starts counts: whatever else runs on the machine only ever makes one slower. The studio brings along
its example, as for everybody, which is trained and started while the page comes, and after it.

python benchmarks/start.py [ROUNDS]
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from _figures import tell
from _processes import load, tree_cpu_seconds
from _studio import data_folder

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.services.running import environment, origin

ROOT = Path(__file__).parents[1]
READY = (".venv/.studio", ".venv-actions/.stamp", "web/dist/.stamp")
STOP_SECONDS = 60


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    subprocess.run(["make", "-s", *READY], cwd=ROOT, env=shell(), check=True, stdout=subprocess.DEVNULL)
    starts: dict[str, list[tuple[float, float]]] = {"start-new": [], "start-used": []}
    for _ in range(rounds):
        with data_folder() as home:
            for times in starts.values():
                times.append(first_page(home))
    for name, times in starts.items():
        spent, cpu = min(times)
        tell(name, spent, "s", f"{cpu:.2f} s CPU; {load()}")


def first_page(home: Path) -> tuple[float, float]:
    """Seconds to the first page, and CPU seconds of all processes."""
    started = time.monotonic()
    with made_to_run(home) as make:
        page = httpx2.get(f"{origin(printed(make))}/", follow_redirects=True, trust_env=False, timeout=60)
        spent = time.monotonic() - started
        if page.status_code != 200 or "<html" not in page.text.lower():
            raise SystemExit(f"The first page answered {page.status_code}.")
        return spent, tree_cpu_seconds(make.pid)


@contextmanager
def made_to_run(home: Path) -> Iterator[subprocess.Popen[str]]:
    """`make run` as in a terminal, where Ctrl-C goes to all that it started."""
    with (home.parent / "make.log").open("a") as log:
        make = subprocess.Popen(
            ["make", "run"],
            cwd=ROOT,
            env=shell(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        yield make
    finally:
        os.killpg(make.pid, signal.SIGINT)
        make.wait(STOP_SECONDS)


def printed(make: subprocess.Popen[str]) -> str:
    """The link that it prints."""
    assert make.stdout is not None
    for line in make.stdout:
        if line.startswith("http://"):
            return line.strip()
    raise SystemExit("`make run` printed no link.")


def shell(home: Path | None = None) -> dict[str, str]:
    """The variables of a terminal, without those of a `make` that runs this; with a data folder those of a studio."""
    given = dict(os.environ) if home is None else environment(home)
    return {name: value for name, value in given.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}


if __name__ == "__main__":
    main()
