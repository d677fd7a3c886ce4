"""Making and reading versions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend.content.paging import number_cursor
from talkwright.backend.content.presenting import person
from talkwright.backend.errors import not_found
from talkwright.backend.trainings.schemas import training_of
from talkwright.backend.versions.digests import version_digest
from talkwright.database import versions
from talkwright.database.changes import lock_assistant
from talkwright.database.files import load_files
from talkwright.database.items import load_digests
from talkwright.database.versions import ListedVersion, Version


async def pin_current(session: AsyncSession, assistant: UUID, author: UUID) -> Version:
    """The version of the content as it is now: the latest with this content, or a new one. Raises 404."""
    if await lock_assistant(session, assistant) is None:
        raise not_found("assistant")
    digest = version_digest(await load_digests(session, assistant), await load_files(session, assistant))
    found = await versions.find_by_digest(session, assistant, digest)
    return found if found is not None else await versions.pin(session, assistant, digest, author)


async def page_of_versions(session: AsyncSession, assistant: UUID, cursor: str | None, limit: int) -> dict[str, Any]:
    """Versions, newest first."""
    found = await versions.list_versions(session, assistant, before=number_cursor(cursor), limit=limit + 1)
    shown = [listed_version(entry) for entry in found[:limit]]
    return {"items": shown, "next": str(found[limit - 1].version.number) if len(found) > limit else None}


async def one_version(session: AsyncSession, assistant: UUID, version: UUID) -> dict[str, Any]:
    """One version as lists show it; raises 404."""
    found = await versions.find_version(session, assistant, version)
    if found is None:
        raise not_found("version")
    listed = await versions.list_versions(session, assistant, before=found.number + 1, limit=1)
    return listed_version(listed[0])


def listed_version(entry: ListedVersion) -> dict[str, Any]:
    """A version as the API says it."""
    version = entry.version
    return {
        "id": version.id,
        "name": version.name,
        "number": version.number,
        "change": version.change,
        "digest": version.digest.hex(),
        "description": version.description,
        "created_at": version.created_at,
        "by": person(version.created_by),
        "training": None if entry.training is None else training_of(entry.training),
        "model": None if entry.model is None else {"id": entry.model[0], "bytes": entry.model[1]},
        "active": entry.active,
    }
