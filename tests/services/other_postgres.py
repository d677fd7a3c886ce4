"""A PostgreSQL that the machine has besides ours (Debian's, say), started in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from tests.services import memory

from talkwright.database.embedded import Urls

PLACES = ("/usr/lib/postgresql/*/bin/postgres", "/usr/pgsql-*/bin/postgres", "/usr/local/pgsql/bin/postgres")
HOW = "`apt-get install postgresql` brings one"
START_SECONDS = 60
SETTINGS = {"fsync": "off", "unix_socket_directories": "", "listen_addresses": "127.0.0.1"}


def found() -> Path | None:
    """The folder of the newest server's programs, or None."""
    servers = [path for place in PLACES for path in Path("/").glob(place[1:])]
    return max(servers, key=lambda path: path.parts, default=Path()).parent if servers else None


class OtherServer:
    """A server of these programs with its data in `folder`, which is made; started again it has the port of before."""

    def __init__(self, programs: Path, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"
        self._port = _free_port()
        self._password = secrets.token_hex(8)
        self._settings = SETTINGS | (settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its superuser's URL."""
        return self._url("postgres", "postgres")

    @property
    def urls(self) -> Urls:
        """How it is reached by the roles that `start` makes."""
        return Urls(self._url("talkwright_app", "talkwright"), self._url("talkwright_owner", "talkwright"), self.url)

    def _url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{self._password}@127.0.0.1:{self._port}/{database}"

    @property
    def running(self) -> bool:
        """Whether its main process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def version(self) -> int:
        """Its major version."""
        with psycopg.connect(self.url) as link:
            return link.info.server_version // 10_000

    def start(self) -> Urls:
        """Start it; returns when it answers and has our roles and database."""
        rights = _rights()
        if not self._data.exists():
            self._make(rights)
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if not self.running:  # the children of one that was killed may hold its memory for a moment
                self._launch(rights)
            assert time.monotonic() < end, f"the server does not start: {(self._folder / 'log').read_text()[-2000:]}"
            time.sleep(0.05)
        with psycopg.connect(self.url, autocommit=True) as link:
            if link.execute("SELECT 1 FROM pg_database WHERE datname = 'talkwright'").fetchone() is None:
                for role in ("talkwright_owner", "talkwright_app"):
                    link.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{self._password}'")
                link.execute("CREATE DATABASE talkwright OWNER talkwright_owner")
        return self.urls

    def _make(self, rights: Mapping[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if "user" in rights:
            os.chown(self._folder, rights["user"], rights["group"])
        told = self._folder / "password"
        told.write_text(self._password)  # it asks for passwords, as servers do: some tests give it a wrong one
        told.chmod(0o644)
        asks = ["--auth=scram-sha-256", f"--pwfile={told}"]
        words = ["-D", self._data, "-U", "postgres", *asks, "--encoding=UTF8", "--locale=C"]
        subprocess.run([self._programs / "initdb", *words], check=True, capture_output=True, **rights)  # type: ignore[call-overload]  # rights are of `subprocess`

    def _launch(self, rights: Mapping[str, Any]) -> None:
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # type: ignore[call-overload]  # as above
                [self._programs / "postgres", "-D", self._data, "-p", str(self._port), *options],
                stdout=log,
                stderr=log,
                **rights,
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return self.running

    def stop(self) -> None:
        """Stop it, whoever is connected; at the latest the hard way after some seconds."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self.kill()

    def kill(self) -> None:
        """End its main process at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def other_server(programs: Path) -> Iterator[OtherServer]:
    """Run the server until the block ends. Nothing of it is kept."""
    # pytest's own folders are private
    folder = memory.folder(memory.DATABASE) or Path(tempfile.mkdtemp(prefix="talkwright-server-"))
    server = OtherServer(programs, folder, {"max_connections": "300"})
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _rights() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: another account then owns the folder."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    account = pwd.getpwnam("nobody")
    return {"cwd": "/", "user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
