"""A backend that ends goes on with the requests that it has begun, as long as its settings say."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.services.commands import Place
from tests.services.postgres import TestServer

ENDED_BEFORE_SECONDS = 3.0
"""Longer than a backend by itself waits for requests."""
REPORT = b'{"csp-report": {"effective-directive": "img-src"}}'


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
