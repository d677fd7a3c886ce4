"""How many threads numpy's products may use."""

from __future__ import annotations

import os

_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def one_thread() -> None:
    """Keep numpy to one thread; call it before numpy is loaded. Who starts the process may say otherwise.

    The products of one message are small: on more cores they take more CPU and no less time, and where a bot has
    documents to search, each core more costs it memory too.
    """
    for name in _LIMITS:
        os.environ.setdefault(name, "1")
