"""Kafka: what its settings mean, records on librdkafka's own cluster, and on the real Kafka where it can be had."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from tests.engine.stores.conversations import turn_events
from tests.services.certificates import Authority, authority
from tests.services.kafka import (
    PASSWORD,
    SCRAM_PASSWORD,
    SCRAM_USER,
    USER,
    Kafka,
    consumed,
    kafka,
    missing,
)

from talkwright.conversation import events as ev
from talkwright.engine.brokers.kafka import KafkaBroker, kafka_target
from talkwright.engine.brokers.outbox import Outbox
from talkwright.engine.brokers.port import BrokerAway, BrokerError, Record
from talkwright.engine.brokers.records import Records
from talkwright.engine.stores.recording import NOTHING

pytestmark = pytest.mark.anyio
RECORDS = Records(NOTHING, "staging").of("web-1", None, turn_events(1))


def settings(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "kafka", "url": url, "topic": f"t-{uuid.uuid4().hex}", "security_protocol": "PLAINTEXT", **more}


@pytest.fixture(scope="module")
def mock_cluster() -> Iterator[str]:
    """librdkafka's cluster inside this process: it takes and gives records, but knows no sign-in and forgets all."""
    owner = Producer({"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 1, "log_level": 0})
    yield ",".join(f"{broker.host}:{broker.port}" for broker in owner.list_topics(timeout=20).brokers.values())
    del owner


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    if reason := missing():
        pytest.skip(reason=reason)
    with kafka(tmp_path_factory.mktemp("kafka")) as server:
        yield server


async def sent(written: dict[str, Any], records: list[Record], **choices: Any) -> None:
    broker = KafkaBroker(kafka_target(written), **choices)
    try:
        await broker.send(records)
    finally:
        await broker.close()


async def test_records_arrive_as_one_message_an_event_with_the_header_and_no_key(mock_cluster: str) -> None:
    written = settings(mock_cluster)
    await sent(written, RECORDS)
    messages = await asyncio.to_thread(consumed, mock_cluster, written["topic"], len(RECORDS))
    assert sorted(message.value() for message in messages) == sorted(record.value for record in RECORDS)
    assert {message.key() for message in messages} == {None}
    assert {tuple(message.headers()) for message in messages} == {(("RASA_ENVIRONMENT", b"staging"),)}


async def test_partitioned_by_sender_a_conversation_stays_in_order(mock_cluster: str) -> None:
    written = settings(mock_cluster, partition_by_sender=True)
    await sent(written, RECORDS)
    messages = await asyncio.to_thread(consumed, mock_cluster, written["topic"], len(RECORDS))
    assert [message.value() for message in messages] == [record.value for record in RECORDS]
    assert {message.key() for message in messages} == {b"web-1"}


async def test_a_record_that_is_too_large_is_replaced_by_an_error(mock_cluster: str) -> None:
    written = settings(mock_cluster)
    large = ev.bot("x" * 1_100_000, {}).at(1.0, {"assistant_id": "library"})
    await sent(written, [*RECORDS[:1], *Records(NOTHING, None).of("web-1", None, [large])])
    messages = await asyncio.to_thread(consumed, mock_cluster, written["topic"], 2)
    told = [json.loads(message.value()) for message in messages]
    error = next(one for one in told if one["event"] == "error")
    assert (error["sender_id"], error["error_code"], error["timestamp"]) == ("web-1", "MSG_SIZE_TOO_LARGE", 1.0)
    assert error["metadata"]["error_source"] == "KafkaEventBroker"
    assert error["metadata"]["assistant_id"] == "library"


async def test_a_kafka_that_is_away_is_told_with_all_that_did_not_arrive() -> None:
    with pytest.raises(BrokerAway) as told:
        await sent(settings("127.0.0.1:1"), RECORDS, delivery_seconds=0.5)
    assert list(told.value.left) == RECORDS


def test_the_keys_of_event_broker_are_those_of_the_ecosystem() -> None:
    target = kafka_target(
        {
            "type": "kafka",
            "url": ["a:9092", "b:9092"],
            "client_id": "bot",
            "security_protocol": "sasl_ssl",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_username": "u",
            "sasl_password": "p",
            "ssl_cafile": "ca.pem",
            "ssl_check_hostname": True,
            "reconnect_backoff_ms": 7,
        }
    )
    assert (target.topic, target.partition_by_sender) == ("rasa_core_events", False)
    wanted = {
        "bootstrap.servers": "a:9092,b:9092",
        "client.id": "bot",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "u",
        "sasl.password": "p",
        "ssl.ca.location": "ca.pem",
        "ssl.endpoint.identification.algorithm": "https",
        "reconnect.backoff.ms": 7,
    }
    assert wanted.items() <= target.settings.items()
    loose = kafka_target(settings("a:9092", security_protocol="SSL"))
    assert loose.settings["ssl.endpoint.identification.algorithm"] == "none"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "url"),
        ({"url": "k:9092", "security_protocol": "TLS"}, "PLAINTEXT, SSL"),
        ({"url": "k:9092"}, "sasl_username"),
        ({"url": "k:9092", "sasl_mechanism": "GSSAPI"}, "PLAIN, SCRAM-SHA-256"),
    ],
)
def test_what_cannot_be_used_is_told_with_what_there_is(written: dict[str, Any], words: str) -> None:
    with pytest.raises(BrokerError, match=words):
        kafka_target(written)


def test_settings_that_the_library_refuses_are_told() -> None:
    with pytest.raises(BrokerError, match="can't be used as `event_broker` is written"):
        KafkaBroker(kafka_target(settings("k:9092", reconnect_backoff_ms="soon")))


