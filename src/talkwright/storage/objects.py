"""Objects by key in a store named by a URL: the one place that knows obstore."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Literal
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import AzureStore, LocalStore, from_url

from talkwright.operations import metrics
from talkwright.storage.settings import StorageSettings

CHUNK_BYTES = 1 << 20
GRANT_SECONDS = 3600
"""So long a signed URL is good; whoever needs one later asks for a fresh one."""
MOST_CHARACTERS = 300
OPERATIONS = ("put", "sign", "get", "head", "list", "delete")
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_CLIENT = re.compile(r'source: General\(\s*"([^"]{1,300})"')
_METADATA = re.compile(
    r"https?://([^/\s]+/(latest/(api/token|meta-data)|metadata/identity|computeMetadata/v1)\b|169\.254\.170\.\d+/)"
)
"""What the clouds' machines are asked for keys, when nothing else has any."""
NO_KEYS = (
    "there are no keys for it, neither in the variables of the cloud's own tools (for S3 AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY) nor from the machine's metadata service"
)
_CAUSE = re.compile(r" - ([^\n:]{1,80}(: [^\n:/]{1,80})?)")
_PUT_HEADERS = {"Content-Type": "application/octet-stream"}
_SHOWN = ("endpoint", "region", "base_url", "virtual_hosted_style_request")
"""The options that say how a store is reached, and nothing of its keys."""
PARTS_AT_ONCE = 4
_AZURE_HEADERS = {"x-ms-blob-type": "BlockBlob"}


class StorageError(Exception):
    """The store could not be reached or refused; the message names the key."""


class ObjectNotFoundError(StorageError):
    """No object has this key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An object as a listing shows it: its size in bytes, and when it was stored last."""

    key: str
    size: int
    changed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Where somebody may read or write one object: a path, or a URL with its headers; with own keys the key will do."""

    key: str
    path: str | None = None
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def told(self) -> dict[str, object]:
        """As JSON for whoever gets it."""
        told: dict[str, object] = {"key": self.key}
        if self.path is not None:
            told["path"] = self.path
        if self.url is not None:
            told |= {"url": self.url, "headers": dict(self.headers)}
        return told


class ObjectStore:
    """Puts, gets and deletes objects by key (`models/<id>.tar.gz`). Keys are relative and hold no `..`."""

    def __init__(self, url: str, **options: Any) -> None:
        """Open the store at `url`; a folder is made, readable by its owner only."""
        self.url = url
        self._options = options
        for operation in OPERATIONS:  # a rise from nothing is seen only where there was a zero
            metrics.STORAGE_FAILURES.labels(operation=operation)
        self._folder: Path | None = None
        if url.startswith("file:"):
            self._folder = Path(unquote(urlsplit(url).path))
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._store: Any = LocalStore(self._folder, automatic_cleanup=True)
            return
        try:
            self._store = from_url(url, **options)
        except (BaseError, ValueError) as error:
            raise StorageError(f"The object store {url} can't be opened: {_reason(error)}.") from error

    async def put(self, key: str, data: bytes | Path) -> None:
        """Store bytes or a file under `key`, in place of what was there."""
        try:
            await obstore.put_async(self._store, _checked(key), data)
        except (BaseError, OSError) as error:
            raise _failed("put", f"The object {key} could not be stored", error) from error

    async def put_in_parts(self, key: str, file: IO[bytes], part_bytes: int) -> None:
        """Store an open file under `key`, in parts of so many bytes where it is larger than one."""
        try:
            await obstore.put_async(
                self._store, _checked(key), file, chunk_size=part_bytes, max_concurrency=PARTS_AT_ONCE
            )
        except (BaseError, OSError) as error:
            raise _failed("put", f"The object {key} could not be stored", error) from error

    def described(self) -> dict[str, Any]:
        """How the store is reached, as JSON and without its keys: `opened_as` takes it."""
        allow_http = bool((self._options.get("client_options") or {}).get("allow_http"))
        shown = {name: self._options[name] for name in _SHOWN if name in self._options}
        return {"url": self.url, "allow_http": allow_http, "options": shown}

    async def create(self, key: str, data: bytes) -> bool:
        """Store bytes under a key that nobody used; False, and nothing is changed, where an object has it."""
        try:
            await obstore.put_async(self._store, _checked(key), data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        except (BaseError, OSError) as error:
            raise _failed("put", f"The object {key} could not be stored", error) from error
        return True

    async def grant_put(self, key: str) -> Grant:
        """Let somebody without the store's keys write this object, by one request, for an hour."""
        headers = _PUT_HEADERS | (_AZURE_HEADERS if isinstance(self._store, AzureStore) else {})
        return await self._grant("PUT", key, headers)

    async def grant_get(self, key: str) -> Grant:
        """Let somebody without the store's keys read this object for an hour."""
        return await self._grant("GET", key, {})

    async def _grant(self, method: Literal["GET", "PUT"], key: str, headers: Mapping[str, str]) -> Grant:
        if self._folder is not None:
            return Grant(key=key, path=str(self._folder.resolve() / _checked(key)))
        try:
            url = await obstore.sign_async(self._store, method, _checked(key), timedelta(seconds=GRANT_SECONDS))
        except (BaseError, OSError) as error:
            raise _failed("sign", f"No signed URL can be made for {key}", error) from error
        return Grant(key=key, url=str(url), headers=headers)

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The object's bytes in chunks. Raises ObjectNotFoundError."""
        try:
            answer = await obstore.get_async(self._store, _checked(key))
            async for chunk in answer.stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)
        except FileNotFoundError as error:
            raise ObjectNotFoundError(f"There is no object {key}.") from error
        except (BaseError, OSError) as error:
            raise _failed("get", f"The object {key} could not be read", error) from error

    async def get(self, key: str) -> bytes:
        """The object's bytes, for small ones. Raises ObjectNotFoundError."""
        return b"".join([chunk async for chunk in self.stream(key)])

    async def get_to(self, key: str, path: Path) -> None:
        """Write the object to the file `path`, whole or not at all. Raises ObjectNotFoundError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        try:
            with partial.open("wb") as out:
                async for chunk in self.stream(key):
                    await asyncio.to_thread(out.write, chunk)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)

    async def exists(self, key: str) -> bool:
        """Whether an object has this key."""
        return await self.size(key) is not None

    async def size(self, key: str) -> int | None:
        """The object's size in bytes, or None where there is none."""
        try:
            return int((await obstore.head_async(self._store, _checked(key)))["size"])
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise _failed("head", f"The object {key} could not be looked up", error) from error

    async def keys(self, prefix: str = "") -> list[str]:
        """All keys below `prefix`, sorted."""
        return [entry.key for entry in await self.entries(prefix)]

    async def entries(self, prefix: str = "") -> list[Entry]:
        """All objects below `prefix`, sorted by key."""
        try:
            found: list[Entry] = []
            async for batch in obstore.list(self._store, prefix or None):
                found.extend(
                    Entry(key=str(one["path"]), size=int(one["size"]), changed=one["last_modified"].astimezone(UTC))
                    for one in batch
                )
            return sorted(found, key=lambda entry: entry.key)
        except (BaseError, OSError) as error:
            raise _failed("list", f"The objects below {prefix!r} could not be listed", error) from error

    async def delete(self, key: str) -> None:
        """Delete the object; one that is not there is no error."""
        try:
            await obstore.delete_async(self._store, _checked(key))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _failed("delete", f"The object {key} could not be deleted", error) from error


