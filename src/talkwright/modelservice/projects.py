"""The project of an attempt's version, which the clean-up may have taken while the training waited."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.modelservice.engines.base import EngineError
from talkwright.modelservice.keeper import Keeper
from talkwright.storage.keys import project_key
from talkwright.storage.objects import ObjectNotFoundError, ObjectStore


async def keep_stored(keeper: Keeper, store: ObjectStore) -> None:
    """See that the archive is there, for a job that reads it by itself; raises as `archive_of` does."""
    if not await store.exists(project_key(keeper.attempt.version)):
        await archive_of(keeper, store)


async def archive_of(keeper: Keeper, store: ObjectStore) -> bytes:
    """The archive, stored anew where the clean-up has taken it. Raises EngineError, StorageError, LeaseLostError."""
    attempt = keeper.attempt
    key = project_key(attempt.version)
    try:
        return await store.get(key)
    except ObjectNotFoundError:
        pass

    from talkwright.database import projects  # noqa: PLC0415 - loads what reads projects, seldom needed

    async def read(session: AsyncSession) -> projects.StoredVersion:
        return await projects.stored_version(session, attempt.assistant, attempt.version)

    try:
        version = await keeper.write(read)
    except LookupError as error:
        raise EngineError("The assistant is gone.") from error
    archive = await asyncio.to_thread(version.archive)  # a large one takes longer than a lease's row may be locked
    await store.put(key, archive)
    return archive
