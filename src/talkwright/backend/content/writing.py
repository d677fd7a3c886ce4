"""The one way to write content: a change with its edits, all or nothing, in the request's transaction.

What costs time and touches nothing outside runs in a thread, so that a large import or patch stops nobody else's talk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.alignment import align
from talkwright.assistant.build import languages, merged_document
from talkwright.assistant.problems import Problem
from talkwright.backend.content.checking import Checker, Known, own_problems
from talkwright.backend.content.derive import derived_of, digest_of, listing_of
from talkwright.backend.content.loading import Loaded, load_workspace
from talkwright.backend.content.presenting import changed_item, history_entry, parts_json
from talkwright.backend.content.telling import told
from talkwright.backend.content.workspace import EditRefusedError, Working
from talkwright.backend.errors import ProblemError, not_found
from talkwright.database import assistants
from talkwright.database.announcements import announce
from talkwright.database.changes import Change, Locked, find_answer, lock_assistant, save_change
from talkwright.database.facts import Checked, Derived, save_facts
from talkwright.database.files import StoredFile, find_paths, save_files, stored_file
from talkwright.database.ids import uuid7
from talkwright.database.items import NewRevision, StoredItem, histories, save_revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """A change as somebody asks for it; `edits` are checked maps with uuids."""

    id: UUID
    command: Mapping[str, Any]
    edits: Sequence[Mapping[str, Any]]
    source: str = "editor"
    reverts: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a change wrote, with the problems of its items and those that the assistant has as a whole."""

    change: Change
    items: Sequence[StoredItem]
    checked: Mapping[UUID, Checked]
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A transaction that holds an assistant's lock and may write its content."""

    session: AsyncSession
    checker: Checker
    locked: Locked
    known: Known
    author: UUID

    async def write(self, loaded: Loaded, request: ChangeRequest) -> Written:
        """Write what differs in a workspace as one change, validate and announce it; the caller saves its row."""
        session, locked = self.session, self.locked
        did = told(request.command, loaded.workspace.items.values())
        change = Change(
            id=request.id,
            assistant=locked.id,
            number=locked.last_change + 1,
            author=self.author,
            at=locked.now,
            source=request.source,
            command=request.command if did is None else {**request.command, "told": did},
            reverts=request.reverts,
        )
        new = await asyncio.to_thread(_revisions, loaded)
        items = [entry.stored for entry in new]
        await save_revisions(session, change, new)
        if loaded.files is not None:
            await save_files(session, change, await _changed_files(session, locked.id, loaded))
        after = self.known.copy()
        after.change = change.number
        for item in items:
            after.put(item)
        await save_facts(session, locked.id, await asyncio.to_thread(_all_derived, items))
        kept = {path: file.data for path, file in loaded.workspace.files.items() if file.data is not None}
        checked = await self.checker.check(session, locked.id, self.known, after, items, kept=kept)
        if any(item.kind == "config" for item in items):
            await _keep_languages(session, locked.id, after)
        self.checker.keep(session, locked.id, after)
        announce(session, locked.id, "change", _news(change, items), change_id=change.id)
        return Written(change, items, checked, own_problems(after))


async def begin(session: AsyncSession, checker: Checker, assistant: UUID, author: UUID) -> Writing:
    """Take an assistant's lock; raises ProblemError 404 for an unknown one."""
    locked = await lock_assistant(session, assistant)
    if locked is None:
        raise not_found("assistant")
    known = await checker.known(session, assistant, locked.last_change)
    return Writing(session=session, checker=checker, locked=locked, known=known, author=author)


async def write_change(writing: Writing, request: ChangeRequest) -> Any:
    """Make a change and return its answer; a repeated one gets the first answer.

    Raises ProblemError: 409 `stale` with the current bodies, 422 `invalid-edit` and the like for an edit that can't be
    made.
    """
    session, assistant = writing.session, writing.locked.id
    answer = await first_answer(session, assistant, request.id)
    if answer is not None:
        return answer
    try:
        loaded = await load_workspace(session, writing.locked, request.edits, writing.known, request.reverts)
        await _refuse_stale(session, assistant, loaded, request.edits)
        await asyncio.to_thread(loaded.workspace.apply_all, request.edits)
    except EditRefusedError as error:
        raise refusal(error) from error
    written = await writing.write(loaded, request)
    items = [changed_item(item, written.checked.get(item.id)) for item in written.items]
    answer = {"change": written.change.number, "items": items}
    await save_change(session, written.change, answer)
    return answer


async def first_answer(session: AsyncSession, assistant: UUID, change: UUID) -> Any | None:
    """The answer of a change that was already made; raises ProblemError where its id is another assistant's."""
    found = await find_answer(session, change)
    if found is None:
        return None
    if found[0] != assistant:
        raise ProblemError(422, "id-taken", "This id is taken", "Make a new UUID for each change.")
    return found[1]


def refusal(error: EditRefusedError) -> ProblemError:
    """The problem document of an edit that can't be made."""
    item = None if error.item is None else str(error.item)
    return ProblemError(422, error.code, "This change can't be made", error.message, item=item, line=error.line)


