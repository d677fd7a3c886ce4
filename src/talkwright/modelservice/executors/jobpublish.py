"""Stores what a training left in its pod and tells its end: the pod's last container, in our own image.

`python -I -m talkwright.modelservice.executors.jobpublish FOLDER DESK` runs once the training's own container has ended
with success. It goes on as the wrapper does on a machine, where one process does both, and with the same code: it
numbers its lines behind those of FOLDER/log.jsonl, and has `wrapper/ship.py` store the log and the outputs.
DESK/publish.json says which those are, DESK/desk.json who is to be asked where they go.

What stands in FOLDER is the engine's work and is trusted for nothing but that: no program is run from there.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

from talkwright.modelservice.executors.wrapper.supervisor import Supervisor

TAIL_BYTES = 1 << 20
"""The longest line that the wrapper writes is shorter."""


def last_number(log: Path) -> int:
    """The number of the last line of a job's log: lines before it are missing where its disk was full."""
    with log.open("rb") as source:
        source.seek(max(os.fstat(source.fileno()).st_size - TAIL_BYTES, 0))
        for line in reversed(source.read(TAIL_BYTES).splitlines()):
            with contextlib.suppress(ValueError, RecursionError):
                record = json.loads(line)
                if isinstance(record, dict) and isinstance(number := record.get("number"), int):
                    return number
    return 0


def main() -> int:
    """Store, tell; the training has succeeded whatever becomes of that, as what is told says."""
    folder, desk = map(Path, sys.argv[1:3])
    spec = json.loads((desk / "publish.json").read_text("utf-8"))
    spec["desk"] = json.loads((desk / "desk.json").read_text("utf-8"))
    try:
        publisher = Supervisor(str(folder), spec, last_number(folder / "log.jsonl"))
    except OSError as error:
        Path(spec["report"]).write_text(f"the training left no log that can be read ({error.strerror})", "utf-8")
        return 1
    publisher.listen()
    publisher.finish(0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
