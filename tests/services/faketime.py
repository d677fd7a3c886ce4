"""Roles whose clock is wrong, by libfaketime (the Debian package `faketime`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDERS = ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")


@cache
def _library() -> Path | None:
    # Debian keeps libraries in a folder per kind of processor; to look deeper costs each run of the tests a second.
    patterns = ("faketime/libfaketimeMT.so.1", "*/faketime/libfaketimeMT.so.1")
    return next((path for folder in _FOLDERS for each in patterns for path in Path(folder).glob(each)), None)


def faketime_missing() -> str | None:
    """Why no process can be given a wrong clock here, or None."""
    return None if _library() else "libfaketime is not installed: `apt-get install faketime` (Debian, Ubuntu)."


def wrong_by(shift: str) -> dict[str, str]:
    """The environment of a process whose clock is wrong by so much, such as `+2h`; how fast time goes stays right."""
    return {"LD_PRELOAD": str(_library()), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
