"""The outbox: a broker that is away holds up nobody, and what waits for it stays within bounds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import pytest
from tests.engine.stores.conversations import SLOTS, take_turn, turn_events

from talkwright.engine.brokers import outbox as outbox_module
from talkwright.engine.brokers.outbox import Outbox
from talkwright.engine.brokers.port import BrokerAway, Record
from talkwright.engine.brokers.publishing import PublishingStore
from talkwright.engine.brokers.records import Records
from talkwright.engine.stores import MemoryStore
from talkwright.engine.stores.recording import NOTHING

pytestmark = pytest.mark.anyio


class Post:
    """A broker in this process that is away until it is told otherwise, and may take a part alone."""

    def __init__(self, *, away: bool = False, takes: int | None = None) -> None:
        self.away = away
        self.takes = takes
        self.arrived: list[Record] = []
        self.asked = asyncio.Event()
        self.closed = False

    async def send(self, records: Sequence[Record]) -> None:
        self.asked.set()
        if self.away:
            raise BrokerAway("away", records)
        taken = records[: self.takes]
        self.arrived += taken
        if len(taken) < len(records):
            self.takes = None
            raise BrokerAway("took a part", records[len(taken) :])

    async def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(outbox_module, "_LONGEST_PAUSE", 0.02)


def letters(count: int, start: int = 0) -> list[Record]:
    return [Record("ann", str(number).encode()) for number in range(start, start + count)]


async def test_records_arrive_in_order_also_when_the_broker_takes_only_a_part() -> None:
    post = Post(takes=3)
    outbox = Outbox(post, limit=2000)
    outbox.put(letters(1200))
    await outbox.emptied()
    assert post.arrived == letters(1200)
    await outbox.close()
    assert post.closed


async def test_while_the_broker_is_away_records_wait_within_bounds_and_the_rest_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    post = Post(away=True)
    outbox = Outbox(post, limit=5)
    with caplog.at_level(logging.WARNING):
        outbox.put(letters(8))
        await post.asked.wait()
        post.away = False
        await outbox.emptied()
        outbox.put(letters(1, start=8))
        await outbox.emptied()
        await outbox.close()
    assert post.arrived == letters(5) + letters(1, start=8)
    said = {record.getMessage(): getattr(record, "ids", {}) for record in caplog.records}
    assert said["broker_queue_full"] == {"waiting": 5}
    assert said["broker_is_back"] == {"left_out": 3}
    assert [record.getMessage() for record in caplog.records].count("broker_away") == 1


async def test_no_more_waits_than_32_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MAX_BYTES", 100)
    post = Post(away=True)
    outbox = Outbox(post, limit=1000)
    outbox.put([Record("ann", b"x" * 40) for _ in range(5)])
    await post.asked.wait()
    post.away = False
    await outbox.emptied()
    assert len(post.arrived) == 2
    outbox.put([Record("ann", b"x" * 40)] * 2)
    await outbox.emptied()
    assert len(post.arrived) == 4
    await outbox.close()


async def test_at_the_end_what_waits_gets_a_bounded_time(caplog: pytest.LogCaptureFixture) -> None:
    post = Post(away=True)
    outbox = Outbox(post, limit=10, last_seconds=0.05)
    outbox.put(letters(4))
    await outbox.close()
    assert post.closed
    assert {"count": 4} in [getattr(record, "ids", None) for record in caplog.records]


async def test_a_fault_of_the_broker_that_nobody_foresaw_does_not_end_the_sending() -> None:
    class Faulty(Post):
        async def send(self, records: Sequence[Record]) -> None:
            if not self.asked.is_set():
                self.asked.set()
                raise RuntimeError("a fault")
            await super().send(records)

    post = Faulty()
    outbox = Outbox(post, limit=10)
    outbox.put(letters(2))
    await outbox.emptied()
    assert post.arrived == letters(2)
    await outbox.close()


async def test_a_turn_tells_what_it_saved_and_waits_for_no_broker() -> None:
    post = Post(away=True)
    store = PublishingStore(MemoryStore(10), Outbox(post, limit=100, last_seconds=5), Records(NOTHING, None))
    await store.open()
    assert [await take_turn(store, "ann") for _ in range(2)] == [1, 2]
    post.away = False
    await store.close()
    expected = Records(NOTHING, None).of("ann", None, [event for n in (1, 2) for event in turn_events(n)])
    assert post.arrived == expected
    whole = await store.read("ann", SLOTS)
    assert whole is not None
    assert len(whole.events) == len(expected)