async def _refuse_stale(
    session: AsyncSession, assistant: UUID, loaded: Loaded, edits: Sequence[Mapping[str, Any]]
) -> None:
    """Raise the 409 that shows both sides, where an edit started from a revision that is no longer the latest."""
    stale: dict[UUID, tuple[StoredItem, int]] = {}
    for edit in edits:
        if edit["op"] == "create":
            continue
        working = loaded.workspace.items.get(edit["item"])
        start = None if working is None else working.start
        if start is None or (start.deleted and edit["revision"] == start.revision):
            raise EditRefusedError(
                "no-such-item", "This item doesn't exist any more; load the page again.", edit["item"]
            )
        if edit["revision"] != start.revision:
            stale[edit["item"]] = (start, edit["revision"])
    if not stale:
        return
    since = await histories(session, assistant, [(item, revision) for item, (_, revision) in stale.items()])
    raise ProblemError(
        409,
        "stale",
        "Somebody changed this meanwhile",
        "Look at both texts and decide which one counts.",
        items=[
            {
                "id": str(item),
                "kind": start.kind,
                "name": start.name,
                "revision": start.revision,
                "body": start.body,
                "parts": parts_json(start.parts),
                "keys": dict(start.keys),
                "deleted": start.deleted,
                "changes": [history_entry(entry) for entry in since.get(item, ())],
            }
            for item, (start, _) in stale.items()
        ],
    )


def _news(change: Change, items: Sequence[StoredItem]) -> dict[str, Any]:
    """What everybody learns of a change: which items, or that it is better to read all lists anew."""
    listed = [{"id": str(item.id), "kind": item.kind, "deleted": item.deleted} for item in items[:50]]
    return {"number": change.number, "source": change.source, "items": listed, "all": len(items) > 50}


def _revisions(loaded: Loaded) -> list[NewRevision]:
    """The next revisions of all items that differ."""
    return [_revision(working, loaded) for working in loaded.workspace.items.values() if working.changed]


def _all_derived(items: Iterable[StoredItem]) -> list[Derived]:
    return [derived_of(item) for item in items]


def _revision(working: Working, loaded: Loaded) -> NewRevision:
    """The next revision of an item that differs."""
    start, item = working.start, working.item
    number = (start.revision if start is not None else 0) + 1
    patch = [dict(edit) for edit in working.edits]
    if item is None:
        if start is None:
            raise LookupError(f"The item {working.id} was neither there before nor is it now.")
        dead = replace(start, revision=number, body=None, parts=(), keys={}, digest=None, deleted=True)
        return NewRevision(stored=dead, listing=listing_of(start.kind, None, start.name), patch=patch)
    kind = str(item.kind)
    keys: dict[str, str] = {}
    if kind == "flow":
        before = (start.body, start.keys) if start is not None and start.keys else (None, {})
        keys = align(before[0], item.body, before[1])
    file = loaded.workspace.files.get(item.name)
    data = file.data if file is not None and not item.parts and kind in ("file", "prompt") else None
    stored = StoredItem(
        id=working.id,
        kind=kind,
        name=item.name,
        revision=number,
        body=item.body,
        parts=item.parts,
        keys=keys,
        digest=digest_of(kind, item.name, item.body, data),
    )
    return NewRevision(stored=stored, listing=listing_of(kind, item.body, item.name), patch=patch)


async def _changed_files(session: AsyncSession, assistant: UUID, loaded: Loaded) -> list[StoredFile]:
    """The files whose skeleton or path differs from what was read."""
    ids = {named: item for item, named in loaded.names.items()}
    ids |= {(str(w.item.kind), w.item.name): w.id for w in loaded.workspace.items.values() if w.item is not None}
    before = {file.path for file in loaded.files or ()}
    fresh = [path for path in loaded.workspace.files if path not in before]
    known = await find_paths(session, assistant, fresh) if fresh else {}
    return await asyncio.to_thread(_differing, loaded, ids, known)


def _differing(
    loaded: Loaded, ids: Mapping[tuple[str, str], UUID], known: Mapping[str, tuple[UUID, int]]
) -> list[StoredFile]:
    """The next revisions of these files; `known` are those that had a fresh path once."""
    before = {file.path: file for file in loaded.files or ()}
    changed: list[StoredFile] = []
    for path, file in loaded.workspace.files.items():
        old = before.get(path)
        file_id, revision = (old.id, old.revision) if old is not None else known.get(path, (uuid7(), 0))
        made = stored_file(file, ids, file_id=file_id, revision=revision + 1)
        if old is None or (made.skeleton, made.data) != (old.skeleton, old.data):
            changed.append(made)
    changed += [
        replace(old, revision=old.revision + 1, deleted=True)
        for path, old in before.items()
        if path not in loaded.workspace.files
    ]
    return changed


async def _keep_languages(session: AsyncSession, assistant: UUID, known: Known) -> None:
    """Take over the languages that the config names now."""
    language, additional = languages(merged_document(known.of_kind("config"), "config", []))
    await assistants.set_languages(session, assistant, language, additional)
