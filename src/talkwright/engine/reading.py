"""Messages that need no model, and what an open question makes of those that do (dialogue-semantics 4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from talkwright.assistant.payloads import IntentPayload, Payload, SlotsPayload, read_payload
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import (
    ERROR_EMPTY,
    ERROR_TOO_LONG,
    NLU,
    PAYLOAD,
    CannotHandle,
    Command,
    ErrorCommand,
    SetSlot,
)
from talkwright.engine.dialogue.availability import without_misplaced, without_unavailable
from talkwright.engine.dialogue.collect import step_asked
from talkwright.engine.dialogue.program import Program
from talkwright.engine.dialogue.triggers import commands_of_intent
from talkwright.engine.dropped import gone, told
from talkwright.engine.ports import Understood

DEFAULT_MAX_CHARACTERS = 420


class Reader:
    """Reads messages for one assistant before, and narrows what was understood after, the understanding."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._max_characters = _max_characters(program.assistant.config)

    def is_session_start(self, text: str) -> bool:
        """Whether the message only asks for a session."""
        return text.startswith("/session_start") and isinstance(self._payload(text), IntentPayload)

    def is_readable(self, text: str) -> bool:
        """Whether the message is neither empty nor longer than messages may be (4.3)."""
        return bool(text.strip()) and not 0 <= self._max_characters < len(text)

    def _payload(self, text: str) -> Payload | None:
        return read_payload(text, slots=self._program.slots)

    def read(self, text: str, tracker: Tracker) -> Understood | None:
        """What a payload, an empty or an overlong message means; None where the understanding must be asked."""
        if not text.strip():
            return _fixed(ErrorCommand(ERROR_EMPTY))
        if 0 <= self._max_characters < len(text):
            return _fixed(ErrorCommand(ERROR_TOO_LONG, {"max_characters": self._max_characters}))
        if not text.lstrip().startswith("/"):
            return self._forced_text(text, tracker)
        payload = self._payload(text)
        if isinstance(payload, SlotsPayload):
            commands = [SetSlot(name, value, PAYLOAD) for name, value in payload.assignments]
            return Understood(commands=commands, trace={"source": "payload"})
        if isinstance(payload, IntentPayload):
            return self._intent(payload, tracker)
        return None

    def _intent(self, payload: IntentPayload, tracker: Tracker) -> Understood:
        commands = commands_of_intent(self._program, tracker, payload.name, payload.confidence, payload.entities)
        parse_data = {
            "intent": {"name": payload.name, "confidence": payload.confidence},
            "entities": [dict(entity) for entity in payload.entities],
        }
        return Understood(commands=commands, parse_data=parse_data, trace={"source": "payload"})

    def _forced_text(self, text: str, tracker: Tracker) -> Understood | None:
        """A forced question on a slot that takes the raw text needs no understanding."""
        step = step_asked(self._program, tracker.stack)
        slot = self._program.slots.get(step.slot) if step is not None and step.force_slot_filling else None
        if slot is None or all(mapping.type != "from_text" for mapping in slot.mappings):
            return None
        return Understood(commands=[SetSlot(slot.name, text, NLU)], trace={"source": "payload"})

    def narrowed(self, understood: Understood, tracker: Tracker) -> Understood:
        """What is left when guards and a forced question had their say (1.6, 4.3); the trace says what went."""
        startable: list[Command] = without_unavailable(self._program, tracker, understood.commands)
        placed = without_misplaced(self._program, tracker, startable)
        answers = placed
        step = step_asked(self._program, tracker.stack)
        if step is not None and step.force_slot_filling:
            answers = [item for item in placed if isinstance(item, SetSlot) and item.name == step.slot]
            answers = answers or [CannotHandle()]
        dropped = [
            *gone(understood.commands, startable, "there is no such flow, or it can't start now"),
            *gone(startable, placed, "the slot is filled in other flows only"),
            *gone(placed, answers, "the open question takes nothing but its answer"),
        ]
        if not dropped:
            return replace(understood, commands=answers)
        trace = {**understood.trace, "dropped": [*understood.trace.get("dropped", ()), *told(dropped)]}
        return replace(understood, commands=answers, trace=trace)


def _fixed(command: Command) -> Understood:
    return Understood(commands=[command], trace={"source": "payload"})


def _max_characters(config: Mapping[str, Any]) -> int:
    """The longest message, in characters, that any component of the pipeline allows; negative is no limit."""
    pipeline = config.get("pipeline")
    for component in pipeline if isinstance(pipeline, list) else ():
        settings = component.get("user_input") if isinstance(component, Mapping) else None
        limit = settings.get("max_characters") if isinstance(settings, Mapping) else None
        if isinstance(limit, int) and not isinstance(limit, bool):
            return limit
    return DEFAULT_MAX_CHARACTERS
