"""A job's log: its output as numbered JSON lines, for a file and for whoever holds the job."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import Any

from . import NO_ROOM

LINE_BYTES = 65_536
"""A longer line is cut."""
SUSPECT_LINES = 50
"""A job that goes on for longer than so many lines after it spoke of a full disk did not end by that."""
_SAID_OF_IT = tuple(os.strerror(number) for number in NO_ROOM)
"""How programs say it, whatever they are written in; jobs run in no language but the system's own."""
_PROBLEM = '"problem"'
"""A line that tells a problem of the content may quote anything."""
_TRACE_ID = slice(3, 35)
"""Where a `traceparent` has it."""


class Log:
    """Numbers the lines, takes hidden values out, writes to the file and to standard output, stops at the limit.

    `lines` are in the file already. `was_full` once the disk was seen to be full.
    """

    def __init__(self, path: str, spec: dict[str, Any], lines: int = 0) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o666)
        self.lines = lines
        self.was_full = False
        self._suspect_lines = 0
        self._left = spec["log_bytes"]
        context = spec["environment"].get("TRACEPARENT")
        self._trace = {"trace": context[_TRACE_ID]} if context else {}
        forms = {form for value in spec["hide"] for form in (value, json.dumps(value)[1:-1])}
        self._hide = sorted(forms, key=len, reverse=True)
        self._begun = b""
        self._half_said = b""

    @property
    def found_no_room(self) -> bool:
        """Whether the disk was full, or the job has lately said so."""
        return self.was_full or self._suspect_lines > 0

    def take(self, output: bytes) -> None:
        """Write what the job said up to the end of its last line; the rest waits for more."""
        *lines, self._begun = (self._begun + output).split(b"\n")
        if len(self._begun) > LINE_BYTES:
            lines, self._begun = [*lines, self._begun], b""
        for line in lines:
            self.write(line.decode("utf-8", "replace"))

    def take_rest(self) -> None:
        """Write a last line that has no end."""
        if self._begun:
            self.take(b"\n")

    def write(self, text: str) -> None:
        """One line of the job; once the limit is reached a last one says so and the rest is dropped."""
        speaks_of_it = _PROBLEM not in text and any(words in text for words in _SAID_OF_IT)
        self._suspect_lines = SUSPECT_LINES if speaks_of_it else max(self._suspect_lines - 1, 0)
        if self._left <= 0:
            return
        for value in self._hide:
            text = text.replace(value, "***")
        self._left -= len(text) + 40
        if self._left <= 0:
            text = json.dumps({"level": "warning", "message": "The log has reached its limit; the rest is left out."})
        self.lines += 1
        record = {"number": self.lines, "at": round(time.time(), 3), "text": text, **self._trace}
        self._append(json.dumps(record).encode() + b"\n")
        self.say(record)

    def _append(self, data: bytes) -> None:
        """Add to the file whole or, where its disk is full, not at all: whoever holds the job hears the line anyway."""
        before = os.fstat(self._file).st_size
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            self.was_full = True
            os.ftruncate(self._file, before)

    def say(self, record: dict[str, Any]) -> None:
        """To whoever holds the job: nobody there is no reason to fail, and one who doesn't read is none to wait."""
        with contextlib.suppress(OSError):
            if self._half_said:  # a line is never cut by another one
                self._half_said = self._half_said[os.write(1, self._half_said) :]
            if not self._half_said:
                data = json.dumps(record).encode() + b"\n"
                self._half_said = data[os.write(1, data) :]
