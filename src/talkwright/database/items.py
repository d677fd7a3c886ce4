"""Items and their revisions: heads, the past, and writing new ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.items import Item, Kind, Part
from talkwright.database.bulk import insert_rows
from talkwright.database.changes import Change
from talkwright.database.tables import changes, items, revision_parts, revisions, texts, users
from talkwright.database.texts import Text, save_texts, sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """One revision of an item, with the texts of its parts. `revision` 0 stands for a built-in item, never stored."""

    id: UUID
    kind: str
    name: str
    revision: int
    body: Any
    parts: tuple[Part, ...]
    keys: Mapping[str, str] = field(default_factory=dict)
    digest: bytes | None = None
    deleted: bool = False
    change: int = 0

    @property
    def item(self) -> Item:
        """The item without its history."""
        return Item(kind=Kind(self.kind), name=self.name, body=self.body, parts=self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What lists show of an item, derived when it is written."""

    title: str | None
    summary: str
    extra: Mapping[str, Any]

    def search(self, name: str) -> str:
        """What a search looks through."""
        return " ".join((name, self.title or "", self.summary)).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A revision to be written, with the edit that made it."""

    stored: StoredItem
    listing: Listing
    patch: Any
    origin: Mapping[str, Any] | None = None


def _parse(text: str | None) -> Any:
    return None if text is None else json.loads(text)


_PART = (revision_parts.c.file, revision_parts.c.place, revision_parts.c.anchors, texts.c.text.label("source"))
_REVISION = (
    revisions.c.item,
    revisions.c.number,
    revisions.c.name,
    revisions.c.deleted,
    revisions.c.body,
    revisions.c.digest,
    revisions.c["keys"].label("step_keys"),
    revisions.c.change,
    items.c.kind,
)


def _with_parts(wanted: Any) -> Select[Any]:
    """Revisions with their parts, a row per part, for the (item, number) pairs of a subquery."""
    joined = (
        wanted.join(revisions, and_(revisions.c.item == wanted.c.item, revisions.c.number == wanted.c.number))
        .join(items, items.c.id == revisions.c.item)
        .outerjoin(
            revision_parts,
            and_(revision_parts.c.item == revisions.c.item, revision_parts.c.revision == revisions.c.number),
        )
        .outerjoin(
            texts, and_(texts.c.assistant == revision_parts.c.assistant, texts.c.sha256 == revision_parts.c.source)
        )
    )
    columns: tuple[Any, ...] = (*_REVISION, *_PART)
    return select(*columns).select_from(joined).order_by(revisions.c.item, revision_parts.c.position)


async def _read(session: AsyncSession, wanted: Any) -> list[StoredItem]:
    found: dict[tuple[UUID, int], tuple[Any, list[Part]]] = {}
    for row in await session.execute(_with_parts(wanted)):
        _head, parts = found.setdefault((row.item, row.number), (row, []))
        if row.file is not None:
            anchors = json.loads(row.anchors) if row.anchors else {}
            parts.append(Part(file=row.file, place=row.place, source=row.source, anchors=anchors))
    return [_stored(row, tuple(parts)) for row, parts in found.values()]


def _stored(row: Any, parts: tuple[Part, ...]) -> StoredItem:
    return StoredItem(
        id=row.item,
        kind=row.kind,
        name=row.name,
        revision=row.number,
        body=_parse(row.body),
        parts=parts,
        keys=_parse(row.step_keys) or {},
        digest=row.digest,
        deleted=row.deleted,
        change=row.change,
    )


def _heads(assistant: UUID) -> Select[Any]:
    head = select(items.c.id.label("item"), items.c.revision.label("number"))
    return head.where(items.c.assistant == assistant)


async def load_heads(session: AsyncSession, assistant: UUID, ids: Iterable[UUID] | None = None) -> list[StoredItem]:
    """The latest revisions: of all living items, or of these, dead ones included."""
    if ids is None:
        return await _read(session, _heads(assistant).where(items.c.live_name.is_not(None)).subquery())
    wanted = list(ids)
    return await _read(session, _heads(assistant).where(items.c.id.in_(wanted)).subquery()) if wanted else []


async def load_named(
    session: AsyncSession, assistant: UUID, names: Iterable[tuple[str, str]], *, dead: bool = False
) -> list[StoredItem]:
    """The latest revisions of living items by (kind, name); with `dead`, of those that died under that name too."""
    wanted = list(names)
    if not wanted:
        return []
    name = items.c.name if dead else items.c.live_name
    query = _heads(assistant).where(tuple_(items.c.kind, name).in_(wanted))
    return await _read(session, query.subquery())


async def load_revisions(
    session: AsyncSession, assistant: UUID, numbers: Iterable[tuple[UUID, int]]
) -> dict[tuple[UUID, int], StoredItem]:
    """These revisions of the assistant's items, by (item, number)."""
    wanted = list(numbers)
    if not wanted:
        return {}
    query = select(revisions.c.item, revisions.c.number).where(
        revisions.c.assistant == assistant, tuple_(revisions.c.item, revisions.c.number).in_(wanted)
    )
    return {(item.id, item.revision): item for item in await _read(session, query.subquery())}


