"""Putting pieces together: where an item is gone, the file reads as if it had never stood there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_COMMA_AFTER = re.compile(r"\s*,[ \t]*")
_COMMA_BEFORE = re.compile(r",\s*\Z")
_BLANK_LINE = re.compile(r"[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a file: a raw stretch, or a part. `text` is None for a part that is gone."""

    text: str | None
    part: bool = False
    inline: bool = False


def join(pieces: Iterable[Piece], newline: str) -> str:
    """The text of a file from its pieces; `newline` closes a last line that something has come to stand behind."""
    text = ""
    gone: Piece | None = None
    for piece in pieces:
        if piece.text is None:
            gone = piece
            continue
        following = piece.text
        if gone is not None:
            text, following = close_gap(text, following, inline=gone.inline)
        if following:
            gone = None
        if piece.part and not piece.inline and text and not text.endswith(("\n", "\ufeff")):
            text += newline
        text += following
    return text


def close_gap(text: str, following: str, *, inline: bool) -> tuple[str, str]:
    """The texts before and behind a part that is gone, without what stood there for its sake alone.

    Of an `inline` part one comma: the one behind it, else the one before; else a blank line behind it.
    """
    if inline:
        comma = _COMMA_AFTER.match(following)
        return (text, following[comma.end() :]) if comma else (_COMMA_BEFORE.sub("", text), following)
    blank = _BLANK_LINE.match(following) if _ends_blank(text) else None
    return text, following[blank.end() :] if blank else following


def _ends_blank(text: str) -> bool:
    """Whether a blank line here would be a second one, or the first line of a section."""
    lines = text.rsplit("\n", 2)
    return (
        not text
        or text.endswith((":\n", ":\r\n"))
        or (text.endswith("\n") and len(lines) > 2 and not lines[-2].strip())
    )
