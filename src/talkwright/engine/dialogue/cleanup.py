"""The clean-up of a turn's commands: what can't be meant goes, what repeats goes, changes become corrections (4.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from talkwright.assistant.domain import Slot
from talkwright.assistant.flows import ActionStep
from talkwright.conversation.stack import running_flows, top_user_frame
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import (
    CANNOT_HANDLE_CHITCHAT,
    LLM,
    NLU,
    CancelFlow,
    CannotHandle,
    ChitChat,
    Clarify,
    Command,
    CorrectedSlot,
    CorrectSlots,
    Knowledge,
    Repeat,
    SetSlot,
    StartFlow,
)
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.interruption import is_offering
from talkwright.engine.dialogue.program import ROUTING_SLOT, Program

_NLU_MAPPINGS = frozenset({"from_entity", "from_intent", "from_trigger_intent", "from_text"})
_FROM_LLM = "from_llm"


@dataclass
class _Cleaned:
    """The list being made. `correction` says where the turn's one correction stands in it."""

    program: Program
    tracker: Tracker
    commands: list[Command] = field(default_factory=list)
    front: list[Command] = field(default_factory=list)
    corrected: dict[str, CorrectedSlot] = field(default_factory=dict)
    correction: int | None = None

    def has(self, kind: type[Command]) -> bool:
        return any(isinstance(command, kind) for command in (*self.front, *self.commands))

    def sets(self, slot: str) -> bool:
        return any(isinstance(command, SetSlot) and command.name == slot for command in self.commands)

    def cannot_handle(self, reason: str | None = None) -> None:
        if not self.has(CannotHandle):
            self.commands.append(CannotHandle() if reason is None else CannotHandle(reason))


def clean_up(program: Program, tracker: Tracker, commands: Sequence[Command]) -> list[Command]:
    """The commands that are run, from those that were understood; in spoken order, free-form answers first."""
    cleaned = _Cleaned(program, tracker)
    only_clarify = all(isinstance(command, Clarify) for command in commands)
    for command in commands:
        if isinstance(command, Clarify) and (not only_clarify or cleaned.commands):
            continue
        _RULES.get(type(command), _keep)(cleaned, command)
    made = cleaned.commands
    if cleaned.correction is not None:
        made[cleaned.correction] = CorrectSlots(tuple(cleaned.corrected.values()))
    made = [*cleaned.front, *made]
    if program.profile.clarify_multiple_starts and not tracker.stack:
        made = _clarified(made)
    return _without_needless_refusal(made)


def _keep(cleaned: _Cleaned, command: Command) -> None:
    cleaned.commands.append(command)


def _once(cleaned: _Cleaned, command: Command) -> None:
    if not cleaned.has(type(command)):
        cleaned.commands.append(command)


def _cancel(cleaned: _Cleaned, command: Command) -> None:
    if top_user_frame(cleaned.tracker.stack) is None:
        cleaned.cannot_handle()
    else:
        _once(cleaned, command)


def _start(cleaned: _Cleaned, command: Command) -> None:
    stack = cleaned.tracker.stack
    if isinstance(command, StartFlow) and (command.flow not in running_flows(stack) or is_offering(stack)):
        _once_equal(cleaned, command)


def _once_equal(cleaned: _Cleaned, command: Command) -> None:
    if command not in cleaned.commands:
        cleaned.commands.append(command)


def _chitchat(cleaned: _Cleaned, command: Command) -> None:
    pattern = cleaned.program.flows.get(frames.CHITCHAT)
    needs_policy = pattern is not None and any(
        isinstance(step, ActionStep) and step.action == "action_trigger_chitchat" for step in pattern.steps
    )
    if needs_policy:
        cleaned.cannot_handle(CANNOT_HANDLE_CHITCHAT)
    elif not cleaned.has(ChitChat):
        cleaned.front.append(command)


def _knowledge(cleaned: _Cleaned, command: Command) -> None:
    if not cleaned.has(Knowledge):
        cleaned.front.append(command)


def _set_slot(cleaned: _Cleaned, command: Command) -> None:
    if not isinstance(command, SetSlot):
        return
    slot = cleaned.program.slots.get(command.name)
    if slot is None:
        cleaned.cannot_handle()
        return
    if not _may_write(slot, command):
        if not cleaned.sets(command.name):
            cleaned.cannot_handle()
        return
    if _is_filled_by_nlu(cleaned.tracker, slot) and command.extractor == LLM and not _nlu_correctable(slot):
        return
    if not _is_correction(cleaned, slot, command):
        _first_of_slot(cleaned, command)
        return
    if cleaned.program.holds_already(cleaned.tracker, slot.name, command.value):
        return
    if cleaned.correction is None:
        cleaned.correction = len(cleaned.commands)
        cleaned.commands.append(CorrectSlots(()))
    change = CorrectedSlot(name=command.name, value=command.value, filled_by=command.extractor)
    present = cleaned.corrected.setdefault(command.name, change)
    if _outweighs(command.extractor, present.filled_by):
        cleaned.corrected[command.name] = change


def _first_of_slot(cleaned: _Cleaned, command: SetSlot) -> None:
    """Commands run backwards and the last event stays (4.6): of several values the first one said is kept.

    In one turn a value of the classic understanding counts more than one of the language model (2.1).
    """
    for index, present in enumerate(cleaned.commands):
        if isinstance(present, SetSlot) and present.name == command.name:
            if _outweighs(command.extractor, present.extractor):
                cleaned.commands[index] = command
            return
    cleaned.commands.append(command)


def _outweighs(new: str, present: str | None) -> bool:
    return new == NLU and present == LLM


def _may_write(slot: Slot, command: SetSlot) -> bool:
    """Whether who understood the value may write the slot (2.1, Who may write)."""
    if command.extractor not in (LLM, NLU) or slot.name == ROUTING_SLOT:
        return True
    kinds = {mapping.type for mapping in slot.mappings}
    return _FROM_LLM in kinds if command.extractor == LLM else not kinds.isdisjoint(_NLU_MAPPINGS)


def _is_filled_by_nlu(tracker: Tracker, slot: Slot) -> bool:
    return tracker.is_set(slot.name) and tracker.filled_by.get(slot.name) == NLU


def _nlu_correctable(slot: Slot) -> bool:
    return any(
        mapping.type == _FROM_LLM and mapping.keys.get("allow_nlu_correction") is True for mapping in slot.mappings
    )


def _is_correction(cleaned: _Cleaned, slot: Slot, command: SetSlot) -> bool:
    if cleaned.program.is_free_slot(slot.name) or not cleaned.tracker.is_set(slot.name):
        return False
    return frames.slot_in_question(cleaned.tracker.stack) != command.name


def _clarified(commands: list[Command]) -> list[Command]:
    starts = [command.flow for command in commands if isinstance(command, StartFlow)]
    return [Clarify(tuple(starts))] if len(starts) > 1 else commands


def _without_needless_refusal(commands: list[Command]) -> list[Command]:
    """A refusal goes if anything else is left; the routing slot's own command does not count (12.31)."""
    routing = any(isinstance(command, SetSlot) and command.name == ROUTING_SLOT for command in commands)
    if len(commands) > 1 + routing:
        return [command for command in commands if not isinstance(command, CannotHandle)]
    return commands


_Rule = Callable[[_Cleaned, Command], None]
_RULES: dict[type[Command], _Rule] = {
    SetSlot: _set_slot,
    CancelFlow: _cancel,
    StartFlow: _start,
    CannotHandle: _once,
    Repeat: _once,
    ChitChat: _chitchat,
    Knowledge: _knowledge,
}