@pytest.mark.parametrize(
    "signing_in",
    [
        {"sasl_username": USER, "sasl_password": PASSWORD},
        {"sasl_username": SCRAM_USER, "sasl_password": SCRAM_PASSWORD, "sasl_mechanism": "SCRAM-SHA-256"},
    ],
)
async def test_the_real_kafka_takes_records_after_signing_in(real: Kafka, signing_in: dict[str, str]) -> None:
    written = settings(real.sasl, partition_by_sender=True, **signing_in)
    del written["security_protocol"]  # its default is with sign-in
    await sent(written, RECORDS)
    messages = await asyncio.to_thread(consumed, real.plain, written["topic"], len(RECORDS))
    assert [message.value() for message in messages] == [record.value for record in RECORDS]
    assert {tuple(message.headers()) for message in messages} == {(("RASA_ENVIRONMENT", b"staging"),)}


async def test_the_real_kafka_takes_nothing_with_a_wrong_password(real: Kafka) -> None:
    written = settings(real.sasl, security_protocol="SASL_PLAINTEXT", sasl_username=USER, sasl_password="wrong")
    with pytest.raises(BrokerAway):
        await sent(written, RECORDS, delivery_seconds=2)


def trusting(real: Kafka, **more: Any) -> dict[str, Any]:
    return {"ssl_cafile": str(real.authority.file), "ssl_check_hostname": True, **more}


def with_certificate(real: Kafka, signer: Authority) -> dict[str, Any]:
    certificate, key = signer.sign("bot")
    return trusting(real, security_protocol="SSL", ssl_certfile=str(certificate), ssl_keyfile=str(key))


async def test_the_real_kafka_takes_records_over_tls_from_whoever_shows_a_certificate(real: Kafka) -> None:
    written = settings(real.tls, partition_by_sender=True, **with_certificate(real, real.authority))
    await sent(written, RECORDS)
    messages = await asyncio.to_thread(consumed, real.plain, written["topic"], len(RECORDS))
    assert [message.value() for message in messages] == [record.value for record in RECORDS]


@pytest.mark.parametrize(
    "signing_in",
    [
        {"sasl_username": USER, "sasl_password": PASSWORD},
        {"sasl_username": SCRAM_USER, "sasl_password": SCRAM_PASSWORD, "sasl_mechanism": "SCRAM-SHA-256"},
    ],
)
async def test_the_real_kafka_takes_records_over_tls_after_signing_in(real: Kafka, signing_in: dict[str, str]) -> None:
    written = settings(real.sasl_tls, partition_by_sender=True, **trusting(real, security_protocol="SASL_SSL"))
    await sent(written | signing_in, RECORDS)
    messages = await asyncio.to_thread(consumed, real.plain, written["topic"], len(RECORDS))
    assert [message.value() for message in messages] == [record.value for record in RECORDS]


async def test_a_certificate_that_nobody_trusts_is_told_once_and_the_records_wait(
    real: Kafka, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = authority(tmp_path, "stranger")
    signing_in = {"security_protocol": "SASL_SSL", "sasl_username": USER, "sasl_password": PASSWORD}
    written = settings(real.sasl_tls, ssl_cafile=str(stranger.file), **signing_in)
    tries = Counting(KafkaBroker(kafka_target(written), delivery_seconds=1))
    outbox = Outbox(tries, limit=100, last_seconds=0)
    outbox.put(RECORDS)
    async with asyncio.timeout(60):
        await tries.third.wait()
    told = [record for record in caplog.records if "broker_away" in record.getMessage()]
    assert len(told) == 1
    reason = str(told[0].__dict__)
    assert "ssl_cafile" in reason
    assert PASSWORD not in reason
    assert tries.left == RECORDS, "nothing is lost"
    await outbox.close()


async def test_a_kafka_of_another_name_is_refused_where_names_are_checked(real: Kafka) -> None:
    asked = {"security_protocol": "SASL_SSL", "sasl_username": USER, "sasl_password": PASSWORD}
    elsewhere = real.sasl_tls.replace("127.0.0.1", "localhost")
    with pytest.raises(BrokerAway, match="ssl_check_hostname"):
        await sent(settings(elsewhere, **trusting(real, **asked)), RECORDS, delivery_seconds=2)


async def test_the_real_kafka_takes_nothing_from_whoever_shows_another_certificate(real: Kafka, tmp_path: Path) -> None:
    written = settings(real.tls, **with_certificate(real, authority(tmp_path, "stranger")))
    with pytest.raises(BrokerAway, match="took 0 of"):
        await sent(written, RECORDS, delivery_seconds=2)


class Counting:
    """A broker that counts how often it was tried, and what is left."""

    def __init__(self, broker: KafkaBroker) -> None:
        self._broker = broker
        self._tries = 0
        self.third = asyncio.Event()
        self.left: Sequence[Record] = ()

    async def send(self, records: Sequence[Record]) -> None:
        self._tries += 1
        try:
            await self._broker.send(records)
        except BrokerAway as problem:
            self.left = problem.left
            raise
        finally:
            if self._tries == 3:
                self.third.set()

    async def close(self) -> None:
        await self._broker.close()


@pytest.mark.slow
async def test_what_happens_while_the_real_kafka_is_killed_arrives_after_its_restart(real: Kafka) -> None:
    written = settings(real.plain, partition_by_sender=True)
    outbox = Outbox(KafkaBroker(kafka_target(written), delivery_seconds=2), limit=100)
    outbox.put(RECORDS[:3])
    await outbox.emptied()
    await asyncio.to_thread(real.kill)
    outbox.put(RECORDS[3:])
    await asyncio.to_thread(real.start_again)
    async with asyncio.timeout(90):
        await outbox.emptied()
    await outbox.close()
    messages = await asyncio.to_thread(consumed, real.plain, written["topic"], len(RECORDS))
    assert [message.value() for message in messages] == [record.value for record in RECORDS]
