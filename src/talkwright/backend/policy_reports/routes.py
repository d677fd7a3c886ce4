"""The address to which browsers report what the content policy of our pages kept from loading."""

from __future__ import annotations

import time
from typing import Any

import structlog
from fastapi import APIRouter, Depends, Request, Response

from talkwright.backend.errors import ProblemError
from talkwright.backend.policy_reports.reading import violations
from talkwright.backend.security import public

log = structlog.get_logger(__name__)

MOST_BYTES = 16 * 1024
MOST_IN_A_MINUTE = 60
_EXAMPLE = {"csp-report": {"effective-directive": "img-src", "blocked-uri": "https://example.com/a.png"}}
REPORTS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {}, "example": example}
            for kind, example in (
                ("application/csp-report", _EXAMPLE),
                ("application/reports+json", [{"type": "csp-violation", "body": {"effectiveDirective": "img-src"}}]),
            )
        },
    }
}


class Allowance:
    """So many in a minute, for all callers of this process together: it bounds the log, which is the process's own."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most
        self._since = float("-inf")

    def take(self, now: float) -> bool:
        """Whether one more is allowed; `now` in seconds of a clock that never goes back."""
        if now - self._since >= 60:
            self._since, self._left = now, self._most
        self._left -= 1
        return self._left >= 0


router = APIRouter(tags=["instance"])
allowance = Allowance(MOST_IN_A_MINUTE)


@router.post("/policy-reports", status_code=204, dependencies=[Depends(public)], openapi_extra=REPORTS)
async def report_violations(request: Request) -> Response:
    """Note that a browser kept something on one of our pages from loading; only what kind of thing is kept."""
    body = await _body(request)
    if not allowance.take(time.monotonic()):
        raise ProblemError(
            429, "too-many", "There are too many reports", "Send them again in a minute.", headers={"Retry-After": "60"}
        )
    for found in violations(body):
        log.warning("policy_violated", directive=found.directive, blocked=found.blocked, line=found.line)
    return Response(status_code=204)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise ProblemError(
                413, "too-large", "The report is too large", f"At most {MOST_BYTES} bytes are taken here."
            )
    return bytes(body)
