"""Whom a request is for: a bot that serves one deployment answers 421 to what was sent to another one's address.

Its channels are for the studio alone, so they ask for the API's token too.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from talkwright.engine.serving.access import Access
from talkwright.engine.serving.answers import ApiError, refusal

HEADER = "x-talkwright-deployment"
"""Who asks names the deployment that is meant; without the header whoever answers is meant."""
_OPEN = ("/", "/version", "/license")
"""What everybody may ask a bot (wire-protocols 4.1)."""


class Addressed:
    """Lets only what is meant for this deployment through, before any route or channel sees it."""

    def __init__(self, app: ASGIApp, deployment: str, access: Access) -> None:
        self._app = app
        self._deployment = deployment
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request that names another deployment, whose address this was before, or shows no token."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        error = self._refused(scope)
        if error is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(error)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refused(self, scope: Scope) -> ApiError | None:
        if Headers(scope=scope).get(HEADER, self._deployment) != self._deployment:
            return ApiError(421, "MisdirectedRequest", "Another deployment answers here; ask again where yours is.")
        if scope["path"] not in _OPEN:
            try:
                self._access.caller(HTTPConnection(scope))
            except ApiError as error:
                return error
        return None
