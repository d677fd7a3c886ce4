"""One `up` for each data folder: a lock that ends with its process, and who holds it."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO


class AlreadyRunningError(Exception):
    """Another `up` runs on this data folder; the message names it."""


class HomeError(Exception):
    """The data folder can't be used; the message says why."""


class HomeLock:
    """The lock on a data folder."""

    def __init__(self, home: Path) -> None:
        self._path = home / "up.lock"
        self._home = home
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Take the lock. Raises AlreadyRunningError, which names the one that has it, or HomeError."""
        try:
            self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        except OSError as problem:
            raise HomeError(
                f"The data folder {self._home} can't be used: {problem.strerror}. Name one that can be written with "
                "TALKWRIGHT_HOME."
            ) from problem
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            with file:
                raise AlreadyRunningError(_who(self._home, file.read())) from None
        self._file = file
        self.write({"process": os.getpid()})

    def write(self, values: dict[str, object]) -> None:
        """Say who holds it, for the next one that asks."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
            json.dump(values, self._file)
            self._file.flush()

    def release(self) -> None:
        """Let another `up` start."""
        if self._file is not None:
            self.write({})
            self._file.close()
            self._file = None


def _who(home: Path, text: str) -> str:
    try:
        values = json.loads(text)
    except ValueError:
        values = {}
    process = f" (process {values['process']})" if "process" in values else ""
    where = f" at {values['address']}" if "address" in values else ""
    return (
        f"Talkwright runs already on the data folder {home}{process}{where}. Stop it first, or give this one a folder "
        "of its own with TALKWRIGHT_HOME."
    )
