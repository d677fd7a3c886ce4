"""Where models come from: the newest of a folder, or an address that is asked now and then (wire-protocols 4.6)."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from talkwright.engine.model import ModelError
from talkwright.engine.variables import expand

DEFAULT_POLL = 100.0
_SUFFIX = ".tar.gz"
_MAX_MODEL = 1 << 30  # bytes
_SECONDS = 300.0  # for the whole of a download
_UNCHANGED = (204, 304)
_NAME = re.compile(r"[\w.-]{1,200}")


class SourceError(ValueError):
    """The description of a model server can't be used; the message says how to mend it."""


@dataclass(frozen=True)
class ModelServer:
    """An address that gives a model. `poll` is the seconds between two questions; None asks once."""

    url: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    poll: float | None = DEFAULT_POLL

    @property
    def shown(self) -> str:
        """The address without what may be secret in it: signed addresses carry their signature in the query."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def is_address(source: str) -> bool:
    """Whether a model's source is an address and no path."""
    return source.startswith(("http://", "https://"))


def read_server(written: Any, *, trusted: bool = True) -> ModelServer:
    """A model server as `endpoints.yml` (`models:`) or `PUT /model` describe it; raises SourceError.

    `trusted`: whether `${NAME}` may be filled from this process's environment.
    """
    if not isinstance(written, Mapping):
        raise SourceError("A model server is a map with a `url`.")
    values = expand(dict(written)) if trusted else dict(written)
    url = values.get("url")
    if not isinstance(url, str) or not is_address(url) or not urlsplit(url).hostname:
        raise SourceError("`url` must be an address that begins with http:// or https://.")
    params = {str(key): str(value) for key, value in _map(values, "params").items()}
    if values.get("token"):
        params["token"] = str(values["token"])
    auth = _map(values, "basic_auth")
    poll = values.get("wait_time_between_pulls", DEFAULT_POLL)
    if poll is not None and (not isinstance(poll, int | float) or poll < 0):
        raise SourceError("`wait_time_between_pulls` must be a number of seconds, or empty to ask once.")
    return ModelServer(
        url=url,
        params=params,
        headers={str(key): str(value) for key, value in _map(values, "headers").items()},
        basic_auth=(str(auth["username"]), str(auth.get("password", ""))) if auth.get("username") else None,
        poll=float(poll) if poll else None,
    )


def asked_once(url: str, poll: float | None) -> ModelServer:
    """The server at a plain, perhaps signed, address; raises SourceError."""
    return replace(read_server({"url": url}, trusted=False), poll=poll or None)


def newest_model(folder: Path) -> Path | None:
    """The newest model of a folder, by the time of its file."""
    models = [path for path in folder.glob(f"*{_SUFFIX}") if path.is_file() and not path.name.startswith(".")]
    return max(models, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)


@dataclass(frozen=True)
class Fetched:
    """A model that has come, and the version by which its server knows it."""

    path: Path
    version: str


async def fetch(server: ModelServer, folder: Path, version: str | None = None) -> Fetched | None:
    """Get the model into `folder`; None where the server still has `version` alone. Raises ModelError."""
    import httpx2  # noqa: PLC0415 - only bots that fetch their model need it

    headers = {**server.headers, "If-None-Match": version or secrets.token_hex(16)}
    try:
        async with (
            asyncio.timeout(_SECONDS),
            httpx2.AsyncClient(timeout=_SECONDS, trust_env=False, auth=server.basic_auth) as client,
            client.stream("GET", server.url, params=dict(server.params) or None, headers=headers) as answer,
        ):
            if answer.status_code in _UNCHANGED:
                return None
            if answer.status_code != 200:
                raise ModelError(f"{server.shown} has no model to give: it answered {answer.status_code}.")
            path = folder / _name(answer.headers.get("filename"))
            got = 0
            with path.open("wb") as file:
                async for piece in answer.aiter_bytes():
                    got += len(piece)
                    if got > _MAX_MODEL:
                        raise ModelError(f"The model of {server.shown} is larger than {_MAX_MODEL >> 20} MiB.")
                    file.write(piece)
            return Fetched(path, answer.headers.get("etag") or "")
    except (httpx2.HTTPError, TimeoutError) as problem:
        raise ModelError(f"{server.shown} can't be reached for its model ({type(problem).__name__}).") from problem


def _name(given: str | None) -> str:
    name = PurePosixPath((given or "").replace("\\", "/")).name
    return name if _NAME.fullmatch(name) and not name.startswith(".") else f"model{_SUFFIX}"


def _map(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key)
    if found is not None and not isinstance(found, Mapping):
        raise SourceError(f"`{key}` must be a map.")
    return found or {}
