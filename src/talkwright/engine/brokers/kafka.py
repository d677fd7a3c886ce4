"""The Kafka broker (wire-protocols 3.1, 3.2). Its library is loaded only where it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from talkwright.engine.brokers.port import BrokerAway, BrokerError, Record
from talkwright.engine.brokers.records import too_large

SOURCE = "KafkaEventBroker"
DELIVERY_SECONDS = 30.0
"""How long the library tries to deliver; what has not arrived then waits in the outbox."""
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_CAUSES = {
    "_SSL": "TLS could not be agreed upon. Look at `ssl_cafile`, which must hold the certificate that signed Kafka's,"
    " at `ssl_certfile` and `ssl_keyfile`, and with `ssl_check_hostname` at the name in Kafka's certificate",
    "_AUTHENTICATION": "the sign-in was refused. Look at `sasl_mechanism`, `sasl_username` and `sasl_password`",
    "_RESOLVE": "there is no machine of that name. Look at `url`",
}
_AS_WRITTEN = {
    "sasl_username": "sasl.username",
    "sasl_password": "sasl.password",
    "ssl_cafile": "ssl.ca.location",
    "ssl_certfile": "ssl.certificate.location",
    "ssl_keyfile": "ssl.key.location",
    "socket_keepalive_enable": "socket.keepalive.enable",
    "reconnect_backoff_ms": "reconnect.backoff.ms",
    "reconnect_backoff_max_ms": "reconnect.backoff.max.ms",
    "topic_metadata_refresh_interval_ms": "topic.metadata.refresh.interval.ms",
}


@dataclass(frozen=True)
class KafkaTarget:
    """Where records go: the library's settings, the topic, and whether a conversation stays in one partition."""

    settings: Mapping[str, Any]
    topic: str
    partition_by_sender: bool


def kafka_target(written: Mapping[str, Any]) -> KafkaTarget:
    """What the keys of `event_broker` mean (wire-protocols 3.1). Raises BrokerError."""
    url = written.get("url")
    servers = ",".join(map(str, url)) if isinstance(url, list) else url
    if not isinstance(servers, str) or not servers:
        raise BrokerError("`event_broker.url` must name Kafka's address, such as `kafka:9092`, or a list of addresses.")
    protocol = str(written.get("security_protocol", "SASL_PLAINTEXT")).upper()
    if protocol not in _PROTOCOLS:
        raise BrokerError(f"`event_broker.security_protocol` must be one of {', '.join(_PROTOCOLS)}.")
    settings: dict[str, Any] = {
        "bootstrap.servers": servers,
        "client.id": str(written.get("client_id") or "talkwright-engine"),
        "security.protocol": protocol,
        "enable.idempotence": True,  # in order, and no record twice while this process lives
        "linger.ms": 5,
        "message.timeout.ms": int(DELIVERY_SECONDS * 1000),
        "log_level": 0,  # what matters is logged by the outbox, without addresses
    }
    if protocol.startswith("SASL"):
        mechanism = str(written.get("sasl_mechanism", "PLAIN")).upper()
        if mechanism not in _MECHANISMS:
            raise BrokerError(
                f"`event_broker.sasl_mechanism` {mechanism} can't be used here. There are {', '.join(_MECHANISMS)}."
            )
        if not written.get("sasl_username"):
            raise BrokerError(
                f"`event_broker` needs `sasl_username` and `sasl_password` with {protocol}, which is the default."
                " Write `security_protocol: PLAINTEXT` for a Kafka without sign-in."
            )
        settings["sasl.mechanism"] = mechanism
    if protocol.endswith("SSL"):
        checks = written.get("ssl_check_hostname", False)
        settings["ssl.endpoint.identification.algorithm"] = "https" if checks else "none"
    settings |= {name: written[key] for key, name in _AS_WRITTEN.items() if written.get(key) not in (None, "")}
    topic = str(written.get("topic") or "rasa_core_events")
    return KafkaTarget(settings, topic, bool(written.get("partition_by_sender", False)))


class KafkaBroker:
    """Produces records to one topic."""

    def __init__(self, target: KafkaTarget, *, delivery_seconds: float = DELIVERY_SECONDS) -> None:
        """Raises BrokerError where the library is missing or refuses the settings."""
        try:
            from confluent_kafka import KafkaException, Producer  # noqa: PLC0415 - only where Kafka is used
        except ImportError as problem:
            raise BrokerError(
                "Kafka needs the package confluent-kafka: install Talkwright with the extra `kafka`."
            ) from problem
        self._target = target
        self._seconds = delivery_seconds
        self._cause: Any = None
        settings = {**target.settings, "message.timeout.ms": int(delivery_seconds * 1000), "error_cb": self._note}
        try:
            self._producer = Producer(settings)
        except (KafkaException, ValueError, TypeError) as problem:
            raise BrokerError(f"Kafka can't be used as `event_broker` is written: {_words(problem)}.") from problem

    async def send(self, records: Sequence[Record]) -> None:
        """Produces the records and waits for the acknowledgements. Raises BrokerAway."""
        await asyncio.to_thread(self._send, records)

    async def close(self) -> None:
        """Drops what the library still holds: the outbox knows of it."""
        await asyncio.to_thread(self._producer.flush, 0.1)

    def _note(self, error: Any) -> None:
        """Keeps why no broker can be reached: a record that times out doesn't say it."""
        if error.name() in _CAUSES:
            self._cause = error

    def _send(self, records: Sequence[Record]) -> None:
        failed: dict[int, Any] = {}
        self._cause = None
        self._produce(dict(enumerate(records)), failed)
        large = {place: error for place, error in failed.items() if _is_too_large(error)}
        if large:
            substitutes = {
                place: too_large(records[place], code=error.name(), message=error.str(), source=SOURCE)
                for place, error in large.items()
            }
            for place in large:
                del failed[place]
            self._produce(substitutes, failed)
        if failed:
            left = [records[place] for place in sorted(failed)]
            why = _reason(failed) if self._cause is None else f"{self._cause.name()}, {_CAUSES[self._cause.name()]}"
            raise BrokerAway(f"Kafka took {len(records) - len(left)} of {len(records)}: {why}", left)

    def _produce(self, records: Mapping[int, Record], failed: dict[int, Any]) -> None:
        """Produces records under their places and notes the errors of those that did not arrive."""
        from confluent_kafka import KafkaException  # noqa: PLC0415 - as above

        open_places = set(records)

        def delivered(place: int, error: Any, _: Any = None) -> None:
            open_places.discard(place)
            if error is not None:
                failed[place] = error

        for place, record in records.items():
            try:
                self._producer.produce(
                    self._target.topic,
                    record.value,
                    key=record.sender.encode(errors="replace") if self._target.partition_by_sender else None,
                    headers=list(record.headers),
                    on_delivery=partial(delivered, place),
                )
            except KafkaException as problem:
                delivered(place, problem.args[0])
            except BufferError:
                delivered(place, "its queue is full")
        self._producer.flush(self._seconds + 5)
        if open_places:
            self._producer.purge()
            self._producer.flush(1)


def _is_too_large(error: Any) -> bool:
    from confluent_kafka import KafkaError  # noqa: PLC0415 - as above

    return isinstance(error, KafkaError) and error.code() == KafkaError.MSG_SIZE_TOO_LARGE


def _reason(failed: Mapping[int, Any]) -> str:
    error = next(iter(failed.values()))
    return str(getattr(error, "name", lambda: error)())


def _words(problem: Exception) -> str:
    inner = problem.args[0] if problem.args else problem
    return str(inner.str() if hasattr(inner, "str") else inner)
