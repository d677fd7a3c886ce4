"""Payloads and intents turned into commands, without a model (dialogue-semantics 4.3 and 8.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.builtins import BUILTIN_INTENTS
from talkwright.assistant.domain import Slot, SlotMapping
from talkwright.conversation.stack import is_user_frame, open_question
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import (
    CANNOT_HANDLE_INVALID_INTENT,
    NLU,
    PAYLOAD,
    CannotHandle,
    Command,
    Restart,
    SessionEnd,
    SessionStart,
    SetSlot,
    StartFlow,
    UserSilence,
)
from talkwright.engine.ports import Understood
from talkwright.engine.understanding.local.situation import collected
from talkwright.engine.understanding.payloads import IntentPayload, SlotsPayload, TextPayload, read_payload

_PATTERN_COMMANDS: Mapping[str, Callable[[], Command]] = {
    "restart": Restart,
    "session_start": SessionStart,
    "session_end": SessionEnd,
    "silence_timeout": UserSilence,
}


def understand_payload(text: str, tracker: Tracker, assistant: Assistant) -> Understood | str:
    """What a payload means; where `text` is none, the text that goes on to the understanding of language."""
    payload = read_payload(text, slots=assistant.domain.slots)
    match payload:
        case None:
            return text
        case TextPayload(rest):
            return rest
        case SlotsPayload(assignments):
            commands = [SetSlot(name, value, PAYLOAD) for name, value in assignments]
            return Understood(commands=commands, trace={"source": "payload", "payload": "slots"})
        case IntentPayload(name, confidence, entities):
            return _understand_intent(name, confidence, entities, tracker, assistant)


def _understand_intent(
    name: str, confidence: float, entities: Sequence[Mapping[str, Any]], tracker: Tracker, assistant: Assistant
) -> Understood:
    commands: list[Command] = [CannotHandle(CANNOT_HANDLE_INVALID_INTENT)]
    if _is_known(name, assistant):
        commands = intent_commands(name, confidence, entities, tracker, assistant)
    parse_data = {"intent": {"name": name, "confidence": confidence}, "entities": list(entities)}
    return Understood(commands=commands, parse_data=parse_data, trace={"source": "payload", "payload": "intent"})


def intent_commands(
    name: str, confidence: float, entities: Sequence[Mapping[str, Any]], tracker: Tracker, assistant: Assistant
) -> list[Command]:
    """The first flow that the intent triggers, the pattern it stands for, and the slots its mappings fill (8.3)."""
    commands: list[Command] = []
    started = _triggered_flow(name, confidence, assistant)
    if started is not None:
        commands.append(StartFlow(started))
    elif make := _PATTERN_COMMANDS.get(name):
        return [make()]
    for slot in _fillable(started, tracker, assistant):
        filled, value = _mapped_value(slot, name, entities)
        if filled:
            commands.append(SetSlot(slot.name, value, NLU))
    return commands


def _is_known(name: str, assistant: Assistant) -> bool:
    return (
        name in BUILTIN_INTENTS
        or name in assistant.domain.intents
        or name in assistant.nlu.intents
        or any(trigger.intent == name for flow in assistant.flows.values() for trigger in flow.nlu_triggers)
    )


def _triggered_flow(intent: str, confidence: float, assistant: Assistant) -> str | None:
    for flow in assistant.user_flows.values():
        for trigger in flow.nlu_triggers:
            if trigger.intent == intent and confidence >= trigger.confidence_threshold:
                return flow.id
    return None


def _fillable(started: str | None, tracker: Tracker, assistant: Assistant) -> list[Slot]:
    """The slots that the started or running flows collect; one that is asked before filling only while it is asked."""
    flows = [started] if started else [str(f.get("flow_id")) for f in tracker.stack if is_user_frame(f)]
    names = dict.fromkeys(name for flow_id in flows for name in collected(assistant, flow_id))
    asked = open_question(tracker.stack)
    if asked is not None and not started:
        names[str(asked.get("collect"))] = None
    return [assistant.domain.slots[name] for name in names if name in assistant.domain.slots]


def _mapped_value(slot: Slot, intent: str, entities: Sequence[Mapping[str, Any]]) -> tuple[bool, Any]:
    for mapping in slot.mappings:
        if not _fits_intent(mapping, intent):
            continue
        if mapping.type == "from_intent":
            return True, mapping.keys.get("value")
        if mapping.type == "from_entity":
            for entity in entities:
                if all(entity.get(key) == mapping.keys.get(key) for key in ("entity", "role", "group")):
                    return True, entity.get("value")
    return False, None


def _fits_intent(mapping: SlotMapping, intent: str) -> bool:
    wanted, refused = mapping.keys.get("intent"), mapping.keys.get("not_intent")
    return (wanted is None or intent in _as_list(wanted)) and (refused is None or intent not in _as_list(refused))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
