"""A whole assistant as its project: now, right after a change, or as a version pinned it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.items import Item
from talkwright.assistant.naming import with_assistant_id
from talkwright.assistant.project import ProjectFile, to_tar_gz, write_project
from talkwright.database.assistants import find
from talkwright.database.files import StoredFile, load_file_revisions, load_files, load_files_at
from talkwright.database.items import StoredItem, load_at, load_heads, load_revisions
from talkwright.database.versions import pinned_files, pinned_items

Stored = tuple[list[StoredFile], list[StoredItem]]


async def load_project(session: AsyncSession, assistant: UUID, change: int | None = None) -> Stored:
    """Files and items now, or as they were right after a change."""
    if change is None:
        return await load_files(session, assistant), await load_heads(session, assistant)
    return await load_files_at(session, assistant, change), await load_at(session, assistant, change)


async def load_version(session: AsyncSession, assistant: UUID, version: UUID) -> Stored:
    """Files and items as a version pinned them."""
    numbers = await pinned_items(session, version)
    items = await load_revisions(session, assistant, numbers)
    files = await load_file_revisions(session, assistant, await pinned_files(session, version))
    return files, list(items.values())


def as_project(stored: Stored) -> tuple[list[ProjectFile], list[Item]]:
    """Files and items as the project's functions take them."""
    files, items = stored
    names = {item.id: (item.kind, item.name) for item in items}
    return [file.named(names) for file in files], [item.item for item in items]


def written(stored: Stored) -> dict[str, bytes]:
    """The bytes of the project's files by path."""
    return write_project(*as_project(stored))


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """What a version pinned, and the assistant's name as the studio has it."""

    stored: Stored
    name: str

    def archive(self) -> bytes:
        """The project as .tar.gz: what a training gets. Equal versions give equal bytes.

        Its config names the assistant as the studio does, whatever name it came with: a bot's events are found by it.
        """
        return to_tar_gz(write_project(*with_assistant_id(*as_project(self.stored), self.name)))


async def stored_version(session: AsyncSession, assistant: UUID, version: UUID) -> StoredVersion:
    """What a version's archive is made of. Raises LookupError for an assistant that is gone."""
    row = await find(session, assistant)
    if row is None:
        raise LookupError(f"The assistant {assistant} is gone.")
    return StoredVersion(await load_version(session, assistant, version), row.name)


async def version_archive(session: AsyncSession, assistant: UUID, version: UUID) -> bytes:
    """A version's archive. Raises LookupError for an assistant that is gone."""
    return await asyncio.to_thread((await stored_version(session, assistant, version)).archive)
