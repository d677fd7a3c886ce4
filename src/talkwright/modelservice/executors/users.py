"""Users without rights for the jobs of a service that runs as root."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

FIRST, LAST = 61_184, 65_519
"""User numbers that systems keep for services without an account of their own."""
LOCKS = Path("/run/talkwright-job-users")
"""One for the whole machine, whichever installations it has: a file for each number, locked while that is taken."""
_TOLD = re.compile(rb"^(State|Uid|Threads):\t(.*)$", re.MULTILINE)


class OwnUser(NamedTuple):
    """A user number, and the open file that keeps it taken for as long as anybody who inherits it lives."""

    number: int
    lock: int


@contextlib.contextmanager
def own_user(job: str) -> Iterator[OwnUser]:
    """A user whom no living job of this machine has, taken for the block and for a supervisor that gets the lock in it.

    No job gets the lock, which it could give back. So a number is free only where no process has it either: what
    outlives its supervisor keeps it. Raises OSError where all are taken.
    """
    LOCKS.mkdir(mode=0o700, exist_ok=True)
    count, hashed = LAST - FIRST + 1, zlib.crc32(job.encode())
    for number in (FIRST + (hashed + step) % count for step in range(count)):
        lock = os.open(LOCKS / str(number), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if _is_locked(lock) and number not in _numbers_at_work():  # in this order: who works had the lock before
                yield OwnUser(number, lock)
                return
        finally:
            os.close(lock)
    raise OSError(errno.EAGAIN, f"all {count} user numbers for jobs are taken")


def others_can_run(program: str, scripts: Iterable[Path] = ()) -> bool:
    """Whether jobs get users of their own: False where this process isn't root and can't choose.

    Raises OSError, with words, where such a user could not run a job's program with its scripts.
    """
    if os.geteuid() != 0 or sys.platform != "linux":
        return False
    for kind, number in product(("uid", "gid"), (FIRST, LAST)):
        if not _is_mapped(Path(f"/proc/self/{kind}_map"), number):
            raise OSError(f"this container has no {kind} {number}")
    needed = [Path(program), Path(program).resolve(), *scripts]
    if program == sys.executable:  # it runs what stands in this package
        needed.append(Path(__file__).parents[2])
    for path in needed:
        if (closed := closed_at(path)) is not None:
            raise OSError(f"{closed} is closed to other users")
    if program == sys.executable and (reason := _start_of_engine()) is not None:
        raise OSError(reason)
    return True


@cache
def _start_of_engine() -> str | None:
    """Why a user without rights can't start the engine here, or None: libraries may lie where it can't read."""
    command = [sys.executable, "-P", "-c", "import talkwright.engine"]
    try:
        done = subprocess.run(  # noqa: S603 - this very Python
            command,
            user=FIRST,
            group=FIRST,
            extra_groups=[],
            cwd="/",
            env={},
            capture_output=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"Python can't be started by another user ({type(error).__name__})"
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return None if done.returncode == 0 else f"another user can't start the engine: {(said or ['it says nothing'])[-1]}"


def closed_at(path: Path) -> Path | None:
    """The first folder on the way to a path, or the path itself, that users without rights can't enter or read."""
    for place in (*reversed(path.parents), path) if path.exists() else ():
        wanted = 0o001 if place != path else 0o004
        if place.stat().st_mode & wanted != wanted:
            return place
    return None


def give_to(folder: Path, user: int) -> None:
    """Make a folder and all below it belong to a user, who alone may read it."""
    for path, _, files in os.walk(folder):
        os.chown(path, user, user)
        for name in files:
            os.chown(Path(path) / name, user, user, follow_symlinks=False)


def _is_locked(file: int) -> bool:
    """Lock an open file; False where somebody has it locked."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _numbers_at_work() -> set[int]:
    """The users of all processes: by what the kernel says, as the files of one that hides its memory are root's."""
    found: set[int] = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            told = dict(_TOLD.findall(status.read_bytes()))
            has_ended = told.get(b"State", b"")[:1] == b"Z" and told.get(b"Threads") == b"1"  # and waits for its parent
            if not has_ended:
                found.update(map(int, told.get(b"Uid", b"").split()))
    return found


def _is_mapped(table: Path, number: int) -> bool:
    try:
        lines = table.read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    ranges = [(int(first), int(count)) for first, _, count in (line.split() for line in lines)]
    return any(first <= number < first + count for first, count in ranges)
