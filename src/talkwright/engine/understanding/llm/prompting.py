"""What a prompt is filled with: flows, the talk so far, the open question (7.3). Values are texts of one line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from talkwright.assistant.domain import Slot
from talkwright.assistant.flows import CollectStep, Flow
from talkwright.conversation.tracker import Tracker
from talkwright.conversation.transcript import one_line, transcript
from talkwright.engine.dialogue.availability import active_flows
from talkwright.engine.dialogue.collect import step_asked
from talkwright.engine.dialogue.program import Program

_UNDEFINED = "undefined"


def prompt_variables(
    program: Program, tracker: Tracker, text: str, flows: Collection[str], now: datetime | None
) -> dict[str, Any]:
    """Everything that a template may name; `flows` are those that the prompt tells of."""
    active = next(iter(active_flows(tracker)), None)
    asked = step_asked(program, tracker.stack)
    slot = program.slots.get(asked.slot) if asked is not None else None
    return {
        "available_flows": [_flow(program, flow) for name, flow in program.flows.items() if name in flows],
        "current_conversation": transcript(tracker, text),
        "user_message": one_line(text),
        "flow_slots": list(_flow_slots(program, tracker, active, asked)),
        "current_flow": active,
        "current_slot": asked.slot if asked is not None else None,
        "current_slot_description": asked.description if asked is not None else None,
        "current_slot_type": slot.type if slot is not None else None,
        "current_slot_allowed_values": allowed_values(slot) if slot is not None else None,
        "active_agent": None,
        "completed_agents": [],
        "current_datetime": now.strftime("%d %B, %Y, %H:%M:%S (%Z), %A") if now is not None else None,
        # what the templates of several steps name besides
        "last_user_message": one_line(text),
        "flow_active": active is not None,
        "top_user_flow": active,
    }


def _flow(program: Program, flow: Flow) -> dict[str, Any]:
    return {
        "name": flow.id,
        "description": one_line(flow.description),
        "slots": [_told(program.slots[step.slot], step) for step in _collects(program, flow.id)],
    }


def _collects(program: Program, flow_id: str) -> Iterator[CollectStep]:
    """The questions of a flow whose answers may be given with its start, each slot once."""
    seen: set[str] = set()
    for step in program.flows[flow_id].steps:
        if isinstance(step, CollectStep) and not step.ask_before_filling and step.slot not in seen:
            seen.add(step.slot)
            if step.slot in program.slots and _is_for_models(program.slots[step.slot]):
                yield step


def _flow_slots(
    program: Program, tracker: Tracker, active: str | None, asked: CollectStep | None
) -> Iterator[dict[str, Any]]:
    """The slots of the active flow and those it calls; one that is asked before filling is hidden while it is unset."""
    seen: set[str] = set()
    for step in program.steps_of(active) if active is not None else ():
        slot = program.slots.get(step.slot) if isinstance(step, CollectStep) else None
        if slot is None or not isinstance(step, CollectStep) or slot.name in seen or not _is_for_models(slot):
            continue
        value = tracker.slots.get(slot.name)
        is_asked = asked is not None and asked.slot == slot.name
        if step.ask_before_filling and value is None and not is_asked:
            continue
        seen.add(slot.name)
        yield {**_told(slot, step), "value": _UNDEFINED if value is None else one_line(str(value)), "type": slot.type}


def _told(slot: Slot, step: CollectStep) -> dict[str, Any]:
    description = one_line(step.description) if step.description else None
    return {"name": slot.name, "description": description, "allowed_values": allowed_values(slot)}


def _is_for_models(slot: Slot) -> bool:
    return any(mapping.type == "from_llm" for mapping in slot.mappings)


def allowed_values(slot: Slot) -> list[Any] | None:
    """The values that a slot may take, where they are few."""
    if slot.type == "bool":
        return [True, False]
    return list(slot.values) if slot.type in ("categorical", "strict_categorical") else None
