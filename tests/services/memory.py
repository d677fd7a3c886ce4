"""The files of a test run lie in memory where there is room: a tenth of the work, for what lives for seconds.

A database alone is three hundred files, and a run makes hundreds of them. The slow tests, whose files are gigabytes,
keep to the disk but for their database; `TMPDIR` names another place for all.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
DATABASE, RUN = 2 << 30, 6 << 30
"""Bytes that are free where the run's database, and where all its files, are put."""
_NAME = re.compile(r"tw-(\d+)-")
_FOLDER = pytest.StashKey[Path]()


def folder(least: int) -> Path | None:
    """A new folder in memory, where so many bytes are free and programs may run; None where there is no such place."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)) or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return None
    _clear()
    if min(shutil.disk_usage(MEMORY).free, _free_memory()) < least:
        return None
    # A short name, for those of sockets below it have a limit, and whose it is.
    return Path(tempfile.mkdtemp(prefix=f"tw-{os.getpid()}-", dir=MEMORY))


def _clear() -> None:
    """Give back what runs left that were killed."""
    for left in MEMORY.iterdir():
        if (named := _NAME.match(left.name)) and not Path("/proc", named[1]).exists():
            shutil.rmtree(left, ignore_errors=True)


def _free_memory() -> int:
    """The bytes that this machine, or what of it this process may use, still has."""
    (available,) = re.findall(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text("ascii"), re.MULTILINE)
    free = int(available) << 10
    with contextlib.suppress(OSError, ValueError):  # no such limit, or "max"
        told = Path("/sys/fs/cgroup")
        limit = int((told / "memory.max").read_text("ascii"))
        free = min(free, limit - int((told / "memory.current").read_text("ascii")))
    return free


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Put what this process, its workers and all that they start write into one folder of the run."""
    if hasattr(config, "workerinput") or os.environ.get("TMPDIR") or os.environ.get("TESTS_SLOW"):
        return
    found = folder(RUN)
    if found is None:
        return
    config.stash[_FOLDER] = found
    found.chmod(0o755)  # as the machine's own: accounts of servers and jobs find their way below it
    os.environ["TMPDIR"] = str(found)
    tempfile.tempdir = None


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the memory back: what failed is told, its files are not kept."""
    if (found := config.stash.get(_FOLDER, None)) is not None:
        shutil.rmtree(found, ignore_errors=True)
        del os.environ["TMPDIR"]
        tempfile.tempdir = None
