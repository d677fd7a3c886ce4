"""What a request works with: the services made once per process, and one transaction per request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection
from starlette.types import Scope

from talkwright.backend.settings import BackendSettings
from talkwright.database.engine import Database
from talkwright.identity.principal import Principal

T = TypeVar("T")


class Authenticator(Protocol):
    """Finds who is behind a request, by cookie or bearer token."""

    async def authenticate(self, request: HTTPConnection) -> Principal | None:
        """The person, or None for a stranger; raises ProblemError for a token that is broken or ended."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that outlives a request. Features add their own through `extensions` and read them with `get`."""

    settings: BackendSettings
    database: Database
    authenticator: Authenticator
    instance: str
    extensions: Mapping[type[Any], Any] = field(default_factory=dict)

    def get(self, kind: type[T]) -> T:
        """The one service of this class; raises LookupError when the process was started without it."""
        try:
            service: T = self.extensions[kind]
        except KeyError:
            raise LookupError(f"The studio server was started without {kind.__name__}.") from None
        return service

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A short transaction of its own, for work that awaits something outside between two of them."""
        async with self.database.transaction() as session:
            yield session


def services_of(request: HTTPConnection) -> Services:
    """The services of the application that serves this request."""
    services: Services = request.app.state.services
    return services


def route_of(scope: Scope) -> str:
    """The pattern of the API's route that serves a request, or `other`: few values, and none of anybody's."""
    path = getattr(scope.get("route"), "path", None)
    # The router knows its paths without the prefix under which all of them are included.
    return "other" if path is None else f"/api{str(path).removeprefix('/api')}"


async def request_session(request: HTTPConnection) -> AsyncIterator[AsyncSession]:
    """One transaction per request: committed before the answer is sent, rolled back when the route raises."""
    async with services_of(request).transaction() as session:
        yield session


ServicesOf = Annotated[Services, Depends(services_of)]
"""Annotation of a route's parameter that takes the services."""
Session = Annotated[AsyncSession, Depends(request_session, scope="function")]
"""Annotation of a route's parameter that takes the request's transaction. Routes that await an engine use
`services.transaction()` instead, so that no transaction stays open meanwhile."""
