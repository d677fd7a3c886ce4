"""How a trained model becomes the training's model: stored, verified, named by a manifest, and entered, each once.

An attempt stores its archive under a key of its own. Its holder reads it back, puts `published.json` beside it unless
another attempt has done that already, and enters in the database what the manifest names. Whoever takes the training up
after a death goes on from what it finds: a manifest is entered, an archive alone is published, else it is trained.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.ids import uuid7
from talkwright.database.tables import models
from talkwright.database.work import HeldAttempt
from talkwright.modelservice.artefacts import ModelArchiveError, ModelFile, read_model
from talkwright.modelservice.jobs import Output
from talkwright.operations.logs import get_logger
from talkwright.storage.keys import manifest_key, models_prefix
from talkwright.storage.objects import ObjectNotFoundError, ObjectStore, StorageError

log = get_logger(__name__)

_ARCHIVE = re.compile(r"/(?P<attempt>[0-9a-f-]{36})-(?P<sha256>[0-9a-f]{64})\.tar\.gz$")


Check = Callable[[ModelFile], None]
"""How an engine looks at a model that it made; raises ModelArchiveError where it is none that can run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The model of a training: its storage key, hash in hexadecimal digits, size in bytes, and its own id."""

    object: str
    sha256: str
    size: int
    model_id: str


class Publication:
    """Publishes models in one store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def found(self, attempt: HeldAttempt, check: Check | None = None) -> Published | None:
        """What an earlier attempt of the training has published, or can be published of what it stored; None: nothing.

        Raises StorageError, ModelArchiveError.
        """
        keys = await self._store.keys(models_prefix(attempt.assistant, attempt.work))
        if manifest_key(attempt.assistant, attempt.work) in keys:
            return await self._named(attempt.assistant, attempt.work)
        for key in sorted(keys, reverse=True):  # ids of attempts grow with time
            if (named := _ARCHIVE.search(key)) is None:
                continue
            try:
                return await self._publish(attempt, key, named["sha256"], None, check)
            except ModelArchiveError as error:
                log.warning("model.left_alone", key=key, reason=str(error))
        return None

    async def publish(self, attempt: HeldAttempt, stored: Output, check: Check | None = None) -> Published:
        """Publish what the attempt's job stored, unless the training has its model already: then that one counts.

        Raises StorageError, ModelArchiveError.
        """
        return await self._publish(attempt, stored.key, stored.sha256, stored.size, check)

    async def clear(self, attempt: HeldAttempt, published: Published) -> None:
        """Delete what other attempts of this training left in the store."""
        kept = {published.object, manifest_key(attempt.assistant, attempt.work)}
        try:
            for other in await self._store.keys(models_prefix(attempt.assistant, attempt.work)):
                if other not in kept:
                    await self._store.delete(other)
        except StorageError as error:
            log.warning("models.not_cleared", error=str(error))

    async def _publish(
        self, attempt: HeldAttempt, key: str, sha256: str, size: int | None, check: Check | None
    ) -> Published:
        with tempfile.TemporaryDirectory(prefix="talkwright-") as folder:
            path = Path(folder) / "model.tar.gz"
            await self._store.get_to(key, path)
            file = await asyncio.to_thread(read_model, path)
        if file.sha256.hex() != sha256 or (size is not None and file.size != size):
            raise ModelArchiveError("The stored model is not what was sent to the store; train the version again.")
        if check is not None:
            check(file)
        published = Published(object=key, sha256=sha256, size=file.size, model_id=file.model_id)
        manifest = json.dumps({"format": 1, **asdict(published)}, indent=1).encode()
        if await self._store.create(manifest_key(attempt.assistant, attempt.work), manifest):
            log.info("model.published", training=str(attempt.work), attempt=str(attempt.id))
            return published
        return await self._named(attempt.assistant, attempt.work)

    async def _named(self, assistant: UUID, training: UUID) -> Published:
        """What the training's manifest names. Raises ModelArchiveError where that is gone or is something else."""
        try:
            told = json.loads(await self._store.get(manifest_key(assistant, training)))
            published = Published(
                object=str(told["object"]),
                sha256=str(told["sha256"]),
                size=int(told["size"]),
                model_id=str(told["model_id"]),
            )
        except (ObjectNotFoundError, ValueError, KeyError, TypeError) as error:
            raise ModelArchiveError("The training's model isn't named properly in the store; train again.") from error
        if await self._store.size(published.object) != published.size:
            raise ModelArchiveError("The training's model is gone from the store; train the version again.")
        return published


async def enter_model(session: AsyncSession, attempt: HeldAttempt, published: Published) -> str:
    """Enter the training's model, gives its id; equal content is an equal model, whose first row stays."""
    row: dict[str, Any] = {
        "id": uuid7(),
        "model_id": published.model_id,
        "assistant": attempt.assistant,
        "version": attempt.version,
        "training": attempt.work,
        "engine": attempt.engine,
        "object": published.object,
        "bytes": published.size,
        "sha256": bytes.fromhex(published.sha256),
    }
    statement = insert(models).values(row)
    kept = statement.on_conflict_do_update(
        index_elements=["model_id"], set_={"model_id": statement.excluded.model_id}
    ).returning(models.c.id)
    return str((await session.execute(kept)).scalar_one())
