"""The port: what sends records of events away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Record:
    """One event as brokers carry it: flat JSON in ASCII (wire-protocols 3.2)."""

    sender: str
    value: bytes
    headers: Headers = ()


class BrokerError(Exception):
    """A broker can't be used as it is written down; the text says why, for people."""


class BrokerAway(Exception):  # noqa: N818 -- the name says what happened, as the stores' do
    """The broker did not take these records now; sent again later, they may arrive."""

    def __init__(self, message: str, left: Sequence[Record]) -> None:
        super().__init__(message)
        self.left = left


class EventBroker(Protocol):
    """Sends records away. One task uses it at a time."""

    async def send(self, records: Sequence[Record]) -> None:
        """Sends records in order and returns when they have arrived. Raises BrokerAway with those that have not."""
        ...

    async def close(self) -> None:
        """Gives back what is open."""
        ...
