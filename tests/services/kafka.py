"""The real Kafka for the tests: one process, without and with sign-in, plain and over TLS, on free ports.

Its libraries are fetched once by the command that `kafka_server/pom.xml` begins with; `TEST_KAFKA_LIBS` names another
folder. Where they or Java are missing, the tests that need it are skipped.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from tests.services.certificates import Authority, authority

ROOT = Path(__file__).parents[2]
LIBRARIES = Path(os.environ.get("TEST_KAFKA_LIBS") or ROOT / ".cache" / "kafka")
USER, PASSWORD = "app", "app-secret"
SCRAM_USER, SCRAM_PASSWORD = "scramapp", "scram-secret"
START_SECONDS = 120
_CLUSTER = "4L6g3nShT-eMCtK--X86sw"
_JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms64m", "-Xmx256m")
_LOGIN = "org.apache.kafka.common.security"
_LISTENERS = ("PLAINTEXT", "SASL", "TLS", "SASLTLS")
_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{control}
listeners={listeners},CONTROLLER://127.0.0.1:{control}
advertised.listeners={listeners}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,SASLTLS:SASL_SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
num.network.threads=1
num.io.threads=2
background.threads=2
num.partitions=3
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
auto.create.topics.enable=true
log.cleaner.dedupe.buffer.size=2097152
log.cleaner.io.buffer.size=131072
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl.plain.sasl.jaas.config={login}.plain.PlainLoginModule required user_{user}="{password}";
listener.name.sasl.scram-sha-256.sasl.jaas.config={login}.scram.ScramLoginModule required;
listener.name.sasltls.plain.sasl.jaas.config={login}.plain.PlainLoginModule required user_{user}="{password}";
listener.name.sasltls.scram-sha-256.sasl.jaas.config={login}.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
listener.name.tls.ssl.client.auth=required
"""


@dataclass
class Kafka:
    """A running Kafka: `plain` without sign-in, `sasl` with it (SASL_PLAINTEXT); `tls` (SSL) wants its clients'
    certificates too, `sasl_tls` (SASL_SSL) their sign-in. All certificates are of `authority`.
    """

    plain: str
    sasl: str
    tls: str
    sasl_tls: str
    authority: Authority
    home: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """As a machine that loses its power."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """On the same data and addresses."""
        self.process = _run(self.home)
        _await(self.plain, self.process, self.home)


def missing() -> str | None:
    """Why there is no Kafka here, or None."""
    if shutil.which("java") is None:
        return "There is no Java to run Kafka with."
    if not any(LIBRARIES.glob("kafka_2.13-*.jar")):
        return f"There is no Kafka in {LIBRARIES.name}: see tests/services/kafka_server/pom.xml."
    return None


@contextmanager
def kafka(home: Path) -> Iterator[Kafka]:
    """A Kafka of its own below `home`, until the block ends."""
    control, *ports = _free_ports(5)
    addresses = [f"127.0.0.1:{port}" for port in ports]
    ours = authority(home, "ours")
    certificate, key = ours.sign("broker")
    keystore = home / "keystore.pem"
    keystore.write_bytes(key.read_bytes() + certificate.read_bytes())
    written = _PROPERTIES.format(
        listeners=",".join(f"{name}://{address}" for name, address in zip(_LISTENERS, addresses, strict=True)),
        control=control,
        data=home / "data",
        login=_LOGIN,
        user=USER,
        password=PASSWORD,
        keystore=keystore,
        truststore=ours.file,
    )
    (home / "server.properties").write_text(written)
    (home / "log4j2.yaml").write_text(
        "Configuration:\n  Appenders:\n    Console: {name: C, PatternLayout: {pattern: '%d %p %c - %m%n'}}\n"
        "  Loggers:\n    Root: {level: WARN, AppenderRef: [{ref: C}]}\n"
    )
    scram = f"SCRAM-SHA-256=[name={SCRAM_USER},password={SCRAM_PASSWORD}]"
    format_command = _java("kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", "server.properties")
    formatted = subprocess.run(
        [*format_command, "--add-scram", scram], cwd=home, check=False, capture_output=True, text=True
    )
    assert formatted.returncode == 0, formatted.stdout + formatted.stderr
    server = Kafka(*addresses, ours, home, _run(home))
    try:
        _await(server.plain, server.process, home)
        yield server
    finally:
        server.process.terminate()
        try:
            server.process.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def consumed(address: str, topic: str, count: int, **settings: Any) -> list[Any]:
    """The first `count` messages of a topic, ordered by partition and offset."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": topic, **settings})
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    found: list[Any] = []
    deadline = time.monotonic() + 60
    while len(found) < count and time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            found.append(message)
    consumer.close()
    return sorted(found, key=lambda message: (message.partition(), message.offset()))


def _java(*words: str) -> list[str]:
    return ["java", *_JAVA, "-Dlog4j2.configurationFile=log4j2.yaml", "-cp", f"{LIBRARIES}/*", *words]


def _run(home: Path) -> subprocess.Popen[bytes]:
    with (home / "kafka.log").open("ab") as log:
        return subprocess.Popen(
            _java("kafka.Kafka", "server.properties"), cwd=home, stdout=log, stderr=subprocess.STDOUT
        )


def _await(address: str, process: subprocess.Popen[bytes], home: Path) -> None:
    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            client.list_topics(timeout=2)
        except KafkaException as problem:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((home / "kafka.log").read_text()[-2000:]) from problem
        else:
            return


def _free_ports(count: int) -> list[int]:
    """Different ones: each is held until all are found, as the system may give one that was let go of again."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
