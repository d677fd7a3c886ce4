"""Which attempts still go on, for whoever compares the jobs that run with what shall run."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.tables import attempts


class AttemptOf(NamedTuple):
    """One attempt of some work, as the name of its job tells it."""

    kind: str
    work: UUID
    number: int


async def open_attempts(session: AsyncSession, wanted: Collection[AttemptOf]) -> set[AttemptOf]:
    """Those of the wanted attempts that have no outcome yet."""
    table = attempts
    query = select(table.c.work_kind, table.c.work, table.c.number).where(
        table.c.outcome.is_(None), table.c.work.in_([one.work for one in wanted])
    )
    found = {AttemptOf(row.work_kind, row.work, row.number) for row in await session.execute(query)}
    return found & set(wanted)
