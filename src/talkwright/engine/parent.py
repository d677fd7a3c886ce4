"""Ends this process with the one that started it, so that no job is left behind however its parent dies."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from contextlib import suppress

_POLL_SECONDS = 1.0
_GRACE_SECONDS = 5.0


def end_with_parent() -> None:
    """Watch the parent from a thread; when it is gone, this process gets SIGTERM, then SIGKILL if it must."""
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    _wait_for_end(parent)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def _wait_for_end(parent: int) -> None:
    """Return when the parent has ended: at once where the system has process handles, else by looking each second."""
    if hasattr(os, "pidfd_open"):
        with suppress(OSError):  # already gone, or a kernel without it: the loop below tells
            handle = os.pidfd_open(parent)
            if os.getppid() == parent:
                select.select([handle], [], [])
            os.close(handle)
            return
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
