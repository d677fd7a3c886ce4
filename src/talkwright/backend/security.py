"""Who may call a route: every route declares its permission with one of `require`, `signed_in` and `public`."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from talkwright.backend.context import services_of
from talkwright.backend.errors import ProblemError, not_found
from talkwright.database.assistants import lives
from talkwright.identity.principal import Principal, allowed
from talkwright.identity.roles import PERMISSIONS

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
ASSISTANT_PARAMETER = "aid"
"""The path parameter that holds the assistant's uuid; `require` checks grants for it."""

Check = Callable[[Request], Awaitable[Principal]]
C = TypeVar("C", bound=Callable[..., Any])


def require(permission: str) -> Check:
    """Dependency of a route: the caller must have `permission`, in the assistant `{aid}` where the path has one.

    Strangers to the assistant get the same 404 as for one that doesn't exist, and so does everybody for a deleted one.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"{permission} is not among the permissions of identity/roles.py")

    async def check(request: Request) -> Principal:
        principal = await authenticated(request)
        assistant = assistant_of(request)
        demand(principal, permission, assistant)
        if assistant is not None:
            async with services_of(request).transaction() as session:
                if not await lives(session, assistant):
                    raise not_found("assistant")
        return principal

    return _declare(check, permission)


async def authenticated(request: Request) -> Principal:
    """The caller, with the browser's proofs checked on unsafe methods; raises 401 for strangers."""
    principal = await services_of(request).authenticator.authenticate(request)
    if principal is None:
        raise signed_out()
    request.state.principal = principal
    if principal.via == "browser" and request.method not in SAFE_METHODS:
        _check_browser(request, principal)
    return principal


def demand(principal: Principal, permission: str, assistant: UUID | None = None) -> None:
    """Raise the refusal that fits: 404 for an assistant that the person can't see, 403 for a missing permission."""
    if assistant is not None and not principal.permissions_in(assistant):
        raise not_found("assistant", refusal=True)
    if not allowed(principal, permission, assistant):
        raise ProblemError(
            403,
            "forbidden",
            "You may not do this",
            f"It needs the permission {permission}. Ask an administrator for a role that has it.",
            permission=permission,
        )


def signed_out() -> ProblemError:
    """The 401 that sends the web client to the sign-in page."""
    return ProblemError(
        401, "signed-out", "You are not signed in", "Sign in and try again.", headers={"WWW-Authenticate": "Bearer"}
    )


def assistant_of(request: Request) -> UUID | None:
    """The assistant that the path names; raises 404 for one that is no uuid."""
    text = request.path_params.get(ASSISTANT_PARAMETER)
    if text is None:
        return None
    try:
        return text if isinstance(text, UUID) else UUID(str(text))
    except ValueError:
        raise not_found("assistant") from None


def _check_browser(request: Request, principal: Principal) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    if principal.csrf is None or not hmac.compare_digest(given.encode(), principal.csrf.encode()):
        raise ProblemError(
            403, "csrf", "The request doesn't come from this studio's pages", "Reload the page and try again."
        )
    check_origin(request)


def check_origin(request: Request) -> None:
    """Refuse what a page of another origin sends (ASVS 3.5.1); browsers say where an unsafe request comes from."""
    origin = request.headers.get("Origin")
    own = {services_of(request).settings.base_url, f"{request.url.scheme}://{request.headers.get('Host', '')}"}
    if (origin is not None and origin not in own) or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise ProblemError(403, "foreign-origin", "The request comes from another site", "Use the studio's own pages.")


def _declare(check: C, permission: str) -> C:
    cast(Any, check).permission = permission
    return check


async def _public() -> None:
    """Declares that anybody may call the route."""


async def _signed_in(request: Request) -> Principal:
    return await authenticated(request)


public = _declare(_public, "public")
signed_in: Check = _declare(_signed_in, "signed-in")

SignedIn = Annotated[Principal, Depends(signed_in)]
"""Annotation of a route's parameter: anybody who is signed in."""


def declared_permissions(dependant: Dependant) -> Iterator[str]:
    """The permissions that a route's dependencies declare, for the tests and the API's description."""
    permission = getattr(dependant.call, "permission", None)
    if permission is not None:
        yield permission
    for dependency in dependant.dependencies:
        yield from declared_permissions(dependency)
