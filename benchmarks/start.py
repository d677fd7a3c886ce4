"""Start of an installed studio: seconds until the first page is served, in an empty data folder and in a used one.

The best of some starts counts: whatever else runs on the machine only ever makes one slower.

python benchmarks/start.py [ROUNDS]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from _figures import tell
from _processes import load
from _studio import data_folder, running_studio


def first_page(home: Path) -> tuple[float, float]:
    """Seconds to the first page, and CPU seconds of all processes."""
    started = time.monotonic()
    with running_studio(home, example="none") as studio:
        page = studio.http.get("/", follow_redirects=True)
        spent = time.monotonic() - started
        if page.status_code != 200 or "<html" not in page.text.lower():
            raise SystemExit(f"The first page answered {page.status_code}.")
        return spent, studio.cpu_seconds()


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    starts: dict[str, list[tuple[float, float]]] = {"start-new": [], "start-used": []}
    for _ in range(rounds):
        with data_folder() as home:
            for times in starts.values():
                times.append(first_page(home))
    for name, times in starts.items():
        spent, cpu = min(times)
        tell(name, spent, "s", f"{cpu:.2f} s CPU; {load()}")


if __name__ == "__main__":
    main()
