"""Answers of the API: JSON, and refusals in the form of wire-protocols 4.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from talkwright.engine import logs
from talkwright.engine.faults import where
from talkwright.engine.stores import StoreError, TurnLost, UnusableId

COMPATIBLE_WITH = "3.21.0"  # the release of the ecosystem whose API this is
RETRY_SECONDS = 1


class ApiError(Exception):
    """A refusal: its HTTP status, its reason as a word for programs, and what a person should know."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        """`retry_after` in seconds."""
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.details = details or {}
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """The refusal as JSON (4.1)."""
        return {
            "version": COMPATIBLE_WITH,
            "status": "failure",
            "message": self.message,
            "reason": self.reason,
            "details": dict(self.details),
            "help": None,
            "code": self.status,
        }


def bad_request(message: str, **details: Any) -> ApiError:
    """A request that can't be understood."""
    return ApiError(400, "BadRequest", message, details=details)


def no_model() -> ApiError:
    """What every route says that needs a model while there is none."""
    return ApiError(409, "Conflict", "No model is loaded. Load one with PUT /model, or start the bot with --model.")


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(value, enc_hook=str), status, headers, media_type="application/json")


def refusal(error: ApiError) -> Response:
    """The answer that a refusal becomes."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
    return json_answer(error.body(), error.status, headers)


def of_store(error: StoreError) -> ApiError:
    """What a store's failure is to a caller."""
    if isinstance(error, TurnLost):
        return ApiError(409, "Conflict", str(error))
    if isinstance(error, UnusableId):
        return bad_request(str(error))
    return ApiError(503, "ServiceUnavailable", str(error), retry_after=RETRY_SECONDS)


async def refused(_: Request, error: Exception) -> Response:
    """Handler of refusals, and of stores that can't do their work now."""
    if isinstance(error, StoreError):
        return refusal(of_store(error))
    assert isinstance(error, ApiError)  # noqa: S101 - registered for these two alone
    return refusal(error)


async def not_found(request: Request, _: Exception) -> Response:
    """Handler of addresses that nothing answers."""
    return refusal(ApiError(404, "NotFound", f"There is nothing at {request.url.path}."))


async def not_allowed(request: Request, _: Exception) -> Response:
    """Handler of methods that an address doesn't know."""
    return refusal(ApiError(405, "MethodNotAllowed", f"{request.method} is not possible at {request.url.path}."))


async def broken(request: Request, fault: Exception) -> Response:
    """Handler of our own faults: the log says where, the caller that there was one."""
    route = getattr(request.scope.get("route"), "path", None)
    logs.error("request_failed", method=request.method, route=route, **where(fault))
    return refusal(ApiError(500, "InternalError", "The bot failed at this request; its log says where."))
