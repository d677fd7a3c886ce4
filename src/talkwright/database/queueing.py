"""The order in which trainings come to consumers, and what tells why work waits or sleeps: one SQL for all who ask.

Next comes a training of the assistant with the fewest running, among those of the one served longest ago, and of that
one its oldest. Said of all that wait at once: the n-th training of an assistant comes in round (running + n). In a
round those go first who have more running, for they were not served in the rounds before, then who was served longest
ago. One whose attempt has ended runs no more, though the leader has not written that yet: it gives out places in the
same look.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.workers import LIVES

Role = Literal["training-consumer", "running-consumer"]

QUEUE = """
SELECT id, row_number() OVER (
  ORDER BY paused, running + turn, running DESC, served NULLS FIRST, first, sequence
) AS place
FROM (
  SELECT waiting.id, waiting.sequence, waiting.paused, served, coalesce(busy.running, 0) AS running,
         row_number() OVER each_one - 1 AS turn, min(waiting.sequence) OVER each_one AS first
  FROM (
    SELECT id, sequence, assistant, coalesce(not_before > statement_timestamp(), false) AS paused
    FROM studio.trainings WHERE state = 'queued' AND cancel_requested_at IS NULL
  ) waiting
  LEFT JOIN (
    SELECT t.assistant, count(*) AS running FROM studio.trainings t
    WHERE t.state = 'running' AND NOT EXISTS (
      SELECT 1 FROM studio.attempts a
      WHERE a.work_kind = 'training' AND a.work = t.id AND a.number = t.attempt AND a.ended_at IS NOT NULL
    )
    GROUP BY t.assistant
  ) busy USING (assistant)
  LEFT JOIN LATERAL (
    SELECT max(started_at) AS served FROM studio.trainings s WHERE s.assistant = waiting.assistant
  ) earlier ON true
  WINDOW each_one AS (PARTITION BY waiting.assistant, waiting.paused ORDER BY waiting.sequence)
) rounds
"""
"""Trainings that wait with their places, 1 is the next; those that pause before another try come last."""


def place_of(training: str) -> str:
    """SQL for a training's place, null for one that doesn't wait. The queue is ordered once for each statement."""
    return f"array_position((SELECT array_agg(q.id ORDER BY q.place) FROM ({QUEUE}) q), {training})"  # noqa: S608 - no values


def consumers(role: Role, *, busy: bool = False, engine: str | None = None) -> str:
    """SQL that counts the living consumers of a role, those that can run the `engine` that an expression gives.

    With `busy` those that have work.
    """
    able = f"AND w.engines::jsonb @> to_jsonb({engine})" if engine is not None else ""
    works = "AND EXISTS (SELECT 1 FROM studio.attempts a WHERE a.worker = w.id AND a.ended_at IS NULL)" if busy else ""
    return (
        f"(SELECT count(*) FROM studio.workers w WHERE w.role = '{role}' AND {LIVES} "  # noqa: S608 - no values
        f"AND NOT w.draining {able} {works})"
    )


def made_room(deployment: str) -> str:
    """SQL that tells whether a deployment fell asleep while a newer one of its assistant was to run in its place."""
    return (
        f"({deployment}.slept_at IS NOT NULL AND EXISTS (SELECT 1 FROM studio.deployments newer "  # noqa: S608 - no values
        f"WHERE newer.assistant = {deployment}.assistant AND newer.environment = {deployment}.environment "
        f"AND newer.sequence > {deployment}.sequence AND newer.created_at <= {deployment}.slept_at "
        f"AND coalesce(newer.ended_at > {deployment}.slept_at, true)))"
    )


_MARKS = {
    "training": text(
        f"SELECT md5(string_agg(q.id::text, ',' ORDER BY q.place)) || {consumers('training-consumer')} "  # noqa: S608 - no values
        f"|| '/' || {consumers('training-consumer', busy=True)} FROM ({QUEUE}) q"
    ),
    "deployment": text(
        f"SELECT md5(string_agg(d.id::text, ',' ORDER BY d.sequence)) || {consumers('running-consumer')} "  # noqa: S608 - no values
        f"|| '/' || {consumers('running-consumer', busy=True)} FROM studio.deployments d "
        "WHERE d.state = 'queued' AND d.cancel_requested_at IS NULL"
    ),
}


async def queue_mark(session: AsyncSession, kind: Literal["training", "deployment"]) -> str | None:
    """A text that changes with all that tells people why their work waits; None where nothing waits."""
    mark: str | None = (await session.execute(_MARKS[kind])).scalar_one()
    return mark
