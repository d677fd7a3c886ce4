"""Real object stores for the tests: an S3 server and the emulator of Azure's blob storage, on free ports.

They are fetched once by the commands that `s3_server/pom.xml` and `azure_emulator/package.json` begin with;
`TEST_S3_LIBS` and `TEST_AZURE_LIBS` name other folders. Where they or what runs them are missing, the tests that need
them are skipped.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx2

ROOT = Path(__file__).parents[2]
S3_LIBRARIES = Path(os.environ.get("TEST_S3_LIBS") or ROOT / ".cache" / "s3")
AZURE_LIBRARIES = Path(os.environ.get("TEST_AZURE_LIBS") or ROOT / ".cache" / "azure")
BUCKET = "talkwright"
START_SECONDS = 180
_JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx192m")
_S3 = """
s3proxy.authorization=aws-v2-or-v4
s3proxy.endpoint=http://{host}:{port}
s3proxy.identity={key}
s3proxy.credential={secret}
jclouds.provider=filesystem-nio2
jclouds.identity=x
jclouds.credential=x
jclouds.filesystem.basedir={data}
"""
_AZURE_ACCOUNT = "devstoreaccount1"  # the emulator knows no other account and key, which its documentation names
_AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass
class ObjectServer:
    """A running store: its URL for the settings, the server's address, and the variables that hold its keys.

    `start` starts it over the data that it has.
    """

    url: str
    endpoint: str
    variables: dict[str, str]
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] = field(init=False)

    @contextmanager
    def running(self) -> Iterator[ObjectServer]:
        """Have it run until the block ends; its data goes with it."""
        self.process = self.start()
        try:
            yield self
        finally:
            self.kill()

    def kill(self) -> None:
        """Take it away as it stands."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """Bring it back where it was, with what it held."""
        self.process = self.start()

    def settings(self, **more: str) -> dict[str, str]:
        """The environment of a role that keeps its objects there."""
        return {
            "TALKWRIGHT_STORAGE_URL": self.url,
            "TALKWRIGHT_STORAGE_ENDPOINT": self.endpoint,
            "TALKWRIGHT_STORAGE_ALLOW_HTTP": "true",
            **self.variables,
            **more,
        }


def s3_missing() -> str | None:
    """Why there is no S3 server here, or None."""
    if shutil.which("java") is None:
        return "There is no Java to run the S3 server with."
    if not any(S3_LIBRARIES.glob("s3proxy-*.jar")):
        return f"There is no S3 server in {S3_LIBRARIES.name}: see tests/services/s3_server/pom.xml."
    return None


def azure_missing() -> str | None:
    """Why there is no emulator of Azure's storage here, or None."""
    if _node() is None:
        return "There is no Node to run the emulator of Azure's storage with."
    if not _azurite().is_file():
        return f"There is no emulator in {AZURE_LIBRARIES.name}: see tests/services/azure_emulator/package.json."
    return None


@contextmanager
def s3_server(home: Path, host: str = "127.0.0.1", *, takes_sessions: bool = False) -> Iterator[ObjectServer]:
    """An S3 server with an empty bucket, its data below `home`, until the block ends; `host` is one of ours.

    It knows no keys that a token service lends; with `takes_sessions` it overlooks that token, and any header like it.
    """
    port, key, secret = _free_port(), "test", "test-secret"
    data = home / "data"
    (data / BUCKET).mkdir(parents=True)  # a bucket is a folder there
    settings = _S3.format(host=host, port=port, key=key, secret=secret, data=data)
    settings += "s3proxy.ignore-unknown-headers=true\n" if takes_sessions else ""
    (home / "s3proxy.conf").write_text(settings)
    (jar,) = S3_LIBRARIES.glob("s3proxy-*.jar")
    command = ["java", *_JAVA, "-jar", str(jar), "--properties", "s3proxy.conf"]
    variables = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "us-east-1"}
    start = partial(_start, home, command, port, host)
    with ObjectServer(f"s3://{BUCKET}/studio", f"http://{host}:{port}", variables, start).running() as server:
        yield server


@contextmanager
def azure_emulator(home: Path) -> Iterator[ObjectServer]:
    """The emulator of Azure's blob storage with an empty container, until the block ends."""
    port = _free_port()
    node = _node()
    assert node is not None
    command = [node, str(_azurite()), "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    command += ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(home)]
    endpoint = f"http://127.0.0.1:{port}/{_AZURE_ACCOUNT}"
    variables = {"AZURE_STORAGE_ACCOUNT_NAME": _AZURE_ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": _AZURE_KEY}
    start = partial(_start, home, command, port)
    with ObjectServer(f"az://{BUCKET}/studio", endpoint, variables, start).running() as server:
        _make_container(endpoint)
        yield server


def _start(home: Path, command: list[str], port: int, host: str = "127.0.0.1") -> subprocess.Popen[bytes]:
    """Start a server and wait until it answers."""
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(process, f"http://{host}:{port}/", home / "server.log")
    except BaseException:  # whoever no longer waits, by Ctrl-C say, leaves no server behind
        process.kill()
        process.wait()
        raise
    return process


def _wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx2.get(url, timeout=5, trust_env=False)
        except httpx2.TransportError as problem:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()[-2000:]) from problem
            time.sleep(0.05)
        else:
            return


def _make_container(endpoint: str) -> None:
    """As the portal does it; signed with the account's key."""
    fields = {"x-ms-date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"), "x-ms-version": "2021-12-02"}
    resource = f"/{_AZURE_ACCOUNT}/{_AZURE_ACCOUNT}/{BUCKET}\nrestype:container"
    signed = "PUT" + "\n" * 12 + "".join(f"{name}:{value}\n" for name, value in fields.items()) + resource
    digest = hmac.new(base64.b64decode(_AZURE_KEY), signed.encode(), hashlib.sha256).digest()
    signature = f"SharedKey {_AZURE_ACCOUNT}:{base64.b64encode(digest).decode()}"
    url = f"{endpoint}/{BUCKET}?restype=container"
    made = httpx2.put(url, headers={**fields, "Authorization": signature}, trust_env=False)
    assert made.status_code == 201, made.text


def _azurite() -> Path:
    return AZURE_LIBRARIES / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"


def _node() -> str | None:
    own = ROOT / ".tools-node" / "bin" / "node"
    return shutil.which("node") or (str(own) if own.is_file() else None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
