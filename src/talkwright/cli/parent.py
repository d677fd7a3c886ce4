"""Ending with the process that started this one, so that the death of `up` leaves nothing behind."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

PARENT_VARIABLE = "TALKWRIGHT_SUPERVISOR"
_PR_SET_PDEATHSIG = 1
_WATCH_SECONDS = 1.0


def end_with_parent() -> None:
    """Have this process stopped (SIGTERM) when its supervisor ends; does nothing where it has none."""
    supervisor = os.environ.get(PARENT_VARIABLE)
    if supervisor is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(int(supervisor),), daemon=True).start()
    if os.getppid() != int(supervisor):  # it ended before we could ask
        sys.exit(1)


def _watch(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(_WATCH_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
