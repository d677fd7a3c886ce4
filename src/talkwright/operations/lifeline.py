"""A pipe that ends with the process that made it: what is nobody's child any more still ends with that one."""

from __future__ import annotations

import os
import select


class Lifeline:
    """The pipe of whoever supervises; only this process holds the end whose loss the others notice.

    `reader` is the descriptor that programs inherit and pass on. Nothing is ever written to it.
    """

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self._is_whole = True

    def end(self) -> None:
        """Have everything end that watches the pipe; the death of this process does the same."""
        if self._is_whole:
            self._is_whole = False
            os.close(self._writer)


def has_ended(reader: int | None) -> bool:
    """Whether whoever supervises is gone or is about to go; False where there is no pipe that tells."""
    if reader is None:
        return False
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    return bool(poll.poll(0))
