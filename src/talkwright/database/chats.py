"""Chats, their turns and their events, which are only ever added (ARCHITECTURE 4, Conversations)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.announcements import announce
from talkwright.database.tables import chat_events, chat_messages, chats

Row = Mapping[str, Any]

_SELECT = """
SELECT c.id, c.assistant, c.title, c.language, c.environment, c.created_at, c.created_by, u.display AS by_name,
       c.deployment, c.attempt, c.last_event, c.turns, c.state, c.talked_at
FROM studio.chats c JOIN studio.users u ON u.id = c.created_by
WHERE c.assistant = :assistant {condition} ORDER BY c.id DESC LIMIT :limit
"""


async def list_chats(
    session: AsyncSession, assistant: UUID, *, before: UUID | None, limit: int, by: UUID | None = None
) -> list[Row]:
    """Chats of an assistant, newest first: one statement. `by`: those that this person began."""
    narrowed = {"before": ("AND c.id < :before", before), "by": ("AND c.created_by = :by", by)}
    wanted = {name: (clause, value) for name, (clause, value) in narrowed.items() if value is not None}
    values = {"assistant": assistant, "limit": limit, **{name: value for name, (_, value) in wanted.items()}}
    condition = " ".join(clause for clause, _ in wanted.values())
    rows = await session.execute(text(_SELECT.format(condition=condition)), values)
    return [dict(row) for row in rows.mappings()]


async def get_chat(session: AsyncSession, assistant: UUID, chat: UUID) -> Row | None:
    """One chat of an assistant."""
    values = {"assistant": assistant, "limit": 1, "chat": chat}
    rows = await session.execute(text(_SELECT.format(condition="AND c.id = :chat")), values)
    row = rows.mappings().first()
    return None if row is None else dict(row)


async def insert_chat(session: AsyncSession, chat: UUID, *, assistant: UUID, language: str, by: UUID) -> None:
    """Begin a chat."""
    await session.execute(insert(chats).values(id=chat, assistant=assistant, language=language, created_by=by))
    announce(session, assistant, "chat", {"chat": str(chat), "turn": 0})


async def stored_answer(session: AsyncSession, chat: UUID, message: str) -> Any | None:
    """What was answered to a message, where it was."""
    found = await session.execute(
        select(chat_messages.c.answer).where(
            chat_messages.c.chat == chat, chat_messages.c.message == message, chat_messages.c.state == "answered"
        )
    )
    answer = found.scalar_one_or_none()
    return None if answer is None else json.loads(answer)


async def event_bodies(session: AsyncSession, chat: UUID) -> list[tuple[int, str]]:
    """All events of a chat in order: (turn, body)."""
    rows = await session.execute(
        select(chat_events.c.turn, chat_events.c.body).where(chat_events.c.chat == chat).order_by(chat_events.c.seq)
    )
    return [(row.turn, row.body) for row in rows]


async def user_bodies(session: AsyncSession, chat: UUID, message: str) -> list[str]:
    """The bodies of the user's events in the turn that answered a message."""
    same_turn = (chat_messages.c.chat == chat_events.c.chat) & (chat_messages.c.turn == chat_events.c.turn)
    rows = await session.execute(
        select(chat_events.c.body)
        .join(chat_messages, same_turn)
        .where(chat_messages.c.chat == chat, chat_messages.c.message == message, chat_events.c.type == "user")
        .order_by(chat_events.c.seq)
    )
    return list(rows.scalars())


async def answers(session: AsyncSession, chat: UUID) -> list[Any]:
    """All stored answers of a chat, in order."""
    rows = await session.execute(
        select(chat_messages.c.answer)
        .where(chat_messages.c.chat == chat, chat_messages.c.state == "answered")
        .order_by(chat_messages.c.turn)
    )
    return [json.loads(row.answer) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """One event as it came: `body` byte for byte."""

    type: str
    timestamp: float
    body: str


async def append_turn(
    session: AsyncSession,
    chat: Row,
    *,
    message: str,
    kind: str,
    request: Mapping[str, Any],
    answer: Any,
    events: Sequence[NewEvent],
    deployment: UUID,
    attempt: UUID,
    model: str,
    state: str,
    title: str,
    began: Any,
) -> None:
    """Add one turn with all its events and move the chat on; the chat must still stand where the turn began."""
    turn = chat["turns"] + 1
    moved = await session.execute(
        update(chats)
        .where(chats.c.id == chat["id"], chats.c.turns == chat["turns"], chats.c.last_event == chat["last_event"])
        .values(
            turns=turn,
            last_event=chat["last_event"] + len(events),
            deployment=deployment,
            attempt=attempt,
            state=state,
            title=chat["title"] or title,
            talked_at=func.clock_timestamp(),
        )
        .returning(chats.c.id)
    )
    if moved.first() is None:
        raise ChatMovedError
    await session.execute(
        insert(chat_messages).values(
            chat=chat["id"],
            turn=turn,
            message=message,
            kind=kind,
            state="answered",
            request=json.dumps(request),
            answer=json.dumps(answer),
            deployment=deployment,
            model=model,
            at=began,
            ended_at=func.clock_timestamp(),
        )
    )
    if events:
        rows = [
            {
                "chat": chat["id"],
                "seq": chat["last_event"] + place,
                "turn": turn,
                "type": event.type,
                "timestamp": event.timestamp,
                "model": model,
                "body": event.body,
            }
            for place, event in enumerate(events, 1)
        ]
        await session.execute(insert(chat_events), rows)
    announce(session, chat["assistant"], "chat", {"chat": str(chat["id"]), "turn": turn, "message": message})


class ChatMovedError(Exception):
    """Another turn was added to the chat meanwhile."""
