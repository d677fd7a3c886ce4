"""What a turn costs at the database: as much after five hundred turns as after five, counted on the wire."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.engine.stores.conftest import MakeStore
from tests.engine.stores.conversations import SLOTS, someone, take_turn, turn_events

from talkwright.conversation.tracker import Tracker
from talkwright.engine.stores.postgres import PostgresStore

pytestmark = pytest.mark.anyio

STATEMENTS = 4  # draw a ticket, look and read, save, give it back
TURNS = 500


@dataclass
class Wire:
    """What has gone to the server and come back; `statements` counts the protocol's Execute and Query messages."""

    sent: int = 0
    received: int = 0
    statements: int = 0

    def __sub__(self, before: Wire) -> Wire:
        return Wire(self.sent - before.sent, self.received - before.received, self.statements - before.statements)

    def now(self) -> Wire:
        return Wire(self.sent, self.received, self.statements)


@contextlib.asynccontextmanager
async def counted(url: str) -> AsyncIterator[tuple[str, Wire]]:
    """A way to the server that counts: its address, and what it has seen."""
    wire, parts = Wire(), conninfo_to_dict(url)
    host, port = str(parts["host"]), int(parts.get("port") or 5432)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if host.startswith("/"):
            answers, asks = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            answers, asks = await asyncio.open_connection(host, port)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            async with asyncio.TaskGroup() as group:
                group.create_task(count_statements(reader, asks, wire))
                group.create_task(count_bytes(answers, writer, wire))
        for end in (asks, writer):
            end.close()

    async with await asyncio.start_server(forward, "127.0.0.1", 0) as proxy:
        own = proxy.sockets[0].getsockname()[1]
        yield make_conninfo(url, host="127.0.0.1", port=own, sslmode="disable", gssencmode="disable"), wire


async def count_statements(reader: asyncio.StreamReader, server: asyncio.StreamWriter, wire: Wire) -> None:
    """From the client: the first message has no kind, all others one letter."""
    kind = b""
    while True:
        size = await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(size) - 4)
        server.write(kind + size + body)
        await server.drain()
        wire.sent += len(kind + size + body)
        wire.statements += kind in (b"E", b"Q")
        kind = await reader.readexactly(1)


async def count_bytes(server: asyncio.StreamReader, client: asyncio.StreamWriter, wire: Wire) -> None:
    while data := await server.read(65_536):
        wire.received += len(data)
        client.write(data)
        await client.drain()
    raise ConnectionError("the server has ended the connection")


async def cost_of_turn(number: int, store: PostgresStore, wire: Wire) -> Wire:
    """Of one turn in a conversation that has all the turns before it."""
    ann = someone()
    past = [event for earlier in range(1, number - 1) for event in turn_events(earlier)]
    async with store.holding(ann) as held:
        await held.replace(Tracker.from_events(ann, SLOTS, past))
    assert await take_turn(store, ann) == number - 1
    before = wire.now()
    assert await take_turn(store, ann) == number
    return wire.now() - before


async def test_turn_500_costs_at_most_1_3_times_turn_5(store_url: str, make_store: MakeStore) -> None:
    async with counted(store_url) as (url, wire):
        store = await make_store(url, connections=1)
        for _ in range(10):
            await take_turn(store, "warm")  # the server then knows the statements
        fifth, last = [await cost_of_turn(number, store, wire) for number in (5, TURNS)]
        await store.close()
    assert last.statements == fifth.statements == STATEMENTS
    assert last.sent + last.received <= 1.3 * (fifth.sent + fifth.received)
    assert last.sent + last.received <= 20_000
