"""Identifiers: UUIDs of version 7, made in Python because no supported server older than 18 makes them."""

from __future__ import annotations

import secrets
import threading
import time
from uuid import UUID

SYSTEM_USER = UUID("00000000-0000-7000-8000-000000000001")
"""The user that stands for the studio itself; `migrate` makes its row."""

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """Make an identifier that sorts by the time it was made, also within one millisecond of this process (RFC 9562)."""
    global _last  # noqa: PLW0603  the last one made is what keeps the next one above it
    fresh = (time.time_ns() // 1_000_000) << 74 | secrets.randbits(74)
    with _lock:
        _last = fresh if fresh > _last else _last + 1
        stamp, rest = _last >> 74, _last & ((1 << 74) - 1)
    return UUID(int=(stamp << 80) | (0x7 << 76) | ((rest >> 62) << 64) | (0b10 << 62) | (rest & ((1 << 62) - 1)))
