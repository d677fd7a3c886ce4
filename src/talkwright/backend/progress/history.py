"""The history of states of trainings and deployments, as the API shows it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend import samples
from talkwright.backend.paging import page_of
from talkwright.database.histories import history_of
from talkwright.database.work import Kind


class StateChange(BaseModel):
    """One change of a state."""

    number: int = Field(description="Numbers only grow; 0 is the wish.")
    at: datetime
    source: str | None = Field(description="The state before; none where it was asked for.")
    target: str = Field(description="The state after.")
    attempt: int = Field(description="The number of the attempt that it is about, 0 before the first.")
    who: str = Field(description="The person who asked for it or for its end, or the orchestrator that led.")
    why: str


class StateChanges(BaseModel):
    """A page of changes of a state, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.STATE_CHANGES]})

    items: list[StateChange]
    next: str | None


async def page_of_states(session: AsyncSession, kind: Kind, work: UUID, before: int | None, limit: int) -> StateChanges:
    """What became of a training or a deployment, newest first."""
    rows = await history_of(session, kind, work, before=before, limit=limit + 1)
    shown, following = page_of(rows, limit, lambda row: row["number"])
    return StateChanges(items=[StateChange.model_validate(row) for row in shown], next=following)
