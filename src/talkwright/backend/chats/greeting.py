"""Whether the model that runs has something to say when a session starts, so that a chat may begin with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.flows import ActionStep
from talkwright.assistant.parsing.flows import parse_flow
from talkwright.database.deployments import pinned_bodies, talk_of

START_FLOW = "pattern_session_start"
START_ACTION = "action_session_start"
ENVIRONMENT = "try"


async def greets(session: AsyncSession, assistant: UUID) -> bool:
    """Whether the running version speaks at a session's start; false where nothing runs (dialogue-semantics 5.10)."""
    talk = await talk_of(session, assistant, ENVIRONMENT)
    if talk.bot is None:
        return False
    bodies = await pinned_bodies(session, talk.bot.version, {("flow", START_FLOW), ("action", START_ACTION)})
    return ("action", START_ACTION) in bodies or does_more_than_start(bodies.get(("flow", START_FLOW)))


def does_more_than_start(body: Any) -> bool:
    """Whether a project's own start of a session does more than the built-in one, which says nothing."""
    flow, _ = parse_flow(START_FLOW, body) if body is not None else (None, None)
    steps = flow.steps if flow is not None else ()
    return any(not (isinstance(step, ActionStep) and step.action == START_ACTION) for step in steps)
