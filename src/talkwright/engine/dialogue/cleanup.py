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
from talkwright.engine.dropped import Dropped, gone

_NLU_MAPPINGS = frozenset({"from_entity", "from_intent", "from_trigger_intent", "from_text"})
_FROM_LLM = "from_llm"
_TWICE = "it was said twice"


@dataclass
class _Cleaned:
    """The list being made. `correction` says where the turn's one correction stands in it, `dropped` what went."""

    program: Program
    tracker: Tracker
    commands: list[Command] = field(default_factory=list)
    front: list[Command] = field(default_factory=list)
    corrected: dict[str, CorrectedSlot] = field(default_factory=dict)
    correction: int | None = None
    dropped: list[Dropped] = field(default_factory=list)

    def drop(self, command: Command, why: str) -> None:
        self.dropped.append(Dropped(command, why))

    def has(self, kind: type[Command]) -> bool:
        return any(isinstance(command, kind) for command in (*self.front, *self.commands))

    def sets(self, slot: str) -> bool:
        return any(isinstance(command, SetSlot) and command.name == slot for command in self.commands)

    def refuse(self, command: Command, why: str, reason: str | None = None) -> None:
        """Drop a command that can't be meant here; that alone means that the message can't be handled."""
        self.drop(command, why)
        self.cannot_handle(reason)

    def cannot_handle(self, reason: str | None = None) -> None:
        if not self.has(CannotHandle):
            self.commands.append(CannotHandle() if reason is None else CannotHandle(reason))


def clean_up(
    program: Program, tracker: Tracker, commands: Sequence[Command], dropped: list[Dropped] | None = None
) -> list[Command]:
    """The commands that are run, from those that were understood; in spoken order, free-form answers first.

    What is left out is added to `dropped`, with its reason.
    """
    cleaned = _Cleaned(program, tracker, dropped=[] if dropped is None else dropped)
    only_clarify = all(isinstance(command, Clarify) or _is_routing(command) for command in commands)
    for command in commands:
        if isinstance(command, Clarify) and (not only_clarify or cleaned.commands):
            cleaned.drop(command, "something else is meant besides, so that nothing need be asked")
            continue
        _RULES.get(type(command), _keep)(cleaned, command)
    made = cleaned.commands
    if cleaned.correction is not None:
        made[cleaned.correction] = CorrectSlots(tuple(cleaned.corrected.values()))
    made = [*cleaned.front, *made]
    if program.profile.clarify_multiple_starts and not tracker.stack:
        made = _clarified(made)
    kept = _without_needless_refusal(made)
    cleaned.dropped.extend(gone(made, kept, "something else was understood"))
    return kept


def _keep(cleaned: _Cleaned, command: Command) -> None:
    cleaned.commands.append(command)


def _once(cleaned: _Cleaned, command: Command) -> None:
    if cleaned.has(type(command)):
        cleaned.drop(command, _TWICE)
    else:
        cleaned.commands.append(command)


def _cancel(cleaned: _Cleaned, command: Command) -> None:
    if top_user_frame(cleaned.tracker.stack) is None:
        cleaned.refuse(command, "no flow is under way")
    else:
        _once(cleaned, command)


def _start(cleaned: _Cleaned, command: Command) -> None:
    stack = cleaned.tracker.stack
    if not isinstance(command, StartFlow):
        return
    if command.flow in running_flows(stack) and not is_offering(stack):
        cleaned.drop(command, "the flow is under way already")
    elif command in cleaned.commands:
        cleaned.drop(command, _TWICE)
    else:
        cleaned.commands.append(command)


def _chitchat(cleaned: _Cleaned, command: Command) -> None:
    pattern = cleaned.program.flows.get(frames.CHITCHAT)
    needs_policy = pattern is not None and any(
        isinstance(step, ActionStep) and step.action == "action_trigger_chitchat" for step in pattern.steps
    )
    if needs_policy:
        cleaned.refuse(command, "small talk needs a policy that is not there", CANNOT_HANDLE_CHITCHAT)
    else:
        _in_front(cleaned, command)


def _in_front(cleaned: _Cleaned, command: Command) -> None:
    if cleaned.has(type(command)):
        cleaned.drop(command, _TWICE)
    else:
        cleaned.front.append(command)


def _set_slot(cleaned: _Cleaned, command: Command) -> None:
    if not isinstance(command, SetSlot):
        return
    slot = cleaned.program.slots.get(command.name)
    if slot is None:
        cleaned.refuse(command, "there is no such slot")
        return
    if not _may_write(slot, command):
        cleaned.drop(command, "the slot's mappings don't let a message fill it this way")
        if not cleaned.sets(command.name):
            cleaned.cannot_handle()
        return
    if _is_filled_by_nlu(cleaned.tracker, slot) and command.extractor == LLM and not _nlu_correctable(slot):
        cleaned.drop(command, "the slot holds a value of the NLU pipeline, which it does not let go of")
        return
    if not _is_correction(cleaned, slot, command):
        _first_of_slot(cleaned, command)
        return
    if cleaned.program.holds_already(cleaned.tracker, slot.name, command.value):
        cleaned.drop(command, "the slot holds this value already")
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
            stays = command if _outweighs(command.extractor, present.extractor) else present
            cleaned.commands[index] = stays
            cleaned.drop(present if stays is command else command, "another value for the slot counts more")
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


def _is_routing(command: Command) -> bool:
    return isinstance(command, SetSlot) and command.name == ROUTING_SLOT


def _without_needless_refusal(commands: list[Command]) -> list[Command]:
    """A refusal goes if anything else is left; the routing slot's own command does not count (12.31)."""
    if len(commands) > 1 + any(map(_is_routing, commands)):
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
    Knowledge: _in_front,
}
