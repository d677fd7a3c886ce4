"""Frames: what a page may like to see at once and nobody needs to keep, as log lines and progress.

They travel beside the announcements as notifications alone, so losing one costs nothing: the page reads the rest later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

FRAMES_CHANNEL = "talkwright_frames"
_LIMIT_BYTES = 7_900  # PostgreSQL refuses notifications of 8000 bytes and more


async def send_frame(session: AsyncSession, scope: UUID | str, kind: str, data: Mapping[str, Any]) -> bool:
    """Send a frame with the session's transaction; False (nothing is sent) where it is too long for a notification."""
    note = json.dumps({"scope": str(scope), "kind": kind, **data}, separators=(",", ":"), ensure_ascii=False)
    if len(note.encode()) > _LIMIT_BYTES:
        return False
    await session.execute(text("SELECT pg_notify(:channel, :note)"), {"channel": FRAMES_CHANNEL, "note": note})
    return True