async def followers(session: AsyncSession, assistant: UUID, item: UUID, number: int) -> list[tuple[UUID, int]]:
    """The revisions that only followed a revision of an item, its rename, in the same change; as (item, number)."""
    made = (revisions.c.assistant == assistant, revisions.c.item == item, revisions.c.number == number)
    change = select(revisions.c.change).where(*made).scalar_subquery()
    query = select(revisions.c.item, revisions.c.number, revisions.c.patch).where(
        revisions.c.assistant == assistant, revisions.c.change == change, revisions.c.patch.contains(str(item))
    )
    rows = await session.execute(query.order_by(revisions.c.item))
    return [
        (row.item, row.number)
        for row in rows
        if all(edit.get("follows") == str(item) for edit in json.loads(row.patch))
    ]


async def load_at(session: AsyncSession, assistant: UUID, change: int) -> list[StoredItem]:
    """The items as they were right after a change."""
    latest = (
        select(revisions.c.item, revisions.c.number, revisions.c.deleted)
        .where(revisions.c.assistant == assistant, revisions.c.change <= change)
        .distinct(revisions.c.item)
        .order_by(revisions.c.item, revisions.c.number.desc())
        .subquery()
    )
    wanted = select(latest.c.item, latest.c.number).where(~latest.c.deleted)
    return await _read(session, wanted.subquery())


async def load_bodies(
    session: AsyncSession, assistant: UUID, known: Mapping[UUID, int]
) -> tuple[dict[UUID, tuple[str, str, int]], dict[UUID, tuple[Any, Mapping[str, str]]]]:
    """All living items as {id: (kind, name, revision)}, and body and step keys of those not known at their revision."""
    query = select(items.c.id, items.c.kind, items.c.name, items.c.revision)
    query = query.where(items.c.assistant == assistant, items.c.live_name.is_not(None)).order_by(items.c.id)
    living = {row.id: (row.kind, row.name, row.revision) for row in await session.execute(query)}
    missing = [(item, entry[2]) for item, entry in living.items() if known.get(item) != entry[2]]
    if not missing:
        return living, {}
    body = select(revisions.c.item, revisions.c.body, revisions.c["keys"].label("step_keys"))
    if len(missing) == len(living):
        body = body.join(items, and_(items.c.id == revisions.c.item, items.c.revision == revisions.c.number))
        body = body.where(items.c.assistant == assistant, items.c.live_name.is_not(None))
    else:
        body = body.where(tuple_(revisions.c.item, revisions.c.number).in_(missing))
    return living, {row.item: (_parse(row.body), _parse(row.step_keys) or {}) for row in await session.execute(body)}


async def save_revisions(session: AsyncSession, change: Change, new: Sequence[NewRevision]) -> None:
    """Write revisions, make them their items' heads, and keep their texts."""
    if not new:
        return
    sources = [
        Text(part.source, entry.origin or {"file": part.file, "place": part.place})
        for entry in new
        for part in entry.stored.parts
    ]
    await save_texts(session, change.assistant, sources)
    item_rows, revision_rows, part_rows = await asyncio.to_thread(_all_rows, change, new)
    await insert_rows(session, items, item_rows, update=item_rows[0].keys() - {"id", "assistant", "kind"})
    await insert_rows(session, revisions, revision_rows)
    await insert_rows(session, revision_parts, part_rows)


