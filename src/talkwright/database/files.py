"""The files of an assistant as revisioned skeletons: raw stretches and references to parts of items, by uuid."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.project import PartRef, ProjectFile, style_from_json, style_to_json
from talkwright.database.bulk import insert_rows
from talkwright.database.changes import Change
from talkwright.database.tables import file_revisions, files
from talkwright.database.texts import Text, load_bytes, save_texts, sha256

Names = Mapping[UUID, tuple[str, str]]
"""Items by uuid: kind and name, as they are called where the file is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One revision of a file; references name items by their uuid, so that a rename changes no file."""

    id: UUID
    path: str
    revision: int
    skeleton: tuple[str | tuple[UUID, PartRef], ...] = ()
    style: Mapping[str, Any] | None = None
    data: bytes | None = None
    deleted: bool = False

    def named(self, names: Names) -> ProjectFile:
        """The file as the project's functions take it; one that `names` lacks is dead and passed over."""
        pieces: list[str | PartRef] = []
        for piece in self.skeleton:
            if isinstance(piece, str):
                pieces.append(piece)
            else:
                kind, name = names.get(piece[0], ("", f"\0{piece[0]}"))
                pieces.append(replace(piece[1], kind=kind, name=name))
        style = style_from_json(self.style) if self.style else ProjectFile(path=self.path).style
        return ProjectFile(path=self.path, data=self.data, skeleton=tuple(pieces), style=style)


def stored_file(file: ProjectFile, ids: Mapping[tuple[str, str], UUID], *, file_id: UUID, revision: int) -> StoredFile:
    """The file as it is stored; `ids` holds the items' uuids by (kind, name)."""
    skeleton = tuple(
        piece if isinstance(piece, str) else (ids[(piece.kind, piece.name)], piece) for piece in file.skeleton
    )
    style = style_to_json(file.style)
    return StoredFile(id=file_id, path=file.path, revision=revision, skeleton=skeleton, style=style, data=file.data)


def _to_json(skeleton: Iterable[str | tuple[UUID, PartRef]]) -> str:
    pieces: list[Any] = []
    for piece in skeleton:
        if isinstance(piece, str):
            pieces.append(piece)
        else:
            values = {key: value for key, value in asdict(piece[1]).items() if key not in ("kind", "name")}
            pieces.append({"item": str(piece[0]), **values})
    return json.dumps(pieces)


def _from_json(text: str | None) -> tuple[str | tuple[UUID, PartRef], ...]:
    pieces: list[str | tuple[UUID, PartRef]] = []
    for piece in json.loads(text) if text else ():
        if isinstance(piece, str):
            pieces.append(piece)
        else:
            item = UUID(piece.pop("item"))
            pieces.append((item, PartRef("", "", **piece)))
    return tuple(pieces)


async def _read(session: AsyncSession, assistant: UUID, wanted: Select[Any]) -> list[StoredFile]:
    pairs = wanted.subquery()
    query = select(file_revisions).join(
        pairs, and_(file_revisions.c.file == pairs.c.file, file_revisions.c.number == pairs.c.number)
    )
    rows = (await session.execute(query.order_by(file_revisions.c.path))).all()
    contents = await load_bytes(session, assistant, [row.data for row in rows if row.data is not None])
    return [
        StoredFile(
            id=row.file,
            path=row.path,
            revision=row.number,
            skeleton=_from_json(row.skeleton),
            style=json.loads(row.style) if row.style else None,
            data=contents[row.data] if row.data is not None else None,
            deleted=row.deleted,
        )
        for row in rows
    ]


async def load_files(session: AsyncSession, assistant: UUID) -> list[StoredFile]:
    """The living files, by path."""
    query = select(files.c.id.label("file"), files.c.revision.label("number"))
    return await _read(session, assistant, query.where(files.c.assistant == assistant, files.c.live_path.is_not(None)))


async def load_files_at(session: AsyncSession, assistant: UUID, change: int) -> list[StoredFile]:
    """The files as they were right after a change."""
    latest = (
        select(file_revisions.c.file, file_revisions.c.number, file_revisions.c.deleted)
        .where(file_revisions.c.assistant == assistant, file_revisions.c.change <= change)
        .distinct(file_revisions.c.file)
        .order_by(file_revisions.c.file, file_revisions.c.number.desc())
        .subquery()
    )
    return await _read(session, assistant, select(latest.c.file, latest.c.number).where(~latest.c.deleted))


async def load_file_revisions(
    session: AsyncSession, assistant: UUID, numbers: Iterable[tuple[UUID, int]]
) -> list[StoredFile]:
    """These revisions of files."""
    wanted = list(numbers)
    if not wanted:
        return []
    query = select(file_revisions.c.file, file_revisions.c.number)
    return await _read(
        session, assistant, query.where(tuple_(file_revisions.c.file, file_revisions.c.number).in_(wanted))
    )


async def files_before(session: AsyncSession, assistant: UUID, change: int) -> dict[UUID, StoredFile | None]:
    """The files that a change was the last to touch, as they were before it; None for one that wasn't there."""
    made = (
        select(file_revisions.c.file, file_revisions.c.number)
        .join(files, and_(files.c.id == file_revisions.c.file, files.c.revision == file_revisions.c.number))
        .where(file_revisions.c.assistant == assistant, file_revisions.c.change == change)
    )
    numbers = {row.file: row.number - 1 for row in await session.execute(made)}
    before = await load_file_revisions(session, assistant, [pair for pair in numbers.items() if pair[1] > 0])
    living = {file.id: file for file in before if not file.deleted}
    return {file: living.get(file) for file in numbers}


async def find_paths(session: AsyncSession, assistant: UUID, paths: Iterable[str]) -> dict[str, tuple[UUID, int]]:
    """Files that have or had these paths, with their latest revision: a path that comes back revives its file."""
    query = select(files.c.id, files.c.path, files.c.revision).where(
        files.c.assistant == assistant, files.c.path.in_(list(paths))
    )
    rows = (await session.execute(query.order_by(files.c.live_path.is_not(None), files.c.revision))).all()
    return {row.path: (row.id, row.revision) for row in rows}


async def save_files(session: AsyncSession, change: Change, new: Sequence[StoredFile]) -> None:
    """Write revisions of files and make them the latest."""
    if not new:
        return
    await save_texts(
        session, change.assistant, [Text(file.data, {"file": file.path}) for file in new if file.data is not None]
    )
    rows = [
        {
            "id": file.id,
            "assistant": change.assistant,
            "path": file.path,
            "live_path": None if file.deleted else file.path,
            "revision": file.revision,
        }
        for file in new
    ]
    await insert_rows(session, files, rows, update=("path", "live_path", "revision"))
    revision_rows = await asyncio.to_thread(lambda: [_revision_row(change, file) for file in new])
    await insert_rows(session, file_revisions, revision_rows)


def _revision_row(change: Change, file: StoredFile) -> dict[str, Any]:
    return {
        "file": file.id,
        "number": file.revision,
        "assistant": change.assistant,
        "change": change.number,
        "path": file.path,
        "deleted": file.deleted,
        "skeleton": _to_json(file.skeleton),
        "style": json.dumps(file.style) if file.style else None,
        "data": sha256(file.data) if file.data is not None else None,
    }
