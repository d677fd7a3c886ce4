"""Pages of lists, and cursors: the place where the next page begins, opaque to those who send it back."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from talkwright.backend.errors import ProblemError

Row = TypeVar("Row")
Limit = Annotated[int, Query(ge=1, le=200)]
Number = Annotated[str | None, Query(pattern=r"^\d{1,18}$")]
"""A cursor of a list whose places are numbers."""


def page_of(found: Sequence[Row], limit: int, place: Callable[[Row], object]) -> tuple[list[Row], str | None]:
    """What a page shows of the rows found, one of which is too many where more follow, and the next page's cursor.

    The cursor is the `place` of the last row shown, None on the last page.
    """
    shown = list(found[:limit])
    return shown, str(place(shown[-1])) if len(found) > limit else None


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
