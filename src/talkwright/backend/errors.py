"""Problem documents (RFC 9457): every refusal and failure of the studio server has this one shape."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from talkwright.backend.audit import record_refusal
from talkwright.database.outage import trouble_of
from talkwright.misfits import words

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_MOST_TOLD = 3
"""So many of a request's misfits are told in its sentence; `fields` has them all."""
_READS = {"GET", "HEAD", "OPTIONS"}

_HTTP_WORDS: dict[int, tuple[str, str, str]] = {
    400: ("bad-request", "The request can't be read", "Check the request's form and send it again."),
    401: ("signed-out", "You are not signed in", "Sign in and try again."),
    403: ("forbidden", "You may not do this", "Ask an administrator for a role that allows it."),
    404: ("not-found", "There is nothing at this address", "Check the address: it may have been moved or deleted."),
    405: ("method-not-allowed", "This address doesn't take this method", "See the API's description at /api/docs."),
    406: ("not-acceptable", "This answer can't be given in the form asked for", "Accept application/json."),
    413: ("too-large", "The request is too large", "Send less at once."),
    415: ("unsupported-media-type", "The request's content type isn't taken here", "Send application/json."),
}


class ProblemError(Exception):
    """A refusal with a stable code, raised anywhere below a route and answered as a problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        refusal: bool = False,
        **extra: Any,
    ) -> None:
        super().__init__(f"{status} {code}: {title}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.refusal = refusal or status == 403
        """Whether it belongs into the audit."""
        self.extra = extra


def not_found(what: str = "page", detail: str = "", *, refusal: bool = False) -> ProblemError:
    """The 404 that hides whether a thing exists from those who may not see it (`refusal`: it does, perhaps)."""
    title = f"There is no such {what}"
    return ProblemError(404, "not-found", title, detail or _HTTP_WORDS[404][2], refusal=refusal)


def problem_response(
    status: int,
    code: str,
    title: str,
    detail: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Build the answer itself, for callers outside a route (middleware)."""
    body = {"type": f"urn:talkwright:problem:{code}", "title": title, "status": status, "detail": detail, "code": code}
    body.update(extra or {})
    return JSONResponse(body, status, headers={"Cache-Control": "no-store", **(headers or {})}, media_type=MEDIA_TYPE)


def fields_of(errors: Sequence[Any]) -> list[dict[str, Any]]:
    """Where a request's values are wrong, without repeating the values themselves (they may be secret or huge)."""
    return [
        {"path": [part if isinstance(part, int) else str(part) for part in error["loc"]], "message": words(error)}
        for error in errors[:50]
    ]


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101 - Starlette hands a handler only the class it registered for
    if error.refusal:
        await record_refusal(request, error.code)
    return problem_response(
        error.status, error.code, error.title, error.detail, headers=error.headers, extra=error.extra
    )


async def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    fields = fields_of(error.errors())
    told = " ".join(f"{_place(field['path'])} {field['message']}." for field in fields[:_MOST_TOLD])
    return problem_response(422, "invalid-request", "The request's values don't fit", told, extra={"fields": fields})


def _place(path: Sequence[int | str]) -> str:
    """What a person calls the place of a value: its name, or the part of the request that it is."""
    part, *names = path or ("request",)
    return f"“{'.'.join(map(str, names))}”" if names else f"The {part}"


async def _on_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code, title, detail = _HTTP_WORDS.get(error.status_code, ("refused", "The request was refused", ""))
    return problem_response(error.status_code, code, title, detail, headers=error.headers)


async def _on_database(request: Request, error: Exception) -> JSONResponse:
    tell = log.warning if trouble_of(error) is None else log.info  # what ails the database is told by its outage
    tell("database_error", error=type(error).__name__, sqlstate=_sqlstate(error))
    if isinstance(error, DataError):
        return problem_response(
            422,
            "unstorable-text",
            "A text or number can't be stored",
            "Remove NUL characters and out-of-range numbers.",
        )
    unavailable = isinstance(error, OperationalError | InterfaceError | PoolTimeoutError)
    if unavailable or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return problem_response(
            503,
            "database-unavailable",
            "The database doesn't answer",
            f"{_unsaved(request.method)}Try again in a few seconds.",
            headers={"Retry-After": "3"},
        )
    return server_error(request.method)


async def _on_text(_request: Request, _error: Exception) -> JSONResponse:
    return problem_response(
        422, "unstorable-text", "A text holds characters that don't exist", "Remove half surrogate pairs from the text."
    )


async def _on_depth(_request: Request, _error: Exception) -> JSONResponse:
    return problem_response(422, "too-deep", "The request is nested too deeply", "Send a flatter document.")


def server_error(method: str, request_id: str = "") -> JSONResponse:
    """The answer to a failure of ours: no detail of the failure, only the number under which the log has it."""
    hint = f" The log has it under {request_id}." if request_id else ""
    return problem_response(
        500, "server-error", "Something went wrong in the studio", f"{_unsaved(method)}Try again.{hint}"
    )


def server_ending(method: str) -> JSONResponse:
    """What a request is answered that the server's end cuts off: at any moment, a commit's too."""
    perhaps = "" if method in _READS else "What was asked may have been done. "
    return problem_response(
        503,
        "server-ending",
        "The studio's server is ending",
        f"{perhaps}Look again in a few seconds.",
        headers={"Retry-After": "3"},
    )


def _unsaved(method: str) -> str:
    """What whoever wanted to change something must know; who only read has nothing that could be saved."""
    return "" if method in _READS else "Nothing was saved. "


def _sqlstate(error: Exception) -> str | None:
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def install(app: FastAPI) -> None:
    """Register the handlers; what none of them knows is answered by the edge (backend/edge.py)."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DBAPIError, _on_database)
    app.add_exception_handler(PoolTimeoutError, _on_database)
    app.add_exception_handler(UnicodeEncodeError, _on_text)
    app.add_exception_handler(RecursionError, _on_depth)
