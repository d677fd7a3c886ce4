"""What a model was made of."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.tables import items, models, revisions, version_items


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
