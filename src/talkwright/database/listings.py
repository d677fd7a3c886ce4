"""Lists of items as pages show them: one statement per page."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, null, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.tables import assistants, changes, facts, items, users


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """One item in a list: figures, problems and last change, without its body.

    `as_it_came`: nobody edited it since the import, or the change that made the assistant, brought it.
    """

    id: UUID
    kind: str
    name: str
    revision: int
    title: str | None
    summary: str
    extra: Mapping[str, Any]
    used: int
    errors: int
    warnings: int
    hints: int
    changed_at: datetime
    changed_by: tuple[UUID, str]
    as_it_came: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items a list shows: all that fit every filter that is set. `words` are searched in folded text."""

    kinds: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    name: str | None = None
    words: str | None = None

    def folded(self) -> list[str]:
        """The words to look for."""
        return (self.words or "").casefold().replace("\0", " ").split()[:10]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """A page of living items, and what is known of the built-in names that were asked for.

    `overridden` are those that a living item has, `mentions` how many items name each.
    """

    items: Sequence[ListedItem]
    last_change: int
    language: str
    additional_languages: tuple[str, ...]
    overridden: frozenset[tuple[str, str]]
    mentions: Mapping[tuple[str, str], int]


async def list_items(
    session: AsyncSession,
    assistant: UUID,
    wanted: ItemFilter,
    builtin: Collection[tuple[str, str]] = (),
    *,
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> ItemPage | None:
    """Living items by (kind, name) after a (kind, name), None where there is no such assistant; one statement."""
    uses = (
        select(func.count(facts.c.item.distinct()))
        .where(facts.c.assistant == items.c.assistant, facts.c.kind == items.c.kind, facts.c.name == items.c.name)
        .where(facts.c.relation == "refers")
        .scalar_subquery()
    )
    query = (
        select(
            items,
            uses.label("used"),
            users.c.display,
            _as_it_came().label("as_it_came"),
            assistants.c.last_change,
            assistants.c.language,
            assistants.c.additional_languages,
            _overridden(assistant, builtin).label("overridden"),
            _mentions(assistant, builtin).label("mentions"),
        )
        .select_from(
            assistants.outerjoin(items, _condition(wanted, after)).outerjoin(users, users.c.id == items.c.changed_by)
        )
        .where(assistants.c.id == assistant, assistants.c.deleted_at.is_(None))
        .order_by(items.c.kind, items.c.name)
        .limit(limit)
    )
    rows = (await session.execute(query)).all()
    if not rows:
        return None
    first = rows[0]
    return ItemPage(
        items=[_listed(row) for row in rows if row.id is not None],
        last_change=first.last_change,
        language=first.language,
        additional_languages=tuple(json.loads(first.additional_languages)),
        overridden=frozenset((kind, name) for kind, name in first.overridden or ()),
        mentions={(kind, name): used for kind, name, used in first.mentions or ()},
    )


def _as_it_came() -> ColumnElement[bool]:
    """Whether an item's latest change was an import or the one that made the assistant."""
    came = select(changes.c.source.in_(("import", "create")))
    return came.where(
        changes.c.assistant == items.c.assistant, changes.c.number == items.c.changed_in
    ).scalar_subquery()


def _condition(wanted: ItemFilter, after: tuple[str, str] | None) -> Any:
    condition = and_(items.c.assistant == assistants.c.id, items.c.live_name.is_not(None))
    if wanted.kinds:
        condition &= items.c.kind.in_(wanted.kinds)
    if wanted.without:
        condition &= items.c.kind.not_in(wanted.without)
    if wanted.name is not None:
        condition &= items.c.live_name == wanted.name.replace("\0", "")
    for word in wanted.folded():
        condition &= items.c.search.contains(word, autoescape=True)
    if after is not None:
        condition &= tuple_(items.c.kind, items.c.name) > tuple_(*after)
    return condition


def _overridden(assistant: UUID, builtin: Collection[tuple[str, str]]) -> Any:
    if not builtin:
        return null()
    own = items.alias("own")
    query = select(func.jsonb_agg(func.jsonb_build_array(own.c.kind, own.c.live_name)))
    named = tuple_(own.c.kind, own.c.live_name).in_(list(builtin))
    return query.where(own.c.assistant == assistant, named).scalar_subquery()


def _mentions(assistant: UUID, builtin: Collection[tuple[str, str]]) -> Any:
    if not builtin:
        return null()
    counted = (
        select(facts.c.kind, facts.c.name, func.count(facts.c.item.distinct()).label("used"))
        .where(facts.c.assistant == assistant, facts.c.relation == "refers")
        .where(tuple_(facts.c.kind, facts.c.name).in_(list(builtin)))
        .group_by(facts.c.kind, facts.c.name)
        .subquery()
    )
    row = func.jsonb_build_array(counted.c.kind, counted.c.name, counted.c.used)
    return select(func.jsonb_agg(row)).scalar_subquery()


def _listed(row: Any) -> ListedItem:
    return ListedItem(
        id=row.id,
        kind=row.kind,
        name=row.name,
        revision=row.revision,
        title=row.title,
        summary=row.summary,
        extra=json.loads(row.extra),
        used=row.used,
        errors=row.errors,
        warnings=row.warnings,
        hints=row.hints,
        changed_at=row.changed_at,
        changed_by=(row.changed_by, row.display),
        as_it_came=row.as_it_came,
    )
