"""Users without rights for the jobs of a service that runs as root."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FIRST, LAST = 61_184, 65_519
"""User numbers that systems keep for services without an account of their own."""


def user_of(job: str, program: str, scripts: Iterable[Path] = ()) -> int | None:
    """The number of the user that a job runs as: one of its own; None where this process isn't root and can't choose.

    Raises OSError, with words, where such a user could not run the job's program with its scripts.
    """
    if os.geteuid() != 0 or sys.platform != "linux":
        return None
    number = FIRST + zlib.crc32(job.encode()) % (LAST - FIRST + 1)
    for kind in ("uid", "gid"):
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
    return number


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


def _is_mapped(table: Path, number: int) -> bool:
    try:
        lines = table.read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    ranges = [(int(first), int(count)) for first, _, count in (line.split() for line in lines)]
    return any(first <= number < first + count for first, count in ranges)
