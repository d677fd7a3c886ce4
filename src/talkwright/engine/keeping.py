"""Puts together where a bot keeps its conversations and whom it tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talkwright.engine.brokers.choosing import chosen_broker
from talkwright.engine.brokers.outbox import Outbox
from talkwright.engine.brokers.port import BrokerError
from talkwright.engine.brokers.publishing import PublishingStore
from talkwright.engine.brokers.records import Records
from talkwright.engine.lines import say
from talkwright.engine.stores.choosing import ChoiceError, make_store
from talkwright.engine.stores.port import ConversationStore
from talkwright.engine.stores.recording import Recording, secrets_of
from talkwright.engine.stores.settings import StoreSettings, load_store_settings
from talkwright.engine.variables import given


def make_recording(settings: StoreSettings) -> Recording:
    """What is recorded, with the secrets of this process masked."""
    secrets = [*secrets_of(), *(given() or {}).values()]
    if settings.engine_store_url is not None:
        secrets.append(settings.engine_store_url.get_secret_value())
    return Recording(on=settings.engine_record, secrets=secrets)


def keep_conversations(
    endpoints: Mapping[str, Any], *, in_memory: int, settings: StoreSettings | None = None
) -> ConversationStore:
    """The store of a bot, telling a broker where that is set; `in_memory`: how many conversations memory holds.

    Nothing that a project's `endpoints` name is connected to unless the settings allow it. Raises ChoiceError.
    """
    chosen = settings or load_store_settings()
    recording = make_recording(chosen)
    store = make_store(chosen, endpoints, in_memory=in_memory, recording=recording)
    try:
        found = chosen_broker(chosen, endpoints)
    except BrokerError as problem:
        raise ChoiceError(str(problem)) from problem
    if found.notice is not None:
        say("warning", found.notice)
    if found.broker is None:
        return store
    outbox = Outbox(found.broker, limit=found.queue or chosen.engine_broker_queue)
    return PublishingStore(store, outbox, Records.of_process(recording))
