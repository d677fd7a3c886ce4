"""Turns of several bots in any interleaving, with tickets that expire at any moment: the conversation stays one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.stores.conversations import SLOTS, someone, turn_events

from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.engine.stores import TurnLost
from talkwright.engine.stores.migrate import SCHEMA
from talkwright.engine.stores.postgres import PostgresStore

BOTS, TURNS = 2, 4
# A step of the interleaving: a turn goes on by one step of its own, or its ticket expires.
steps = st.lists(st.tuples(st.integers(0, TURNS - 1), st.sampled_from(["on", "on", "on", "expire"])), max_size=24)


@dataclass
class Turn:
    """One turn: it draws a ticket, reads, saves and ends, one step after the other, when it is told to."""

    store: PostgresStore
    sender: str
    outcome: str = ""
    token: object = None
    reads: int = -1
    go: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def run(self) -> None:
        await self.go.acquire()
        async with self.store.holding(self.sender) as held:
            self.token = held._ticket.token
            await self.go.acquire()
            tracker = await held.tracker(SLOTS) or Tracker(self.sender, SLOTS)
            self.reads = int(tracker.slots["visits"])
            for event in turn_events(self.reads + 1):
                tracker.apply(event)
            await self.go.acquire()
            try:
                await held.save(tracker)
                self.outcome = "saved"
            except TurnLost:
                self.outcome = "lost"


async def opened(url: str) -> list[PostgresStore]:
    stores = [PostgresStore(url, connections=2, ticket_seconds=60) for _ in range(BOTS)]
    for store in stores:
        await store.open()
    return stores


async def closed(stores: list[PostgresStore]) -> None:
    for store in stores:
        await store.close()


async def play(stores: list[PostgresStore], plan: list[tuple[int, str]]) -> None:
    sender = someone()
    turns = [Turn(stores[number % BOTS], sender) for number in range(TURNS)]
    async with asyncio.TaskGroup() as group:
        for turn in turns:
            group.create_task(turn.run())
        for number, step in plan:
            if step == "on":
                turns[number].go.release()
            elif turns[number].token is not None:
                await stores[0].link.rows(
                    f"UPDATE {SCHEMA}.tickets SET expires_at = clock_timestamp() WHERE token = %s",
                    [turns[number].token],
                )
            await asyncio.sleep(0.002)  # the step may begin before the next one does
        for turn in turns:
            for _ in range(3):
                turn.go.release()
    whole = await stores[0].read(sender, SLOTS)
    left = await stores[0].link.rows(f"SELECT 1 FROM {SCHEMA}.tickets WHERE sender = %s", [sender])

    saved = [turn for turn in turns if turn.outcome == "saved"]
    assert whole is not None
    assert {turn.outcome for turn in turns} <= {"saved", "lost"}
    values = [event.get("value") for event in whole.events if event.type == ev.SLOT]
    assert values == list(range(1, len(saved) + 1)), "each turn that was saved saw all that were saved before it"
    assert sorted(turn.reads for turn in saved) == list(range(len(saved)))
    assert left == []


def test_every_saved_turn_saw_all_turns_saved_before_it(store_url: str) -> None:
    with asyncio.Runner() as runner:
        stores = runner.run(opened(store_url))

        @settings(max_examples=8)
        @given(plan=steps)
        def check(plan: list[tuple[int, str]]) -> None:
            runner.run(play(stores, plan))

        check()
        runner.run(closed(stores))
