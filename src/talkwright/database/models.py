"""What a model was made of, whether it is in use, and its end."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.announcements import announce
from talkwright.database.states import ENDED_DEPLOYMENTS
from talkwright.database.tables import deployments, items, models, revisions, version_items


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRevision:
    """A flow as a model (by the id that engines stamp into events) knows it; `keys`: JSON pointer → step key."""

    model: str
    name: str
    body: Any
    keys: Mapping[str, str]


async def flows_of_models(session: AsyncSession, model_ids: Collection[str]) -> list[FlowRevision]:
    """The flows that the versions of some models pin: one statement."""
    pinned = and_(revisions.c.item == version_items.c.item, revisions.c.number == version_items.c.revision)
    query = (
        select(models.c.model_id, revisions.c.name, revisions.c.body, revisions.c["keys"].label("step_keys"))
        .join(version_items, version_items.c.version == models.c.version)
        .join(items, items.c.id == version_items.c.item)
        .join(revisions, pinned)
        .where(models.c.model_id.in_(list(model_ids)), items.c.kind == "flow")
    )
    return [
        FlowRevision(
            model=row.model_id,
            name=row.name,
            body=json.loads(row.body) if row.body else None,
            keys=json.loads(row.step_keys) if row.step_keys else {},
        )
        for row in await session.execute(query)
    ]


async def hold_models(session: AsyncSession, version: UUID) -> list[UUID]:
    """The models that a version has; nobody starts or deletes one of them until the transaction ends."""
    query = select(models.c.id).where(models.c.version == version, models.c.deleted_at.is_(None))
    return list((await session.execute(query.with_for_update())).scalars())


async def use_of_models(session: AsyncSession, held: Collection[UUID]) -> str | None:
    """The state of a deployment that has one of these models or is to get it, `asleep` for one that may be woken."""
    sleeps = and_(deployments.c.slept_at.is_not(None), deployments.c.cancel_requested_at.is_(None))
    query = (
        select(deployments.c.state, sleeps.label("sleeps"))
        .where(deployments.c.model.in_(list(held)), or_(deployments.c.state.not_in(ENDED_DEPLOYMENTS), sleeps))
        .order_by(deployments.c.active.desc(), deployments.c.sequence.desc())
        .limit(1)
    )
    row = (await session.execute(query)).first()
    return None if row is None else "asleep" if row.sleeps else str(row.state)


async def delete_models(
    session: AsyncSession, held: Collection[UUID], *, assistant: UUID, version: UUID, by: UUID
) -> None:
    """Delete a version's models; their objects go with the next clean-up of the store."""
    values = {"deleted_at": func.clock_timestamp(), "deleted_by": by}
    await session.execute(update(models).where(models.c.id.in_(list(held))).values(values))
    announce(session, assistant, "version", {"version": str(version)})
