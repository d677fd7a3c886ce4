"""A backend that ends goes on with the requests that it has begun, as long as its settings say."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url
from tests.services.commands import Place
from tests.services.forwarding import forwarded
from tests.services.postgres import TestServer
from tests.services.studio import run_studio

from talkwright.cli.serving import _say_ready
from talkwright.cli.settings import SupervisedSettings
from talkwright.cli.supervisor.sockets import none_free

ENDED_BEFORE_SECONDS = 3.0
"""Longer than a backend by itself waits for requests."""
REPORT = b'{"csp-report": {"effective-directive": "img-src"}}'


def server_of(address: str) -> tuple[URL, tuple[str, int]]:
    """A database's address, and where its server listens."""
    url = make_url(address)
    assert url.host is not None
    assert url.port is not None
    return url, (url.host, url.port)


def test_what_a_backend_has_begun_is_answered_although_it_ends_meanwhile(postgres: TestServer, tmp_path: Path) -> None:
    with postgres.database() as name, socket.create_server(("127.0.0.1", 0)) as sock:
        more = {"TALKWRIGHT_LISTEN_FD": str(sock.fileno()), "TALKWRIGHT_REQUEST_DRAIN_SECONDS": "60"}
        place = Place(tmp_path, postgres.settings(name), more)
        with (
            subprocess.Popen(
                [sys.executable, "-m", "talkwright.cli.main", "backend"],
                env=place.environment(),
                pass_fds=[sock.fileno()],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ) as backend,
            socket.create_connection(sock.getsockname()[:2], timeout=60) as link,
        ):
            try:
                head = f"POST /api/policy-reports HTTP/1.1\r\nHost: 127.0.0.1:{sock.getsockname()[1]}\r\n"
                kind = f"Content-Type: application/csp-report\r\nContent-Length: {len(REPORT)}\r\n"
                link.sendall(f"{head}{kind}Expect: 100-continue\r\n\r\n".encode())
                assert link.recv(1024).startswith(b"HTTP/1.1 100 ")  # it reads what was sent
                backend.send_signal(signal.SIGTERM)
                time.sleep(ENDED_BEFORE_SECONDS)
                link.sendall(REPORT)
                assert link.recv(1024).startswith(b"HTTP/1.1 204 ")
                assert backend.wait(20) == 0
            finally:
                backend.kill()


def test_a_port_that_is_taken_is_said_in_words(postgres: TestServer, tmp_path: Path) -> None:
    with postgres.database() as name, socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        place = Place(tmp_path, postgres.settings(name), {"TALKWRIGHT_PORT": str(port)}, here=True)
        refused = place.command("backend")
    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (2, none_free(port))


@pytest.mark.anyio
async def test_a_port_that_another_took_while_the_database_was_away_is_said_in_words(
    fresh_database_url: str, tmp_path: Path
) -> None:
    url, target = server_of(fresh_database_url)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as a backend that waits does: both have the port
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        async with forwarded("127.0.0.1", target) as away:
            pass
        through = url.set(host="127.0.0.1", port=away).render_as_string(hide_password=False)
        place = Place(tmp_path, more={"TALKWRIGHT_DATABASE_URL": through, "TALKWRIGHT_PORT": str(port)})
        command = [sys.executable, "-m", "talkwright.cli.main", "backend"]
        backend = await asyncio.create_subprocess_exec(
            *command, env=place.environment(), stderr=asyncio.subprocess.PIPE
        )
        assert backend.stderr is not None
        try:
            async with asyncio.timeout(60):
                while b"does not answer" not in await backend.stderr.readline():
                    pass
                other.listen()
                async with forwarded("127.0.0.1", target, away):
                    said = await backend.stderr.read()
                    code = await backend.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                backend.kill()
    assert (code, said.decode().splitlines()[-1]) == (2, none_free(port))


@pytest.mark.anyio
async def test_a_database_that_goes_just_as_a_backend_begins_is_waited_for(
    fresh_database_url: str, tmp_path: Path
) -> None:
    url, target = server_of(fresh_database_url)
    read, write = os.pipe()
    async with contextlib.AsyncExitStack() as line:
        port = await line.enter_async_context(forwarded("127.0.0.1", target))
        through = url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
        async with run_studio(through, tmp_path) as running:
            await line.aclose()
            saying = asyncio.create_task(_say_ready(running.studio, SupervisedSettings(ready_fd=write)))
            await asyncio.sleep(1)
            assert not saying.done()
            await line.enter_async_context(forwarded("127.0.0.1", target, port))
            async with asyncio.timeout(20):
                await saying
    assert "/first-administrator?" in json.loads(os.read(read, 4096))["link"]
    os.close(read)
    os.close(write)
