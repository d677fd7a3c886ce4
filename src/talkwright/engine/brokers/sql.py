"""The SQL broker: records as rows of a table `events` (id, sender_id, data) in PostgreSQL, as other bots write them."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from talkwright.engine.brokers.port import BrokerAway, Record
from talkwright.engine.stores.link import Connection, Link
from talkwright.engine.stores.port import StoreAway
from talkwright.engine.stores.postgres import storable

_PATIENCE = 1.0  # seconds; the outbox tries again
_TABLE = "CREATE TABLE IF NOT EXISTS events (id serial PRIMARY KEY, sender_id varchar(255), data text)"
_INSERT = b"""
INSERT INTO events (sender_id, data)
SELECT r.sender, r.data FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS r(sender, data, place) ORDER BY r.place
"""


class SqlBroker:
    """Writes into the first schema of the connection's search path; the table is made where it is missing."""

    def __init__(self, url: str) -> None:
        self._link = Link(url, connections=1, patience=_PATIENCE)
        self._ready = False

    async def send(self, records: Sequence[Record]) -> None:
        """Writes the records in one transaction. Raises BrokerAway."""
        senders = [storable(record.sender)[:255] for record in records]
        values = [record.value.decode("ascii") for record in records]

        async def write(connection: Connection) -> None:
            await connection.execute(_INSERT, [senders, values])

        try:
            if not self._ready:
                await self._link.open()
                await self._link.rows(_TABLE)
                self._ready = True
            await self._link.run(write)
        except (StoreAway, psycopg.Error) as problem:
            raise BrokerAway(f"the database can't be written: {type(problem).__name__}", records) from problem

    async def close(self) -> None:
        """End the connection."""
        await self._link.close()
