"""What the rows of people's trainings and chats tell that may not be, held against what the engines themselves said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

SAID = "(e.body::jsonb -> 'metadata' ->> 'model_id')"
"""The model of an event by the engine that made it; the columns beside it are the backend's opinion."""
WORDS = """
    studio.chat_events e JOIN studio.chats c ON c.id = e.chat AND c.assistant::text = ANY(%s)
    AND e.type IN ('user', 'bot')"""

FAULTS = {
    "a training failed that was not lost four times": """
        SELECT id, state, reason FROM studio.trainings t WHERE state <> 'succeeded' AND assistant::text = ANY(%s)
        AND (SELECT count(*) FROM studio.attempts a WHERE a.work = t.id AND a.outcome = 'lost_job') < 4""",
    "two models answered one message": f"""
        SELECT e.chat, e.turn, array_agg(DISTINCT {SAID}) FROM {WORDS}
        GROUP BY e.chat, e.turn HAVING count(DISTINCT {SAID}) > 1""",
    "another model answered than the message's": f"""
        SELECT e.chat, e.turn, m.model, {SAID} FROM {WORDS}
        JOIN studio.chat_messages m ON m.chat = e.chat AND m.turn = e.turn WHERE {SAID} IS DISTINCT FROM m.model""",
    "another assistant's model answered": f"""
        SELECT e.chat, e.turn, c.assistant, t.assistant FROM {WORDS}
        LEFT JOIN studio.models o ON o.model_id = {SAID} LEFT JOIN studio.trainings t ON t.id = o.training
        WHERE t.assistant IS DISTINCT FROM c.assistant""",
    "a message was not heard once": """
        SELECT m.chat, m.turn, m.state, count(e.seq) FROM studio.chat_messages m
        JOIN studio.chats c ON c.id = m.chat LEFT JOIN studio.chat_events e ON e.chat = m.chat AND e.turn = m.turn
        AND e.type = 'user' WHERE c.assistant::text = ANY(%s) AND m.kind = 'message'
        GROUP BY m.chat, m.turn, m.state HAVING count(e.seq) <> 1 OR m.state <> 'answered'""",
}

Query = Callable[[str, list[str]], Iterable[tuple[Any, ...]]]


def record_faults(query: Query, assistants: Iterable[object]) -> list[str]:
    """Everything of these assistants' rows that may not be; `query` runs a statement with their ids."""
    ids = [str(assistant) for assistant in assistants]
    return [f"{what}: {row}" for what, statement in FAULTS.items() for row in query(statement, ids)]
