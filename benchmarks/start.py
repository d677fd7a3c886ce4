"""Start of an installed studio: seconds until the first page is served, in an empty data folder and in a used one.

python benchmarks/start.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from _studio import running_studio, told

LIMIT_SECONDS = 5.0


def first_page(home: Path, name: str) -> bool:
    with running_studio(home, example="none") as studio:
        page = studio.http.get("/", follow_redirects=True)
        spent = time.monotonic() - studio.started
        if page.status_code != 200 or "<html" not in page.text.lower():
            raise SystemExit(f"The first page answered {page.status_code}.")
        return told(f"start to first page, {name}", spent, LIMIT_SECONDS, f", {studio.cpu_seconds():.2f} s CPU")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="talkwright-") as folder:
        os.chmod(folder, 0o755)
        kept = [first_page(Path(folder), name) for name in ("empty data folder", "used data folder")]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
