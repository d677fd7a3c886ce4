"""Limits that the kernel keeps: a control group for each job, where this process may make them."""

from __future__ import annotations

import contextlib
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
SELF = Path("/proc/self/cgroup")
PREFIX = "talkwright-"


def make_cgroup(name: str, memory_bytes: int) -> Path | None:
    """A control group for a job that may use so many bytes; None where the machine or the account has none to give."""
    try:
        places = _places(SELF.read_text(encoding="ascii"))
    except OSError:
        return None
    for place, limits in places:
        group = place / f"{PREFIX}{name}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / limits).write_text(str(memory_bytes), encoding="ascii")
        except OSError:
            remove_cgroup(group)
            continue
        for file, value in (
            ("memory.swap.max", "0"),
            ("memory.oom.group", "1"),
            ("memory.memsw.limit_in_bytes", str(memory_bytes)),
        ):
            with contextlib.suppress(OSError):  # each version has its own, and not every kernel counts swap
                if (group / file).exists():
                    (group / file).write_text(value, encoding="ascii")
        return group
    return None


def remove_cgroup(group: Path) -> None:
    """Give a control group back; its processes have ended."""
    with contextlib.suppress(OSError):
        group.rmdir()


def _places(told: str) -> list[tuple[Path, str]]:
    """Where groups with a limit of memory can be, and the name of that limit: version 2 first."""
    found: list[tuple[Path, str]] = []
    for line in told.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            place = ROOT / path.lstrip("/")
            with contextlib.suppress(OSError):
                if "memory" in (place / "cgroup.subtree_control").read_text(encoding="ascii").split():
                    found.insert(0, (place, "memory.max"))
        elif "memory" in controllers.split(","):
            found.append((ROOT / "memory" / path.lstrip("/"), "memory.limit_in_bytes"))
    return found
