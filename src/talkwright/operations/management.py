"""The management port: `/live` says that the process runs, `/ready` that it takes work, `/metrics` how it does."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus

from talkwright.operations.answering import Reply, Request, serve, words
from talkwright.operations.metrics import exposition

Unready = Callable[[], Awaitable[str | None]]
Measure = Callable[[], Awaitable[None]]


@contextlib.asynccontextmanager
async def serve_management(
    host: str, port: int, unready_reason: Unready, measure: Measure | None = None
) -> AsyncIterator[int]:
    """Serve the three pages while the block runs; yields the port (a free one where `port` is 0).

    `measure` brings the metrics up to date before they are shown; `/health` is another name of `/live`. Raises
    SettingsError where nobody can listen there.
    """

    async def answer(request: Request) -> Reply:
        if request.method not in ("GET", "HEAD"):
            return words(HTTPStatus.METHOD_NOT_ALLOWED, "only GET")
        match request.path:
            case "/live" | "/health":
                return words(HTTPStatus.OK, "live")
            case "/ready":
                reason = await unready_reason()
                return words(HTTPStatus.OK if reason is None else HTTPStatus.SERVICE_UNAVAILABLE, reason or "ready")
            case "/metrics":
                if measure is not None:
                    await measure()
                return Reply(HTTPStatus.OK, *exposition())
        return words(HTTPStatus.NOT_FOUND, "here are /live, /ready and /metrics")

    names = "TALKWRIGHT_MANAGEMENT_HOST and TALKWRIGHT_MANAGEMENT_PORT"
    async with serve(answer, host, port, settings=names) as bound:
        yield bound
