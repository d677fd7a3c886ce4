"""Start of an installed studio: seconds until the first page is served, in an empty data folder and in a used one.

The best of some starts counts: whatever else runs on the machine only ever makes one slower.

python benchmarks/start.py [ROUNDS]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from _studio import running_studio, told

LIMIT_SECONDS = 5.0


def first_page(home: Path) -> tuple[float, float]:
    """Seconds to the first page, and CPU seconds of all processes."""
    with running_studio(home, example="none") as studio:
        page = studio.http.get("/", follow_redirects=True)
        spent = time.monotonic() - studio.started
        if page.status_code != 200 or "<html" not in page.text.lower():
            raise SystemExit(f"The first page answered {page.status_code}.")
        return spent, studio.cpu_seconds()


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    starts: dict[str, list[tuple[float, float]]] = {"empty data folder": [], "used data folder": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="talkwright-") as folder:
            os.chmod(folder, 0o755)
            for times in starts.values():
                times.append(first_page(Path(folder)))
    kept = []
    for name, times in starts.items():
        spent, cpu = min(times)
        kept.append(told(f"start to first page, {name}", spent, LIMIT_SECONDS, f", {cpu:.2f} s CPU"))
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
