"""The web client's files: its page with a fresh nonce each time, its hashed files for ever, and nothing else."""

from __future__ import annotations

import mimetypes
import re
import secrets
from pathlib import Path

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from talkwright.backend.errors import problem_response
from talkwright.backend.pages import REPORTED, page

SERVED_APART = ("api", "auth")
_NONCE_META = re.compile(r'(<meta name="csp-nonce" content=")(")')
_TAGS = re.compile(r"<(script|style|link)(?=[\s>])")
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8,}\.\w+$")
# It keeps the built files in the browser: it reads them from here, and does nothing else (docs/decisions/0005).
_WORKER = "worker.js"
_WORKER_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; frame-ancestors 'none'",
}
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")


def default_root() -> Path:
    """Where the built web client lies: in the package, or beside it in a working copy."""
    package = Path(__file__).parents[1]
    inside = package / "web"
    return inside if (inside / "index.html").is_file() else package.parents[1] / "web" / "dist"


class WebClient:
    """Answers everything that is neither the API's nor the provider's."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._files = self._scan()

    def _scan(self) -> dict[str, Path]:
        """All files that may be served, found once: no path of a request ever reaches the file system."""
        found = self._root.rglob("*") if self._root.is_dir() else ()
        return {
            path.relative_to(self._root).as_posix(): path
            for path in found
            if path.is_file() and path.resolve().is_relative_to(self._root) and path.name != "index.html"
        }

    @property
    def font_url(self) -> str | None:
        """The address of the client's own typeface, for the pages outside it."""
        names = (name for name in self._files if re.search(r"inter-latin-wght-normal.*\.woff2$", name))
        name = next(names, None)
        return None if name is None else f"/{name}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        await self._answer(Request(scope)).__call__(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = request.url.path.lstrip("/")
        if path.partition("/")[0] in SERVED_APART:
            return problem_response(404, "not-found", "There is nothing at this address", "Check the address.")
        if request.method not in ("GET", "HEAD"):
            return problem_response(405, "method-not-allowed", "This address takes no such request", "")
        file = self._files.get(path)
        if file is not None:
            if path == _WORKER:
                return FileResponse(file, headers=_WORKER_HEADERS)
            lasting = "public, max-age=31536000, immutable" if _HASHED.search(path) else "public, max-age=300"
            return FileResponse(file, headers={"Cache-Control": lasting})
        if "." in path.rpartition("/")[2] and "text/html" not in request.headers.get("Accept", ""):
            return problem_response(404, "not-found", "There is no such file", "Reload the page: it may be newer.")
        return self._page()

    def _page(self) -> Response:
        """The client's page, whatever its address: the client knows its own pages."""
        index = self._root / "index.html"
        if not index.is_file():
            body = Markup(
                '<main class="alone"><div class="card"><h1>The web client isn’t built</h1><p>Run <code>make web</code> '
                "in the project’s folder, then load this page again. The API answers already.</p></div></main>"
            )
            return page("Talkwright", body, status=503)
        nonce = secrets.token_urlsafe(16)
        html = _NONCE_META.sub(rf"\g<1>{nonce}\g<2>", index.read_text(encoding="utf-8"))
        html = _TAGS.sub(rf'<\1 nonce="{nonce}"', html)
        return HTMLResponse(
            html, headers={"Content-Security-Policy": content_policy(nonce), "Cache-Control": "no-store"}
        )


def content_policy(nonce: str) -> str:
    """What the client's page may load: its own files and what carries the page's nonce (ASVS 3.4.3)."""
    return (
        "default-src 'none'; "
        f"script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; {REPORTED}"
    )
