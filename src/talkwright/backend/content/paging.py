"""Cursors: the place in a list where the next page begins, opaque to those who send it back."""

from __future__ import annotations

import base64
import json

from talkwright.backend.errors import ProblemError


def encode_cursor(*parts: str) -> str:
    """An opaque cursor of a few texts."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, length: int) -> tuple[str, ...] | None:
    """The texts of a cursor; raises 422 for one that is none of ours."""
    if cursor is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        raise invalid_cursor() from None
    if not isinstance(parts, list) or len(parts) != length:
        raise invalid_cursor()
    if not all(isinstance(part, str) and "\0" not in part for part in parts):
        raise invalid_cursor()
    return tuple(parts)


def number_cursor(cursor: str | None) -> int | None:
    """A cursor that is a number; raises 422 for another one."""
    if cursor is None:
        return None
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 10:
        return int(cursor)
    raise invalid_cursor()


def invalid_cursor() -> ProblemError:
    """The refusal of a cursor that this list has not made."""
    return ProblemError(422, "invalid-cursor", "This cursor is none of this list's", "Begin with the first page.")
