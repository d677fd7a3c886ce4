"""What a change needs to read before its edits can be applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.project import ProjectFile
from talkwright.backend.content.builtin import find_builtin
from talkwright.backend.content.checking import Known
from talkwright.backend.content.derive import stored_name
from talkwright.backend.content.workspace import EditRefusedError, Trails, Workspace
from talkwright.database.changes import Locked
from talkwright.database.facts import who_refers
from talkwright.database.files import StoredFile, files_before, load_files
from talkwright.database.items import StoredItem, followers, item_names, known_ids, load_heads, load_revisions

Edits = Sequence[Mapping[str, Any]]
_MANY_PLACES = frozenset({"intent", "domain"})


class Loaded:
    """A workspace with the rows that it came from."""

    def __init__(
        self, workspace: Workspace, files: Sequence[StoredFile] | None, names: Mapping[UUID, tuple[str, str]]
    ) -> None:
        self.workspace = workspace
        self.files = files
        self.names = names


async def load_workspace(
    session: AsyncSession, locked: Locked, edits: Edits, known: Known, reverts: int | None = None
) -> Loaded:
    """Read the items, revisions and files that the edits speak of; raises EditRefusedError for foreign ids.

    Where they take a change back, the workspace begins with the files as they were before it.
    """
    assistant = locked.id
    ids = {edit["item"] for edit in edits}
    items = {item.id: item for item in await load_heads(session, assistant, ids)}
    missing = ids - items.keys()
    items |= find_builtin(assistant, locked.language, locked.additional_languages, missing)
    await _refuse_foreign(session, ids - items.keys())
    for edit in edits:
        if edit["op"] == "rename" and edit["item"] in items:
            item = items[edit["item"]]
            users = await who_refers(session, assistant, item.kind, stored_name(item.name))
            items |= {other.id: other for other in await load_heads(session, assistant, users - items.keys())}
    trails = await _trails(session, assistant, edits, items)
    trodden = {left.id for trail in trails.values() for left, _ in trail}
    items |= {item.id: item for item in await load_heads(session, assistant, trodden - items.keys())}
    past = await _past(session, locked, edits)
    files = names = None
    if reverts is not None or _needs_files(edits, items):
        files = await load_files(session, assistant)
        names = await unique_names(session, assistant)
    start = files if files is None or reverts is None else await _files_without(session, assistant, files, reverts)
    workspace = Workspace(items.values(), as_files(start, names), past, known.living(), trails)
    return Loaded(workspace, files, names or {})


async def _files_without(
    session: AsyncSession, assistant: UUID, files: Sequence[StoredFile], change: int
) -> list[StoredFile]:
    """The files, those that nothing has touched since a change as they were before it."""
    before = await files_before(session, assistant, change)
    left = [file for file in files if file.id not in before]
    taken = {file.path for file in left}
    back = [file for file in before.values() if file is not None and file.path not in taken]
    return sorted([*left, *back], key=lambda file: file.path)


def as_files(
    files: Sequence[StoredFile] | None, names: Mapping[UUID, tuple[str, str]] | None
) -> list[ProjectFile] | None:
    """Stored files as the project's functions take them."""
    return None if files is None or names is None else [file.named(names) for file in files]


async def unique_names(session: AsyncSession, assistant: UUID) -> dict[UUID, tuple[str, str]]:
    """Kind and name of every item there ever was; a dead one whose name somebody else has gets one that nobody has."""
    names: dict[UUID, tuple[str, str]] = {}
    taken: set[tuple[str, str]] = set()
    for item, kind, name in await item_names(session, assistant):
        named = (kind, name) if (kind, name) not in taken else (kind, f"\0{item}")
        taken.add(named)
        names[item] = named
    return names


async def _refuse_foreign(session: AsyncSession, ids: Iterable[UUID]) -> None:
    """An id that is an item of another assistant can't be used here."""
    wanted = set(ids)
    for item in await known_ids(session, wanted) if wanted else ():
        raise EditRefusedError("no-such-item", "This item doesn't exist in this assistant.", item)


async def _past(session: AsyncSession, locked: Locked, edits: Edits) -> dict[tuple[UUID, int], StoredItem]:
    """The revisions that the edits take something from; revision 0 is the built-in item."""
    wanted = {(origin.get("item") or edit["item"], origin["revision"]) for edit in edits for origin in _origins(edit)}
    found = await load_revisions(session, locked.id, {key for key in wanted if key[1] > 0})
    builtin = {item for item, revision in wanted if revision == 0}
    stored = find_builtin(locked.id, locked.language, locked.additional_languages, builtin)
    return found | {(item, 0): entry for item, entry in stored.items()}


async def _trails(session: AsyncSession, assistant: UUID, edits: Edits, items: Mapping[UUID, StoredItem]) -> Trails:
    """What the renames that the edits take back left, and what stood there before: the items that followed among it."""
    trails: Trails = {}
    for edit in edits:
        if edit["op"] != "rename" or edit.get("from") is None:
            continue
        item, left = edit["item"], edit["from"]["revision"] + 1
        if item not in items or left > items[item].revision:
            continue
        ends = [(item, left), *await followers(session, assistant, item, left)]
        wanted = [(id_, number - back) for id_, number in ends for back in (0, 1)]
        found = {
            key: entry for key, entry in (await load_revisions(session, assistant, wanted)).items() if not entry.deleted
        }
        trails[item] = [
            (found[id_, number], found[id_, number - 1])
            for id_, number in ends
            if (id_, number) in found and (id_, number - 1) in found
        ]
    return trails


def _origins(edit: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    origins = [edit["from"]] if isinstance(edit.get("from"), Mapping) else []
    operations = edit.get("patch") or ()
    return origins + [operation["from"] for operation in operations if isinstance(operation.get("from"), Mapping)]


def _needs_files(edits: Edits, items: Mapping[UUID, StoredItem]) -> bool:
    for edit in edits:
        item = items.get(edit["item"])
        if edit["op"] in ("create", "rename") or item is None or item.revision == 0 or item.kind in _MANY_PLACES:
            return True
        if edit["op"] == "source" and item.kind == "file":
            return True
        if edit["op"] == "patch" and any(origin.get("path", "") == "" for origin in _origins(edit)):
            return True
    return False
