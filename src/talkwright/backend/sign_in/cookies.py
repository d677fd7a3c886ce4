"""The browser's cookies: named with the instance's id, so that two studios on one machine don't take each other's."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

from talkwright.backend.context import services_of

BEGIN_SECONDS = 15 * 60


def cookie_name(request: HTTPConnection) -> str:
    """The name of the sign-in's cookie; over TLS with the prefix that no sibling host can set (ASVS 3.3.3)."""
    services = services_of(request)
    name = f"talkwright_{services.instance.replace('-', '')[-12:]}"
    return f"__Host-{name}" if services.settings.secure else name


def secret_of(request: HTTPConnection) -> str | None:
    """The secret of the sign-in that a browser brings."""
    return request.cookies.get(cookie_name(request)) or None


def begun_secret_of(request: HTTPConnection) -> str | None:
    """The secret that binds begun sign-ins to the browser that began them."""
    return request.cookies.get(f"{cookie_name(request)}_begun") or None


def keep_secret(request: HTTPConnection, response: Response, secret: str, hours: int) -> None:
    """Give the browser its sign-in."""
    _set(request, response, cookie_name(request), secret, hours * 3600)


def keep_begun(request: HTTPConnection, response: Response, secret: str) -> None:
    """Give the browser the proof that it began a sign-in."""
    _set(request, response, f"{cookie_name(request)}_begun", secret, BEGIN_SECONDS)


def forget(request: HTTPConnection, response: Response) -> None:
    """Take the sign-in from the browser."""
    response.delete_cookie(
        cookie_name(request), path="/", httponly=True, samesite="lax", secure=services_of(request).settings.secure
    )


def _set(request: HTTPConnection, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=services_of(request).settings.secure,
    )
