"""A PostgreSQL that the machine has besides ours (Debian's, say), started in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

PLACES = ("/usr/lib/postgresql/*/bin/postgres", "/usr/pgsql-*/bin/postgres", "/usr/local/pgsql/bin/postgres")
HOW = "`apt-get install postgresql` brings one"
START_SECONDS = 60


def found() -> Path | None:
    """The folder of the newest server's programs, or None."""
    servers = [path for place in PLACES for path in Path("/").glob(place[1:])]
    return max(servers, key=lambda path: path.parts, default=Path()).parent if servers else None


@contextlib.contextmanager
def other_server(programs: Path) -> Iterator[str]:
    """Run the server until the block ends; gives its superuser's URL. Nothing of it is kept."""
    folder = Path(tempfile.mkdtemp(prefix="talkwright-server-"))  # pytest's own folders are private
    rights = _rights(folder)
    data, port = folder / "data", _free_port()
    password, told = secrets.token_hex(8), folder / "password"
    told.write_text(password)  # it asks for passwords, as servers do: some tests give it a wrong one
    told.chmod(0o644)
    asks = ["--auth=scram-sha-256", f"--pwfile={told}"]
    words = ["-D", data, "-U", "postgres", *asks, "--encoding=UTF8", "--locale=C"]
    subprocess.run([programs / "initdb", *words], check=True, capture_output=True, **rights)  # type: ignore[call-overload]  # rights are of `subprocess`
    settings = {
        "fsync": "off",
        "unix_socket_directories": "",
        "listen_addresses": "127.0.0.1",
        "max_connections": "300",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(  # type: ignore[call-overload]  # as above
            [programs / "postgres", "-D", data, "-p", str(port), *options], stdout=log, stderr=log, **rights
        )
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    try:
        _await(url, server, folder / "log")
        yield url
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(5)
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _rights(folder: Path) -> dict[str, object]:
    """PostgreSQL refuses to run as root: another account then owns the folder."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    account = pwd.getpwnam("nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return {"cwd": "/", "user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"the server does not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
