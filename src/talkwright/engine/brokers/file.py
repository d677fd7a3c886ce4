"""The file broker: one record a line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from talkwright.engine.brokers.port import BrokerAway, Record


class FileBroker:
    """Writes to the end of a file, which may be moved away at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, records: Sequence[Record]) -> None:
        """Writes the records. Raises BrokerAway where the file can't be written."""
        lines = b"".join(record.value + b"\n" for record in records)
        try:
            await asyncio.to_thread(self._write, lines)
        except OSError as problem:
            raise BrokerAway(f"the file can't be written: {problem.strerror}", records) from problem

    async def close(self) -> None:
        """Nothing stays open."""

    def _write(self, lines: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(lines)
