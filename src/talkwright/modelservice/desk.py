"""Where jobs ask for what they may store and read: a small HTTP server beside the consumers.

`POST /grants` with the job's token takes `{"log": {"size", "sha256"}, "outputs": {path: {"size", "sha256"}}, "inputs":
[paths]}`, each of them optional, and answers with a place for each: `{"key", "path"}` or `{"key", "url", "headers"}`.
A job that has credentials of its `own` for the store says so, and gets the `{"key"}` alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from talkwright.operations.answering import Reply, Request, serve, words

PATH = "/grants"
BODY_BYTES = 65_536
_DIGITS = frozenset("0123456789abcdef")


class RefusedError(Exception):
    """A job asks for what it may not have; the message says why."""


class StaleError(RefusedError):
    """A job's token was good once; who holds the job now gives it another."""


class AwayError(Exception):
    """What decides can't be asked now; the job tries again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A file that a job wants to store: size in bytes, hash in hexadecimal digits."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a job asks for."""

    log: Fact | None = None
    outputs: Mapping[str, Fact] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    own: bool = False


class Grants(Protocol):
    """Who decides what a token's job may store and read."""

    async def answer(self, token: str, ask: Ask) -> Mapping[str, Any]:
        """Places for what is asked. Raises RefusedError, AwayError."""


@contextlib.asynccontextmanager
async def serve_desk(grants: Grants, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve jobs while the block runs; yields the URL that they ask (at a free port where `port` is 0).

    Raises SettingsError where nobody can listen there.
    """

    async def answer(request: Request) -> Reply:
        if request.path != PATH:
            return words(HTTPStatus.NOT_FOUND, "here is only /grants")
        if request.method != "POST":
            return words(HTTPStatus.METHOD_NOT_ALLOWED, "only POST")
        kind, _, token = request.fields.get("authorization", "").partition(" ")
        try:
            ask = read_ask(json.loads(request.body))
        except (ValueError, RecursionError):
            return words(HTTPStatus.BAD_REQUEST, "this is no request for grants")
        try:
            told = await grants.answer(token.strip() if kind.lower() == "bearer" else "", ask)
        except StaleError as error:
            return words(HTTPStatus.CONFLICT, str(error))
        except RefusedError as error:
            return words(HTTPStatus.FORBIDDEN, str(error))
        except AwayError as error:
            return words(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        return Reply(HTTPStatus.OK, json.dumps(told).encode(), "application/json")

    names = "TALKWRIGHT_JOB_DESK_HOST and TALKWRIGHT_JOB_DESK_PORT"
    async with serve(answer, host, port, settings=names, most_bytes=BODY_BYTES) as bound:
        name = f"[{host}]" if ":" in host else host
        yield f"http://{name}:{bound}{PATH}"


def read_ask(value: Any) -> Ask:
    """A job's request as a value. Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 - it is what was sent that is wrong
    outputs, inputs, told = value.get("outputs") or {}, value.get("inputs") or [], value.get("log")
    if not isinstance(outputs, dict) or not isinstance(inputs, list) or len(outputs) + len(inputs) > 100:
        raise ValueError("outputs and inputs")
    return Ask(
        log=_fact(told) if told is not None else None,
        outputs={str(path): _fact(one) for path, one in outputs.items()},
        inputs=tuple(str(path) for path in inputs),
        own=value.get("own") is True,
    )


def _fact(value: Any) -> Fact:
    size, sha256 = (value.get("size"), value.get("sha256")) if isinstance(value, dict) else (None, None)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError("size")
    if not isinstance(sha256, str) or len(sha256) != 64 or not _DIGITS.issuperset(sha256):
        raise ValueError("sha256")
    return Fact(size=size, sha256=sha256)
