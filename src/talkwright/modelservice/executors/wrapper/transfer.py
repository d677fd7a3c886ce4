"""HTTP as jobs need it: one request each, no redirects, and the desk (`modelservice/desk.py`) asked for places."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import urlsplit

from . import NO_ROOM

CHUNK_BYTES = 1 << 20
TIMEOUT_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.25


class TransferError(Exception):
    """Something can't be had or stored now; the message is a sentence. `is_final` where trying again doesn't help."""

    def __init__(self, message: str, *, is_final: bool = False, status: int | None = None) -> None:
        super().__init__(message)
        self.is_final = is_final
        self.status = status


@contextmanager
def answered(
    method: str, url: str, headers: dict[str, str], body: bytes | IO[bytes] | None = None, *, who: str = ""
) -> Iterator[http.client.HTTPResponse]:
    """Ask and yield the answer, of any status. Raises TransferError, also in the block, where the connection breaks.

    `who` is how people call whoever is asked, else it is the host. A full disk stays an OSError.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers)
        yield connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        if getattr(error, "errno", None) in NO_ROOM:
            raise
        raise TransferError(f"{who or parts.hostname} doesn't answer ({type(error).__name__}).") from error
    finally:
        connection.close()


def asked(desk: dict[str, str], ask: dict[str, Any]) -> dict[str, Any]:
    """Ask the desk where things are or go. Raises TransferError."""
    headers = {"Authorization": f"Bearer {desk['token']}", "Content-Type": "application/json"}
    with answered("POST", desk["url"], headers, json.dumps(ask).encode(), who="The model service") as answer:
        said = answer.read(CHUNK_BYTES)
    if answer.status != 200:
        words = said.decode("utf-8", "replace").strip() or f"The model service answered status {answer.status}."
        raise TransferError(words, is_final=400 <= answer.status < 500, status=answer.status)
    try:
        return dict(json.loads(said))
    except (ValueError, TypeError) as error:
        raise TransferError("The model service's answer can't be read.") from error


def pauses(longest: float) -> Iterator[float]:
    """Seconds to wait between tries: each time twice as long, up to the longest."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 2, longest)
