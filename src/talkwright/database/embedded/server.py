"""Start, adopt and stop the embedded server of a data folder."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from talkwright.database.embedded.account import EmbeddedError, Place, environment, find_place
from talkwright.database.embedded.processes import (
    alive,
    processes_in,
    read_lock_file,
    remove_lock_file,
    send,
    wait_gone,
)
from talkwright.operations.logs import get_logger

DATABASE = "talkwright"
START_SECONDS = 120.0
FAST_SECONDS = 4.0
LOG_BYTES = 5_000_000
HOST = "127.0.0.1"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "on",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""`log_min_error_statement` keeps statements, and with them texts of people, out of the server's log."""
_GUARD = 'read -r word; [ "$word" = stay ] && exit 0; [ "$(head -n 1 "$2" 2>/dev/null)" = "$1" ] && kill -INT "$1"'

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Passwords:
    """The server's three roles: its master, the owner of our schemas, and the application."""

    postgres: str
    talkwright_owner: str
    talkwright_app: str

    @classmethod
    def fresh(cls) -> Passwords:
        """Make new ones."""
        return cls(*(secrets.token_urlsafe(24) for _ in range(3)))


@dataclass(frozen=True, slots=True, repr=False)
class Urls:
    """How the running server is reached, by role; `maintenance` is the server's own master."""

    application: str
    owner: str
    maintenance: str


