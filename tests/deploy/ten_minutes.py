"""README's first ten minutes as a person does them, at the studio of a link: open, talk, edit, train, talk on.

    python tests/deploy/ten_minutes.py LINK

A program of its own, so that it can run where the studio runs: in a clone, with no network but its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from _studio import MeasuredStudio  # noqa: E402 - found by the path above
from edit_train_talk import ASKS, edited_and_heard, said, total  # noqa: E402 - as above
from tests.services.running import origin  # noqa: E402 - as above


def main(link: str) -> None:
    studio = MeasuredStudio(cast(Any, SimpleNamespace(address=origin(link), link=link, pid=0)))
    studio.become_administrator()
    assistant = studio.wait_for_example()
    base = f"/api/assistants/{assistant['id']}"
    first = said(studio, base, ASKS)
    sys.stdout.write(f"{assistant['title']} answers: {first['texts'][-1]}\n")
    studio.listen(assistant["id"])
    times = edited_and_heard(studio, base, first, 1)
    sys.stdout.write(f"The new words were heard {total(times):.1f} s after the edit.\n")
    studio.http.close()


if __name__ == "__main__":
    main(sys.argv[1])
