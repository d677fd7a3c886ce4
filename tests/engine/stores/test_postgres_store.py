"""Conversations in PostgreSQL: what is kept, in which order turns come, and what a turn may no longer write."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import psycopg
import pytest
from tests.engine.stores.conftest import MakeStore
from tests.engine.stores.conversations import SLOTS, someone, state_of, take_turn, turn_events, turn_in
from tests.services.postgres import OWNER, TestServer

from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.engine.stores import ConversationBusy, StoreAway, StoreError, TurnLost, UnusableId
from talkwright.engine.stores.migrate import migrate, steps
from talkwright.engine.stores.postgres import PostgresStore
from talkwright.engine.stores.recording import Recording

pytestmark = pytest.mark.anyio


async def test_a_conversation_goes_on_in_another_bot_with_the_latest_events(
    store: PostgresStore, make_store: MakeStore
) -> None:
    ann, other = someone(), await make_store()
    assert [await take_turn(bot, ann) for bot in (store, other) * 5] == list(range(1, 11))
    whole = await store.read(ann, SLOTS)
    assert whole is not None
    assert [event.type for event in whole.events] == [e.type for n in range(1, 11) for e in turn_events(n)]
    async with other.holding(ann) as held:
        tracker = await held.tracker(SLOTS)
        assert tracker is not None
        assert 0 < len(tracker.events) < len(whole.events)
        assert state_of(tracker) == state_of(whole)
        await tracker.complete()
        assert tracker.events == whole.events


async def test_what_is_saved_twice_in_a_turn_is_added_once(store: PostgresStore) -> None:
    ann = someone()
    async with store.holding(ann) as held:
        assert await turn_in(held, ann) == 1
        assert await turn_in(held, ann) == 2
        tracker = await held.tracker(SLOTS)
        assert tracker is not None
        assert await held.save(tracker) == ()
    whole = await store.read(ann, SLOTS)
    assert whole is not None
    assert len(whole.events) == len(turn_events(1)) + len(turn_events(2))


async def test_a_completed_tracker_saves_only_what_is_new(store: PostgresStore) -> None:
    ann = someone()
    for _ in range(8):
        await take_turn(store, ann)
    async with store.holding(ann) as held:
        tracker = await held.tracker(SLOTS)
        assert tracker is not None
        assert tracker.earlier > 0
        tracker.apply(ev.slot("city", "Bonn").at(1_800_000_000.0, {}))
        await tracker.complete()
        assert [event.get("value") for event in await held.save(tracker)] == ["Bonn"]
    again = await store.read(ann, SLOTS)
    assert again is not None
    assert again.events[-1].get("value") == "Bonn"
    assert len(again.events) == 2 + 8 * 8 + 1


async def test_a_conversation_can_be_replaced_and_forgotten(store: PostgresStore) -> None:
    ann = someone()
    await take_turn(store, ann)
    async with store.holding(ann) as held:
        await held.replace(Tracker.from_events(ann, SLOTS, turn_events(1)[:3], user_id="u1"))
    assert [event.type for event in (await read(store, ann)).events] == [event.type for event in turn_events(1)[:3]]
    assert (await read(store, ann)).user_id == "u1"
    async with store.holding(ann) as held:
        assert await held.delete()
        assert not await held.delete()
        assert await held.tracker(SLOTS) is None
        assert await turn_in(held, ann) == 1
    assert len((await read(store, ann)).events) == len(turn_events(1))


async def test_conversations_are_found_by_their_user(store: PostgresStore) -> None:
    user, mine = someone(), [someone() for _ in range(3)]
    for sender in mine:
        async with store.holding(sender) as held:
            await held.save(Tracker.from_events(sender, SLOTS, turn_events(1), user_id=user))
    assert await store.of_user(user) == mine[::-1]
    assert await store.of_user(user, limit=1, offset=1) == [mine[1]]
    assert set(mine) <= {sender async for sender in store.ids()}


async def test_conversations_are_found_by_what_happened_in_them(store: PostgresStore) -> None:
    ann, bob, kind = someone(), someone(), f"kind-{someone()}"
    for sender, type_of_event in ((ann, kind), (bob, "other")):
        async with store.holding(sender) as held:
            await held.save(Tracker.from_events(sender, SLOTS, [ev.plain(type_of_event).at(1.0, {})]))
    assert [sender async for sender in store.ids(with_event=kind)] == [ann]


async def test_events_come_back_as_they_were_whatever_is_in_them(store: PostgresStore) -> None:
    ann = someone()
    odd: Any = {"nul": "a\0b", "half": "\ud83d", "long": 10**30, "deep": [[[{}]]], "text": "Grüße 👋"}
    event = ev.plain("odd\0kind", **odd).at(5.0, {"m": "\0"})
    async with store.holding(ann) as held:
        tracker = Tracker(ann, SLOTS, user_id="u\0\ud83d")
        tracker.apply(event)
        tracker.apply(
            ev.user("\ud83d", {"trace": {"a": "\ud83d\0"}}, input_channel="rest", message_id="m\0\ud83d").at(6.0, {})
        )
        await held.save(tracker)
    assert (await read(store, ann)).events[0] == event


async def test_ids_that_the_database_cannot_keep_are_refused(store: PostgresStore) -> None:
    for sender in ("a\0b", "\ud83d"):
        with pytest.raises(UnusableId):
            await take_turn(store, sender)


async def test_turns_come_in_the_order_in_which_they_came_whichever_bot_they_came_to(
    store: PostgresStore, make_store: MakeStore
) -> None:
    ann, stores, order = someone(), (store, await make_store()), list[int]()

    async def turn(number: int) -> None:
        async with stores[number % 2].holding(ann):
            order.append(number)

    async with asyncio.TaskGroup() as group, store.holding(ann):
        for number in range(6):
            group.create_task(turn(number))
            await rows(store, "SELECT 1 FROM talkwright_engine.tickets WHERE sender = %s", [ann], count=number + 2)
    assert order == list(range(6))
    assert await store.link.rows("SELECT 1 FROM talkwright_engine.tickets WHERE sender = %s", [ann]) == []


async def test_whoever_waits_too_long_is_told_and_leaves_the_queue(make_store: MakeStore) -> None:
    ann, first, second = someone(), await make_store(), await make_store(longest_wait=0.1)
    async with first.holding(ann):
        with pytest.raises(ConversationBusy, match="try again"):
            await take_turn(second, ann)
    assert await take_turn(second, ann) == 1


async def test_a_turn_that_lasts_longer_than_a_ticket_lives_is_renewed(make_store: MakeStore) -> None:
    ann, first, second = someone(), await make_store(ticket_seconds=0.6), await make_store(longest_wait=1.2)
    async with first.holding(ann) as held:
        with pytest.raises(ConversationBusy):
            await take_turn(second, ann)
        assert await turn_in(held, ann) == 1


async def test_a_turn_whose_ticket_expired_writes_nothing(make_store: MakeStore) -> None:
    ann, first, second = someone(), await make_store(), await make_store()
    async with first.holding(ann) as held:
        await expire(first, ann)
        with pytest.raises(TurnLost):
            await turn_in(held, ann)  # even before anybody else has come
        assert await take_turn(second, ann) == 1
        for write in (turn_in(held, ann), held.delete(), held.replace(Tracker(ann, SLOTS))):
            with pytest.raises(TurnLost, match="nothing of it was saved"):
                await write
    assert len((await read(second, ann)).events) == len(turn_events(1))


async def test_no_connection_is_held_while_turns_wait_for_something_else(make_store: MakeStore) -> None:
    store, together = await make_store(connections=1), asyncio.Barrier(5)

    async def turn() -> None:
        ann = someone()
        async with store.holding(ann) as held:
            await together.wait()  # as an action would be waited for
            assert await turn_in(held, ann) == 1

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(turn())


async def test_what_was_recorded_of_a_message_is_kept_beside_the_conversation(make_store: MakeStore) -> None:
    ann, store = someone(), await make_store(recording=Recording(on=True, secrets=["hunter-22"]))
    user = ev.user("hi", {"trace": {"key": "hunter-22"}, "text": "hi"}, input_channel="rest", message_id="m1").at(
        1.0, {}
    )
    async with store.holding(ann) as held:
        await held.save(Tracker.from_events(ann, SLOTS, [user]))
    assert await store.detail(ann, "m1") == {"trace": {"key": "***"}}
    assert await store.detail(ann, "m2") is None
    assert "trace" not in (await read(store, ann)).events[0].get("parse_data")
    async with store.holding(ann) as held:
        await held.delete()
    assert await store.detail(ann, "m1") is None


async def test_without_recording_nothing_is_kept_of_how_a_message_was_understood(store: PostgresStore) -> None:
    ann = someone()
    await take_turn(store, ann)
    assert await store.detail(ann, "m1") is None
    assert "trace" not in ((await read(store, ann)).latest_message or {"trace": "no message"})


async def test_the_schema_is_made_once_by_whoever_comes_first(postgres: TestServer, make_store: MakeStore) -> None:
    with postgres.database(empty=True) as name:
        url, taken = postgres.url(OWNER, name), list[str]()
        unready = PostgresStore(url)
        with pytest.raises(StoreError, match="talkwright engine migrate"):
            await unready.open()
        await unready.close()
        together = [threading.Thread(target=lambda: taken.extend(migrate(url))) for _ in range(3)]
        for thread in together:
            thread.start()
        for thread in together:
            thread.join()
        assert taken == [step.name for step in steps()]
        assert migrate(url) == []
        store = await make_store(url)
        assert await take_turn(store, "ann") == 1
        await store.close()


async def test_a_database_that_is_not_there_is_told_after_a_bounded_time(tmp_path: Any) -> None:
    store = PostgresStore(f"postgresql://nobody@/none?host={tmp_path}", patience=0.2)
    with pytest.raises(StoreAway, match="can't be reached"):
        await store.open()
    with pytest.raises(StoreAway):
        await store.check()
    await store.close()


async def read(store: PostgresStore, sender: str) -> Tracker:
    tracker = await store.read(sender, SLOTS)
    assert tracker is not None
    return tracker


async def expire(store: PostgresStore, sender: str) -> None:
    """As if the conversation's holder had given no sign of life for long."""
    await store.link.rows(
        "UPDATE talkwright_engine.tickets SET expires_at = clock_timestamp() WHERE sender = %s", [sender]
    )


async def rows(store: PostgresStore, statement: str, values: list[Any], *, count: int) -> None:
    async with asyncio.timeout(20):
        while len(await store.link.rows(statement, values)) < count:  # noqa: ASYNC110 - rows of the database, not of this process
            await asyncio.sleep(0.01)


def test_steps_are_numbered_without_gaps() -> None:
    assert [step.number for step in steps()] == list(range(1, len(steps()) + 1))
    assert issubclass(psycopg.errors.UndefinedTable, psycopg.Error)
