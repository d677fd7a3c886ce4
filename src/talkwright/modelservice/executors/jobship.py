"""Stores what a job leaves: its log and its outputs. A script of the standard library alone, started by `jobexec.py`.

It runs in the job's folder and takes `{"desk": {"url", "token"}, "outputs": [paths below work]}` from standard input;
where a `desk_file` is named too, that says before each try who the desk is now. A stale token is tried again for
`unheld_seconds`: the job was taken over, and its new holder is about to say so.
It measures the files, asks the desk where each of them goes, puts them there with one request each (or into a folder,
where that is the store), and prints what became of them: `{"outputs": {path: {"size", "sha256", "key"}}, "log": key}`,
or why not: `{"problem": words}`. With a `store` (`jobstore.py`, for which it must run in our own image) the desk names
the keys alone, and what is large is put there in parts, with the credentials that this process finds.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import shutil
import stat
import sys
import time
from typing import IO, Any
from urllib.parse import urlsplit

CHUNK_BYTES = 1 << 20
MOST_BYTES = 5 * 1024**3
"""One request stores no more (S3's limit)."""
TOO_LARGE = (
    "it is larger than 5 GiB, and a signed URL takes no more. On Kubernetes, TALKWRIGHT_KUBERNETES_STORAGE=workload "
    "lets pods store it in parts, with credentials of their own"
)
PATIENCE_SECONDS = 600.0
PAUSE_SECONDS = 10.0
"""The longest pause between two tries."""
TIMEOUT_SECONDS = 60.0
STALE = 409
LOG = "log.jsonl"


class ShipError(Exception):
    """Something can't be stored; the message says why. `is_final` where trying again doesn't help."""

    def __init__(self, message: str, *, is_final: bool = False, status: int | None = None) -> None:
        super().__init__(message)
        self.is_final = is_final
        self.status = status


def open_output(path: str) -> IO[bytes]:
    """A file of the job, which must be a regular one: no link of the job's leads elsewhere. Raises ShipError."""
    folder = os.open("work", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    *parents, name = path.split("/")
    try:
        for parent in parents:
            below = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        raise ShipError(f"The job ended without its output {path}.", is_final=True) from None
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise ShipError(f"The job's output {path} is no file.", is_final=True)
    return os.fdopen(file, "rb")


def measured(file: IO[bytes]) -> dict[str, Any]:
    """Size in bytes and hash of an open file."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    return {"size": size, "sha256": digest.hexdigest()}


def request(method: str, url: str, headers: dict[str, str], body: bytes | IO[bytes]) -> tuple[int, bytes]:
    """One HTTP request, no redirects; gives status and answer. Raises ShipError where nobody answers."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(CHUNK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise ShipError(f"{parts.hostname} doesn't answer ({type(error).__name__})") from error
    finally:
        connection.close()


def asked(desk: dict[str, str], ask: dict[str, Any]) -> dict[str, Any]:
    """Ask the desk where things go. Raises ShipError."""
    body = json.dumps(ask).encode()
    headers = {"Authorization": f"Bearer {desk['token']}", "Content-Type": "application/json"}
    status, said = request("POST", desk["url"], headers, body)
    if status != 200:
        words = said.decode("utf-8", "replace").strip() or f"status {status}"
        raise ShipError(words, is_final=400 <= status < 500, status=status)
    return dict(json.loads(said))


def put(grant: dict[str, Any], file: IO[bytes], size: int, store: dict[str, Any] | None) -> None:
    """Store a file where the grant says. Raises ShipError."""
    file.seek(0)
    if store is not None and "url" not in grant:
        from talkwright.modelservice.executors import jobstore  # noqa: PLC0415 - only our own image has it

        try:
            jobstore.put(store, grant["key"], file)
        except jobstore.StorageError as error:
            raise ShipError(str(error).rstrip(".")) from error
        return
    if "path" in grant:
        try:
            _put_into_folder(grant["path"], file)
        except OSError as error:
            raise ShipError(f"the folder of the store can't be written ({error.strerror})") from error
        return
    if size > MOST_BYTES:
        raise ShipError(TOO_LARGE, is_final=True)
    status, _ = request("PUT", grant["url"], {**grant["headers"], "Content-Length": str(size)}, file)
    if not 200 <= status < 300:
        raise ShipError(f"the store answered with status {status}")


def _put_into_folder(path: str, file: IO[bytes]) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    partial = f"{path}.partial"  # one that is left by a death is cleared away as any object that nobody names
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            shutil.copyfileobj(file, out, CHUNK_BYTES)
            out.flush()
            os.fsync(out.fileno())
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


def current(desk: dict[str, str], desk_file: str | None) -> dict[str, str]:
    """The desk as the file says, if there is one."""
    with contextlib.suppress(OSError, ValueError):
        if desk_file is not None:
            with open(desk_file, encoding="utf-8") as source:
                return json.load(source) or desk
    return desk


def ship(order: dict[str, Any]) -> dict[str, Any]:
    """Store everything; gives what became of it."""
    paths, desk_file, store = order["outputs"], order.get("desk_file"), order.get("store")
    problem: str | None = None
    kept: dict[str, Any] = {}
    files: dict[str, IO[bytes]] = {}
    try:
        files = {path: open_output(path) for path in paths}
        facts = {path: measured(file) for path, file in files.items()}
    except ShipError as error:
        problem, facts = str(error), {}
    with os.fdopen(os.open(LOG, os.O_RDONLY | os.O_NOFOLLOW), "rb") as log:
        facts_of_log = measured(log)
        began, pause = time.monotonic(), 0.25
        until, renewed_until = began + PATIENCE_SECONDS, began + float(order.get("unheld_seconds") or 0)
        while True:
            try:
                ask = {"log": facts_of_log, "outputs": facts, "own": store is not None}
                grants = asked(current(order["desk"], desk_file), ask)
                put(grants["log"], log, facts_of_log["size"], store)
                kept = {"log": grants["log"]["key"]}
                for path, grant in grants["outputs"].items():
                    put(grant, files[path], facts[path]["size"], store)
            except ShipError as error:
                # A pod hears of its new holder a minute late, a process when that one has begun.
                renewed = error.status == STALE and (desk_file is not None or time.monotonic() < renewed_until)
                if (error.is_final and not renewed) or time.monotonic() > until:
                    return {"problem": problem or f"What the job made could not be stored: {error}.", **kept}
                time.sleep(pause)
                pause = min(pause * 2, PAUSE_SECONDS)
            else:
                stored = {path: {**facts[path], "key": grants["outputs"][path]["key"]} for path in facts}
                return {"outputs": stored, **kept, **({"problem": problem} if problem else {})}


def main() -> None:
    """Take the order, carry it out, tell."""
    sys.stdout.write(json.dumps(ship(json.loads(sys.stdin.read()))))


if __name__ == "__main__":
    main()
