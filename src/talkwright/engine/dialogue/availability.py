"""Which flows may start now: guards and what runs already (dialogue-semantics 1.6)."""

from __future__ import annotations

from collections.abc import Sequence

from talkwright.assistant.conditions import holds
from talkwright.assistant.flows import Flow
from talkwright.conversation.stack import context_of, is_user_frame
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import LLM, Command, SetSlot, StartFlow
from talkwright.engine.dialogue.program import Program


def _is_startable(flow: Flow, tracker: Tracker) -> bool:
    """Whether the guard lets the flow start; an error in it means no."""
    return flow.guard is None or holds(flow.guard, slots=tracker.slots, context=context_of(tracker.stack))


def active_flows(tracker: Tracker) -> list[str]:
    """The active flow and the chain of called flows under it, to the first frame that is no call."""
    active: list[str] = []
    for frame in reversed(tracker.stack):
        if is_user_frame(frame):
            active.append(str(frame["flow_id"]))
            if frame.get("frame_type") != "call":
                break
    return active


def available_flows(program: Program, tracker: Tracker) -> frozenset[str]:
    """The flows that a message may start now: those whose guards let them, and what runs already (1.6)."""
    startable = (name for name, flow in program.flows.items() if not flow.is_pattern and _is_startable(flow, tracker))
    return frozenset((*startable, *active_flows(tracker)))


def without_misplaced(program: Program, tracker: Tracker, commands: Sequence[Command]) -> list[Command]:
    """The commands without understood values for slots that are only filled in other flows (4.4, conditions)."""
    flows = {*active_flows(tracker), *(command.flow for command in commands if isinstance(command, StartFlow))}
    return [
        command
        for command in commands
        if not (isinstance(command, SetSlot) and command.extractor == LLM and _is_misplaced(program, command, flows))
    ]


def _is_misplaced(program: Program, command: SetSlot, flows: set[str]) -> bool:
    slot = program.slots.get(command.name)
    wanted: set[str] = set()
    for mapping in slot.mappings if slot is not None else ():
        if mapping.type == "from_llm":
            if not mapping.conditions:
                return False
            wanted.update(str(condition.get("active_flow")) for condition in mapping.conditions)
    return bool(wanted) and wanted.isdisjoint(flows)


def without_unavailable(program: Program, tracker: Tracker, commands: Sequence[Command]) -> list[Command]:
    """The commands without starts of flows that can't start now (1.6)."""
    if not any(isinstance(command, StartFlow) for command in commands):
        return list(commands)
    active = set(active_flows(tracker))

    def may_start(command: Command) -> bool:
        if not isinstance(command, StartFlow) or command.flow in active:
            return True
        flow = program.flows.get(command.flow)
        return flow is not None and not flow.is_pattern and _is_startable(flow, tracker)

    return [command for command in commands if may_start(command)]
