"""Which broker: what whoever runs the bot has set, and what `event_broker` in an endpoints file means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talkwright.assistant.yamls import YamlError, load
from talkwright.engine.brokers.port import BrokerError, EventBroker
from talkwright.engine.stores.choosing import ChoiceError, sql_url
from talkwright.engine.stores.settings import NO_BROKER, OF_PROJECT, StoreSettings
from talkwright.engine.variables import expand

THERE_ARE = "There are `kafka`, `sql` with `dialect: postgresql`, and `file`."
_FILE = "rasa_event.log"
_KAFKA = ("kafka", "concurrent_kafka")


@dataclass(frozen=True)
class ChosenBroker:
    """A broker; `notice` is what whoever runs the bot should know about it."""

    broker: EventBroker | None
    notice: str | None = None
    queue: int | None = None


def chosen_broker(settings: StoreSettings, endpoints: Mapping[str, Any]) -> ChosenBroker:
    """The broker; `endpoints` are looked at only where the settings allow the project's. Raises BrokerError."""
    if settings.engine_broker == NO_BROKER:
        return ChosenBroker(None)
    written = endpoints
    if settings.engine_broker != OF_PROJECT:
        written = _read(Path(settings.engine_broker))
    return broker_of(expand(written.get("event_broker")))


def broker_of(written: Any) -> ChosenBroker:
    """What the section `event_broker` means (wire-protocols 3.1). Raises BrokerError."""
    if written is None:
        return ChosenBroker(None, "There is no `event_broker`, so nobody is told what happens.")
    if not isinstance(written, Mapping):
        raise BrokerError("`event_broker` must be a map with `type`.")
    kind = str(written.get("type") or "pika").lower()
    if written.get("stream_pii") is False:
        return ChosenBroker(
            None,
            "`event_broker.stream_pii: false` allows anonymised events alone, which this engine doesn't make:"
            " nobody is told what happens.",
        )
    queue = written.get("queue_size")
    size = queue if isinstance(queue, int) and queue > 0 else None
    if kind in _KAFKA:
        from talkwright.engine.brokers.kafka import KafkaBroker, kafka_target  # noqa: PLC0415 - only where it is used

        return ChosenBroker(KafkaBroker(kafka_target(written)), queue=size)
    if kind == "sql":
        return ChosenBroker(_sql(written), queue=size)
    if kind == "file":
        from talkwright.engine.brokers.file import FileBroker  # noqa: PLC0415 - as above

        return ChosenBroker(FileBroker(Path(str(written.get("path") or _FILE))), queue=size)
    raise BrokerError(f"`event_broker.type: {kind}` can't be used. {THERE_ARE}")


def _sql(written: Mapping[str, Any]) -> EventBroker:
    try:
        url = sql_url(written, "event_broker")
        from talkwright.engine.brokers.sql import SqlBroker  # noqa: PLC0415 - only where it is used
    except ChoiceError as problem:
        raise BrokerError(str(problem)) from problem
    except ImportError as problem:
        raise BrokerError(
            "The SQL broker needs the package psycopg: install Talkwright with the extra `postgresql`."
        ) from problem
    return SqlBroker(url)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        read = load(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BrokerError(
            f"TALKWRIGHT_ENGINE_BROKER names {path}, which can't be read: {problem.strerror}."
        ) from problem
    except (YamlError, UnicodeDecodeError) as problem:
        raise BrokerError(f"TALKWRIGHT_ENGINE_BROKER names {path}, which is no YAML: {problem}") from problem
    return read if isinstance(read, Mapping) else {}