def open_store(settings: StorageSettings, home: Path) -> ObjectStore:
    """The store that the settings name; without a URL the folder `objects` below `home`."""
    if settings.storage_url is None:
        return ObjectStore((home.resolve() / "objects").as_uri())
    return ObjectStore(settings.storage_url, **options_of(settings))


def opened_as(described: Mapping[str, Any]) -> ObjectStore:
    """The store that another process has described, with the keys that this one finds. Raises StorageError."""
    return ObjectStore(described["url"], **_patience(described["allow_http"], 60.0), **described["options"])


def options_of(settings: StorageSettings) -> dict[str, Any]:
    """How a store of these settings is spoken to. Keys and secrets come from the variables of the cloud's own tools."""
    options = _patience(settings.storage_allow_http, settings.storage_retry_seconds)
    kind = str(settings.storage_url).partition(":")[0]
    endpoint = settings.storage_endpoint
    if kind in ("s3", "s3a"):
        if endpoint:
            options |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
        if settings.storage_region:
            options["region"] = settings.storage_region
    elif kind in ("az", "azure", "abfs", "abfss") and endpoint:
        options["endpoint"] = endpoint
    elif kind == "gs" and endpoint:
        options["base_url"] = endpoint
    return options


def _patience(allow_http: bool, retry_seconds: float) -> dict[str, Any]:
    return {
        "client_options": {"allow_http": allow_http, "timeout": timedelta(minutes=10)},
        "retry_config": {"max_retries": 5, "retry_timeout": timedelta(seconds=retry_seconds)},
    }


def _failed(operation: str, what: str, error: Exception) -> StorageError:
    """Count what the store failed at, and say it."""
    metrics.STORAGE_FAILURES.labels(operation=operation).inc()
    return StorageError(f"{what}: {_reason(error)}.")


def _checked(key: str) -> str:
    parts = key.split("/")
    if not key or key.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise StorageError(f"{key!r} is no key for an object: use relative names without empty parts or `..`.")
    return key


def _reason(error: Exception) -> str:
    """What went wrong in a line: of a server's answer its code alone, as the rest holds requests and keys' names.

    Where there is not even a client, as without certificates of authorities, what it says of that. Where it was the
    machine's metadata service that failed, nothing else had given keys: that alone helps whoever reads it.
    """
    if client := _CLIENT.search(str(error)):
        return client[1].rstrip(".")
    if _METADATA.search(str(error)):
        why = _CAUSE.search(str(error))
        return f"{NO_KEYS} ({why[1].rstrip('.')})" if why else NO_KEYS
    line = (str(error).strip().splitlines() or [""])[0]
    said = line.split("<", 1)[0].rstrip(" :.")[:MOST_CHARACTERS] or type(error).__name__
    code = _CODE.search(str(error))
    return f"{said} ({code[1]})" if code else said
