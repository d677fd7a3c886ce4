"""Texts and bytes of an assistant, each kept once by its SHA-256, with where it first came from."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.bulk import insert_rows
from talkwright.database.tables import texts


@dataclass(frozen=True, slots=True)
class Text:
    """One text or some bytes, with their origin as a JSON object: {file, place}, {conversation, event} or {person}."""

    content: str | bytes
    origin: Mapping[str, Any] | None = None

    @property
    def sha256(self) -> bytes:
        """What it is found by."""
        return sha256(self.content)


def sha256(content: str | bytes) -> bytes:
    """The SHA-256 of a text's UTF-8 bytes, or of bytes."""
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).digest()


async def save_texts(session: AsyncSession, assistant: UUID, new: Iterable[Text]) -> None:
    """Keep texts and bytes that are not kept yet."""
    rows = await asyncio.to_thread(_rows, assistant, new)
    await insert_rows(session, texts, [row for row in rows if row["data"] is None], keep=True)
    for row in rows:
        if row["data"] is not None:
            await insert_rows(session, texts, [row], keep=True)


def _rows(assistant: UUID, new: Iterable[Text]) -> list[dict[str, Any]]:
    rows = {
        text.sha256: {
            "assistant": assistant,
            "sha256": text.sha256,
            "text": text.content if isinstance(text.content, str) else None,
            "data": text.content if isinstance(text.content, bytes) else None,
            "origin": json.dumps(text.origin) if text.origin is not None else None,
        }
        for text in new
    }
    return list(rows.values())


async def load_bytes(session: AsyncSession, assistant: UUID, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
    """The bytes kept under these hashes."""
    keys = [(assistant, sha) for sha in set(hashes)]
    if not keys:
        return {}
    query = select(texts.c.sha256, texts.c.text, texts.c.data).where(
        tuple_(texts.c.assistant, texts.c.sha256).in_(keys)
    )
    return {row.sha256: row.data if row.data is not None else row.text.encode() for row in await session.execute(query)}
