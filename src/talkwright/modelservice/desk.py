"""Where jobs ask for what they may store and read: a small HTTP server beside the consumers.

`POST /grants` with the job's token takes `{"log": {"size", "sha256"}, "outputs": {path: {"size", "sha256"}}, "inputs":
[paths]}`, each of them optional, and answers with a place for each: `{"key", "path"}` or `{"key", "url", "headers"}`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from talkwright.operations.logs import get_logger

log = get_logger(__name__)

PATH = "/grants"
HEAD_BYTES = 16_384
BODY_BYTES = 65_536
TIMEOUT_SECONDS = 10.0
_WORDS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    503: "Service Unavailable",
}
_DIGITS = frozenset("0123456789abcdef")


class RefusedError(Exception):
    """A job asks for what it may not have; the message says why."""


class StaleError(RefusedError):
    """A job's token was good once; who holds the job now gives it another."""


class AwayError(Exception):
    """What decides can't be asked now; the job tries again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A file that a job wants to store: size in bytes, hash in hexadecimal digits."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a job asks for."""

    log: Fact | None = None
    outputs: Mapping[str, Fact] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()


class Grants(Protocol):
    """Who decides what a token's job may store and read."""

    async def answer(self, token: str, ask: Ask) -> Mapping[str, Any]:
        """Places for what is asked. Raises RefusedError, AwayError."""


@contextlib.asynccontextmanager
async def serve_desk(grants: Grants, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve jobs while the block runs; yields the URL that they ask (at a free port where `port` is 0)."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.LimitOverrunError, asyncio.IncompleteReadError):
            async with asyncio.timeout(TIMEOUT_SECONDS * 3):
                status, body = await _answer(reader, grants)
                kind = "application/json" if status == 200 else "text/plain; charset=utf-8"
                fields = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                writer.write(f"HTTP/1.1 {status} {_WORDS[status]}\r\n{fields}".encode() + body)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, host, port, limit=HEAD_BYTES)
    try:
        name = f"[{host}]" if ":" in host else host
        yield f"http://{name}:{server.sockets[0].getsockname()[1]}{PATH}"
    finally:
        server.close()


async def _answer(reader: asyncio.StreamReader, grants: Grants) -> tuple[int, bytes]:
    async with asyncio.timeout(TIMEOUT_SECONDS):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = head.split("\r\n")
    method, _, where = first.partition(" ")
    if where.partition(" ")[0] != PATH:
        return 404, b"here is only /grants\n"
    if method != "POST":
        return 405, b"only POST\n"
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    length = fields.get("content-length", "")
    if not length.isdecimal() or len(length) > 9:
        return 400, b"the length of the body is missing\n"
    if int(length) > BODY_BYTES:
        return 413, b"the body is too long\n"
    async with asyncio.timeout(TIMEOUT_SECONDS):
        body = await reader.readexactly(int(length))
    kind, _, token = fields.get("authorization", "").partition(" ")
    try:
        ask = read_ask(json.loads(body))
        told = await grants.answer(token.strip() if kind.lower() == "bearer" else "", ask)
    except (ValueError, RecursionError):
        return 400, b"this is no request for grants\n"
    except StaleError as error:
        return 409, f"{error}\n".encode()
    except RefusedError as error:
        return 403, f"{error}\n".encode()
    except AwayError as error:
        return 503, f"{error}\n".encode()
    return 200, json.dumps(told).encode()


def read_ask(value: Any) -> Ask:
    """A job's request as a value. Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 - it is what was sent that is wrong
    outputs, inputs, told = value.get("outputs") or {}, value.get("inputs") or [], value.get("log")
    if not isinstance(outputs, dict) or not isinstance(inputs, list) or len(outputs) + len(inputs) > 100:
        raise ValueError("outputs and inputs")
    return Ask(
        log=_fact(told) if told is not None else None,
        outputs={str(path): _fact(one) for path, one in outputs.items()},
        inputs=tuple(str(path) for path in inputs),
    )


def _fact(value: Any) -> Fact:
    size, sha256 = (value.get("size"), value.get("sha256")) if isinstance(value, dict) else (None, None)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError("size")
    if not isinstance(sha256, str) or len(sha256) != 64 or not _DIGITS.issuperset(sha256):
        raise ValueError("sha256")
    return Fact(size=size, sha256=sha256)
