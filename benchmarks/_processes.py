"""What the kernel knows of processes: CPU seconds and memory, of one or of all below it."""

from __future__ import annotations

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def tree_cpu_seconds(pid: int) -> float:
    """CPU that a process and all below it have used, with what those used that have ended."""
    return sum(cpu_seconds(each, ended=True) for each in descendants(pid))


def cpu_seconds(pid: int, *, ended: bool = False) -> float:
    """CPU that a process has used; with `ended` also what its ended children have."""
    fields = _stat(pid)
    return sum(map(int, fields[11 : 15 if ended else 13])) / TICK if fields else 0.0


def resident_mb(pid: int) -> float:
    """Memory of a process, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def descendants(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def load() -> str:
    """The machine's load in words: above 1 a core, clock times say little."""
    return f"load {os.getloadavg()[0] / (os.cpu_count() or 1):.1f} per core"


def _stat(pid: int) -> list[str]:
    """The fields of a process after its name; none when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
