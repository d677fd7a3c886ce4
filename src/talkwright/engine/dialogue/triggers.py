"""Intents and entities to commands, without a model: what `/intent{…}` and NLU results start and fill (8.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from talkwright.assistant.builtins import BUILTIN_INTENTS
from talkwright.assistant.domain import Slot, SlotMapping
from talkwright.assistant.flows import CollectStep
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import (
    CANNOT_HANDLE_INVALID_INTENT,
    NLU,
    CannotHandle,
    Command,
    Repeat,
    Restart,
    SessionEnd,
    SessionStart,
    SetSlot,
    StartFlow,
    UserSilence,
)
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.availability import active_flows
from talkwright.engine.dialogue.program import Program

Entities = Sequence[Mapping[str, Any]]
_OF_INTENTS = frozenset({"from_intent", "from_trigger_intent"})

_PATTERN_COMMANDS: Mapping[str, type[Command]] = {
    frames.RESTART: Restart,
    frames.SESSION_START: SessionStart,
    frames.SESSION_END: SessionEnd,
    frames.USER_SILENCE: UserSilence,
    frames.REPEAT: Repeat,
}


def commands_of_intent(
    program: Program, tracker: Tracker, intent: str, confidence: float, entities: Entities
) -> list[Command]:
    """The commands of an intent with its entities; an unknown intent can't be handled (4.3)."""
    commands: list[Command] = [*_triggered(program, intent, confidence)]
    started = [command.flow for command in commands if isinstance(command, StartFlow)]
    commands += _filled(program, tracker, intent, entities, started)
    known = intent in program.assistant.domain.intents or intent in BUILTIN_INTENTS
    if not commands and not known:
        return [CannotHandle(CANNOT_HANDLE_INVALID_INTENT)]
    return commands


def triggers(program: Program, intent: str, confidence: float) -> bool:
    """Whether the intent starts a flow or is bound to a pattern."""
    return any(True for _ in _triggered(program, intent, confidence))


def _triggered(program: Program, intent: str, confidence: float) -> Iterator[Command]:
    """The first flow that the intent triggers; guards don't stop it (1.6)."""
    for flow_id, flow in program.flows.items():
        for trigger in flow.nlu_triggers:
            if trigger.intent != intent or confidence < trigger.confidence_threshold:
                continue
            if not flow.is_pattern:
                yield StartFlow(flow_id)
                return
            kind = _PATTERN_COMMANDS.get(flow_id)
            if kind is not None:
                yield kind()
                return


def _filled(
    program: Program, tracker: Tracker, intent: str, entities: Entities, started: Sequence[str]
) -> Iterator[Command]:
    asked = {name for name in map(frames.asked_slot, tracker.stack) if name is not None}
    for flow_id in (*active_flows(tracker), *started):
        for step in program.steps_of(flow_id):
            if not isinstance(step, CollectStep) or (step.ask_before_filling and step.slot not in asked):
                continue
            slot = program.slots.get(step.slot)
            value = _mapped(slot, intent, entities, flow_id) if slot is not None else None
            if value is not None:
                yield SetSlot(step.slot, value, NLU)


def _mapped(slot: Slot, intent: str, entities: Entities, flow_id: str) -> Any:
    for mapping in slot.mappings:
        if _applies(mapping, intent, flow_id):
            value = _value(mapping, entities)
            if value is not None:
                return value
    return None


def _applies(mapping: SlotMapping, intent: str, flow_id: str) -> bool:
    wanted, unwanted = _names(mapping.keys.get("intent")), _names(mapping.keys.get("not_intent"))
    flows = [condition["active_flow"] for condition in mapping.conditions if "active_flow" in condition]
    fits = (not wanted or intent in wanted) and intent not in unwanted
    return fits and (not flows or flow_id in flows)


def _names(value: Any) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else [] if value is None else [str(value)]


def value_of_intent(slot: Slot, intent: str, flow_id: str) -> Any:
    """What the mappings of a slot give it for an intent while a flow runs; None where they give nothing."""
    return next(
        (
            mapping.keys.get("value")
            for mapping in slot.mappings
            if mapping.type in _OF_INTENTS and _applies(mapping, intent, flow_id)
        ),
        None,
    )


def _value(mapping: SlotMapping, entities: Entities) -> Any:
    if mapping.type == "from_entity":
        wanted = {key: mapping.keys[key] for key in ("entity", "role", "group") if mapping.keys.get(key) is not None}
        return next(
            (item.get("value") for item in entities if all(item.get(key) == value for key, value in wanted.items())),
            None,
        )
    if mapping.type in _OF_INTENTS:
        return mapping.keys.get("value")
    return None
