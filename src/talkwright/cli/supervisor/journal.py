"""One log for all roles: JSON lines in a file of the data folder, readable lines on the terminal."""

from __future__ import annotations

import io
import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

FILE_BYTES = 10_000_000
KEPT_FILES = 3
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_HIDDEN = frozenset({"event", "level", "timestamp", "role", "logger", "exception"})


class Journal:
    """Takes lines of all roles and writes each to both places."""

    def __init__(self, folder: Path, terminal: TextIO, least: str = "info") -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / "talkwright.log"
        self._file = RotatingFileHandler(self.path, maxBytes=FILE_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
        self._terminal = terminal
        self._least = _LEVELS[least]
        # What roles do all day would push the link away; the file has it, and `debug` shows it here too.
        self._least_of_roles = self._least if least == "debug" else max(self._least, _LEVELS["warning"])

    def line(self, role: str, text: str) -> None:
        """One line as a role wrote it: JSON of its logger, or anything else."""
        text = text.rstrip()
        if not text:
            return
        try:
            record = json.loads(text) if text.startswith("{") else None
        except ValueError:
            record = None
        if not isinstance(record, dict):
            record = {"event": text, "level": "info"}
        record.setdefault("timestamp", datetime.now(UTC).isoformat())
        self._write({**record, "role": role})

    def say(self, event: str, *, level: str = "info", **fields: Any) -> None:
        """A line of the supervisor itself."""
        record = {"event": event, "level": level, "timestamp": datetime.now(UTC).isoformat(), "role": "up", **fields}
        self._write(record)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, record: dict[str, Any]) -> None:
        line = json.dumps(record, default=str)
        self._file.emit(logging.LogRecord("up", logging.INFO, "", 0, line, None, None))
        least = self._least if record["role"] == "up" else self._least_of_roles
        if _LEVELS.get(str(record.get("level")), 20) >= least:
            print(readable(record), file=self._terminal, flush=True)


def readable(record: dict[str, Any]) -> str:
    """A record as a line for people: time, role, what happened, and the fields in order."""
    time = str(record.get("timestamp", ""))[11:19]
    level = str(record.get("level", "info"))
    mark = "" if level in ("info", "debug") else f"{level.upper()} "
    fields = " ".join(f"{key}={value}" for key, value in record.items() if key not in _HIDDEN and value is not None)
    line = f"{time} {record.get('role', ''):<21} {mark}{record.get('event', '')}"
    exception = record.get("exception")
    return "  ".join(part for part in (line, fields) if part) + (f"\n{exception}" if exception else "")


class JournalStream(io.TextIOBase):
    """A stream for this process's own logger that ends in the journal."""

    def __init__(self, journal: Journal, role: str = "up") -> None:
        self._journal = journal
        self._role = role

    def write(self, text: str) -> int:
        """Hand each line on."""
        for line in text.splitlines():
            self._journal.line(self._role, line)
        return len(text)

    def isatty(self) -> bool:
        """The journal wants JSON lines."""
        return False


def terminal() -> TextIO:
    """Where readable lines go: not to standard output, which belongs to the link."""
    return sys.stderr
