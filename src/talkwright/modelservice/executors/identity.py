"""Which process is which: a number alone is used again, so the start time and the boot belong to it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache

from talkwright.modelservice.executors.wrapper import system


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process of one machine since its boot. `started` is in clock ticks since the boot, None where unknown."""

    pid: int
    started: int | None
    boot: str


@cache
def boot_id() -> str:
    """The id of this boot of this machine (and its process namespace), or an empty text where the system has none."""
    return system.boot_id()


def identity_of(pid: int) -> ProcessIdentity:
    """The identity of a running process."""
    return ProcessIdentity(pid=pid, started=system.started_at(pid), boot=boot_id())


def is_alive(process: ProcessIdentity) -> bool:
    """Whether this very process still runs here."""
    if process.boot != boot_id():
        return False
    if process.started is not None:
        return system.started_at(process.pid) == process.started
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
