"""The embedded server survives every death, adopts itself, and leaves nobody's folders changed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from talkwright.database.embedded import EmbeddedError, EmbeddedPostgres, account
from talkwright.database.embedded.processes import processes_in, send, wait_gone

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder that everybody can reach the way to."""
    with tempfile.TemporaryDirectory(prefix="talkwright-home-") as folder:
        os.chmod(folder, 0o755)
        home = Path(folder) / "home"
        yield home
        left = processes_in(home / "postgres" / "data")
        send(left, signal.SIGKILL)
        wait_gone(left, 5)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder whose server was started and stopped: making one takes longest."""
    with tempfile.TemporaryDirectory(prefix="talkwright-made-") as folder:
        os.chmod(folder, 0o755)
        first = EmbeddedPostgres(Path(folder) / "home")
        first.start()
        first.stop()
        yield Path(folder) / "home"


@pytest.fixture
def used(home: Path, made: Path) -> None:
    """Have the data folder be one in which a server ran before."""
    subprocess.run(["cp", "-a", made, home], check=True)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home)
    yield server
    server.stop()


def data_of(home: Path) -> Path:
    return home / "postgres" / "data"


def write_a_row(url: str) -> None:
    with psycopg.connect(url) as link:
        link.execute("CREATE TABLE kept (word text)")
        link.execute("INSERT INTO kept VALUES ('still here')")


def rows(url: str) -> list[tuple[str]]:
    with psycopg.connect(url) as link:
        return link.execute("SELECT word FROM kept").fetchall()


def test_it_is_durable_listens_on_loopback_and_has_the_builtin_locale(server: EmbeddedPostgres) -> None:
    urls = server.start()
    with psycopg.connect(urls.maintenance, dbname="talkwright") as link:
        for name, value in {"fsync": "on", "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}.items():
            assert link.execute(f"SHOW {name}").fetchone() == (value,)
        query = (
            "SELECT datlocprovider::text, datlocale, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = %s"
        )
        assert link.execute(query, [link.info.dbname]).fetchone() == ("b", "C.UTF-8", "UTF8")


def test_a_wrong_password_is_refused_and_the_right_one_lies_in_a_private_file(
    home: Path, server: EmbeddedPostgres
) -> None:
    urls = server.start()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(urls.application, password="guess")
    assert stat.S_IMODE((home / "postgres.json").stat().st_mode) == 0o600
    assert not list((home / "postgres").glob("password*"))


@pytest.mark.skipif(not AS_ROOT, reason="only root has an account to give up")
def test_started_as_root_it_runs_as_an_unprivileged_account(home: Path, server: EmbeddedPostgres) -> None:
    server.start()
    # Below a folder that is closed to other accounts it is root outside a user namespace of its own, and nobody inside.
    ours = Path("/proc/self/ns/user").readlink()
    found: list[bool] = []
    for each in (Path(f"/proc/{pid}") for pid in processes_in(data_of(home))):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a worker of the server may just have ended
            found.append(each.stat().st_uid == 65534 or (each / "ns" / "user").readlink() != ours)
    assert found
    assert all(found)


def test_it_runs_below_a_private_folder_and_changes_no_rights(home: Path) -> None:
    parent = home.parent / "private"
    parent.mkdir(mode=0o700)
    before = {path: path.stat() for path in (parent, *parent.parents)}
    server = EmbeddedPostgres(parent / "clone" / ".talkwright")
    try:
        write_a_row(server.start().owner)
    finally:
        server.stop()
    for path, old in before.items():
        new = path.stat()
        assert (new.st_mode, new.st_uid, new.st_gid) == (old.st_mode, old.st_uid, old.st_gid)


@pytest.mark.skipif(not AS_ROOT, reason="only root needs another place")
def test_without_namespaces_programs_and_data_go_to_a_readable_place(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home.mkdir()
    home.chmod(0o700)
    place = home.parent / "elsewhere"
    monkeypatch.setattr(account, "ELSEWHERE", place)
    monkeypatch.setattr(account, "_namespace", lambda: None)
    server = EmbeddedPostgres(home)
    try:
        write_a_row(server.start().owner)
        server.stop()
        assert rows(server.start().owner) == [("still here",)]
        assert not data_of(home).exists()
    finally:
        server.stop()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.usefixtures("used")
def test_a_folder_copied_by_root_or_moved_below_a_private_one_starts_again(home: Path) -> None:
    server = EmbeddedPostgres(home)
    write_a_row(server.start().owner)
    server.stop()
    parent = home.parent / "private"
    parent.mkdir(mode=0o700)
    moved = EmbeddedPostgres(home.rename(parent / "home"))
    try:
        assert rows(moved.start().owner) == [("still here",)]
    finally:
        moved.stop()


@pytest.mark.usefixtures("used")
def test_a_second_start_adopts_the_running_server(home: Path, server: EmbeddedPostgres) -> None:
    urls = server.start()
    second = EmbeddedPostgres(home)
    assert second.start().application == urls.application
    second.stop()
    assert not server.running


@pytest.mark.usefixtures("used")
def test_it_keeps_its_port_when_it_is_started_again_and_waits_for_it_where_it_is_taken(
    home: Path, server: EmbeddedPostgres
) -> None:
    start_in_another_process(home, with_parent=False)
    urls = server.start()
    server.flush()
    send(processes_in(data_of(home)), signal.SIGKILL)
    wait_gone(processes_in(data_of(home)), 5)
    port = make_url(urls.application).port or 0
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(EmbeddedError, match="another program uses its port"),
    ):
        server.start()
    assert server.start() == urls


def test_a_server_that_can_not_be_prepared_is_said_in_words(home: Path) -> None:
    server = EmbeddedPostgres(home, settings={"default_transaction_read_only": "on"})
    try:
        with pytest.raises(EmbeddedError, match=r"could not be prepared: .*read-only"):
            server.start()
    finally:
        server.stop()


@pytest.mark.usefixtures("used")
def test_it_is_adopted_after_its_starter_was_killed(home: Path) -> None:
    pid = start_in_another_process(home, with_parent=False)
    before = processes_in(data_of(home))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    server = EmbeddedPostgres(home)
    server.start()
    assert before & processes_in(data_of(home))
    server.stop()
    assert not processes_in(data_of(home))


@pytest.mark.usefixtures("used")
def test_it_ends_with_its_parent_when_asked_to(home: Path) -> None:
    pid = start_in_another_process(home, with_parent=True)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert not wait_gone(processes_in(data_of(home)), 10)


@pytest.mark.usefixtures("used")
def test_nothing_committed_is_lost_when_everything_is_killed(home: Path) -> None:
    server = EmbeddedPostgres(home)
    write_a_row(server.start().owner)
    send(processes_in(data_of(home)), signal.SIGKILL)
    again = EmbeddedPostgres(home)
    try:
        assert rows(again.start().owner) == [("still here",)]
    finally:
        again.stop()


@pytest.mark.usefixtures("used")
def test_it_starts_beside_backends_that_outlived_their_server(home: Path) -> None:
    server = EmbeddedPostgres(home)
    urls = server.start()
    write_a_row(urls.owner)
    busy = psycopg.connect(urls.owner)
    lock = int((data_of(home) / "postmaster.pid").read_text().split()[0])
    os.kill(busy.info.backend_pid, signal.SIGSTOP)  # it can't notice that its server is gone
    os.kill(lock, signal.SIGKILL)
    again = EmbeddedPostgres(home)
    try:
        assert rows(again.start().owner) == [("still here",)]
    finally:
        again.stop()
        busy.close()


@pytest.mark.usefixtures("used")
def test_a_lock_file_that_names_somebody_elses_process_is_no_hindrance(home: Path) -> None:
    server = EmbeddedPostgres(home)
    write_a_row(server.start().owner)
    server.stop()
    lock = data_of(home) / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{data_of(home)}\n{int(time.time())}\n5432\n\n127.0.0.1\n\nready\n")
    again = EmbeddedPostgres(home)
    try:
        assert rows(again.start().owner) == [("still here",)]
    finally:
        again.stop()


def test_an_interrupted_first_start_begins_anew(home: Path, server: EmbeddedPostgres) -> None:
    (home / "postgres" / "data.new").mkdir(parents=True)
    (home / "postgres" / "data.new" / "half").write_text("half")
    write_a_row(server.start().owner)


@pytest.mark.usefixtures("used")
def test_lost_passwords_are_said_and_nothing_is_made_anew(home: Path, server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    (home / "postgres.json").unlink()
    with pytest.raises(EmbeddedError, match="Put it back"):
        server.start()


def start_in_another_process(home: Path, *, with_parent: bool) -> int:
    """Start the server from a process of its own; returns when it runs."""
    code = (
        "import sys, pathlib, time; from talkwright.database.embedded import EmbeddedPostgres;"
        f"EmbeddedPostgres(pathlib.Path(sys.argv[1]), with_parent={with_parent}).start();"
        "print('ready', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()
    return process.pid
