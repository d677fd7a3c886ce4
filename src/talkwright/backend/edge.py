"""The edge of the studio server: what every request passes before a route and every answer after it."""

from __future__ import annotations

import asyncio
import re
import time
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from talkwright.backend.context import route_of
from talkwright.backend.errors import ProblemError, problem_response, server_ending, server_error
from talkwright.backend.settings import BackendSettings
from talkwright.operations import tracing
from talkwright.operations.logs import places_of
from talkwright.operations.metrics import REQUEST_SECONDS, REQUESTS

log = structlog.get_logger(__name__)

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
ARCHIVE_TYPES = ("application/zip", "application/gzip", "application/x-gzip", "application/octet-stream")
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=()",
}
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"


class Edge:
    """The outermost middleware.

    It names the request, settles who really calls, refuses foreign hosts and bodies that are too large or no JSON,
    adds the security headers, and turns what nobody caught into a 500 without a trace of it. What the server's end cuts
    off is answered too.
    """

    def __init__(self, app: ASGIApp, settings: BackendSettings) -> None:
        self.app = app
        self.settings = settings
        self._hosts = LOOPBACK_NAMES | _names(settings)
        self._proxies = [ip_network(text.strip()) for text in settings.trusted_proxies.split(",") if text.strip()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        self._settle_client(scope)
        began, started, parent = time.perf_counter(), False, Headers(scope=scope).get(tracing.HEADER)

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _count(scope, message["status"], time.perf_counter() - began)
                self._add_headers(MutableHeaders(scope=message), request_id)
            await send(message)

        with (
            tracing.span("request", parent=parent, kind="server"),
            structlog.contextvars.bound_contextvars(request_id=request_id),
        ):
            try:
                answer, receive = await self._admit(scope, receive)
                await (answer or self.app)(scope, receive, send_with_headers)
            except ProblemError as error:
                await _answer(error)(scope, receive, send_with_headers)
            except asyncio.CancelledError:  # the server ends, and its patience too
                if started:
                    raise
                await server_ending(scope["method"])(scope, receive, send_with_headers)
            except Exception as error:
                # Only the places in the code: what `log.exception` writes would hold the error's text, and so people's.
                log.error("request_failed", error=type(error).__name__, where=places_of(error))  # noqa: TRY400 - as above
                if not started:
                    await server_error(scope["method"], request_id)(scope, receive, send_with_headers)

    def _settle_client(self, scope: Scope) -> None:
        """Believe `X-Forwarded-*` only from trusted proxies, and only the nearest stranger's address."""
        client = scope.get("client")
        if not client or not self._trusted(client[0]):
            return
        headers = Headers(scope=scope)
        for text in reversed([part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()]):
            scope["client"] = (text, 0)
            if not self._trusted(text):
                break
        if (scheme := headers.get("x-forwarded-proto")) in ("http", "https"):
            scope["scheme"] = scheme

    def _trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._proxies)

    async def _admit(self, scope: Scope, receive: Receive) -> tuple[Response | None, Receive]:
        headers = Headers(scope=scope)
        if host_name(headers.get("host", "")) not in self._hosts:
            return problem_response(
                421,
                "foreign-host",
                "This studio isn't reached under that name",
                "Use the studio's own address, or add the name to TALKWRIGHT_ALLOWED_HOSTS.",
            ), receive
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        is_archive = kind in ARCHIVE_TYPES and scope["path"].endswith("/import")
        limit = self.settings.archive_limit if is_archive else self.settings.request_limit
        length = headers.get("content-length")
        if length is not None and (not length.isdecimal() or int(length) > limit):
            return _answer(_too_large(limit)), receive
        limited = _limited(receive, limit)
        if kind == "application/json" or kind.endswith("+json"):
            return await _checked_json(limited)
        return None, limited

    def _add_headers(self, headers: MutableHeaders, request_id: str) -> None:
        headers["X-Request-Id"] = request_id
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", _API_POLICY)
        headers.setdefault("Cache-Control", "no-store")
        if self.settings.secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def _count(scope: Scope, status: int, seconds: float) -> None:
    """Enter a request into the metrics as its answer begins: streams have no end to wait for."""
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = route_of(scope)
    REQUESTS.labels(method=method, route=route, status=status).inc()
    REQUEST_SECONDS.labels(method=method, route=route).observe(seconds)
    if (span := tracing.current()) is not None:
        span.name, span.failed = f"{method} {route}", status >= 500
        tracing.note(**{"http.request.method": method, "http.route": route, "http.response.status_code": status})
        span.finish()


def host_name(host: str) -> str:
    """The name in a Host header without its port, in small letters."""
    return re.sub(r":\d*$", "", host.strip().lower())


def _names(settings: BackendSettings) -> set[str]:
    names = {text.strip().lower() for text in settings.allowed_hosts.split(",") if text.strip()}
    names.add(host_name(urlsplit(settings.base_url).netloc))
    return names


def _limited(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return limited


async def _checked_json(receive: Receive) -> tuple[Response | None, Receive]:
    """Read a JSON body whole and refuse what Python's lenient reader would let through to the database."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None, _replayed(message, receive)
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    if body and (fault := _json_fault(bytes(body))) is not None:
        return _answer(fault), receive
    return None, _replayed({"type": "http.request", "body": bytes(body), "more_body": False}, receive)


def _json_fault(body: bytes) -> ProblemError | None:
    try:
        msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        return ProblemError(422, "invalid-json", "The request's body is no JSON", f"{error}.")
    except RecursionError:
        return ProblemError(422, "too-deep", "The request is nested too deeply", "Send a flatter document.")
    except UnicodeError:
        return ProblemError(422, "invalid-json", "The request's body is no UTF-8", "Send JSON in UTF-8.")
    if _NUL.search(body):
        return ProblemError(422, "unstorable-text", "A text holds a NUL character", "Remove it: it can't be stored.")
    return None


def _replayed(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _too_large(limit: int) -> ProblemError:
    size = f"{limit / 2**20:.3g} MB" if limit >= 2**20 else f"{limit} bytes"
    return ProblemError(413, "too-large", "The request is too large", f"At most {size} are taken here.")


def _answer(error: ProblemError) -> Response:
    return problem_response(
        error.status, error.code, error.title, error.detail, headers=error.headers, extra=error.extra
    )
