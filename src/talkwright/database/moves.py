"""What becomes of a training or deployment: its state, kept with who, when and why, and where the talk goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.announcements import announce
from talkwright.database.tables import deployments, transitions
from talkwright.database.work import TABLES, Kind, OpenWork


async def move(
    session: AsyncSession,
    kind: Kind,
    work: OpenWork,
    *,
    sources: Iterable[str],
    target: str,
    who: str,
    why: str,
    pause: float = 0.0,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Change a state, keep who, when and why, announce it; False (nothing changed) where it was in no source state."""
    table = TABLES[kind]
    changes: dict[str, Any] = {"state": target, "reason": why, **(values or {})}
    changes["not_before"] = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, pause) if pause else None
    moved = await session.execute(
        update(table)
        .where(table.c.id == work.id, table.c.state.in_(list(sources)))
        .values(changes)
        .returning(table.c.id)
    )
    if moved.first() is None:
        return False
    await session.execute(
        insert(transitions).values(
            work_kind=kind,
            work=work.id,
            at=func.clock_timestamp(),
            source=work.state,
            target=target,
            attempt=work.number,
            who=who,
            why=why,
        )
    )
    announce(session, work.assistant, kind, {kind: str(work.id), "state": target})
    return True


async def turn_talk(session: AsyncSession, work: OpenWork) -> bool:
    """Let an assistant's talk go elsewhere, from where it went when the work was read; False where it went on since."""
    turned = await session.execute(
        text(
            "INSERT INTO studio.talks AS t (assistant, environment, generation) "
            "SELECT :assistant, :environment, 1 WHERE :seen = 0 OR EXISTS (SELECT 1 FROM studio.talks "
            "WHERE assistant = :assistant AND environment = :environment) "
            "ON CONFLICT (assistant, environment) DO UPDATE SET generation = t.generation + 1 "
            "WHERE t.generation = :seen RETURNING t.generation"
        ),
        {"assistant": work.assistant, "environment": work.environment, "seen": work.generation},
    )
    return turned.first() is not None


async def forget_sleepers(session: AsyncSession, work: OpenWork) -> None:
    """Nobody wakes those deployments any more whose talk goes to this one now."""
    same = (deployments.c.assistant == work.assistant, deployments.c.environment == work.environment)
    await session.execute(update(deployments).where(*same, deployments.c.slept_at.is_not(None)).values(slept_at=None))