class EmbeddedPostgres:
    """The server of one data folder. `with_parent` ends it when this process ends, however that happens."""

    def __init__(self, home: Path, *, with_parent: bool = False, settings: dict[str, str] | None = None) -> None:
        self.home = home.absolute()
        self._with_parent = with_parent
        self._settings = SETTINGS | (settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._place: Place | None = None
        self._port: int | None = None  # a server that is started again keeps its port, which others were told

    def start(self) -> Urls:
        """Start the server, or adopt it where it still runs; returns when it answers.

        Raises EmbeddedError that says why it can't be had.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with _exclusive(self.home / "postgres.lock"):
            self._place = place = find_place(self.home)
            passwords = self._passwords()
            data = place.folder / "data"
            if not (data / "PG_VERSION").exists():
                self._make(place, passwords)
            self._port = port = self._adopt(data, passwords) or self._launch(place, passwords)
            self._watch(data)
            try:
                self._prepare(port, passwords)
            except psycopg.Error as error:
                raise EmbeddedError(f"The database runs but could not be prepared: {error}") from error
        return _urls(port, passwords)

    def flush(self) -> None:
        """Write out what stands only in the log, so that a stop soon after is quick; one that is gone has nothing."""
        if self._place is None or self._port is None:
            return
        with (
            contextlib.suppress(psycopg.Error),
            _connect(self._port, self._passwords(), autocommit=True) as link,
        ):
            link.execute("CHECKPOINT")

    def stop(self) -> None:
        """Stop the server: fast, at the latest the hard way after some seconds; nothing committed is lost."""
        if self._place is None or self._pid is None:
            return
        stop_server(self._place.folder / "data", self._pid)
        if self._process is not None:
            self._process.wait()
        self.leave()
        self._pid = self._process = None

    def leave(self) -> None:
        """Let the server run on by itself, whatever becomes of this process."""
        if self._guard is not None and self._guard.stdin is not None:
            with contextlib.suppress(OSError):
                self._guard.stdin.write(b"stay\n")
                self._guard.stdin.close()
            self._guard.wait()
        self._guard = None

    @property
    def running(self) -> bool:
        """Whether the server's main process lives."""
        return self._pid is not None and (self._process is None or self._process.poll() is None) and alive(self._pid)

    @property
    def programs(self) -> Path:
        """The folder of the server's programs, for dump and restore; known once it was started."""
        if self._place is None:
            raise EmbeddedError("The embedded database was not started yet.")
        return self._place.programs

    def _passwords(self) -> Passwords:
        path = self.home / "postgres.json"
        try:
            return Passwords(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            passwords = Passwords.fresh()
        except (ValueError, TypeError) as error:
            raise EmbeddedError(
                f"{path} can't be read: {error}. Put it back from a backup of the data folder."
            ) from error
        if (self.home / "postgres" / "data" / "PG_VERSION").exists():
            raise EmbeddedError(f"{path} is missing, which holds the database's passwords. Put it back from a backup.")
        _write_private(path, json.dumps(asdict(passwords)))
        return passwords

    def _make(self, place: Place, passwords: Passwords) -> None:
        """Make an empty database cluster, complete or not at all."""
        fresh, secret = place.folder / "data.new", place.folder / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        _write_private(secret, passwords.postgres)
        try:
            _own(secret, place)
            words = (
                "-D",
                str(fresh),
                "-U",
                "postgres",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
            )
            locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
            done = subprocess.run(  # noqa: S603 - the words are ours alone
                place.command("initdb", *words, *locale), capture_output=True, check=False, **place.account.arguments()
            )
        finally:
            secret.unlink(missing_ok=True)
        if done.returncode != 0:
            raise EmbeddedError(f"The database could not be made in {place.folder}: {_last_line(done.stderr)}")
        fresh.rename(place.folder / "data")

    def _adopt(self, data: Path, passwords: Passwords) -> int | None:
        """Take over a server that still runs here; clear away what is left of one that doesn't."""
        lock, pids = read_lock_file(data), processes_in(data)
        if lock is not None and lock.pid in pids and _wait_answer(lock.port, passwords, partial(alive, lock.pid), 15.0):
            self._pid = lock.pid
            log.info("database.adopted", port=lock.port)
            return lock.port
        if pids:
            _end(pids)
        remove_lock_file(data)
        return None

    def _launch(self, place: Place, passwords: Passwords) -> int:
        for _ in range(5):
            port = self._port or _free_port()
            with _open_log(place) as output:
                offset = output.tell()
                process = subprocess.Popen(  # noqa: S603 - the words are ours alone
                    place.command("postgres", "-D", str(place.folder / "data"), "-p", str(port), *self._options()),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    **place.account.arguments(),
                )
            if _wait_answer(port, passwords, partial(_lives, process), START_SECONDS):
                self._process, self._pid = process, process.pid
                return port
            said = _read_log(place, offset)
            is_taken = b"could not bind" in said or b"Address already in use" in said
            if process.poll() is None:
                stop_server(place.folder / "data", process.pid)
            process.wait()
            if self._port is not None or not is_taken:
                break
        reason = f"another program uses its port {port}." if is_taken else _last_line(said) or "it does not answer"
        raise EmbeddedError(f"The database does not start: {reason} ({_log_path(place)})")

    def _options(self) -> list[str]:
        return [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]

    def _prepare(self, port: int, passwords: Passwords) -> None:
        """Make the roles and the database where they are missing."""
        with _connect(port, passwords, autocommit=True) as connection:
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role in ("talkwright_owner", "talkwright_app"):
                if role not in known:
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
                    words = sql.SQL("ALTER ROLE {} PASSWORD {}")
                    connection.execute(words.format(sql.Identifier(role), sql.Literal(getattr(passwords, role))))
                    for setting, value in (
                        ("statement_timeout", "30s"),
                        ("idle_in_transaction_session_timeout", "60s"),
                    ):
                        if role == "talkwright_app":
                            connection.execute(f"ALTER ROLE {role} SET {setting} = '{value}'")
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER talkwright_owner")

    def _watch(self, data: Path) -> None:
        """Have the server stopped when this process ends: its end closes a pipe, on which a small guard waits."""
        if not self._with_parent:
            return
        self.leave()  # the guard of a server that died waits for nothing any more
        self._guard = subprocess.Popen(  # noqa: S603 - the words are ours alone
            ["/bin/sh", "-c", _GUARD, "sh", str(self._pid), str(data / "postmaster.pid")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env=environment(),
        )


def stop_server(data: Path, pid: int) -> None:
    """Stop a server by its main process: fast, then at once, then by force with all that belongs to it."""
    for number, seconds in ((signal.SIGINT, FAST_SECONDS), (signal.SIGQUIT, 1.0)):
        send({pid}, number)
        if not wait_gone({pid}, seconds):
            break
    left = processes_in(data) | ({pid} if alive(pid) else set())
    if left:
        _end(left)


def _end(pids: set[int]) -> None:
    send(pids, signal.SIGKILL)
    if left := wait_gone(pids, 10.0):
        raise EmbeddedError(
            f"Processes of an earlier database server can't be ended: {', '.join(map(str, sorted(left)))}."
        )


def _urls(port: int, passwords: Passwords) -> Urls:
    def url(role: str, database: str) -> str:
        return f"postgresql://{role}:{getattr(passwords, role)}@{HOST}:{port}/{database}"

    return Urls(url("talkwright_app", DATABASE), url("talkwright_owner", DATABASE), url("postgres", "postgres"))


def _connect(port: int, passwords: Passwords, *, autocommit: bool = False) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=HOST,
        port=port,
        user="postgres",
        password=passwords.postgres,
        dbname="postgres",
        connect_timeout=5,
        autocommit=autocommit,
    )


def _wait_answer(port: int, passwords: Passwords, living: Callable[[], bool], seconds: float) -> bool:
    """Wait until the server lets us in; False where it died or took too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and living():
        try:
            _connect(port, passwords).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return True
    return False


def _lives(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _own(path: Path, place: Place) -> None:
    if place.account.uid is not None and place.account.gid is not None:
        os.chown(path, place.account.uid, place.account.gid)


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all, and safely on disk."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def _log_path(place: Place) -> Path:
    return place.folder / "postgres.log"


def _open_log(place: Place) -> IO[bytes]:
    path = _log_path(place)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_name("postgres.log.1"))
    return open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600), "ab")


def _read_log(place: Place, offset: int) -> bytes:
    with open(_log_path(place), "rb") as file:
        file.seek(offset)
        return file.read()


def _last_line(output: bytes) -> str:
    lines = [line for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line or "ERROR" in line]
    return (telling or lines or [""])[-1]


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
