"""Secrets of assistants: what projects write as `${NAME}`, encrypted; only jobs get their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.ids import uuid7
from talkwright.database.tables import assistant_secrets, users

PURPOSE = "assistant secret"
"""What the values are encrypted for."""

Row = Mapping[str, Any]


async def list_secrets(session: AsyncSession, assistant: UUID) -> list[Row]:
    """An assistant's secrets by name, without their values: id, name, when and by whom each was set last."""
    columns = (assistant_secrets.c[name] for name in ("id", "name", "changed_at", "changed_by"))
    rows = await session.execute(
        select(*columns, users.c.display.label("by_name"))
        .join(users, users.c.id == assistant_secrets.c.changed_by)
        .where(assistant_secrets.c.assistant == assistant)
        .order_by(assistant_secrets.c.name)
    )
    return [dict(row) for row in rows.mappings()]


async def sealed_secrets(session: AsyncSession, assistant: UUID) -> dict[str, bytes]:
    """The ciphertexts of an assistant's secrets by name."""
    rows = await session.execute(
        select(assistant_secrets.c.name, assistant_secrets.c.value).where(assistant_secrets.c.assistant == assistant)
    )
    return {row.name: bytes(row.value) for row in rows}


async def set_secret(session: AsyncSession, assistant: UUID, name: str, sealed: bytes, by: UUID) -> UUID:
    """Set a secret, or another value for it; gives the row's id."""
    values = {"value": sealed, "changed_at": func.clock_timestamp(), "changed_by": by}
    row = insert(assistant_secrets).values(id=uuid7(), assistant=assistant, name=name, **values)
    done = await session.execute(
        row.on_conflict_do_update(index_elements=["assistant", "name"], set_=values).returning(assistant_secrets.c.id)
    )
    found: UUID = done.scalar_one()
    return found


async def delete_secret(session: AsyncSession, assistant: UUID, name: str) -> UUID | None:
    """Delete a secret; gives the id that its row had, None where there was none."""
    gone = await session.execute(
        delete(assistant_secrets)
        .where(assistant_secrets.c.assistant == assistant, assistant_secrets.c.name == name)
        .returning(assistant_secrets.c.id)
    )
    return gone.scalar_one_or_none()
