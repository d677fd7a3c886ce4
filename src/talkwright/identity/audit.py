"""The audit: who did what and from where, in the transaction of the deed; ids and hashes, never names or texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, insert
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.tables import audit

Outcome = Literal["done", "refused", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a deed comes from: what the audit says of the request."""

    via: str
    actor: UUID | None = None
    sign_in: UUID | None = None
    address: str | None = None
    request_id: str | None = None


async def record(
    session: AsyncSession,
    origin: Origin,
    action: str,
    *,
    outcome: Outcome = "done",
    assistant: UUID | None = None,
    target: UUID | str | None = None,
    before_hash: bytes | None = None,
    after_hash: bytes | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one line of the audit with the session's transaction."""
    await session.execute(
        insert(audit).values(
            at=func.clock_timestamp(),
            actor=origin.actor,
            via=origin.via,
            sign_in=origin.sign_in,
            address=origin.address,
            action=action,
            assistant=assistant,
            target=None if target is None else str(target),
            before_hash=before_hash,
            after_hash=after_hash,
            outcome=outcome,
            request_id=origin.request_id,
            details=json.dumps(details or {}),
        )
    )
