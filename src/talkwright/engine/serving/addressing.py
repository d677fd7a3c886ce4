"""Whom a request is for: a bot that serves one deployment answers 421 to what was sent to another one's address."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from talkwright.engine.serving.answers import ApiError, refusal

HEADER = "x-talkwright-deployment"
"""Who asks names the deployment that is meant; without the header whoever answers is meant."""


class Addressed:
    """Lets only what is meant for this deployment through, before any route or channel sees it."""

    def __init__(self, app: ASGIApp, deployment: str) -> None:
        self._app = app
        self._deployment = deployment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request that names another deployment: the address was somebody else's before."""
        if scope["type"] == "http" and Headers(scope=scope).get(HEADER, self._deployment) != self._deployment:
            error = ApiError(421, "MisdirectedRequest", "Another deployment answers here; ask again where yours is.")
            await refusal(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)
