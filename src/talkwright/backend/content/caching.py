"""Conditional answers: a page that has the newest state is told so instead of being sent it again."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response
from pydantic import BaseModel


def conditional(request: Request, answer: BaseModel) -> Response:
    """The answer with its ETag, or 304 where the caller has it already (RFC 9110 13.1.2)."""
    body = answer.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {given.strip().removeprefix("W/") for given in request.headers.get("If-None-Match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
