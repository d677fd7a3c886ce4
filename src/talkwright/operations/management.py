"""The management port: `/live` says that the process runs, `/ready` that it takes work, `/metrics` how it does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from talkwright.operations.metrics import exposition

Unready = Callable[[], Awaitable[str | None]]
Measure = Callable[[], Awaitable[None]]
_REQUEST_LIMIT = 16_384
_TIMEOUT_SECONDS = 5.0


@contextlib.asynccontextmanager
async def serve_management(
    host: str, port: int, unready_reason: Unready, measure: Measure | None = None
) -> AsyncIterator[int]:
    """Serve the three pages while the block runs; yields the port (a free one where `port` is 0).

    `measure` brings the metrics up to date before they are shown; `/health` is another name of `/live`.

    Three fixed GET answers need no web framework, so that a consumer does not load one.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.LimitOverrunError, asyncio.IncompleteReadError):
            request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _TIMEOUT_SECONDS)
            method, _, rest = request.decode("latin-1").partition(" ")
            status, kind, body = await _answer(
                method, rest.partition(" ")[0].partition("?")[0], unready_reason, measure
            )
            fields = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(f"HTTP/1.1 {status}\r\n{fields}".encode() + (b"" if method == "HEAD" else body))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, host, port, limit=_REQUEST_LIMIT)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


async def _answer(method: str, path: str, unready_reason: Unready, measure: Measure | None) -> tuple[str, str, bytes]:
    if method not in ("GET", "HEAD"):
        return "405 Method Not Allowed", "text/plain", b"only GET\n"
    if path in ("/live", "/health"):
        return "200 OK", "text/plain", b"live\n"
    if path == "/ready":
        reason = await unready_reason()
        return (
            ("200 OK", "text/plain", b"ready\n")
            if reason is None
            else ("503 Service Unavailable", "text/plain", f"{reason}\n".encode())
        )
    if path == "/metrics":
        if measure is not None:
            await measure()
        body, kind = exposition()
        return "200 OK", kind, body
    return "404 Not Found", "text/plain", b"here are /live, /ready and /metrics\n"