def _all_rows(
    change: Change, new: Sequence[NewRevision]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of items, revisions and parts."""
    return (
        [_item_row(change, entry) for entry in new],
        [_revision_row(change, entry) for entry in new],
        [row for entry in new for row in _part_rows(change.assistant, entry.stored)],
    )


def _item_row(change: Change, entry: NewRevision) -> dict[str, Any]:
    stored, listing = entry.stored, entry.listing
    return {
        "id": stored.id,
        "assistant": change.assistant,
        "kind": stored.kind,
        "name": stored.name,
        "live_name": None if stored.deleted else stored.name,
        "revision": stored.revision,
        "digest": stored.digest,
        "title": listing.title,
        "summary": listing.summary,
        "extra": json.dumps(listing.extra),
        "search": listing.search(stored.name),
        "changed_in": change.number,
        "changed_at": change.at,
        "changed_by": change.author,
    }


def _revision_row(change: Change, entry: NewRevision) -> dict[str, Any]:
    stored = entry.stored
    return {
        "item": stored.id,
        "number": stored.revision,
        "assistant": change.assistant,
        "change": change.number,
        "name": stored.name,
        "deleted": stored.deleted,
        "body": json.dumps(stored.body),
        "digest": stored.digest,
        "keys": json.dumps(stored.keys) if stored.keys else None,
        "patch": json.dumps(entry.patch, default=str),  # uuids stand at several depths
    }


def _part_rows(assistant: UUID, stored: StoredItem) -> list[dict[str, Any]]:
    return [
        {
            "item": stored.id,
            "revision": stored.revision,
            "position": position,
            "assistant": assistant,
            "file": part.file,
            "place": part.place,
            "source": sha256(part.source),
            "anchors": json.dumps(part.anchors) if part.anchors else None,
        }
        for position, part in enumerate(stored.parts)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One revision in an item's history, with the change that made it."""

    change: int
    at: datetime
    by: tuple[UUID, str]
    command: Mapping[str, Any]
    revision: int
    deleted: bool


async def history(
    session: AsyncSession, assistant: UUID, item: UUID, *, before: int | None = None, limit: int = 50
) -> list[HistoryEntry]:
    """An item's revisions, newest first, older than a revision number."""
    return (await histories(session, assistant, [(item, 0)], before=before, limit=limit)).get(item, [])


async def histories(
    session: AsyncSession,
    assistant: UUID,
    since: Iterable[tuple[UUID, int]],
    *,
    before: int | None = None,
    limit: int = 200,
) -> dict[UUID, list[HistoryEntry]]:
    """The revisions of items after a revision number each, newest first, at most `limit` in all."""
    wanted = dict(since)
    query = (
        select(
            revisions.c.item,
            revisions.c.number,
            revisions.c.deleted,
            changes.c.number.label("change"),
            changes.c.at,
            changes.c.command,
            users.c.id.label("user"),
            users.c.display,
        )
        .join(changes, and_(changes.c.assistant == revisions.c.assistant, changes.c.number == revisions.c.change))
        .join(users, users.c.id == changes.c.author)
        .where(revisions.c.assistant == assistant, revisions.c.item.in_(list(wanted)))
        .where(revisions.c.number > min(wanted.values(), default=0))
        .order_by(revisions.c.number.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(revisions.c.number < before)
    found: dict[UUID, list[HistoryEntry]] = {}
    for row in await session.execute(query):
        if row.number > wanted[row.item]:
            found.setdefault(row.item, []).append(
                HistoryEntry(
                    change=row.change,
                    at=row.at,
                    by=(row.user, row.display),
                    command=json.loads(row.command),
                    revision=row.number,
                    deleted=row.deleted,
                )
            )
    return found


async def item_names(session: AsyncSession, assistant: UUID) -> list[tuple[UUID, str, str]]:
    """Every item there ever was with kind and name: living ones first, then those that died last."""
    query = select(items.c.id, items.c.kind, items.c.name).where(items.c.assistant == assistant)
    rows = await session.execute(query.order_by(items.c.live_name.is_(None), items.c.changed_in.desc(), items.c.id))
    return [(row.id, row.kind, row.name) for row in rows]


async def known_ids(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Of these item ids, those that exist in any assistant."""
    return set((await session.execute(select(items.c.id).where(items.c.id.in_(list(ids))))).scalars())


async def load_digests(session: AsyncSession, assistant: UUID) -> list[tuple[str, str, bytes]]:
    """Kind, name and digest of all living items."""
    query = select(items.c.kind, items.c.name, items.c.digest)
    query = query.where(items.c.assistant == assistant, items.c.live_name.is_not(None))
    return [(row.kind, row.name, bytes(row.digest)) for row in await session.execute(query)]


async def kinds_of(session: AsyncSession, assistant: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The kinds of an assistant's items, dead ones too, by uuid."""
    query = select(items.c.id, items.c.kind).where(items.c.assistant == assistant, items.c.id.in_(list(ids)))
    return {row.id: row.kind for row in await session.execute(query)}


async def last_touch(session: AsyncSession, assistant: UUID, item: UUID) -> tuple[datetime, tuple[UUID, str]] | None:
    """When an item changed last, and who did it."""
    query = select(items.c.changed_at, users.c.id, users.c.display).join(users, users.c.id == items.c.changed_by)
    row = (await session.execute(query.where(items.c.assistant == assistant, items.c.id == item))).one_or_none()
    return None if row is None else (row.changed_at, (row.id, row.display))
