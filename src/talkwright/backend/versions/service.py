"""Making and reading versions, and deleting their models."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend.content.presenting import person
from talkwright.backend.errors import ProblemError, not_found
from talkwright.backend.paging import number_cursor, page_of
from talkwright.backend.trainings.schemas import training_of
from talkwright.backend.versions.digests import version_digest
from talkwright.database import versions
from talkwright.database.changes import lock_assistant
from talkwright.database.files import load_files
from talkwright.database.items import load_digests
from talkwright.database.models import delete_models, hold_models, use_of_models
from talkwright.database.versions import ListedVersion, Version
from talkwright.identity.audit import Origin, record

_USES = {
    "running": "runs",
    "asleep": "sleeps, and may run again",
    "stopping": "is still stopping",
}
_FREE_IT = "Stop it or let another version run, then delete its model."


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
    shown, following = page_of(found, limit, lambda entry: entry.version.number)
    return {"items": [listed_version(entry) for entry in shown], "next": following}


async def one_version(session: AsyncSession, assistant: UUID, version: UUID) -> dict[str, Any]:
    """One version as lists show it; raises 404."""
    found = await versions.find_version(session, assistant, version)
    if found is None:
        raise not_found("version")
    listed = await versions.list_versions(session, assistant, before=found.number + 1, limit=1)
    return listed_version(listed[0])


async def delete_model(session: AsyncSession, assistant: UUID, version: UUID, by: UUID, origin: Origin) -> None:
    """Delete the model of a version, which itself stays. Raises ProblemError where there is none, or it is in use."""
    found = await versions.find_version(session, assistant, version)
    if found is None:
        raise not_found("version")
    held = await hold_models(session, version)
    if not held:
        raise not_found("model", "The version has none, so there is nothing to delete.")
    use = await use_of_models(session, held)
    if use is not None:
        mend = "Try again in a moment." if use == "stopping" else _FREE_IT
        detail = f"{found.name} {_USES.get(use, 'is about to run')}. {mend}"
        raise ProblemError(409, "model-in-use", "This version's model is in use", detail)
    await delete_models(session, held, assistant=assistant, version=version, by=by)
    await record(session, origin, "versions.delete-model", assistant=assistant, target=version)


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
        "model_deleted": None if entry.deleted is None else {"at": entry.deleted[0], "by": person(entry.deleted[1])},
        "active": entry.active,
    }
