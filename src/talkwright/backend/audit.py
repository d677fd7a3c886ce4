"""What the audit says of a request: where it came from, and that it was refused."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection

from talkwright.backend.context import route_of, services_of
from talkwright.identity.audit import Origin, record
from talkwright.identity.principal import Principal

log = structlog.get_logger(__name__)


def origin_of(request: HTTPConnection) -> Origin:
    """Who asks, from where and under which request id."""
    principal: Principal | None = getattr(request.state, "principal", None)
    return Origin(
        via=principal.via if principal else "browser",
        actor=principal.user_id if principal else None,
        sign_in=principal.sign_in if principal else None,
        address=request.client.host if request.client else None,
        request_id=getattr(request.state, "request_id", None),
    )


async def record_refusal(request: HTTPConnection, code: str) -> None:
    """Write that a signed-in person was refused; in a transaction of its own, because the request's is rolled back."""
    if getattr(request.state, "principal", None) is None:
        return
    try:
        async with services_of(request).transaction() as session:
            await record(
                session,
                origin_of(request),
                f"{request.scope.get('method')} {route_of(request.scope)}"[:200],
                outcome="refused",
                target=str(request.path_params.get("aid", "")) or None,
                details={"code": code},
            )
    except SQLAlchemyError as error:  # the refusal stands, whether or not it could be written down
        log.warning("audit_failed", error=type(error).__name__)
