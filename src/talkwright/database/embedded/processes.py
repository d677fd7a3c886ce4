"""Which processes of the server live: found by their working folder, as numbers in files may be somebody else's."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class LockFile:
    """What `postmaster.pid` says."""

    pid: int
    port: int


def read_lock_file(data: Path) -> LockFile | None:
    """Read the server's lock file, None where there is none or it is cut."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return LockFile(int(lines[0]), int(lines[3]))
    except (OSError, ValueError, IndexError):
        return None


def remove_lock_file(data: Path) -> None:
    """Remove a lock file that no process stands behind."""
    (data / "postmaster.pid").unlink(missing_ok=True)


def alive(pid: int) -> bool:
    """Whether a process with this number lives (a zombie doesn't)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return not PROC.exists()


def processes_in(data: Path) -> set[int]:
    """The processes whose working folder is the server's data folder: every process of a PostgreSQL server has it."""
    if not PROC.exists():
        lock = read_lock_file(data)
        return {lock.pid} if lock is not None and alive(lock.pid) else set()
    try:
        wanted = data.stat()
    except OSError:
        return set()
    return {int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal() and _works_in(entry, wanted)}


def _works_in(entry: Path, wanted: os.stat_result) -> bool:
    try:
        folder = (entry / "cwd").stat()
    except OSError:
        return False
    return (folder.st_dev, folder.st_ino) == (wanted.st_dev, wanted.st_ino) and alive(int(entry.name))


def wait_gone(pids: set[int], seconds: float) -> set[int]:
    """Wait until the processes are gone; returns those that still live."""
    end = time.monotonic() + seconds
    while (left := {pid for pid in pids if alive(pid)}) and time.monotonic() < end:
        time.sleep(0.01)
    return left


def send(pids: set[int], number: signal.Signals) -> None:
    """Send a signal to processes that may be gone."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
