"""The provider's pages: rendered on the server, usable without a script, strict about what they load."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from talkwright import __version__
from talkwright.identity.provider.accounts import Link
from talkwright.identity.provider.passwords import MIN_LENGTH

BASE = "/auth"
THEME_COOKIE = "talkwright_theme"
_THEMES = ("light", "dark")
_ASSETS = {"pages.css": "text/css; charset=utf-8", "pages.js": "text/javascript; charset=utf-8"}
_YEAR_SECONDS = 365 * 24 * 3600


class Pages:
    """Renders the pages in the product's look.

    `secure` says whether people reach them over TLS; `font_url` is where the web client's font lies, if it is served.
    """

    def __init__(self, *, secure: bool, font_url: str | None = None) -> None:
        self._secure = secure
        self._font_url = font_url
        self._templates = Environment(
            loader=PackageLoader("talkwright.identity.provider"), autoescape=True, undefined=StrictUndefined
        )

    def sign_in(
        self,
        request: Request,
        *,
        username: str = "",
        error: str | None = None,
        status: int = 200,
        form_targets: Iterable[str] = (),
    ) -> Response:
        """The sign-in form; `form_targets` are the origins to which a right password may lead."""
        return self._page(
            request, "sign_in.html", status=status, form_targets=form_targets, username=username, error=error
        )

    def first_administrator(
        self, request: Request, link: Link, *, username: str = "admin", errors: Iterable[str] = (), status: int = 200
    ) -> Response:
        """The form that makes the first administrator."""
        return self._page(
            request,
            "password.html",
            status=status,
            heading="Create the first administrator",
            lead="You’ll invite everyone else on the page Users.",
            action="Create administrator",
            asks_name=True,
            username=username,
            errors=list(errors),
            least=MIN_LENGTH,
            until=link.expires_at.astimezone(),
        )

    def new_password(
        self, request: Request, link: Link, username: str, *, errors: Iterable[str] = (), status: int = 200
    ) -> Response:
        """The form that sets an account's password by a one-time link."""
        return self._page(
            request,
            "password.html",
            status=status,
            heading="Set your password",
            lead=f"For the account {username}.",
            action="Set password",
            asks_name=False,
            username=username,
            errors=list(errors),
            least=MIN_LENGTH,
            until=link.expires_at.astimezone(),
        )

    def message(
        self, request: Request, heading: str, text: str, *, status: int, link: str | None = None, link_text: str = ""
    ) -> Response:
        """A page that says something, perhaps with one way on."""
        return self._page(
            request, "message.html", status=status, heading=heading, text=text, link=link, link_text=link_text
        )

    async def theme(self, request: Request) -> Response:
        """Keep the choice of light or dark and go back to the page it was made on."""
        wanted = request.query_params.get("to", "")
        back = request.query_params.get("next", "")
        parts = urlsplit(back)
        if parts.scheme or parts.netloc or not back.startswith(f"{BASE}/") or "\\" in back:
            back = "/"
        response = RedirectResponse(back, 303)
        if wanted in _THEMES:
            response.set_cookie(
                THEME_COOKIE,
                wanted,
                max_age=_YEAR_SECONDS,
                path="/",
                samesite="lax",
                httponly=False,  # the studio's pages read and set it too, and it is no secret
                secure=self._secure,
            )
        return response

    def _page(
        self, request: Request, template: str, *, status: int, form_targets: Iterable[str] = (), **values: Any
    ) -> Response:
        nonce = secrets.token_urlsafe(16)
        theme = request.cookies.get(THEME_COOKIE)
        html = self._templates.get_template(template).render(
            base=BASE,
            version=__version__,
            nonce=nonce,
            theme=theme if theme in _THEMES else None,
            font_url=self._font_url,
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            **values,
        )
        targets = " ".join(["'self'", *sorted(set(form_targets))])
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; font-src 'self'; "
            f"img-src 'self'; form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
        )
        # The address may hold a one-time link: it must not travel on.
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return HTMLResponse(html, status, headers=headers)


async def asset(request: Request) -> Response:
    """The pages' style and script."""
    name = request.path_params["name"]
    if name not in _ASSETS:
        return Response(status_code=404)
    body = (files(__package__) / "assets" / name).read_bytes()
    headers = {"Cache-Control": "public, max-age=3600", "Content-Type": _ASSETS[name]}
    return Response(body, headers=headers)
