"""Loading modules, which is most of a command's start, without a search for cycles in what stays for good."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Search for no cycles until the block ends, nor ever in what was loaded: it would take a sixth of the time.

    Nothing where nobody searches anyway.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
