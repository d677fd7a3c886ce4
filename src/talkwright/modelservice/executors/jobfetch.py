"""Prepares a job's folder inside a pod: run in our own image, before the job's own container.

`python -I -m talkwright.modelservice.executors.jobfetch SECRET FOLDER REPORT` takes SECRET/job.json (what the wrapper
takes, and `inputs`: where each path below work comes from, and `programs`: our scripts that its command runs, by where
they are in our package), fetches the inputs into FOLDER/work, lays the wrapper and those programs into FOLDER/bin, and
writes FOLDER/job.json. What goes wrong is said in one line, also in the file REPORT, which the pod's status shows. With
a `store` (`jobstore.py`) inputs are read there, with the credentials that this process finds.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

from talkwright.modelservice.executors.folders import lay_wrapper
from talkwright.modelservice.executors.wrapper import DISK_FULL, NO_ROOM
from talkwright.modelservice.executors.wrapper.transfer import CHUNK_BYTES, TransferError, answered, asked, pauses

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 5.0


def fetch(path: str, grant: dict[str, Any], target: str, store: dict[str, Any] | None) -> None:
    """Bring one input to `target`, no redirects. Raises TransferError."""
    if store is not None and "url" not in grant:
        from talkwright.modelservice.executors import jobstore  # noqa: PLC0415 - its library is large, and few pods need it

        try:
            jobstore.get(store, grant["key"], Path(target))
        except jobstore.StorageError as error:
            raise TransferError(str(error)) from error
        return
    url = grant.get("url", "")
    if not url.startswith(("http://", "https://")):
        raise TransferError(f"The input {path} has no address that a pod can read.", is_final=True)
    with answered("GET", url, grant.get("headers", {})) as answer:
        if answer.status != 200:
            raise TransferError(f"The store answered status {answer.status} for the input {path}.")
        length = int(answer.headers.get("Content-Length", -1))
        with open(target, "wb") as out:
            shutil.copyfileobj(answer, out, CHUNK_BYTES)
    if length not in (-1, os.path.getsize(target)):
        raise TransferError(f"The input {path} came cut short.")


def bring(
    path: str, grant: dict[str, Any], desk: dict[str, str] | None, target: str, store: dict[str, Any] | None
) -> None:
    """Fetch an input, again and again for a while, at a fresh address where one fails. Raises TransferError."""
    until, waits = time.monotonic() + PATIENCE_SECONDS, pauses(PAUSE_SECONDS)
    while True:
        try:
            fetch(path, grant, target, store)
        except TransferError as error:
            if error.is_final or time.monotonic() > until:
                raise
        else:
            return
        time.sleep(next(waits))
        if desk is not None:  # addresses last an hour only
            try:
                grant = asked(desk, {"inputs": [path], "own": store is not None})["inputs"][path]
            except TransferError as error:
                if error.is_final:
                    raise


def prepare(secret: str, folder: str) -> None:
    """Lay out the job's folder. Raises TransferError, OSError."""
    with open(os.path.join(secret, "job.json"), encoding="utf-8") as source:
        spec = json.load(source)
    inputs, brought, store = spec.pop("inputs"), spec.pop("programs", {}), spec.pop("store", None)
    work, programs = os.path.join(folder, "work"), os.path.join(folder, "bin")
    os.umask(0o077)
    os.makedirs(os.path.join(work, ".tmp"), exist_ok=True)
    lay_wrapper(Path(programs))
    for name, path in brought.items():
        shutil.copyfile(Path(__file__).parents[2] / path, os.path.join(programs, name))
    for path, grant in inputs.items():
        target = os.path.join(work, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        bring(path, grant, spec["desk"], target, store)
    with open(os.path.join(folder, "job.json"), "w", encoding="utf-8") as out:
        json.dump(spec, out)


def main() -> int:
    """Prepare, or say why not."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the first process of a container ignores it else
    try:
        prepare(sys.argv[1], sys.argv[2])
    except (TransferError, OSError) as error:
        words = DISK_FULL if getattr(error, "errno", None) in NO_ROOM else str(error)
        with contextlib.suppress(OSError), open(sys.argv[3], "w", encoding="utf-8") as out:
            out.write(words)
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
