"""Prepares a job's folder inside a pod: a script of the standard library alone, run before the job's own container.

`python -I jobfetch.py SECRET FOLDER REPORT` takes SECRET/job.json (what `jobexec.py` takes, and `inputs`: where each
path below work comes from, and `programs`: our scripts that its command runs, by where they are in our package),
fetches the inputs into FOLDER/work, lays `jobexec.py`, `jobship.py` and those programs into FOLDER/bin, and writes
FOLDER/job.json. What goes wrong is said in one line, also in the file REPORT, which the pod's status shows. With a
`store` (`jobstore.py`, for which it must run in our own image) inputs are read there, with the credentials that this
process finds.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CHUNK_BYTES = 1 << 20
TIMEOUT_SECONDS = 60.0
PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 5.0


class FetchError(Exception):
    """An input can't be had; the message says why. `is_final` where trying again doesn't help."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


def fetch(path: str, grant: dict[str, Any], target: str, store: dict[str, Any] | None) -> None:
    """Bring one input to `target`, no redirects. Raises FetchError."""
    if store is not None and "url" not in grant:
        from talkwright.modelservice.executors import jobstore  # noqa: PLC0415 - only our own image has it

        try:
            jobstore.get(store, grant["key"], Path(target))
        except jobstore.StorageError as error:
            raise FetchError(str(error)) from error
        return
    parts = urlsplit(grant.get("url", ""))
    if parts.scheme not in ("http", "https"):
        raise FetchError(f"The input {path} has no address that a pod can read.", is_final=True)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        where = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET", where, headers=grant.get("headers", {}))
        answer = connection.getresponse()
        if answer.status != 200:
            raise FetchError(f"The store answered status {answer.status} for the input {path}.")
        length = int(answer.headers.get("Content-Length", -1))
        with open(target, "wb") as out:
            shutil.copyfileobj(answer, out, CHUNK_BYTES)
        if length not in (-1, os.path.getsize(target)):
            raise FetchError(f"The input {path} came cut short.")
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(f"{parts.hostname} doesn't answer ({type(error).__name__}).") from error
    finally:
        connection.close()


def fresh(desk: dict[str, str], path: str, *, own: bool) -> dict[str, Any]:
    """Ask the desk where an input is now: addresses last an hour only. Raises FetchError."""
    parts = urlsplit(desk["url"])
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
    headers = {"Authorization": f"Bearer {desk['token']}", "Content-Type": "application/json"}
    try:
        connection.request("POST", parts.path, json.dumps({"inputs": [path], "own": own}), headers)
        answer = connection.getresponse()
        said = answer.read(CHUNK_BYTES)
        if answer.status != 200:
            words = said.decode("utf-8", "replace").strip() or f"The model service answered status {answer.status}."
            raise FetchError(words, is_final=400 <= answer.status < 500)
        return dict(json.loads(said)["inputs"][path])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        raise FetchError(f"The model service doesn't answer ({type(error).__name__}).") from error
    finally:
        connection.close()


def bring(
    path: str, grant: dict[str, Any], desk: dict[str, str] | None, target: str, store: dict[str, Any] | None
) -> None:
    """Fetch an input, again and again for a while, at a fresh address where the first one fails. Raises FetchError."""
    until, pause = time.monotonic() + PATIENCE_SECONDS, 0.25
    while True:
        try:
            fetch(path, grant, target, store)
        except FetchError as error:
            if error.is_final or time.monotonic() > until:
                raise
        else:
            return
        time.sleep(pause)
        pause = min(pause * 2, PAUSE_SECONDS)
        if desk is not None:
            try:
                grant = fresh(desk, path, own=store is not None)
            except FetchError as error:
                if error.is_final:
                    raise


def prepare(secret: str, folder: str) -> None:
    """Lay out the job's folder. Raises FetchError, OSError."""
    with open(os.path.join(secret, "job.json"), encoding="utf-8") as source:
        spec = json.load(source)
    inputs, brought, store = spec.pop("inputs"), spec.pop("programs", {}), spec.pop("store", None)
    work, programs = os.path.join(folder, "work"), os.path.join(folder, "bin")
    os.umask(0o077)
    os.makedirs(os.path.join(work, ".tmp"), exist_ok=True)
    os.makedirs(programs, exist_ok=True)
    here = os.path.dirname(os.path.abspath(__file__))
    package = os.path.dirname(os.path.dirname(here))
    own = {name: os.path.relpath(os.path.join(here, name), package) for name in ("jobexec.py", "jobship.py")}
    for name, path in (own | brought).items():
        shutil.copyfile(os.path.join(package, path), os.path.join(programs, name))
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
    except (FetchError, OSError) as error:
        with contextlib.suppress(OSError), open(sys.argv[3], "w", encoding="utf-8") as out:
            out.write(str(error))
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
