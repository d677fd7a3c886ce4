"""Whether a store can do all that is asked of it, tried on one small object."""

from __future__ import annotations

import contextlib
from uuid import uuid4

import httpx2

from talkwright.storage.objects import Grant, ObjectStore, StorageError

DATA = b"talkwright"
PREFIX = "doctor"
SECONDS = 20.0


class ProbeError(Exception):
    """The store does something else than is needed; the message says what."""


async def probe(store: ObjectStore) -> None:
    """Store, read, list, create once and delete an object, with the keys and by signed URLs.

    Raises StorageError where the store refuses or is away, ProbeError where it answers wrongly.
    """
    key = f"{PREFIX}/{uuid4()}"
    try:
        if not await store.create(key, DATA):
            raise ProbeError("The store says of an object that was never there that it is.")
        if await store.create(key, b"another") or await store.get(key) != DATA:
            raise ProbeError("The store writes over what is only to be created: it must keep If-None-Match.")
        if key not in await store.keys(PREFIX):
            raise ProbeError("The store does not list an object that was just stored.")
        put, get = await store.grant_put(key), await store.grant_get(key)
        if put.url is not None:  # a folder has none, and needs none
            await _signed(put, b"signed")
            if await store.get(key) != b"signed" or await _signed(get, None) != b"signed":
                raise ProbeError("What was stored by a signed URL is not what comes back.")
    finally:
        with contextlib.suppress(StorageError):  # what failed before says more
            await store.delete(key)
    if await store.exists(key):
        raise ProbeError("The store does not delete what it is told to.")


async def _signed(grant: Grant, data: bytes | None) -> bytes:
    """Read, or write `data`, as a job does that has no keys."""
    async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False) as client:
        try:
            answer = await client.request(
                "GET" if data is None else "PUT", str(grant.url), content=data, headers=dict(grant.headers)
            )
        except httpx2.HTTPError as error:
            raise StorageError(f"A signed URL of the store can't be reached ({type(error).__name__}).") from error
    if not answer.is_success:
        raise ProbeError(f"A signed URL of the store was refused with status {answer.status_code}.")
    return answer.content
