"""Reading content: lists, one item with all that its page needs, history, uses and problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.alignment import align
from talkwright.backend.content.builtin import as_stored, builtin_items, builtin_mentions, find_builtin
from talkwright.backend.content.conditions import described, texts_in
from talkwright.backend.content.derive import listing_of, stored_name
from talkwright.backend.content.presenting import (
    at_lines,
    history_entry,
    listed_change,
    listed_problem,
    parts_json,
    person,
)
from talkwright.backend.errors import not_found
from talkwright.backend.paging import decode_cursor, encode_cursor, number_cursor, page_of
from talkwright.database import assistants
from talkwright.database.assistants import AssistantRow
from talkwright.database.changes import list_changes
from talkwright.database.facts import Use, list_problems, list_uses, mentioned
from talkwright.database.items import StoredItem, history, kinds_of, last_touch, load_heads, load_named, load_revisions
from talkwright.database.listings import ItemFilter, ItemPage, ListedItem, list_items

NO_PROBLEMS = {"error": 0, "warning": 0, "hint": 0}
_GUESSED_LANGUAGE = ("en", ())


async def find_assistant(session: AsyncSession, assistant: UUID) -> AssistantRow:
    """A living assistant; raises 404."""
    found = await assistants.find(session, assistant)
    if found is None:
        raise not_found("assistant")
    return found


async def page_of_items(
    session: AsyncSession, assistant: UUID, wanted: ItemFilter, cursor: str | None, limit: int
) -> dict[str, Any]:
    """Items by kind and name, the built-in ones among them."""
    after = decode_cursor(cursor, 2)
    place = None if after is None else (after[0], after[1])
    names = list(builtin_items(*_GUESSED_LANGUAGE))
    page = await list_items(session, assistant, wanted, names, after=place, limit=limit + 1)
    if page is None:
        raise not_found("assistant")
    entries = [_summary(item) for item in page.items]
    entries += _builtin_summaries(assistant, page, wanted, place)
    entries.sort(key=lambda entry: (entry["kind"], entry["name"]))
    shown = entries[:limit]
    following = encode_cursor(shown[-1]["kind"], shown[-1]["name"]) if len(entries) > limit else None
    return {"items": shown, "next": following, "change": page.last_change}


def _summary(item: ListedItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind,
        "name": item.name,
        "builtin": False,
        "revision": item.revision,
        "title": item.title,
        "text": item.summary,
        "extra": dict(item.extra),
        "used": item.used,
        "problems": {"error": item.errors, "warning": item.warnings, "hint": item.hints},
        "changed": {"at": item.changed_at, "by": person(item.changed_by)},
        "as_it_came": item.as_it_came,
    }


def _builtin_summaries(
    assistant: UUID, page: ItemPage, wanted: ItemFilter, after: tuple[str, str] | None
) -> Iterable[dict[str, Any]]:
    languages = (page.language, page.additional_languages)
    mentions = builtin_mentions(*languages)
    for named, item in builtin_items(*languages).items():
        kind, name = named
        listing = listing_of(kind, item.body, name)
        hidden = named in page.overridden or (after is not None and named <= after)
        if hidden or (wanted.kinds and kind not in wanted.kinds) or kind in wanted.without:
            continue
        if wanted.name not in (None, name) or not all(word in listing.search(name) for word in wanted.folded()):
            continue
        among_builtin = sum(1 for user in mentions.get(named, ()) if user not in page.overridden)
        yield {
            "id": as_stored(assistant, item).id,
            "kind": kind,
            "name": name,
            "builtin": True,
            "revision": 0,
            "title": listing.title,
            "text": listing.summary,
            "extra": dict(listing.extra),
            "used": page.mentions.get(named, 0) + among_builtin,
            "problems": NO_PROBLEMS,
            "changed": None,
            "as_it_came": True,
        }


async def find_item(session: AsyncSession, row: AssistantRow, item: UUID, hidden: Sequence[str]) -> StoredItem:
    """A living or built-in item of kinds that the caller sees; raises 404."""
    found = next(iter(await load_heads(session, row.id, [item])), None)
    if found is None or found.deleted:
        found = find_builtin(row.id, row.language, row.additional_languages, [item]).get(item)
    if found is None or found.kind in hidden:
        raise not_found("item", "It may have been deleted; the history has it.")
    return found


async def whole_item(session: AsyncSession, assistant: UUID, item: UUID, hidden: Sequence[str]) -> dict[str, Any]:
    """An item with body, text and problems, and for a flow what its page needs besides."""
    row = await find_assistant(session, assistant)
    found = await find_item(session, row, item, hidden)
    touch = await last_touch(session, assistant, item) if found.revision else None
    problems = await list_problems(session, assistant, items_only=[item]) if found.revision else []
    answer: dict[str, Any] = {
        "id": found.id,
        "kind": found.kind,
        "name": found.name,
        "builtin": found.revision == 0,
        "revision": found.revision,
        "body": found.body,
        "parts": parts_json(found.parts),
        "problems": at_lines([listed_problem(problem) for problem in problems], found),
        "change": row.last_change,
        "changed": None if touch is None else {"at": touch[0], "by": person(touch[1])},
    }
    if found.kind == "flow":
        answer |= await _flow_extras(session, row, found)
    return answer


async def _flow_extras(session: AsyncSession, row: AssistantRow, flow: StoredItem) -> dict[str, Any]:
    named = await _named_by(session, row, flow)
    stored = {(item.kind, item.name): item for item in await load_named(session, row.id, named)}
    builtin = builtin_items(row.language, tuple(row.additional_languages))
    for name in named:
        if name not in stored and name in builtin:
            stored[name] = as_stored(row.id, builtin[name])
    slots = {name: item for (kind, name), item in stored.items() if kind == "slot"}
    responses = {name: item for (kind, name), item in stored.items() if kind == "response"}
    types = {name: str(item.body.get("type")) for name, item in slots.items() if isinstance(item.body, Mapping)}
    return {
        "keys": dict(flow.keys) or _fresh_keys(flow),
        "conditions": described(dict.fromkeys(texts_in(flow.body)), types),
        "responses": {name: _referenced(item) for name, item in sorted(responses.items())},
        "slots": {name: _referenced(item) for name, item in sorted(slots.items())},
    }


async def _named_by(session: AsyncSession, row: AssistantRow, flow: StoredItem) -> set[tuple[str, str]]:
    if flow.revision:
        found = await mentioned(session, row.id, flow.id)
    else:
        mentions = builtin_mentions(row.language, tuple(row.additional_languages))
        found = {name for name, users in mentions.items() if ("flow", flow.name) in users}
    return {name for name in found if name[0] in ("response", "slot")}


def _fresh_keys(flow: StoredItem) -> dict[str, str]:
    return align(None, flow.body, {})


def _referenced(item: StoredItem) -> dict[str, Any]:
    return {"id": item.id, "builtin": item.revision == 0, "revision": item.revision, "body": item.body}


async def page_of_history(
    session: AsyncSession, assistant: UUID, item: UUID, cursor: str | None, limit: int
) -> dict[str, Any]:
    """An item's revisions, newest first."""
    entries = await history(session, assistant, item, before=number_cursor(cursor), limit=limit + 1)
    shown, following = page_of([history_entry(entry) for entry in entries], limit, lambda entry: entry["revision"])
    return {"items": shown, "next": following}


