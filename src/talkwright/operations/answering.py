"""A small HTTP server for programs: one request a connection, within limits.

The web framework of the backend would be 4 MiB and 60 ms more for each consumer, of which there may be many.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from talkwright.operations.config import SettingsError
from talkwright.operations.logs import get_logger

log = get_logger(__name__)

HEAD_BYTES = 16_384
READ_SECONDS = 10.0
"""So long a head or a body may take to come."""
WHOLE_SECONDS = 30.0
"""So long a connection lives, whatever happens on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: its path without the query, its header fields by their names in lower case."""

    method: str
    path: str
    fields: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: HTTPStatus
    body: bytes
    kind: str = "text/plain; charset=utf-8"


def words(status: HTTPStatus, text: str) -> Reply:
    """An answer of one line."""
    return Reply(status, f"{text}\n".encode())


@contextlib.asynccontextmanager
async def serve(
    answer: Callable[[Request], Awaitable[Reply]], host: str, port: int, *, settings: str, most_bytes: int = 0
) -> AsyncIterator[int]:
    """Serve while the block runs; yields the port (a free one where `port` is 0). Bodies have `most_bytes` at most.

    Raises SettingsError where nobody can listen there; `settings` are the names of those that say where.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(
                ConnectionError, TimeoutError, asyncio.LimitOverrunError, asyncio.IncompleteReadError
            ):
                async with asyncio.timeout(WHOLE_SECONDS):
                    request = await _read(reader, most_bytes)
                    reply = await _answered(answer, request) if isinstance(request, Request) else request
                    writer.write(_head(reply))
                    if not (isinstance(request, Request) and request.method == "HEAD"):
                        writer.write(reply.body)
                    await writer.drain()
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(handle, host, port, limit=HEAD_BYTES)
    except OSError as error:
        raise SettingsError(
            f"This process can't listen at {host}, port {port}: {error.strerror}. {settings} say where; each process "
            "of a machine needs a port of its own."
        ) from error
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader, most_bytes: int) -> Request | Reply:
    """The request, or why it is none that is read."""
    async with asyncio.timeout(READ_SECONDS):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = head.split("\r\n")
    method, _, where = first.partition(" ")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    length = fields.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        return words(HTTPStatus.BAD_REQUEST, "the length of the body is no number")
    if len(length) > 9 or int(length) > most_bytes:
        return words(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too long")
    async with asyncio.timeout(READ_SECONDS):
        body = await reader.readexactly(int(length))
    return Request(method=method, path=where.partition(" ")[0].partition("?")[0], fields=fields, body=body)


async def _answered(answer: Callable[[Request], Awaitable[Reply]], request: Request) -> Reply:
    try:
        return await answer(request)
    except (ConnectionError, TimeoutError):
        raise
    except Exception:
        log.exception("request.failed")
        return words(HTTPStatus.INTERNAL_SERVER_ERROR, "this failed here; the log of this process says where")


def _head(reply: Reply) -> bytes:
    fields = f"Content-Type: {reply.kind}\r\nContent-Length: {len(reply.body)}\r\nConnection: close\r\n\r\n"
    return f"HTTP/1.1 {reply.status.value} {reply.status.phrase}\r\n{fields}".encode()
