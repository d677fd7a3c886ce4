"""Stores what a job leaves: its log and its outputs.

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
import json
import os
import shutil
import stat
import sys
import time
from typing import IO, Any

from .transfer import CHUNK_BYTES, TransferError, answered, asked, pauses

MOST_BYTES = 5 * 1024**3
"""One request stores no more (S3's limit)."""
TOO_LARGE = (
    "it is larger than 5 GiB, and a signed URL takes no more. On Kubernetes, TALKWRIGHT_KUBERNETES_STORAGE=workload "
    "lets pods store it in parts, with credentials of their own."
)
PATIENCE_SECONDS = 600.0
PARTING_PATIENCE_SECONDS = 1.0
"""So long it is tried again where there is only a log: somebody waits for the job's end."""
PAUSE_SECONDS = 10.0
"""The longest pause between two tries."""
STALE = 409
LOG = "log.jsonl"


def open_output(path: str) -> IO[bytes]:
    """A file of the job, which must be a regular one: no link of the job's leads elsewhere. Raises TransferError."""
    folder = os.open("work", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    *parents, name = path.split("/")
    try:
        for parent in parents:
            below = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        raise TransferError(f"The job ended without its output {path}.", is_final=True) from None
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise TransferError(f"The job's output {path} is no file.", is_final=True)
    return os.fdopen(file, "rb")


def measured(file: IO[bytes]) -> dict[str, Any]:
    """Size in bytes and hash of an open file."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    return {"size": size, "sha256": digest.hexdigest()}


def put(grant: dict[str, Any], file: IO[bytes], size: int, store: dict[str, Any] | None) -> None:
    """Store a file where the grant says. Raises TransferError."""
    file.seek(0)
    if store is not None and "url" not in grant:
        from talkwright.modelservice.executors import jobstore  # noqa: PLC0415 - only our own image has it

        try:
            jobstore.put(store, grant["key"], file)
        except jobstore.StorageError as error:
            raise TransferError(str(error)) from error
        return
    if "path" in grant:
        try:
            _put_into_folder(grant["path"], file)
        except OSError as error:
            raise TransferError(f"The folder of the store can't be written ({error.strerror}).") from error
        return
    if size > MOST_BYTES:
        raise TransferError(TOO_LARGE, is_final=True)
    with answered("PUT", grant["url"], {**grant["headers"], "Content-Length": str(size)}, file) as answer:
        answer.read(CHUNK_BYTES)
    if not 200 <= answer.status < 300:
        raise TransferError(f"The store answered status {answer.status}.")


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
    desk_file, store = order.get("desk_file"), order.get("store")
    files: dict[str, IO[bytes]] = {}
    told: dict[str, Any] = {}
    try:
        files = {path: open_output(path) for path in order["outputs"]}
    except TransferError as error:  # the log is stored all the same
        told["problem"] = str(error)
    facts = {path: measured(file) for path, file in files.items()}
    patience = PATIENCE_SECONDS if order["outputs"] else PARTING_PATIENCE_SECONDS
    with os.fdopen(os.open(LOG, os.O_RDONLY | os.O_NOFOLLOW), "rb") as log:
        facts_of_log = measured(log)
        ask = {"log": facts_of_log, "outputs": facts, "own": store is not None}
        began, waits = time.monotonic(), pauses(PAUSE_SECONDS)
        while True:
            try:
                grants = asked(current(order["desk"], desk_file), ask)
                put(grants["log"], log, facts_of_log["size"], store)
                told["log"] = grants["log"]["key"]
                for path, grant in grants["outputs"].items():
                    put(grant, files[path], facts[path]["size"], store)
            except TransferError as error:
                lasted = time.monotonic() - began
                # A pod hears of its new holder a minute late, a process when that one has begun.
                may_be_renewed = desk_file is not None or lasted < float(order.get("unheld_seconds") or 0)
                is_final = error.is_final and not (error.status == STALE and may_be_renewed)
                if is_final or lasted > patience:
                    return {"problem": f"What the job made could not be stored: {error}", **told}
            else:
                told["outputs"] = {path: {**facts[path], "key": grants["outputs"][path]["key"]} for path in facts}
                return told
            time.sleep(next(waits))


def main() -> int:
    """Take the order, carry it out, tell."""
    sys.stdout.write(json.dumps(ship(json.loads(sys.stdin.read()))))
    return 0
