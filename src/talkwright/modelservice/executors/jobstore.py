"""The object store as a pod reaches it that has credentials of its own, which the store's library finds by itself.

It finds them as the clouds' own tools do: by the web identity of the pod's service account, from instance metadata, or
in the environment. Runs in our own image alone; `store` is what `described` tells: how the store is reached and, as
`part_bytes`, how large the parts are in which files go there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from talkwright.storage.objects import ObjectStore, StorageError, opened_as

__all__ = ("StorageError", "described", "get", "put")


def described(store: ObjectStore, part_bytes: int) -> dict[str, Any]:
    """What a pod is told of the store."""
    return {**store.described(), "part_bytes": part_bytes}


def put(store: Mapping[str, Any], key: str, file: IO[bytes]) -> None:
    """Store an open file, in parts where it is large. Raises StorageError."""
    asyncio.run(opened_as(store).put_in_parts(key, file, store["part_bytes"]))


def get(store: Mapping[str, Any], key: str, target: Path) -> None:
    """Bring an object to a file. Raises StorageError."""
    asyncio.run(opened_as(store).get_to(key, target))
