"""The logs of attempts: stored as they come, shown to open pages, and read as one log of their work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.frames import send_frame
from talkwright.database.tables import attempt_logs, attempts
from talkwright.database.work import Kind

ATTEMPT_LINES = 10_000_000
"""More lines than one attempt's log can have, so that positions of later attempts lie above."""


async def append_log(
    session: AsyncSession, attempt: UUID, assistant: UUID, lines: Sequence[Mapping[str, Any]], work: Mapping[str, Any]
) -> None:
    """Store log lines (number, at, level, stage, progress, message) and show the last ones to open pages.

    Lines that are there already stay: who lost the connection while it committed does not know, and sends them again.
    """
    statement = upsert(attempt_logs).on_conflict_do_nothing()
    await session.execute(statement, [{"attempt": attempt, **line} for line in lines])
    shown = [{**line, "at": line["at"].isoformat(), "message": line["message"][:200]} for line in lines[-20:]]
    while not await send_frame(session, assistant, "log", {**work, "lines": shown}) and shown:
        del shown[: (len(shown) + 1) // 2]  # the page reads the others when it hears of the last


async def read_log(
    session: AsyncSession, kind: Kind, work: UUID, after: int, limit: int
) -> list[tuple[int, Mapping[str, Any]]]:
    """Log lines of all attempts of one piece of work after a position; positions grow from attempt to attempt."""
    position = (attempts.c.number - 1) * ATTEMPT_LINES + attempt_logs.c.number
    rows = await session.execute(
        select(position.label("position"), attempt_logs)
        .join(attempts, attempts.c.id == attempt_logs.c.attempt)
        .where(attempts.c.work_kind == kind, attempts.c.work == work, position > after)
        .order_by(position)
        .limit(limit)
    )
    return [(int(row["position"]), dict(row)) for row in rows.mappings()]
