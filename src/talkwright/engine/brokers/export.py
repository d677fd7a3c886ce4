"""`talkwright engine export`: sends stored conversations to a broker, as if they had just happened."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talkwright.conversation.events import Event
from talkwright.engine.brokers.choosing import chosen_broker
from talkwright.engine.brokers.port import BrokerAway, BrokerError, EventBroker, Record
from talkwright.engine.brokers.records import Records
from talkwright.engine.keeping import make_recording
from talkwright.engine.lines import say
from talkwright.engine.stores.choosing import ChoiceError, store_url
from talkwright.engine.stores.port import ConversationStore, StoreError
from talkwright.engine.stores.settings import StoreSettings, load_store_settings

EXPORTED, FAILED, REFUSED = 0, 1, 2
_AT_ONCE = 500  # records
_TRIES = 5
_PAUSE = 1.0  # seconds


@dataclass(frozen=True)
class Wanted:
    """Which conversations: by id, or all; and which of their events, by their times in seconds since 1970."""

    ids: Sequence[str] = ()
    begin: float | None = None
    end: float | None = None

    def has(self, event: Event) -> bool:
        """Whether the event lies in the wanted time: from the beginning on, before the end."""
        return (self.begin is None or event.timestamp >= self.begin) and (
            self.end is None or event.timestamp < self.end
        )


def export_job(wanted: Wanted, *, broker_file: Path | None = None, settings: StoreSettings | None = None) -> int:
    """Sends what is wanted from the PostgreSQL store; `broker_file` stands for TALKWRIGHT_ENGINE_BROKER.

    Returns 0 after all was sent, 1 where the store or the broker failed on the way, 2 where a setting is wrong.
    """
    from talkwright.engine.stores.postgres import PostgresStore  # noqa: PLC0415 - only what the command needs

    try:
        chosen = settings or load_store_settings()
        if broker_file is not None:
            chosen = chosen.model_copy(update={"engine_broker": str(broker_file)})
        store = PostgresStore(store_url(chosen), patience=chosen.engine_store_patience)
        broker = _broker(chosen)
    except (BrokerError, ValueError) as problem:
        say("refused", str(problem))
        return REFUSED
    records = Records.of_process(make_recording(chosen))
    try:
        conversations, count = asyncio.run(_run(store, broker, records, wanted))
    except (StoreError, BrokerAway) as problem:
        say("failed", f"The export has ended before its end: {problem}. What was sent before may be sent again.")
        return FAILED
    say("exported", f"Sent {count} events of {conversations} conversations", conversations=conversations, events=count)
    return EXPORTED


async def export(store: ConversationStore, broker: EventBroker, records: Records, wanted: Wanted) -> tuple[int, int]:
    """Sends the events of the wanted conversations in their order; gives how many conversations and events it were.

    Raises StoreError, BrokerAway after some tries.
    """
    conversations = count = 0
    waiting: list[Record] = []
    async for sender in _ids(store, wanted):
        tracker = await store.read(sender, {})
        events = [event for event in tracker.events if wanted.has(event)] if tracker is not None else []
        if tracker is None or not events:
            continue
        conversations, count = conversations + 1, count + len(events)
        waiting += records.of(sender, tracker.user_id, events, with_headers=False)
        while len(waiting) >= _AT_ONCE:
            await _send(broker, waiting[:_AT_ONCE])
            del waiting[:_AT_ONCE]
    await _send(broker, waiting)
    return conversations, count


async def _run(store: ConversationStore, broker: EventBroker, records: Records, wanted: Wanted) -> tuple[int, int]:
    try:
        await store.open()
        return await export(store, broker, records, wanted)
    finally:
        await broker.close()
        await store.close()


async def _ids(store: ConversationStore, wanted: Wanted) -> Any:
    if wanted.ids:
        for sender in wanted.ids:
            yield sender
        return
    async for sender in store.ids():
        yield sender


async def _send(broker: EventBroker, records: Sequence[Record]) -> None:
    left = list(records)
    tried = 0
    while left:
        try:
            await broker.send(left)
            left = []
        except BrokerAway as problem:
            tried += 1
            if tried == _TRIES:
                raise
            left = list(problem.left)
            await asyncio.sleep(_PAUSE)


def _broker(settings: StoreSettings) -> EventBroker:
    nothing: Mapping[str, Any] = {}
    broker = chosen_broker(settings, nothing).broker
    if broker is None:
        raise ChoiceError("Name a file with an `event_broker` section by --broker, or in TALKWRIGHT_ENGINE_BROKER.")
    return broker
