"""Objects by key in a store named by a URL: the one place that knows obstore."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from talkwright.storage.settings import StorageSettings

CHUNK_BYTES = 1 << 20


class StorageError(Exception):
    """The store could not be reached or refused; the message names the key."""


class ObjectNotFoundError(StorageError):
    """No object has this key."""


class ObjectStore:
    """Puts, gets and deletes objects by key (`models/<id>.tar.gz`). Keys are relative and hold no `..`."""

    def __init__(self, url: str, **options: Any) -> None:
        """Open the store at `url`; a folder is made, readable by its owner only."""
        self.url = url
        if url.startswith("file:"):
            folder = Path(unquote(urlsplit(url).path))
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._store: Any = LocalStore(folder, automatic_cleanup=True)
        else:
            self._store = from_url(url, **options)

    async def put(self, key: str, data: bytes | Path) -> None:
        """Store bytes or a file under `key`, in place of what was there."""
        try:
            await obstore.put_async(self._store, _checked(key), data)
        except (BaseError, OSError) as error:
            raise StorageError(f"The object {key} could not be stored: {_reason(error)}.") from error

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The object's bytes in chunks. Raises ObjectNotFoundError."""
        try:
            answer = await obstore.get_async(self._store, _checked(key))
            async for chunk in answer.stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)
        except FileNotFoundError as error:
            raise ObjectNotFoundError(f"There is no object {key}.") from error
        except (BaseError, OSError) as error:
            raise StorageError(f"The object {key} could not be read: {_reason(error)}.") from error

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
            raise StorageError(f"The object {key} could not be looked up: {_reason(error)}.") from error

    async def keys(self, prefix: str = "") -> list[str]:
        """All keys below `prefix`, sorted."""
        try:
            found: list[str] = []
            async for batch in obstore.list(self._store, prefix or None):
                found.extend(str(entry["path"]) for entry in batch)
            return sorted(found)
        except (BaseError, OSError) as error:
            raise StorageError(f"The objects below {prefix!r} could not be listed: {_reason(error)}.") from error

    async def delete(self, key: str) -> None:
        """Delete the object; one that is not there is no error."""
        try:
            await obstore.delete_async(self._store, _checked(key))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise StorageError(f"The object {key} could not be deleted: {_reason(error)}.") from error


def open_store(settings: StorageSettings, home: Path) -> ObjectStore:
    """The store that the settings name; without a URL the folder `objects` below `home`."""
    if settings.storage_url is None:
        return ObjectStore((home.resolve() / "objects").as_uri())
    options: dict[str, Any] = {}
    if settings.storage_url.startswith(("s3://", "s3a://")):
        if settings.storage_endpoint:
            options |= {"endpoint": settings.storage_endpoint, "virtual_hosted_style_request": False}
        if settings.storage_region:
            options["region"] = settings.storage_region
    if settings.storage_allow_http:
        options["client_options"] = {"allow_http": True}
    return ObjectStore(settings.storage_url, **options)


def _checked(key: str) -> str:
    parts = key.split("/")
    if not key or key.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise StorageError(f"{key!r} is no key for an object: use relative names without empty parts or `..`.")
    return key


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
