"""Versions: immutable snapshots that pin a revision of every item and file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.ids import uuid7
from talkwright.database.tables import (
    assistants,
    deployments,
    files,
    items,
    models,
    trainings,
    users,
    version_files,
    version_items,
    versions,
)
from talkwright.database.work_objects import latest_training


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version; `name` is unique in the studio."""

    id: UUID
    assistant: UUID
    number: int
    name: str
    change: int
    digest: bytes
    description: str
    created_at: datetime
    created_by: tuple[UUID, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVersion:
    """A version in the list, with the model that it has, its latest training and whether it answers in `try`.

    `deleted` tells when and by whom the model that it had was deleted, where it has none now.
    """

    version: Version
    training: Mapping[str, Any] | None
    model: tuple[UUID, int] | None
    active: bool
    deleted: tuple[datetime, tuple[UUID, str]] | None = None


async def find_by_digest(session: AsyncSession, assistant: UUID, digest: bytes) -> Version | None:
    """The latest version with this content."""
    query = _select().where(versions.c.assistant == assistant, versions.c.digest == digest)
    row = (await session.execute(query.order_by(versions.c.number.desc()).limit(1))).one_or_none()
    return None if row is None else _version(row)


async def find_version(session: AsyncSession, assistant: UUID, version: UUID) -> Version | None:
    """One version of an assistant."""
    query = _select().where(versions.c.assistant == assistant, versions.c.id == version)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _version(row)


async def newest_with_model(session: AsyncSession, assistant: UUID) -> int | None:
    """The number of an assistant's newest version that has a model."""
    query = (
        select(func.max(versions.c.number))
        .join(models, models.c.version == versions.c.id)
        .where(versions.c.assistant == assistant, models.c.deleted_at.is_(None))
    )
    number: int | None = (await session.execute(query)).scalar_one()
    return number


async def pin(session: AsyncSession, assistant: UUID, digest: bytes, author: UUID) -> Version:
    """Make a version of the heads; the caller holds the assistant's lock."""
    query = select(assistants.c.name, assistants.c.last_change, assistants.c.last_version)
    row = (await session.execute(query.where(assistants.c.id == assistant))).one()
    number = row.last_version + 1
    taken = f"{row.name}-{number}"
    while (await session.execute(select(versions.c.id).where(versions.c.name == taken))).first() is not None:
        number += 1
        taken = f"{row.name}-{number}"
    version = uuid7()
    await session.execute(
        insert(versions).values(
            id=version,
            assistant=assistant,
            number=number,
            name=taken,
            change=row.last_change,
            digest=digest,
            created_by=author,
        )
    )
    heads = select(literal(version), items.c.id, items.c.revision).where(
        items.c.assistant == assistant, items.c.live_name.is_not(None)
    )
    await session.execute(insert(version_items).from_select(["version", "item", "revision"], heads))
    skeletons = select(literal(version), files.c.id, files.c.revision).where(
        files.c.assistant == assistant, files.c.live_path.is_not(None)
    )
    await session.execute(insert(version_files).from_select(["version", "file", "revision"], skeletons))
    await session.execute(update(assistants).where(assistants.c.id == assistant).values(last_version=number))
    found = await find_version(session, assistant, version)
    if found is None:
        raise LookupError(f"The version {version} that was just made is gone.")
    return found


async def pinned_items(session: AsyncSession, version: UUID) -> list[tuple[UUID, int]]:
    """The revisions of items that a version pins."""
    query = select(version_items.c.item, version_items.c.revision).where(version_items.c.version == version)
    return [(row.item, row.revision) for row in await session.execute(query)]


async def pinned_files(session: AsyncSession, version: UUID) -> list[tuple[UUID, int]]:
    """The revisions of files that a version pins."""
    query = select(version_files.c.file, version_files.c.revision).where(version_files.c.version == version)
    return [(row.file, row.revision) for row in await session.execute(query)]


async def describe(session: AsyncSession, assistant: UUID, version: UUID, description: str) -> bool:
    """Set a version's description; False where there is no such version."""
    done = await session.execute(
        update(versions)
        .where(versions.c.assistant == assistant, versions.c.id == version)
        .values(description=description)
        .returning(versions.c.id)
    )
    return done.first() is not None


async def list_versions(
    session: AsyncSession, assistant: UUID, *, before: int | None = None, limit: int = 50
) -> list[ListedVersion]:
    """Versions, newest first, below a number; one statement."""
    training = latest_training(trainings.c.version == versions.c.id)
    active = select(deployments.c.id).where(
        deployments.c.version == versions.c.id, deployments.c.active, deployments.c.environment == "try"
    )
    remover = users.alias("remover")
    model = (
        select(models.c.id, models.c.bytes, models.c.version, models.c.deleted_at, models.c.deleted_by)
        .add_columns(remover.c.display.label("remover"))
        .distinct(models.c.version)
        .outerjoin(remover, remover.c.id == models.c.deleted_by)
        .where(models.c.assistant == assistant)
        .order_by(models.c.version, models.c.deleted_at.desc().nulls_first(), models.c.created_at.desc())
        .subquery()
    )
    query = (
        _select(training.label("training"), active.exists().label("active"), model.c.id.label("model"))
        .add_columns(model.c.bytes, model.c.deleted_at, model.c.deleted_by, model.c.remover)
        .outerjoin(model, model.c.version == versions.c.id)
        .where(versions.c.assistant == assistant)
        .order_by(versions.c.number.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(versions.c.number < before)
    return [
        ListedVersion(
            version=_version(row),
            training=row.training,
            model=None if row.model is None or row.deleted_at is not None else (row.model, row.bytes),
            active=row.active,
            deleted=None if row.deleted_at is None else (row.deleted_at, (row.deleted_by, row.remover)),
        )
        for row in await session.execute(query)
    ]


def _select(*more: Any) -> Any:
    columns: tuple[Any, ...] = (versions, users.c.display, *more)
    return select(*columns).select_from(versions.join(users, users.c.id == versions.c.created_by))


def _version(row: Any) -> Version:
    return Version(
        id=row.id,
        assistant=row.assistant,
        number=row.number,
        name=row.name,
        change=row.change,
        digest=bytes(row.digest),
        description=row.description,
        created_at=row.created_at,
        created_by=(row.created_by, row.display),
    )