async def old_revision(session: AsyncSession, row: AssistantRow, item: UUID, number: int, hidden: Sequence[str]) -> Any:
    """Body and text of an old revision; 0 is the built-in one. Raises 404."""
    if number == 0:
        found = find_builtin(row.id, row.language, row.additional_languages, [item]).get(item)
    else:
        found = (await load_revisions(session, row.id, [(item, number)])).get((item, number))
    if found is None or found.deleted or found.kind in hidden:
        raise not_found("revision")
    return {"body": found.body, "parts": parts_json(found.parts)}


async def page_of_uses(
    session: AsyncSession, row: AssistantRow, item: StoredItem, cursor: str | None, limit: int
) -> dict[str, Any]:
    """Where an item is used: by other items, then by built-in ones that nobody has edited."""
    start = number_cursor(cursor) or 0
    uses = await list_uses(session, row.id, item.kind, stored_name(item.name), after=start, limit=limit + 1)
    shown = [_use(use) for use in uses[:limit]]
    if len(uses) > limit:
        return {"items": shown, "next": str(start + limit)}
    return {"items": [*shown, *await _builtin_uses(session, row, item)], "next": None}


async def _builtin_uses(session: AsyncSession, row: AssistantRow, item: StoredItem) -> list[dict[str, Any]]:
    languages = (row.language, tuple(row.additional_languages))
    users = builtin_mentions(*languages).get((item.kind, item.name), frozenset())
    if not users:
        return []
    own = {(stored.kind, stored.name) for stored in await load_named(session, row.id, users)}
    found = [as_stored(row.id, builtin_items(*languages)[user]) for user in sorted(users - own)]
    return [
        {"item": {"id": user.id, "kind": user.kind, "name": user.name}, "step": None, "path": "", "text": None}
        for user in found
    ]


def _use(use: Use) -> dict[str, Any]:
    item = {"id": use.item, "kind": use.kind, "name": use.name}
    return {"item": item, "step": use.step, "path": use.path, "text": use.text}


async def kinds_of_edits(session: AsyncSession, assistant: UUID, edits: Sequence[Mapping[str, Any]]) -> set[str]:
    """The kinds of the items that edits name, built-in ones included; what doesn't exist has none."""
    ids = {edit["item"] for edit in edits if edit["op"] != "create"}
    known = await kinds_of(session, assistant, ids)
    if known.keys() == ids:
        return set(known.values())
    row = await find_assistant(session, assistant)
    builtin = find_builtin(assistant, row.language, row.additional_languages, ids - known.keys())
    return set(known.values()) | {item.kind for item in builtin.values()}


async def page_of_changes(session: AsyncSession, assistant: UUID, cursor: str | None, limit: int) -> dict[str, Any]:
    """The assistant's changes, newest first."""
    found = await list_changes(session, assistant, before=number_cursor(cursor), limit=limit + 1)
    shown, following = page_of([listed_change(entry) for entry in found], limit, lambda change: change["number"])
    return {"items": shown, "next": following}


async def all_problems(session: AsyncSession, assistant: UUID, hidden: Sequence[str]) -> dict[str, Any]:
    """The assistant's problems, errors first, without those of kinds that the caller doesn't see."""
    found = [problem for problem in await list_problems(session, assistant) if problem.kind not in hidden]
    counts = dict(NO_PROBLEMS)
    for problem in found:
        counts[problem.severity] += 1
    return {"items": [listed_problem(problem) for problem in found], "counts": counts}
