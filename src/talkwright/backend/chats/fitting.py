"""What of a chat no longer fits when it goes on with another model, in words for the person who chats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.builtins import builtin_slots
from talkwright.assistant.flows import END, PATTERN_PREFIX, START
from talkwright.assistant.parsing.flows import parse_flow
from talkwright.conversation.fold import HIDDEN_SLOTS, State
from talkwright.database.deployments import pinned_bodies

Bodies = Mapping[tuple[str, str], Any]


async def unfitting(session: AsyncSession, version: UUID, state: State) -> list[str]:
    """Sentences about what a version does not know of where a chat stands."""
    flows = {flow for flow, _ in _places(state)}
    slots = {name for name in _filled(state) if name not in builtin_slots("en", forms=True)}
    wanted = {("flow", flow) for flow in flows} | {("slot", slot) for slot in slots}
    return list(compare(state, await pinned_bodies(session, version, wanted), slots))


def compare(state: State, bodies: Bodies, slots: set[str]) -> Iterator[str]:
    """The sentences, given the bodies of the version's flows and slots that the chat is at."""
    told: set[str] = set()
    for flow, step in _places(state):
        if flow in told:
            continue
        told.add(flow)
        if ("flow", flow) not in bodies:
            yield f"The flow {flow}, which was under way, is not in it."
            continue
        parsed, _ = parse_flow(flow, bodies["flow", flow])
        if parsed is not None and step not in (START, END) and step not in parsed.by_id:
            yield f"The step {step} of the flow {flow}, where the chat stood, is not in it."
    gone = sorted(name for name in slots if ("slot", name) not in bodies)
    if gone:
        yield f"It does not know the slot{'s' if len(gone) > 1 else ''} {', '.join(gone)} any more."


def _places(state: State) -> Iterator[tuple[str, str]]:
    """The flows that are under way, with their steps; patterns are everybody's."""
    for frame in state.stack:
        flow, step = frame.get("flow_id"), frame.get("step_id")
        if isinstance(flow, str) and isinstance(step, str) and not flow.startswith(PATTERN_PREFIX):
            yield flow, step.removeprefix("NEXT:")


def _filled(state: State) -> Iterator[str]:
    for name, value in state.slots.items():
        if value is not None and value != state.initial.get(name) and name not in HIDDEN_SLOTS:
            yield name
