"""Which broker a bot gets: none, unless whoever runs it says otherwise; and what can't be had is told in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from talkwright.engine.brokers.choosing import broker_of, chosen_broker
from talkwright.engine.brokers.file import FileBroker
from talkwright.engine.brokers.kafka import KafkaBroker
from talkwright.engine.brokers.port import BrokerError
from talkwright.engine.brokers.publishing import PublishingStore
from talkwright.engine.brokers.sql import SqlBroker
from talkwright.engine.keeping import keep_conversations
from talkwright.engine.stores import MemoryStore
from talkwright.engine.stores.choosing import ChoiceError
from talkwright.engine.stores.settings import StoreSettings

KAFKA = {"type": "kafka", "url": "127.0.0.1:1", "security_protocol": "PLAINTEXT", "queue_size": 7}


def test_nobody_is_told_what_happens_whatever_the_project_names() -> None:
    assert chosen_broker(StoreSettings(), {"event_broker": KAFKA}).broker is None
    assert isinstance(keep_conversations({"event_broker": KAFKA}, in_memory=5, settings=StoreSettings()), MemoryStore)


def test_the_project_s_broker_is_used_where_that_is_allowed() -> None:
    allowed = StoreSettings(engine_broker="project")
    for kind in ("kafka", "concurrent_kafka"):
        found = chosen_broker(allowed, {"event_broker": {**KAFKA, "type": kind}})
        assert isinstance(found.broker, KafkaBroker)
        assert found.queue == 7
    sql = {"type": "SQL", "dialect": "postgresql", "url": "db", "db": "events"}
    assert isinstance(chosen_broker(allowed, {"event_broker": sql}).broker, SqlBroker)
    assert isinstance(keep_conversations({"event_broker": KAFKA}, in_memory=5, settings=allowed), PublishingStore)


def test_whoever_runs_the_bot_may_name_a_file_of_his_own(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.yml"
    file.write_text("event_broker:\n  type: file\n  path: events.log\n")
    settings = StoreSettings(engine_broker=str(file))
    assert isinstance(chosen_broker(settings, {"event_broker": KAFKA}).broker, FileBroker)
    for text, words in ((b"[", "no YAML"), (None, "can't be read"), (b"event_broker: {type: redis}", "type: redis")):
        file.unlink(missing_ok=True)
        if text is not None:
            file.write_bytes(text)
        with pytest.raises(ChoiceError, match=words):
            keep_conversations({}, in_memory=5, settings=settings)


def test_a_broker_that_would_tell_nothing_says_so() -> None:
    assert "nobody is told" in str(broker_of(None).notice)
    assert "anonymised" in str(broker_of({**KAFKA, "stream_pii": False}).notice)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"url": "rabbit"}, "type: pika.*There are `kafka`, `sql`"),
        ({"type": "my.module.Broker"}, "my.module.broker"),
        ({"type": "sql", "dialect": "mysql"}, "only `postgresql`"),
        ("kafka", "must be a map"),
    ],
)
def test_what_cannot_be_had_is_told_with_what_there_is(written: Any, words: str) -> None:
    with pytest.raises(BrokerError, match=words):
        broker_of(written)
