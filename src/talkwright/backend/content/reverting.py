"""Taking a change back: a new change that gives each item the state it had before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend.content.words import KIND_WORDS, words_of
from talkwright.backend.content.writing import ChangeRequest
from talkwright.backend.errors import ProblemError, not_found
from talkwright.database.changes import find_change, revisions_of
from talkwright.database.items import StoredItem, load_revisions

_NAMED = 3
"""So many items are named in a refusal."""


async def reverting(session: AsyncSession, assistant: UUID, number: int, change: UUID) -> ChangeRequest:
    """The change that takes another one back; it goes stale like any other where somebody edited the items since.

    Raises 404 for an unknown change.
    """
    found = await find_change(session, assistant, number)
    if found is None:
        raise not_found("change")
    made = await revisions_of(session, assistant, number)
    pairs = {(item, revision) for item, revision in made} | {(item, revision - 1) for item, revision in made}
    states = await load_revisions(session, assistant, {pair for pair in pairs if pair[1] > 0})
    edits: list[dict[str, Any]] = []
    for item, revision in made:
        edits += _back(states[(item, revision)], states.get((item, revision - 1)))
    command = {"name": "revert-change", "arguments": {"change": number, "words": words_of(found.command)}}
    return ChangeRequest(id=change, command=command, edits=edits, source="revert", reverts=number)


def refused(error: ProblemError) -> ProblemError:
    """Why a change can't be taken back, in words that fit: nobody edits here, so there are no two texts to look at."""
    title = "This change can’t be taken back any more"
    extra = error.extra
    if error.code == "stale":
        detail = f"{_changed_since(extra['items'])} Take the later changes back first, or edit it as it is now."
        return ProblemError(error.status, error.code, title, detail, **extra)
    if error.code in ("name-taken", "item-exists"):
        detail = f"What it deleted is there again. {error.detail}" if error.code == "item-exists" else error.detail
        return ProblemError(error.status, error.code, title, detail, **extra)
    return error


def _changed_since(items: Sequence[Mapping[str, Any]]) -> str:
    """Which items were changed since, and by whom where it is one."""
    said = [f"{KIND_WORDS.get(item['kind'], 'item')} {item['name']}" for item in items]
    if len(items) > 1:
        more = "" if len(said) <= _NAMED else f" and {len(said) - _NAMED} more"
        return f"{len(items)} of its items were changed since: the {', the '.join(said[:_NAMED])}{more}."
    did = "deleted" if items[0]["deleted"] else "changed"
    last = next(iter(items[0]["changes"]), None)
    by = "" if last is None else f" by {last['by']['name']} in change {last['change']} ({last['words']})"
    return f"The {said[0]} was {did} since{by}."


def _back(made: StoredItem, before: StoredItem | None) -> list[dict[str, Any]]:
    """The edits that lead from a revision to the one before it."""
    was_there = before is not None and not before.deleted
    edit: dict[str, Any] = {"item": made.id, "revision": made.revision}
    if not was_there or before is None:
        return [] if made.deleted else [edit | {"op": "delete"}]
    origin = {"revision": before.revision, "path": ""}
    if made.deleted:
        return [edit | {"op": "create", "kind": before.kind, "name": before.name, "from": origin}]
    edits = [edit | {"op": "patch", "patch": [{"op": "replace", "path": "", "from": origin}]}]
    if before.name != made.name:
        edits.append(edit | {"op": "rename", "name": before.name})
    return edits
