"""Which process is which: a number alone is used again, so the start time and the boot belong to it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process of one machine since its boot. `started` is in clock ticks since the boot, None where unknown."""

    pid: int
    started: int | None
    boot: str


@cache
def boot_id() -> str:
    """The id of this boot of this machine (and its process namespace), or an empty text where the system has none."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _start_time(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else int(fields[19])


def identity_of(pid: int) -> ProcessIdentity:
    """The identity of a running process."""
    return ProcessIdentity(pid=pid, started=_start_time(pid), boot=boot_id())


def is_alive(process: ProcessIdentity) -> bool:
    """Whether this very process still runs here."""
    if process.boot != boot_id():
        return False
    if process.started is not None:
        return _start_time(process.pid) == process.started
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
